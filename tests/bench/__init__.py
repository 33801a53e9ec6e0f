"""The benchmark: whole commands against the emulator, counted and timed."""
