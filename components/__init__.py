"""Pulumi components: the Entra half of a connection, one component a file."""

from components.connection import Connection, ConnectionArgs

__all__ = ["Connection", "ConnectionArgs"]
