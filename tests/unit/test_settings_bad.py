"""Configurations that are refused: the rule, the key, and all problems at once."""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from connector.errors import ConnectError, SettingsError
from connector.settings import RULES, load_settings
from connector.settings.permissions import APIS
from tests.components.test_token_version import VERSIONS
from tests.unit.settings_rows import BAD, CAUTIONS, NORMALISED, OTHER_APIS
from tests.unit.settings_rows_elsewhere import ELSEWHERE, Refused
from tests.unit.settings_samples import GOOD, OID, PERSONAL, PROJECT, READ_ALL


@pytest.fixture(autouse=True)
def _many_apis(monkeypatch: pytest.MonkeyPatch) -> None:
    """More APIs known by name than there are, so that their number can be too great."""
    for name in OTHER_APIS:
        monkeypatch.setitem(APIS, name, OID)


def problems(raw: dict[str, object]) -> SettingsError:
    """The refusal that a configuration meets."""
    with pytest.raises(SettingsError) as caught:
        load_settings(raw, stack="dev", project_dir=PROJECT)
    return caught.value


@pytest.mark.parametrize(("rule", "key", "change"), BAD, ids=[f"{r}-{i}" for i, (r, _, _) in enumerate(BAD)])
def test_a_bad_value_is_reported_under_its_rule_and_key(
    rule: str, key: str, change: dict[str, object]
) -> None:
    """Each refusal names the rule's id and the key's path."""
    found = {(problem.rule, problem.key) for problem in problems(GOOD | change).problems}
    assert (rule, key) in found


def test_a_wrong_entry_of_a_permission_is_one_problem_with_what_is_allowed() -> None:
    """No names of the parser's own stand in the key, and one slip is one line."""
    (problem,) = problems(GOOD | {"permissions": [{**READ_ALL, "kind": "role"}]}).problems
    assert problem.key == "permissions[0].kind"
    assert "'delegated' or 'application'" in problem.message
    (problem,) = problems(GOOD | {"permissions": [{**READ_ALL, "kinds": "role"}]}).problems
    assert "did you mean 'kind'?" in problem.message


@pytest.mark.parametrize(("rule", "key", "refused"), ELSEWHERE)
def test_a_bad_file_or_environment_is_reported_the_same_way(
    rule: str, key: str, refused: Refused, tmp_path: Path
) -> None:
    """Rule and key, and an exit code that says whose mistake it is; no value of the environment is shown."""
    with pytest.raises(ConnectError) as caught:
        refused(tmp_path)
    error = caught.value
    found = error.problems if isinstance(error, SettingsError) else ()
    assert (rule, key) in {(problem.rule, problem.key) for problem in found} | {(error.code, error.key)}
    assert error.exit_code in (2, 3)


def test_no_row_sends_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a connection nor a look-up of a name is tried while a configuration is refused."""
    tried: list[object] = []

    def note(*args: object, **_: object) -> None:
        tried.append(args)
        raise OSError("no network in this test")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, note)
    monkeypatch.setattr(socket, "getaddrinfo", note)
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", 9))
    assert tried, "the guard sees a connection"
    tried.clear()
    for _, _, change in BAD:
        problems(GOOD | change)
    for _, _, refused in ELSEWHERE:
        with pytest.raises(ConnectError):
            refused(tmp_path)
    assert tried == []


def test_every_rule_that_is_reported_stands_in_the_table() -> None:
    """No refusal has an id that the table of rules does not know."""
    assert {rule for rule, *_ in [*BAD, *ELSEWHERE]} <= set(RULES)


@pytest.mark.parametrize(("rule", "key", "change"), CAUTIONS)
def test_what_is_probably_not_meant_is_a_warning(rule: str, key: str, change: dict[str, object]) -> None:
    """A warning names rule and key, and the settings are good all the same."""
    settings = load_settings(GOOD | change, stack="dev", project_dir=PROJECT)
    assert (rule, key) in {(warning.rule, warning.key) for warning in settings.warnings}


def test_settings_without_a_slip_warn_of_nothing() -> None:
    """Somebody is assigned and every URI is one of a kind: nothing to say."""
    users = {"assignments": {"users": ["adele@contoso.example"]}}
    assert load_settings(GOOD | users, stack="dev", project_dir=PROJECT).warnings == ()


@pytest.mark.parametrize(("rule", "change", "name", "value"), NORMALISED)
def test_what_is_normalised_comes_out_in_one_form(
    rule: str, change: dict[str, object], name: str, value: object
) -> None:
    """The value is changed to the form that the service gives it, and nothing is said."""
    settings = load_settings(GOOD | change, stack="dev", project_dir=PROJECT)
    assert getattr(settings.redirect_uris if name == "spa" else settings, name) == value
    assert RULES[rule].effect == "normalise"


def test_every_rule_has_two_rows() -> None:
    """A rule without rows is a rule that nobody has tried; none is exempt."""
    rows = Counter(rule for rule, *_ in [*BAD, *CAUTIONS, *NORMALISED, *ELSEWHERE, *VERSIONS])
    assert {rule for rule in RULES if rows[rule] < 2} == set()


def test_a_value_nested_without_end_is_one_problem() -> None:
    """However deep it lies, nothing runs out of stack, not even to show it."""
    deep: object = []
    for _ in range(5000):
        deep = [deep]
    (problem,) = problems(GOOD | {"displayName": deep}).problems
    assert (problem.rule, problem.key, problem.value) == ("settings.value", "displayName", "")


def test_personal_audiences_have_both_limits_of_permissions() -> None:
    """200 in all and 30 of one API: each is said by itself, with what was counted."""
    rights = [f"graph/Some.Right.{number}" for number in range(199)]
    error = problems(GOOD | {"permissions": rights, "signInAudience": PERSONAL})
    counted = [p.value for p in error.problems if p.rule == "settings.permission_count"]
    assert counted == ["201 permissions", "200 permissions of graph"]


def test_all_problems_are_reported_at_once() -> None:
    """A person mends a file in one go, not one error a run."""
    error = problems({"profile": "nope", "tenantId": "x", "dynamicsUrl": "y", "consent": "z"})
    assert {p.key for p in error.problems} == {"profile", "tenantId", "dynamicsUrl", "consent"}
    assert error.exit_code == 2


def test_an_unknown_key_names_the_nearest_and_the_known_ones() -> None:
    """A typing error is answered with the key that was meant."""
    message = problems(GOOD | {"dynamicUrl": "x"}).message
    assert "did you mean 'dynamicsUrl'?" in message
    assert "tenantId" in message


def test_an_unknown_profile_lists_those_there_are() -> None:
    """The message names the profiles in the project."""
    assert "marketo-measure" in problems(GOOD | {"profile": "x"}).message


def test_the_personal_audience_message_names_both_facts() -> None:
    """Adobe's article asks for it and Microsoft refuses it: the reader hears of both."""
    message = problems(GOOD | {"signInAudience": PERSONAL}).message
    assert "Adobe's article" in message
    assert "Microsoft refuses" in message
    assert "AzureADMultipleOrgs" in message


@pytest.mark.parametrize(("url", "said"), [("https://127.0.1.1:8443", True), ("https://c.example", False)])
def test_an_address_of_this_machine_is_answered_with_the_emulators_cloud(url: str, said: bool) -> None:
    """Whoever forgot `cloud: emulator` is told so; nobody else is."""
    error = problems(GOOD | {"dynamicsUrl": url})
    assert ("set `cloud: emulator`" in error.message) is said
