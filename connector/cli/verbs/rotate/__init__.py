"""The verbs of `rotate`, and the rotation under way that they share."""
