"""The command line, and everything that runs the Pulumi engine."""
