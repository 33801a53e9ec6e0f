"""The directory half that is read, not made: consent, assignments, service principal."""
