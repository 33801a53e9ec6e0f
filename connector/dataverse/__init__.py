"""The Dataverse half: application user and security role, made, proved and removed."""
