"""A good fleet that tests change in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from connector.fleet import Fleet, load_fleet
from tests.unit.settings_samples import PROJECT

TENANT = "11111111-1111-4111-8111-11111111111"


def entry(number: int, **more: Any) -> dict[str, Any]:
    """A stack of a tenant and an organization of its own."""
    return {"tenantId": f"{TENANT}{number}", "dynamicsUrl": f"https://org{number}.crm4.dynamics.com", **more}


def good(**changes: Any) -> dict[str, Any]:
    """A fleet of three stacks in two rings, some of its keys changed."""
    fleet = {
        "name": "agency",
        "defaults": {"owner": "ops@agency.example", "settings": {"secret": {"lifetimeDays": 90}}},
        "rings": [{"name": "canary"}, {"name": "rest", "stopAfter": "10%"}],
        "stacks": {"beta": entry(2), "acme": entry(1, ring="canary"), "gamma": entry(3)},
    }
    return fleet | changes


def read(folder: Path, fleet: dict[str, Any]) -> Fleet:
    """The fleet as its file would be read."""
    path = folder / "fleet.yaml"
    path.write_text(yaml.safe_dump(fleet, sort_keys=False), encoding="utf-8")
    return load_fleet(path, project_dir=PROJECT)
