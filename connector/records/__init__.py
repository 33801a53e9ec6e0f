"""What past runs left behind: the record of a stack, how it stands, and the hand-over."""
