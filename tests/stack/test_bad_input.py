"""BAD: one clear error, no traceback, nothing written; from the tool and from plain pulumi."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from emulator.seed import LIMITED_DEPLOYER, LIMITED_SECRET
from tests.support.emulator import RunningEmulator
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
LIMITED = {
    f"{prefix}_{name}": value
    for prefix in ("ARM", "AZURE")
    for name, value in (("CLIENT_ID", LIMITED_DEPLOYER), ("CLIENT_SECRET", LIMITED_SECRET))
}
WRONG_SECRET = {"ARM_CLIENT_SECRET": "wrong", "AZURE_CLIENT_SECRET": "wrong"}
WRONG_WORDS = ("AADSTS7000215", "client secret is wrong", "trace id ", "correlation id ")


@dataclass(frozen=True)
class Bad:
    """A mistake: the settings changed, the environment, and what the tool must say."""

    code: int
    words: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    pulumi_words: tuple[str, ...] = ()


CASES = {
    "no tenant": Bad(2, ("tenantId", "is required"), {"tenantId": None}, pulumi_words=("tenantId",)),
    "a Dynamics URL that is none": Bad(2, ("dynamicsUrl = 'contoso'", "https"), {"dynamicsUrl": "contoso"}),
    "personal audience with a query string": Bad(
        2,
        ("redirectUris", "query string", "Adobe's article", "AzureADMultipleOrgs"),
        {"signInAudience": "AzureADandPersonalMicrosoftAccount"},
    ),
    "an unknown profile": Bad(2, ("profile = 'marketo'", "marketo-measure"), {"profile": "marketo"}),
    "an unknown key": Bad(2, ("tenantID", "did you mean 'tenantId'"), {"tenantID": "x"}),
    "the same user twice": Bad(
        2,
        ("assignments.users[1]", "settings.assignee_twice"),
        {"assignments": {"users": ["adele@contoso.example", "Adele@contoso.example"]}},
    ),
    "a script for a redirect URI": Bad(
        2,
        ("redirectUris.publicClient[0]", "settings.redirect_scheme"),
        {"redirectUris": {"publicClient": ["javascript:alert(1)"]}},
    ),
    "an unreachable login host": Bad(
        4, ("localhost:1", "did not answer"), env={"ARM_METADATA_HOSTNAME": "localhost:1"}
    ),
    "an unreachable organization": Bad(
        4, ("127.0.1.1:2", "did not answer"), {"dynamicsUrl": "https://127.0.1.1:2"}, pulumi_words=()
    ),
    "a wrong deployer secret": Bad(3, WRONG_WORDS, env=WRONG_SECRET, pulumi_words=WRONG_WORDS),
    "a deployer without a right": Bad(
        4, ("DelegatedPermissionGrant.ReadWrite.All", "granting admin consent"), env=LIMITED
    ),
    "a login to another tenant": Bad(
        2,
        ("ARM_TENANT_ID", "the stack's tenant is"),
        env=dict.fromkeys(("ARM_TENANT_ID", "AZURE_TENANT_ID"), "22222222-2222-4222-8222-222222222222"),
    ),
}
# The engine writes nothing on a preview; these mistakes it cannot see before an update.
UNSEEN_BY_PREVIEW = {
    "an unreachable organization",
    "a deployer without a right",
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_gets_one_clear_error(
    name: str, project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The tool names key or object, value and remedy, exits 2 to 4, and nothing is written.

    What the settings alone show is refused before the first request.
    """
    bad = CASES[name]
    stack = project(**bad.settings)
    before = emulator.dump()
    emulator.requests(reset=True)
    done = stack.connector("deploy", "--json", **bad.env)
    assert done.code == bad.code, done.text
    assert emulator.requests() == [] or bad.code != 2
    _check_clean(done, bad.words)
    assert done.json["error"]["code"]
    assert emulator.dump() == before
    if name not in UNSEEN_BY_PREVIEW:
        preview = stack.pulumi("preview", **bad.env)
        assert preview.code not in (0, 255), preview.text
        _check_clean(preview, bad.pulumi_words or bad.words[:1])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("config: [a]\n", "config: must be a block of lines"),
        ("config:\n  3: x\n", "config = 3: is no key"),
        ("config:\n  ? [a, b]\n  : c\n", "line 2: is not good YAML"),
        ("config:\n  dynamic-connect:consent: link\n", "did you mean 'dynamics-connect:consent'?"),
    ],
)
def test_a_stack_file_that_is_none_is_our_sentence(
    content: str, words: str, project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The engine is not asked, and nor is the tenant: exit 2, with file or key."""
    stack = project()
    stack.stack_file.write_text(content)
    emulator.requests(reset=True)
    done = stack.connector("preview", "--json")
    assert done.code == 2, done.text
    assert words in done.json["error"]["message"]
    _check_clean(done, ())
    assert emulator.requests() == []


def _check_clean(done: Done, words: tuple[str, ...]) -> None:
    assert "Traceback" not in done.text
    for word in words:
        assert word in done.text


def test_an_unknown_stack_is_exit_6(deployed: Project) -> None:
    """A stack that is not there is named, with how to make it."""
    done = deployed.run(deployed.python, "-m", "connector", "verify", "--stack", "nowhere", "--json")
    assert done.code == 6
    assert "pulumi stack init nowhere" in done.json["error"]["message"]


def test_an_unknown_option_is_exit_2(deployed: Project) -> None:
    """A verb's unknown option is one line, no traceback."""
    done = deployed.connector("verify", "--nonsense")
    assert done.code == 2
    _check_clean(done, ("--nonsense",))


def test_remove_asks_before_it_destroys(deployed: Project) -> None:
    """Without a terminal `remove` needs --yes, and says so with exit 20."""
    done = deployed.connector("remove", "--json")
    assert done.code == 20
    _check_clean(done, ("--yes",))
    assert deployed.outputs()["clientId"]


def test_a_caution_is_said_and_nothing_more(project: Callable[..., Project]) -> None:
    """What is probably not meant is a warning, from plain pulumi as from the tool."""
    stack = project(assignments={})
    preview = stack.pulumi("preview")
    assert preview.code == 0, preview.text
    assert "nobody can sign in" in preview.text
    assert "settings.nobody_assigned" in stack.connector("plan").err


def test_a_deployed_stack_is_not_turned_to_another_environment(deployed: Project) -> None:
    """Another organization's URL in the settings is refused before anything is written."""
    deployed.settings["dynamicsUrl"] = deployed.emulator.org(2)
    deployed.write_settings()
    before = deployed.emulator.dump()
    done = deployed.connector("deploy", "--json")
    deployed.settings["dynamicsUrl"] = deployed.emulator.org(1)
    deployed.write_settings()
    assert done.code == 4, done.text
    assert done.json["error"]["code"] == "stack.elsewhere"
    assert deployed.emulator.dump() == before


@pytest.mark.parametrize(
    ("changed", "words", "code"),
    [
        (
            {"permissions": ["graph/OpenID"]},
            "graph/OpenID: is not published as a delegated permission",
            "entra.permission",
        ),
        (
            {"assignments": {"users": ["nobody@contoso.example"]}},
            "user nobody@contoso.example could not be",
            "entra.user",
        ),
    ],
    ids=["a permission", "a user"],
)
def test_what_the_program_alone_finds_is_told_in_its_words(
    project: Callable[..., Project], changed: dict[str, Any], words: str, code: str
) -> None:
    """However the program's end races with its words: four previews in a row; deploy finds it before."""
    stack = project(**changed)
    for _ in range(4):
        done = stack.connector("preview", "--json")
        message = done.json["error"]["message"]
        assert done.code == 1, done.text
        assert words in message
        assert "invalid state" not in message
    deployed = stack.connector("deploy", "--json")
    assert (deployed.code, deployed.json["error"]["code"]) == (4, code), deployed.text


@pytest.mark.parametrize("key", ["secret", "tenantId", "assignments.users[0]"])
def test_a_value_that_is_kept_encrypted_is_not_shown(project: Callable[..., Project], key: str) -> None:
    """Somebody puts the client secret where a setting belongs: the key is named, and never the value."""
    stack = project()
    assert stack.pulumi("config", "set", "--secret", "--path", key, "Planted~Secret.1").code == 0
    for done in (stack.connector("verify", "--json"), stack.pulumi("preview")):
        assert done.code != 0
        assert key in done.text
        assert "Planted" not in done.text
