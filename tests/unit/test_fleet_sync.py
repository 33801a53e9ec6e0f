"""`fleet sync` writes what fleet.yaml says into the stacks' files, and owns only what it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.errors import SettingsError
from connector.fleet.new import with_stack
from connector.fleet.sync import plan_sync, strays, write_files
from connector.settings.stack_file import stack_config
from tests.unit.fleet_samples import entry, good, read
from tests.unit.settings_samples import PROJECT

SALTED = """\
# by hand
encryptionsalt: v1:abc
config:
  dynamics-connect:slots: {a: 3}  # rotated
  dynamics-connect:displayName: Acme by hand
"""


def synced(folder: Path, take_over: bool = False, **changes: Any) -> list[str]:
    """Write the files of a fleet; the names of those that changed."""
    plan = plan_sync(read(folder, good(**changes)), folder, take_over=take_over)
    write_files(plan)
    return [change.path.name for change in plan if change.changed]


def test_files_are_written_once(tmp_path: Path) -> None:
    """The second run has nothing to write, and each file holds what its stack's entry says."""
    assert synced(tmp_path) == ["Pulumi.acme.yaml", "Pulumi.beta.yaml", "Pulumi.gamma.yaml"]
    assert synced(tmp_path) == []
    held = stack_config(tmp_path / "Pulumi.acme.yaml")
    assert held["secret"] == {"lifetimeDays": 90}
    assert held["fleet"] == {"name": "agency", "keys": ["dynamicsUrl", "secret", "tenantId"]}


def test_what_others_wrote_stays(tmp_path: Path) -> None:
    """Comments, salt, slots and a key by hand are as they were, character by character."""
    path = tmp_path / "Pulumi.acme.yaml"
    path.write_text(SALTED)
    synced(tmp_path)
    assert path.read_text().startswith(SALTED)
    assert synced(tmp_path) == []


def test_a_key_that_left_the_fleet_leaves_the_file(tmp_path: Path) -> None:
    """What sync wrote it takes out again; what it did not write it never takes out."""
    path = tmp_path / "Pulumi.acme.yaml"
    path.write_text(SALTED)
    synced(tmp_path)
    synced(tmp_path, defaults={})
    held = stack_config(path)
    assert "secret" not in held
    assert (held["displayName"], held["slots"]) == ("Acme by hand", {"a": 3})


def test_an_owned_key_that_was_changed_by_hand_is_put_back(tmp_path: Path) -> None:
    """The difference is shown as a patch before it is written."""
    synced(tmp_path)
    path = tmp_path / "Pulumi.acme.yaml"
    path.write_text(path.read_text().replace("lifetimeDays: 90", "lifetimeDays: 700"))
    (change,) = [c for c in plan_sync(read(tmp_path, good()), tmp_path) if c.changed]
    assert "-    lifetimeDays: 700" in change.diff
    assert "+    lifetimeDays: 90" in change.diff


def test_a_key_set_by_hand_is_not_overwritten(tmp_path: Path) -> None:
    """Two answers to one question: nothing is written until somebody decides."""
    (tmp_path / "Pulumi.acme.yaml").write_text(SALTED)
    stacks = {"acme": entry(1, settings={"displayName": "Acme"}), "beta": entry(2)}
    with pytest.raises(SettingsError, match="Acme by hand") as caught:
        synced(tmp_path, stacks=stacks)
    assert caught.value.code == "fleet.key_taken"
    assert not (tmp_path / "Pulumi.beta.yaml").exists()
    synced(tmp_path, take_over=True, stacks=stacks)
    assert stack_config(tmp_path / "Pulumi.acme.yaml")["displayName"] == "Acme"


def test_a_key_set_by_hand_to_the_same_value_becomes_the_fleets(tmp_path: Path) -> None:
    """Nobody has to decide between two equal answers."""
    (tmp_path / "Pulumi.acme.yaml").write_text(SALTED)
    synced(tmp_path, stacks={"acme": entry(1, settings={"displayName": "Acme by hand"})})
    assert "displayName" in stack_config(tmp_path / "Pulumi.acme.yaml")["fleet"]["keys"]


def test_a_file_of_another_fleet_is_refused(tmp_path: Path) -> None:
    """Two fleets in one folder never write one file."""
    synced(tmp_path)
    with pytest.raises(SettingsError) as caught:
        synced(tmp_path, name="other")
    assert caught.value.code == "fleet.other_fleet"


def test_stacks_that_left_the_fleet_are_named(tmp_path: Path) -> None:
    """Their files stay: a stack is removed by `remove`, and not by a line that went."""
    synced(tmp_path)
    fleet = read(tmp_path, good(stacks={"acme": entry(1)}))
    assert strays(fleet, tmp_path) == ("beta", "gamma")


def test_a_new_stack_is_added_to_the_text(tmp_path: Path) -> None:
    """Comments stay, the entry comes last, and the whole fleet is checked with it."""
    path = tmp_path / "fleet.yaml"
    text = "# customers\n" + yaml.safe_dump(good(), sort_keys=False)
    path.write_text(text)
    after, fleet = with_stack(path, "delta", entry(4), project_dir=PROJECT)
    assert after.startswith(text)
    assert len(fleet.stacks) == 4
    for name, new in (("acme", entry(4)), ("delta", entry(1))):
        with pytest.raises(SettingsError):
            with_stack(path, name, new, project_dir=PROJECT)
    assert path.read_text() == text


def test_the_first_stack_makes_the_file(tmp_path: Path) -> None:
    """Without a fleet.yaml one is begun, named after the project's folder."""
    after, fleet = with_stack(tmp_path / "fleet.yaml", "acme", entry(1), project_dir=PROJECT)
    assert yaml.safe_load(after)["name"] == fleet.name == PROJECT.name


@pytest.mark.parametrize("prefix", ["", "dynamics-connect:config:"])
def test_a_key_in_another_spelling_is_changed_where_it_stands(tmp_path: Path, prefix: str) -> None:
    """A second spelling beside it would be refused by every verb; and one that leaves the fleet goes."""
    path = tmp_path / "Pulumi.acme.yaml"
    path.write_text(f"config:\n  {prefix}displayName: By hand  # note\n  {prefix}tenantId: x\n")
    stacks = {"acme": entry(1, ring="canary", settings={"displayName": "Acme"})}
    synced(tmp_path, take_over=True, stacks=stacks)
    assert f"\n  {prefix}displayName: Acme\n" in path.read_text()
    assert stack_config(path)["tenantId"] == entry(1)["tenantId"]
    assert synced(tmp_path, stacks=stacks) == []
    synced(tmp_path, stacks={"acme": entry(1, ring="canary")})
    assert "displayName" not in path.read_text().split("fleet:")[0]


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    """The file that the link leads to is written."""
    kept, link = tmp_path / "elsewhere.yaml", tmp_path / "Pulumi.acme.yaml"
    kept.write_text(SALTED)
    link.symlink_to(kept)
    synced(tmp_path)
    assert link.is_symlink()
    assert stack_config(kept)["tenantId"] == entry(1)["tenantId"]
