"""The verbs of `fleet`."""
