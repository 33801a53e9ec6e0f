"""`fleet sync --create` makes stacks in the backend; what it writes is what the engine reads."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import yaml

from emulator.seed import CONTOSO
from tests.support.emulator import RunningEmulator
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack


def fleet(project: Project, *arguments: str) -> Done:
    """One of the fleet's verbs."""
    return project.run(project.python, "-m", "connector", "fleet", *arguments)


def test_stacks_of_a_fleet_are_made_and_deploy_as_their_file_says(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Made once, with a salt that stays; the engine's settings are the fleet's; another fleet is refused."""
    stack = project()
    entry = {
        "tenantId": CONTOSO,
        "dynamicsUrl": emulator.org(1),
        "settings": {"assignments": {"users": ["adele@contoso.example"]}, "protect": False},
    }
    file = stack.root / "fleet.yaml"
    written = {"name": "north", "defaults": {"cloud": "emulator"}, "stacks": {"acme": entry}}
    file.write_text(yaml.safe_dump(written))
    assert fleet(stack, "sync", "--check", "--json").code == 7
    made = fleet(stack, "sync", "--create", "--json")
    assert (made.code, made.json["created"]) == (0, ["acme"]), made.text
    assert "encryptionsalt" in (stack.root / "Pulumi.acme.yaml").read_text()
    again = fleet(stack, "sync", "--create", "--json").json
    assert (again["result"], again["created"]) == ("unchanged", [])
    assert fleet(stack, "sync", "--check").code == 0
    up = stack.run("pulumi", "up", "--yes", "--stack", "acme", "--non-interactive")
    assert up.code == 0, up.text
    _check_other_fleet(stack)


def _check_other_fleet(stack: Project) -> None:
    """The same stack name and backend in a second fleet: refused before anything is written."""
    shown = stack.run("pulumi", "stack", "output", "--json", "--stack", "acme")
    assert json.loads(shown.out)["fleet"] == "north"
    path = stack.root / "Pulumi.acme.yaml"
    path.write_text(path.read_text().replace("name: north", "name: south"))
    stack.emulator.requests(reset=True)
    done = stack.run(stack.python, "-m", "connector", "deploy", "--stack", "acme", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "stack.other_fleet"), done.text
    lines = [r for r in stack.emulator.requests() if r["method"] not in ("GET", "HEAD")]
    assert [r["path"] for r in lines if "/oauth2/" not in r["path"]] == []


def test_the_backend_of_a_fleet_is_not_mixed_up(project: Callable[..., Project]) -> None:
    """An environment that names another backend than fleet.yaml is refused, and no stack is made."""
    stack = project()
    (stack.root / "fleet.yaml").write_text("name: north\nbackend: file:///elsewhere\n")
    done = fleet(stack, "sync", "--create", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "fleet.backend"), done.text
