"""No login leaves for a host that the stack's cloud does not name: verbs and plain `pulumi`, real engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import yaml

from tests.stack.test_older_state import STATES, with_salt
from tests.support.emulator import RunningEmulator
from tests.support.listener import Listener
from tests.support.project import Project

pytestmark = pytest.mark.stack
PUBLIC = {"cloud": "public", "dynamicsUrl": "https://contoso.crm4.dynamics.com"}

STATE = STATES[0]


@pytest.fixture
def listener() -> Iterator[Listener]:
    """The host that a variable names."""
    with Listener() as made:
        yield made


@pytest.mark.parametrize("command", ["preview", "up"])
def test_plain_pulumi_asks_no_metadata_host_in_the_public_cloud(
    command: str, project: Callable[..., Project], listener: Listener
) -> None:
    """What `scripts/env` left behind would send the login there: our sentence, and nobody came."""
    stack = project(**PUBLIC)
    yes = ["--yes"] if command == "up" else []
    done = stack.pulumi(command, *yes, ARM_METADATA_HOSTNAME=listener.host, AZURE_AUTHORITY_HOST="")
    assert done.code not in (0, 255), done.text
    assert f"ARM_METADATA_HOSTNAME = '{listener.host}': would send the deployer's login" in done.text
    assert "Traceback" not in done.text
    assert listener.connections == 0


@pytest.mark.parametrize("verb", ["deploy", "preflight", "preview", "plan"])
def test_a_verb_asks_no_metadata_host_in_the_public_cloud(
    verb: str, project: Callable[..., Project], listener: Listener
) -> None:
    """Every name in one refusal, exit 2, and nobody came to the one that listens."""
    stack = project(**PUBLIC)
    done = stack.connector(verb, "--json", ARM_METADATA_HOSTNAME=listener.host)
    assert done.code == 2, done.text
    error = done.json["error"]
    assert error["code"] == "environment.endpoint"
    assert "ARM_METADATA_HOSTNAME" in error["message"]
    assert "AZURE_AUTHORITY_HOST" in error["message"]  # the emulator's, as the environment still has it
    assert listener.connections == 0


def test_the_emulator_s_program_asks_no_host_but_loopback(project: Callable[..., Project]) -> None:
    """Without the variable the provider would log in at Microsoft; with another machine's, there."""
    stack = project()
    for value, words in (("", "is not set"), ("metadata.example", "only loopback hosts are allowed")):
        done = stack.pulumi("preview", ARM_METADATA_HOSTNAME=value)
        assert done.code not in (0, 255), done.text
        assert words in done.text


def test_keys_of_the_provider_s_own_are_refused_by_both_halves(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """They would lie unread, and somebody believes in them; the value is not shown."""
    stack = project()
    held = yaml.safe_load(stack.stack_file.read_text())
    held["config"] |= {"azuread:clientId": "Planted-id", "azuread:metadataHost": "localhost:1"}
    stack.stack_file.write_text(yaml.safe_dump(held))
    emulator.requests(reset=True)
    verb, plain = stack.connector("deploy", "--json"), stack.pulumi("preview")
    assert (verb.code, verb.json["error"]["code"]) == (2, "settings.provider_key"), verb.text
    assert plain.code not in (0, 255), plain.text
    for done in (verb, plain):
        assert "azuread:clientId: is read by nothing" in done.text
        assert "set ARM_CLIENT_ID instead" in done.text
        assert "azuread:metadataHost" in done.text
        assert "Planted" not in done.text
    assert emulator.requests() == []


@pytest.mark.parametrize("command", ["refresh", "destroy"])
def test_plain_pulumi_without_the_program_asks_no_metadata_host_either(
    command: str, project: Callable[..., Project], listener: Listener
) -> None:
    """The state of a public stack holds an empty one, which the provider takes before the variable."""
    stack = project()
    with_salt(stack, STATE)
    state = json.loads(STATE.read_text().replace("@PORT@", str(stack.emulator.port)))
    (provider,) = [one for one in state["deployment"]["resources"] if one["type"].startswith("pulumi:prov")]
    provider["inputs"]["metadataHost"] = provider["outputs"]["metadataHost"] = ""
    moved = stack.folder / "state.json"
    moved.write_text(json.dumps(state))
    assert stack.pulumi("stack", "import", "--file", str(moved)).code == 0
    # Microsoft's hosts are not asked in a test: the proxy is one that nobody listens at.
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "ARM_METADATA_HOSTNAME": listener.host}
    done = stack.pulumi(command, "--yes", **nowhere)
    assert done.code not in (0, 7), done.text
    assert listener.connections == 0
    assert "127.0.0.1:9" in done.text
