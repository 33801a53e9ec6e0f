"""How the engine, the provider and the language host come onto a machine."""
