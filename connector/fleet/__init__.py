"""A fleet: many stacks from one file, each a customer's tenant and environment."""

from connector.fleet.loader import FLEET_FILE, load_fleet
from connector.fleet.model import Fleet, FleetStack, Login, Ring

__all__ = ["FLEET_FILE", "Fleet", "FleetStack", "Login", "Ring", "load_fleet"]
