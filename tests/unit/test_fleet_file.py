"""fleet.yaml: what it may say, and every way in which it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector.errors import SettingsError
from connector.fleet import load_fleet
from connector.fleet.model import Login, Ring, login_environment
from connector.fleet.selection import matrix, select, split
from tests.unit.fleet_samples import TENANT, entry, good, read
from tests.unit.settings_samples import PROJECT


def test_stacks_come_in_the_order_of_the_rings(tmp_path: Path) -> None:
    """The ring that is named first goes first, and a stack without a ring is in the last one."""
    fleet = read(tmp_path, good())
    assert [(stack.name, stack.ring) for stack in fleet.stacks] == [
        ("acme", "canary"),
        ("beta", "rest"),
        ("gamma", "rest"),
    ]


def test_defaults_are_merged_into_each_stack(tmp_path: Path) -> None:
    """Mappings are merged key by key, and a list of the stack's own replaces the default one."""
    defaults = {"settings": {"assignments": {"groups": ["Sales"], "users": ["a@x.example"]}}, "owner": "ops"}
    own = entry(1, settings={"assignments": {"users": ["b@x.example"]}}, owner="anna")
    fleet = read(tmp_path, good(defaults=defaults, stacks={"acme": own}))
    (stack,) = fleet.stacks
    assert stack.config["assignments"] == {"groups": ["Sales"], "users": ["b@x.example"]}
    assert (stack.owner, stack.profile) == ("anna", "marketo-measure")


@pytest.mark.parametrize(
    ("limit", "stacks", "expected"),
    [("2", 50, 2), ("10%", 50, 5), ("10%", 3, 1), ("1%", 250, 3), ("0%", 9, 1)],
)
def test_a_ring_stops_after_a_count_or_a_share(limit: str, stacks: int, expected: int) -> None:
    """A share is rounded up and is at least one stack."""
    assert Ring(name="r", stop_after=limit).limit(stacks) == expected


BAD: list[tuple[str, str, dict[str, Any]]] = [
    ("settings.missing", "name", {"name": None}),
    ("fleet.name", "name", {"name": "our fleet"}),
    ("fleet.name", "stacks.acme/prod", {"stacks": {"acme/prod": entry(1)}}),
    ("settings.unknown_key", "ring", {"ring": []}),
    ("settings.unknown_key", "stacks.acme.tenant", {"stacks": {"acme": entry(1, tenant="x")}}),
    ("fleet.rings", "rings", {"rings": []}),
    ("fleet.rings", "rings", {"rings": [{"name": "a"}, {"name": "a"}]}),
    ("settings.value", "rings[0].stopAfter", {"rings": [{"name": "a", "stopAfter": "some"}]}),
    ("settings.value", "rings[0].stopAfter", {"rings": [{"name": "a", "stopAfter": 0}]}),
    ("settings.value", "rings[0].stopAfter", {"rings": [{"name": "a", "stopAfter": "101%"}]}),
    ("fleet.rings", "stacks.acme.ring", {"stacks": {"acme": entry(1, ring="canry")}}),
    ("fleet.rings", "defaults.ring", {"defaults": {"ring": "first"}}),
    (
        "fleet.settings_key",
        "stacks.acme.settings.slots",
        {"stacks": {"acme": entry(1, settings={"slots": {}})}},
    ),
    ("fleet.settings_key", "defaults.settings.tenantId", {"defaults": {"settings": {"tenantId": "x"}}}),
    ("settings.tenant_id", "stacks.acme.tenantId", {"stacks": {"acme": entry(1) | {"tenantId": "contoso"}}}),
    ("settings.missing", "stacks.acme.dynamicsUrl", {"stacks": {"acme": {"tenantId": f"{TENANT}1"}}}),
    ("settings.profile", "stacks.acme.profile", {"stacks": {"acme": entry(1, profile="nothing")}}),
    (
        "settings.unknown_key",
        "stacks.acme.settings.displayname",
        {"stacks": {"acme": entry(1, settings={"displayname": "x"})}},
    ),
    (
        "settings.lifetime_days",
        "stacks.acme.settings.secret.lifetimeDays",
        {"stacks": {"acme": entry(1, settings={"secret": {"lifetimeDays": 0}})}},
    ),
    ("fleet.same_environment", "stacks.b.dynamicsUrl", {"stacks": {"a": entry(1), "b": entry(1)}}),
    (
        "fleet.same_environment",
        "stacks.b.dynamicsUrl",
        {"stacks": {"a": entry(1), "b": entry(1) | {"tenantId": f"{TENANT}2"}}},
    ),
    (
        "fleet.same_environment",
        "stacks.b.dynamicsUrl",
        {"stacks": {"a": entry(1), "b": entry(1) | {"dynamicsUrl": "HTTPS://ORG1.crm4.dynamics.com:443/"}}},
    ),
]


@pytest.mark.parametrize(("rule", "key", "changes"), BAD)
def test_a_bad_fleet_is_refused(tmp_path: Path, rule: str, key: str, changes: dict[str, Any]) -> None:
    """The rule and the key in fleet.yaml are named."""
    fleet = {k: v for k, v in good(**changes).items() if v is not None}
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, fleet)
    assert (rule, key) in [(problem.rule, problem.key) for problem in caught.value.problems]


def test_all_problems_of_a_fleet_are_named_at_once(tmp_path: Path) -> None:
    """Two stacks with a slip each: both stand in one message."""
    stacks = {"a": entry(1) | {"tenantId": "x"}, "b": entry(2, profile="nothing")}
    with pytest.raises(SettingsError, match="2 problems") as caught:
        read(tmp_path, good(stacks=stacks))
    assert {problem.key for problem in caught.value.problems} == {"stacks.a.tenantId", "stacks.b.profile"}


def test_one_environment_may_hold_two_connections(tmp_path: Path) -> None:
    """The same organization for two profiles is two stacks, and fine."""
    stacks = {"a": entry(1), "b": entry(1, profile="nightly-export", settings={"certificates": {}})}
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, good(stacks=stacks))
    assert {problem.rule for problem in caught.value.problems} == {"settings.credential"}


def test_a_login_is_turned_to_the_stacks_tenant(tmp_path: Path) -> None:
    """Reads log in as the reader, writes as the writer, and both to the stack's tenant."""
    fleet = read(tmp_path, good(defaults={"login": {"reader": "r", "writer": "w"}}))
    ambient = {"ARM_TENANT_ID": "other", "ARM_CLIENT_ID": "mine", "PATH": "p"}
    read_only = login_environment(fleet.stacks[0], ambient, writes=False)
    assert read_only == {
        "ARM_TENANT_ID": f"{TENANT}1",
        "AZURE_TENANT_ID": f"{TENANT}1",
        "ARM_CLIENT_ID": "r",
        "AZURE_CLIENT_ID": "r",
        "PATH": "p",
    }
    assert login_environment(fleet.stacks[0], ambient, writes=True)["ARM_CLIENT_ID"] == "w"
    plain = fleet.stacks[0].model_copy(update={"login": Login()})
    assert login_environment(plain, ambient, writes=True)["ARM_CLIENT_ID"] == "mine"


def test_a_person_may_work_with_a_fleet_whose_file_names_the_pipelines_logins(tmp_path: Path) -> None:
    """Nobody is named in their environment: `az login` stays allowed, unless they forbid it."""
    stack = read(tmp_path, good(defaults={"login": {"reader": "r", "writer": "w"}})).stacks[0]
    assert login_environment(stack, {}, writes=False)["ARM_USE_CLI"] == "true"
    assert login_environment(stack, {"ARM_USE_CLI": "false"}, writes=False)["ARM_USE_CLI"] == "false"
    for name in ("ARM_CLIENT_ID", "AZURE_CLIENT_ID"):
        assert "ARM_USE_CLI" not in login_environment(stack, {name: "mine"}, writes=False)


def test_stacks_are_chosen_by_name_ring_and_shard(tmp_path: Path) -> None:
    """Names may be given one by one or with commas; a shard is dealt from what is left."""
    fleet = read(tmp_path, good())
    assert [s.name for s in select(fleet, only=["gamma,acme"])] == ["acme", "gamma"]
    assert [s.name for s in select(fleet, ring="rest")] == ["beta", "gamma"]
    assert [s.name for s in select(fleet, ring="rest", shard="2/2")] == ["gamma"]
    parts = split(fleet.stacks, 2)
    assert sorted(s.name for part in parts for s in part) == ["acme", "beta", "gamma"]


@pytest.mark.parametrize(
    ("chosen", "rule"),
    [
        ({"only": ["acmee"]}, "fleet.unknown"),
        ({"ring": "canry"}, "fleet.unknown"),
        ({"shard": "3/2"}, "fleet.shard"),
        ({"shard": "0/2"}, "fleet.shard"),
        ({"shard": "half"}, "fleet.shard"),
    ],
)
def test_a_choice_that_is_none_is_refused(tmp_path: Path, chosen: dict[str, Any], rule: str) -> None:
    """A name, ring or shard that there is none of never means an empty run."""
    with pytest.raises(SettingsError) as caught:
        select(read(tmp_path, good()), **chosen)
    assert caught.value.code == rule


@pytest.mark.parametrize("shards", [1, 2, 3, 20])
def test_a_job_matrix_holds_every_stack_once(tmp_path: Path, shards: int) -> None:
    """As many jobs as asked for, never an empty one."""
    rows = matrix(read(tmp_path, good()).stacks, shards, None)["include"]
    assert len(rows) == min(shards, 3)
    assert sorted(name for row in rows for name in row["stacks"].split(",")) == ["acme", "beta", "gamma"]
    assert [row["shard"] for row in rows] == [f"{n}/{len(rows)}" for n in range(1, len(rows) + 1)]


def test_the_job_matrix_of_no_stack_is_empty() -> None:
    """A ring without stacks has no jobs."""
    assert matrix((), 4, "canary") == {"include": []}


@pytest.mark.parametrize(
    ("place", "wrong", "meant"),
    [
        ("stack", "owwner", "owner"),
        ("stack", "setings", "settings"),
        ("stack", "tenantID", "tenantId"),
        ("defaults", "onwer", "owner"),
        ("login", "writter", "writer"),
        ("rings", "stopafter", "stopAfter"),
    ],
)
def test_an_unknown_key_gets_its_neighbour(tmp_path: Path, place: str, wrong: str, meant: str) -> None:
    """At each level of the file, under a stack of any name too; the keys known there are listed."""
    slips = {
        "stack": {"stacks": {"acme": entry(1, **{wrong: "x"})}},
        "defaults": {"defaults": {wrong: "x"}},
        "login": {"stacks": {"acme": entry(1, login={wrong: "x"})}},
        "rings": {"rings": [{"name": "a", wrong: "x"}]},
    }
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, good(**slips[place]))
    (problem,) = caught.value.problems
    assert problem.rule == "settings.unknown_key"
    assert f"did you mean {meant!r}?" in problem.message
    assert meant in problem.message.partition("known here: ")[2].split(", ")


def test_a_fleet_that_is_not_there_is_begun_by_fleet_new(tmp_path: Path) -> None:
    """The message says how one is begun."""
    with pytest.raises(SettingsError, match="`fleet new` begins one") as caught:
        load_fleet(tmp_path / "fleet.yaml", project_dir=PROJECT)
    assert caught.value.code == "fleet.no_file"


def test_the_address_of_a_stack_is_that_of_its_settings(tmp_path: Path) -> None:
    """`fleet status` compares it with settings and record, where case, slash and port 443 are gone."""
    written = "https://ORG1.crm4.dynamics.com:443/"
    (stack,) = read(tmp_path, good(stacks={"a": entry(1) | {"dynamicsUrl": written}})).stacks
    assert stack.dynamics_url == "https://org1.crm4.dynamics.com"
    assert stack.config["dynamicsUrl"] == written


@pytest.mark.parametrize("only", [",", " , ,"])
def test_commas_alone_name_no_stack(tmp_path: Path, only: str) -> None:
    """`--only "$A,$B"` with both unset must not act on every stack."""
    with pytest.raises(SettingsError, match="--only") as caught:
        select(read(tmp_path, good()), only=[only])
    assert caught.value.code == "fleet.unknown"


def test_a_shard_of_very_many_is_cut_at_once(tmp_path: Path) -> None:
    """The parts that nobody asked for are not made."""
    fleet = read(tmp_path, good())
    assert [stack.name for stack in select(fleet, shard="1/99999999999")] == ["acme"]
    assert select(fleet, shard="99999999999/99999999999") == ()
