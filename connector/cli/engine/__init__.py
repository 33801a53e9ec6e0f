"""The Pulumi engine as the verbs use it: started, read, and put right where a run was killed."""
