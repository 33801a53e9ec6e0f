"""The verbs, a file each, named as they are typed: options and work together."""
