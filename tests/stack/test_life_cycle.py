"""The life of a stack: settings change in place, protection holds, what was deleted comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emulator.seed import CONTOSO
from emulator.seed.directory import ADELE, MEGAN
from tests.stack.conftest import objects
from tests.support.emulator import RunningEmulator
from tests.support.project import Project, default_settings

pytestmark = pytest.mark.stack
Tenant = dict[str, list[dict[str, Any]]]
IDS = ("clientId", "applicationObjectId", "servicePrincipalObjectId", "clientSecretKeyId")


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A protected stack that plain `pulumi up` has made."""
    running = RunningEmulator(tmp_path_factory.mktemp("living"))
    made = Project(tmp_path_factory.mktemp("project") / "p", running, protect=True)
    up = made.pulumi("up", "--skip-preview", "--yes")
    assert up.code == 0, up.text
    yield made
    running.stop()


def ours(project: Project, kind: str = "applications") -> dict[str, Any]:
    """The stack's application or service principal in the emulator."""
    (found,) = [o for o in objects(project.emulator.dump(), kind) if "dynamics-connect:test" in o["tags"]]
    return found


def assigned(project: Project) -> set[str]:
    """Object ids of those assigned."""
    own = ours(project, "servicePrincipals")["id"]
    assignments = objects(project.emulator.dump(), "appRoleAssignments")
    return {a["principalId"] for a in assignments if a["resourceId"] == own}


def scopes(project: Project) -> set[str]:
    """Every scope granted."""
    own = ours(project, "servicePrincipals")["id"]
    grants = objects(project.emulator.dump(), "oauth2PermissionGrants")
    return {scope for g in grants if g["clientId"] == own for scope in g["scope"].split()}


CHANGES: list[tuple[str, dict[str, Any], Callable[[Project], object], object]] = [
    ("displayName", {"displayName": "Another name"}, lambda p: ours(p)["displayName"], "Another name"),
    (
        "signInAudience",
        {"signInAudience": "AzureADMyOrg"},
        lambda p: ours(p)["signInAudience"],
        "AzureADMyOrg",
    ),
    (
        "redirectUris.web",
        {"redirectUris": {"web": ["http://localhost:12345"]}},
        lambda p: "http://localhost:12345/" in ours(p)["web"]["redirectUris"],
        True,
    ),
    (
        "redirectUris.publicClient",
        {"redirectUris": {"publicClient": ["http://localhost/native"]}},
        lambda p: ours(p)["publicClient"]["redirectUris"],
        ["http://localhost/native"],
    ),
    (
        "redirectUris.spa",
        {"redirectUris": {"spa": ["https://example.com/app"]}},
        lambda p: ours(p)["spa"]["redirectUris"],
        ["https://example.com/app"],
    ),
    ("permissions", {"permissions": ["graph/User.Read"]}, lambda p: "User.Read" in scopes(p), True),
    (
        "assignments.users",
        {"assignments": {"users": ["megan@contoso.example"], "groups": []}},
        assigned,
        {MEGAN},
    ),
    (
        "assignments.required",
        {"assignments": {"users": ["adele@contoso.example"], "required": False}},
        lambda p: ours(p, "servicePrincipals")["appRoleAssignmentRequired"],
        False,
    ),
    (
        "assignments.groups",
        {"assignments": {"groups": ["Marketing Operations"]}},
        lambda p: len(assigned(p)),
        1,
    ),
    ("dataverse.businessUnit", {"dataverse": {"businessUnit": "Sales"}}, lambda p: ours(p)["id"], None),
    ("owners", {"owners": ["megan@contoso.example"]}, lambda p: ours(p)["_owners"], [MEGAN]),
    (
        "secret.lifetimeDays",
        {"secret": {"lifetimeDays": 30}},
        lambda p: len(ours(p)["passwordCredentials"]),
        1,
    ),
    ("consent", {"consent": "link"}, scopes, set()),
    ("dataverse.role", {"dataverse": {"role": "Another role"}}, lambda p: ours(p)["displayName"], None),
    ("protect", {"protect": False}, lambda p: ours(p)["displayName"], None),
]


@pytest.mark.parametrize(("key", "change", "read", "value"), CHANGES, ids=[row[0] for row in CHANGES])
def test_a_change_of_a_setting_replaces_nothing(
    living: Project, key: str, change: dict[str, Any], read: Callable[[Project], object], value: object
) -> None:
    """After `up`, the tenant shows the new value, and client id, object ids and secret are the same."""
    before = {name: living.outputs()[name] for name in IDS}
    living.settings = dict(default_settings(living.emulator)) | {"protect": True} | change
    living.write_settings()
    up = living.pulumi("up", "--skip-preview", "--yes")
    assert up.code == 0, up.text
    assert {name: living.outputs()[name] for name in IDS} == before
    if value is not None:
        assert read(living) == value


def test_another_spelling_of_a_user_is_the_same_user(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """By object id first, then by principal name: `deploy` renames in the state, and writes no assignment."""
    stack = project(assignments={"users": [ADELE]})
    assert stack.pulumi("up", "--skip-preview", "--yes").code == 0
    stack.settings["assignments"] = {"users": ["adele@contoso.example"]}
    stack.write_settings()
    emulator.requests(reset=True)
    done = stack.connector("deploy", "--json")
    assert done.code == 0, done.text
    assert [r["path"] for r in emulator.requests() if r["service"] == "graph" and r["method"] != "GET"] == []
    assert assigned(stack) == {ADELE}
    assert stack.pulumi("preview", "--expect-no-changes").code == 0


def test_protection_refuses_destroy(living: Project) -> None:
    """`protect: true`: destroy is refused, by the engine and by `remove`, and nothing goes."""
    living.settings = dict(default_settings(living.emulator)) | {"protect": True}
    living.write_settings()
    assert living.pulumi("up", "--skip-preview", "--yes").code == 0
    application = ours(living)["id"]
    destroyed = living.pulumi("destroy", "--yes")
    assert destroyed.code != 0
    assert "protect" in destroyed.text
    removed = living.connector("remove", "--yes", "--json")
    assert (removed.code, removed.json["error"]["code"]) == (4, "remove.protected")
    assert ours(living)["id"] == application


def test_another_profile_is_refused(living: Project) -> None:
    """Its resources have other names: everything would be made a second time. Nothing is."""
    third = living.root / "profiles" / "third.yaml"
    third.write_text((living.root / "profiles" / "marketo-measure.yaml").read_text())
    living.settings = dict(default_settings(living.emulator)) | {"protect": True, "profile": "third"}
    living.write_settings()
    before = living.emulator.dump()
    done = living.connector("deploy", "--json")
    assert (done.code, done.json["error"]["key"]) == (4, "profile"), done.text
    assert living.emulator.dump() == before


def test_values_set_as_secrets_are_read_as_up_reads_them(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """`pulumi config set --secret`: the verbs decrypt it, as the program does."""
    stack = project(consent=None)
    key = "dynamics-connect:consent"
    assert stack.pulumi("config", "set", "--secret", key, "link").code == 0
    done = stack.connector("deploy", "--json")
    assert (done.code, done.json["error"]["code"]) == (20, "entra.consent_pending"), done.text


def test_destroy_then_up_works_again(project: Callable[..., Project], emulator: RunningEmulator) -> None:
    """A second life has an application of its own; the first one lies in the recycle bin, and is named."""
    stack = project()
    assert stack.pulumi("up", "--skip-preview", "--yes").code == 0
    first = stack.outputs()["clientId"]
    assert stack.pulumi("destroy", "--yes").code == 0
    asked = stack.connector("preflight", "--json")
    binned = [c for c in asked.json["checks"] if c["code"] == "entra.recycle_bin"]
    assert [first in c["subject"] for c in binned] == [True]
    assert stack.pulumi("up", "--skip-preview", "--yes").code == 0
    assert stack.outputs()["clientId"] == ours(stack)["appId"] != first


def test_a_deleted_application_comes_back(project: Callable[..., Project], emulator: RunningEmulator) -> None:
    """`deploy --restore` brings back application and service principal with their ids, and what hung on."""
    stack = project()
    assert stack.pulumi("up", "--skip-preview", "--yes").code == 0
    before = stack.outputs()
    graph = f"{emulator.authority}/v1.0/applications/{before['applicationObjectId']}"
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    assert emulator.http().delete(graph, headers=headers).status_code == 204
    assert not scopes_of(emulator, before["servicePrincipalObjectId"])
    back = stack.connector("deploy", "--restore", "--json")
    assert back.code == 0, back.text
    after = stack.outputs()
    assert {name: after[name] for name in IDS} == {name: before[name] for name in IDS}
    assert scopes(stack) == {"user_impersonation", "openid"}
    assert len(assigned(stack)) == 2
    assert not emulator.dump()[CONTOSO].get("deletedItems")
    nothing = stack.connector("deploy", "--restore", "--json")
    assert (nothing.code, nothing.json["error"]["code"]) == (4, "entra.nothing_to_restore")


def test_a_stack_that_has_an_application_restores_no_second_one(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """An earlier life stays in the bin: brought back, it would stand beside the one in use."""
    stack = project()
    assert stack.pulumi("up", "--skip-preview", "--yes").code == 0
    assert stack.connector("remove", "--yes").code == 0
    assert stack.connector("deploy").code == 0
    before = emulator.dump()
    refused = stack.connector("deploy", "--restore", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (4, "entra.nothing_to_restore"), refused.text
    assert stack.outputs()["clientId"] in refused.json["error"]["message"]
    assert emulator.dump() == before
    assert stack.connector("deploy").code == 0


def scopes_of(emulator: RunningEmulator, principal: str) -> list[dict[str, Any]]:
    """The grants of a service principal."""
    grants = objects(emulator.dump(), "oauth2PermissionGrants")
    return [g for g in grants if g["clientId"] == principal]


def test_remove_purges_what_is_this_stacks_alone(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Into the bin first; `--purge` takes both lives of this stack out of it, and no other application."""
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    url = f"{emulator.authority}/v1.0/applications"
    body = {"displayName": "Marketo Measure (test)", "tags": ["dynamics-connect:test2"]}
    foreign = emulator.http().post(url, json=body, headers=headers).json()["id"]
    assert emulator.http().delete(f"{url}/{foreign}", headers=headers).status_code == 204
    stack = project()
    lives = []
    for purge in ((), ("--purge",)):
        assert stack.pulumi("up", "--skip-preview", "--yes").code == 0
        lives.append(stack.outputs()["clientId"])
        removed = stack.connector("remove", "--yes", "--json", *purge)
        assert removed.code == 0, removed.text
        kinds = Counter(c["kind"] for c in removed.json["changes"])
        assert kinds["deleted application"] == kinds["deleted service principal"] == 2 * len(purge)
    left = emulator.dump()[CONTOSO]["deletedItems"]
    assert [item["id"] for item in left] == [foreign]
    again = stack.connector("remove", "--yes", "--purge", "--json")
    assert (again.code, again.json["result"]) == (0, "nothing"), again.text
    assert len(set(lives)) == 2


def test_a_purge_whose_answer_is_lost_is_done(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """A DELETE is asked again, and what is gone by then is gone."""
    stack = project()
    assert stack.pulumi("up", "--skip-preview", "--yes").code == 0
    emulator.fault("DELETE", "/v1.0/directory/deletedItems/{id}", answer="reset-after")
    done = stack.connector("remove", "--yes", "--purge", "--json")
    assert done.code == 0, done.text
    assert not emulator.dump()[CONTOSO].get("deletedItems")
