"""Microsoft Graph, v1.0 and the few /beta reads: the directory half of the emulator."""
