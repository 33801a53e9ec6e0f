"""The pipeline's two identities in one tenant and Dataverse environment: a reader and a writer."""
