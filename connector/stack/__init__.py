"""A stack as the engine keeps it: outputs, state, the slots in its file, secrets and their rotation."""
