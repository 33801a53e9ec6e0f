"""The connector against a running emulator."""
