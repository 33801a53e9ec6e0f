"""Entra's login host: metadata, discovery, signing keys and the token endpoint."""
