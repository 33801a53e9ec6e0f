"""Pure logic, without the emulator."""
