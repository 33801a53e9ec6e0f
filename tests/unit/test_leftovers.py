"""What is a left-over and what is not: the decision, without a tenant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.entra.graph import Assignment, Principal
from connector.entra.import_ids import Attachable
from connector.entra.objects import Attached, LiveApplication, LiveCertificate, LiveSecret
from connector.entra.orphan_credentials import spare_certificates, spare_secrets
from connector.entra.orphans import UsedElsewhereError, choose, plan
from connector.naming import DEFAULT_APP_ROLE
from connector.settings import Certificate, Settings, load_settings
from connector.stack.state import KnownResource, StackState
from tests.support.emulator import PROJECT
from tests.unit.settings_samples import GOOD

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NAME = "marketo-measure-application"


@pytest.fixture
def settings() -> Settings:
    """Settings of stack dev."""
    return load_settings(GOOD, stack="dev", project_dir=PROJECT)


def application(
    id: str, *secrets: LiveSecret, created: str = "2026-06-01", keys: tuple[LiveCertificate, ...] = ()
) -> LiveApplication:
    """An application that carries the marker."""
    tags = frozenset({"dynamics-connect:dev"})
    return LiveApplication(id, f"app-{id}", id, tags, created, secrets, keys, {})


def secret(key_id: str, name: str, start: datetime | None = NOW) -> LiveSecret:
    """A secret's metadata."""
    return LiveSecret(key_id, name, start)


def state(**ids: str) -> StackState:
    """A state that knows application `mine` since NOW, and what else *ids* say."""
    known = {NAME: KnownResource(NAME, "/applications/mine", NOW)}
    return StackState(known | {name: KnownResource(name, id, NOW) for name, id in ids.items()})


def test_the_states_application_is_kept_and_the_double_goes(settings: Settings) -> None:
    """A doubled POST leaves a bare one: it is removed by id, the state's stays."""
    mine, double = application("mine", secret("k", "a-1")), application("double", created="2026-01-01")
    kept = choose("dev", [double, mine], "mine")
    assert kept is mine
    found = plan(settings, state(**{"s": "mine/password/k"}), [double, mine], mine, None)
    assert (found.applications, found.secrets, dict(found.imports)) == ((double,), (), {})


def test_without_a_state_the_oldest_bare_one_is_kept() -> None:
    """Several bare ones: the oldest is taken over."""
    old, new = application("old", created="2026-01-01"), application("new")
    assert choose("dev", [new, old], None) is old


@pytest.mark.parametrize(
    "used",
    [
        application("used", secret("k", "a-1")),
        application("used", keys=(LiveCertificate("key", "AAAA"),)),
    ],
)
def test_one_with_credentials_that_the_state_does_not_know_is_never_touched(
    settings: Settings, used: LiveApplication
) -> None:
    """Not taken over, not deleted: the message names the verb that takes it over."""
    with pytest.raises(UsedElsewhereError, match="adopt --application-id app-used"):
        choose("dev", [used], None)
    mine = application("mine")
    with pytest.raises(UsedElsewhereError):
        plan(settings, state(), [mine, used], mine, None)


@pytest.mark.parametrize(
    ("one", "spare"),
    [
        (secret("lost", "a-1"), True),
        (secret("lost", "b-12"), True),
        (secret("held", "a-1"), False),
        (secret("hand", "made by hand"), False),
        (secret("old", "a-1", NOW - timedelta(days=1)), False),
        (secret("undated", "a-1", None), False),
    ],
)
def test_a_secret_is_spare_by_name_and_age_alone(settings: Settings, one: LiveSecret, *, spare: bool) -> None:
    """Named by slot, not in the state, and younger than the state's knowledge of the application."""
    known = state(**{"marketo-measure-secret-a-1": "mine/password/held"})
    assert bool(spare_secrets(settings, known, application("mine", one))) is spare


@pytest.mark.parametrize(
    ("key", "created", "spare"),
    [
        (LiveCertificate("lost", "q83v"), "2026-06-01T12:00:00Z", True),
        (LiveCertificate("lost", "ABCDEF"), "2026-06-01T11:55:00Z", True),
        (LiveCertificate("held", "q83v"), "2026-06-01T12:00:00Z", False),
        (LiveCertificate("other", "AAAA"), "2026-06-01T12:00:00Z", False),
        (LiveCertificate("hand", "q83v"), "2026-05-01T12:00:00Z", False),
        (LiveCertificate("hand", "q83v"), "", False),
    ],
)
def test_a_certificate_is_spare_by_its_thumbprint(
    settings: Settings, key: LiveCertificate, created: str, *, spare: bool
) -> None:
    """The stack's own, under another key id than the state's, on an application that the stack made."""
    with_one = settings.model_copy(
        update={"certificates": {"a": Certificate(pem="", thumbprint="ABCDEF", ends=NOW)}}
    )
    known = state(**{"marketo-measure-certificate-a-1": "mine/certificate/held"})
    mine = application("mine", created=created, keys=(key,))
    assert bool(spare_certificates(with_one, known, mine)) is spare


def test_an_application_that_is_just_taken_over_keeps_its_secrets(settings: Settings) -> None:
    """A state that never knew the application cannot tell whose secrets they are."""
    assert spare_secrets(settings, StackState(), application("mine", secret("k", "a-1"))) == ()


def test_a_state_counts_what_is_unfinished() -> None:
    """Pending operations and resources that were not made to the end ask for a refresh."""
    row = {"urn": "x::name", "custom": True, "id": "/applications/1", "type": "azuread:index/a:A"}
    deployment = {"resources": [row | {"initErrors": ["…"]}], "pending_operations": [{}]}
    read = StackState.from_export({"deployment": deployment})
    assert (read.pending, read.object_id("name")) == (2, "1")
    assert StackState.from_export({}) == StackState()


def test_another_spelling_is_a_new_name_in_the_state_and_no_import(settings: Settings) -> None:
    """One object under two names would be imported for the one and deleted with the other."""
    by_name = settings.model_copy(
        update={"assignments": settings.assignments.model_copy(update={"users": ("a@b.example",)})}
    )
    id = "/servicePrincipals/own/appRoleAssignedTo/x"
    old = KnownResource("marketo-measure-user-guid", id, NOW, "urn::marketo-measure-user-guid")
    known = StackState(state().resources | {old.name: old})
    person = Assignment("adele", "Adele", "User", "own", DEFAULT_APP_ROLE, "x")
    attached = Attached(Principal("own", "app-mine"), assigned=(person,))
    found = Attachable(attached, {}, {("user", "a@b.example"): "adele"})
    planned = plan(by_name, known, [application("mine")], application("mine"), found)
    assert dict(planned.renames) == {old.urn: "marketo-measure-user-a@b.example"}
    assert id not in planned.imports.values()


def test_an_assignment_with_another_app_role_is_not_taken_over(settings: Settings) -> None:
    """The provider would replace it, and what somebody else gave would be gone."""
    by_name = settings.model_copy(
        update={"assignments": settings.assignments.model_copy(update={"users": ("a@b.example",)})}
    )
    ours = Assignment("adele", "Adele", "User", "own", DEFAULT_APP_ROLE, "x")
    people = {("user", "a@b.example"): "adele"}
    for held, taken in ((replace(ours, role_id="boss"), False), (ours, True)):
        found = Attachable(Attached(Principal("own", "app-mine"), assigned=(held,)), {}, people)
        planned = plan(by_name, state(), [application("mine")], application("mine"), found)
        assert ("marketo-measure-user-a@b.example" in planned.imports) is taken


def test_an_adopted_secret_is_no_left_over_whatever_its_name(settings: Settings) -> None:
    """One that the record of `adopt` names stays, even if it is called like a slot and brand-new."""
    mine = application("mine", secret("k1", "a-1"), secret("k2", "a-1"))
    assert [one.key_id for one in spare_secrets(settings, state(), mine)] == ["k1", "k2"]
    assert [one.key_id for one in spare_secrets(settings, state(), mine, frozenset({"k1"}))] == ["k2"]
