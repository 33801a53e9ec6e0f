"""Hand-made secrets of an adopted application: the first rotation takes them over, and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator.seed import CONTOSO
from emulator.seed.names import LEAK_MARKER
from tests.stack.test_rotation import lines, rotate
from tests.support.by_hand import ByHand
from tests.support.emulator import RunningEmulator
from tests.support.graph import log_in
from tests.support.kept import Kept
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
FINISH = ("finish", "--reconnected", "--yes", "--json")
ADD = "/v1.0/applications/{id}/addPassword"
ALL = bool(os.environ.get("CONNECT_TEST_ALL"))


def adopted(stack: Project, made: ByHand) -> Project:
    """The stack after `adopt` and the first `deploy`."""
    for done in (stack.connector("adopt", "--application-id", made.app_id), stack.connector("deploy")):
        assert done.code == 0, done.text
    return stack


def hand_made(done: Done) -> dict[str, dict[str, Any]]:
    """The rows of secrets outside the slots, by name."""
    return {row["name"]: row for row in done.json["handMade"]}


def in_days(days: int) -> str:
    """A date-time as Graph writes it."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def opens(stack: Project, made: ByHand, secret: dict[str, Any]) -> bool:
    """Whether a secret still gives a token."""
    fields = {"client_id": made.app_id, "client_secret": secret["secretText"]}
    return log_in(stack.emulator, resource=stack.emulator.org(1), **fields).status_code == 200


def test_the_first_rotation_takes_hand_made_secrets_over(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The stack's own secret is proved; with --reconnected the adopted ones go, and no later one."""
    made = ByHand(emulator)
    stack = adopted(project(protect=True), made)
    later = made.add_secret("made later")
    assert opens(stack, made, made.secret)

    shown = rotate(stack, "status", "--json")
    assert (shown.code, shown.json["result"]) == (0, "reconnect"), shown.text
    mine = hand_made(shown)["made by hand"]
    assert (mine["keyId"], mine["adopted"], mine["hint"]) == (made.key_id, True, made.secret["hint"])
    assert mine["daysLeft"] in (729, 730)
    assert mine["lastUsed"].startswith(f"{datetime.now(UTC):%Y-%m-%d}")
    assert hand_made(shown)["made later"]["adopted"] is False
    assert hand_made(stack.connector("status", "--json")) == hand_made(shown)

    begun = rotate(stack, "begin", "--json")
    assert (begun.code, begun.json["result"], begun.json["changes"]) == (0, "begun", []), begun.text
    assert [(s["slot"], s["generation"], s["proved"]) for s in begun.json["slots"]] == [("a", 1, True)]

    refused = rotate(stack, "finish")
    assert (refused.code, "hand-made: made by hand" in refused.text) == (20, True), refused.text
    unasked = rotate(stack, "finish", "--reconnected")
    assert (unasked.code, "--yes" in unasked.text) == (20, True), unasked.text
    assert made.secrets() == {"made by hand", "made later", "a-1"}
    done = rotate(stack, *FINISH)
    assert (done.code, done.json["result"]) == (0, "finished"), done.text
    label = f"hand-made: made by hand/{made.secret['hint']}"
    assert lines(done) == [("removed", label)]
    assert f"warning: {label} was used in the last 7 days" in done.err
    assert made.secrets() == {"made later", "a-1"}
    assert not opens(stack, made, made.secret)
    assert opens(stack, made, later)
    assert LEAK_MARKER not in "".join(one.text for one in (shown, begun, refused, done))
    again = rotate(stack, *FINISH)
    assert (again.code, again.json["result"]) == (0, "nothing"), again.text
    record = json.loads((stack.root / ".local/records/test.json").read_text())
    assert record["adoptedSecrets"] == []
    assert stack.connector("adopt", "--application-id", made.app_id).code == 0
    assert hand_made(rotate(stack, "status", "--json"))["made later"]["adopted"] is True


def test_auto_counts_hand_made_ends_and_retires_what_has_ended(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """20 while a person is needed, 21 when one ends soon; one that has ended goes by itself, alone."""
    made = ByHand(emulator)
    made.add_secret("ends soon", endDateTime=in_days(20))
    stack = project()
    assert stack.connector("adopt", "--application-id", made.app_id).code == 0
    undeployed = rotate(stack, "auto", "--json")
    assert (undeployed.code, undeployed.json["error"]["code"]) == (21, "rotation.not_deployed")
    assert stack.connector("deploy").code == 0
    soon = rotate(stack, "auto", "--json")
    assert (soon.code, soon.json["result"]) == (21, "reconnect"), soon.text
    assert made.secrets() == {"made by hand", "ends soon", "a-1"}
    assert stack.connector("status").code == 21
    waits = rotate(stack, "auto", "--soon-days", "5", "--json")
    assert (waits.code, waits.json["result"]) == (20, "reconnect"), waits.text

    (application,) = emulator.store.find(CONTOSO, "applications", id=made.id)
    credentials = application["passwordCredentials"]
    next(c for c in credentials if c["displayName"] == "ends soon")["endDateTime"] = in_days(-1)
    emulator.edit("applications", made.id, {"passwordCredentials": credentials})
    ended = rotate(stack, "auto", "--json")
    assert (ended.code, ended.json["result"]) == (0, "finished"), ended.text
    assert made.secrets() == {"made by hand", "a-1"}
    assert rotate(stack, "auto", "--json").code == 20


def test_begin_makes_the_first_secret_of_an_adopted_stack(
    project: Callable[..., Project], emulator: RunningEmulator, tmp_path: Path
) -> None:
    """Nothing but the secret differs (the state was lost): begin, killed once, makes a-1; finish retires."""
    first = project()
    assert first.connector("deploy").code == 0
    outputs = first.outputs()
    stack = Project(tmp_path / "again", emulator)
    assert stack.connector("adopt", "--application-id", outputs["clientId"]).code == 0
    kill_rotate(stack, ("begin",), "POST", ADD, "hang-after")
    begun = rotate(stack, "begin", "--json")
    assert (begun.code, begun.json["result"]) == (0, "begun"), begun.text
    (application,) = emulator.store.find(CONTOSO, "applications", appId=outputs["clientId"])
    assert [c["displayName"] for c in application["passwordCredentials"]] == ["a-1", "a-1"]
    assert lines(begun) == [("added", "marketo-measure-secret-a-1")]
    assert stack.outputs()["clientSecretKeyId"] != outputs["clientSecretKeyId"]
    done = rotate(stack, *FINISH)
    assert done.code == 0, done.text
    (application,) = emulator.store.find(CONTOSO, "applications", appId=outputs["clientId"])
    assert [c["keyId"] for c in application["passwordCredentials"]] == [stack.outputs()["clientSecretKeyId"]]


def test_without_room_for_another_secret_nothing_is_made(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Personal audiences hold two secrets: begin and deploy say which ones are there, before any write."""
    made = ByHand(emulator, audience="AzureADandPersonalMicrosoftAccount", token_version=2)
    made.add_secret("another")
    stack = project(profile="small", signInAudience="AzureADandPersonalMicrosoftAccount")
    profile = (stack.root / "profiles/marketo-measure.yaml").read_text()
    (stack.root / "profiles/small.yaml").write_text(
        profile.replace("    - https://apps.bizible.com/OAuth2?identityOnly=true\n", "")
    )
    assert stack.connector("adopt", "--application-id", made.app_id).code == 0
    emulator.requests(reset=True)
    for done in (stack.connector("deploy", "--json"), rotate(stack, "begin", "--json")):
        assert (done.code, done.json["error"]["code"]) == (4, "rotation.no_room"), done.text
        assert all(name in done.json["error"]["message"] for name in ("made by hand", "another", "a-1"))
    writes = [r for r in emulator.requests() if r["service"] == "graph" and r["method"] != "GET"]
    assert writes == []


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kept, ByHand]]:
    """An adopted stack with two hand-made secrets, its own one proved."""
    running = RunningEmulator(tmp_path_factory.mktemp("adopted"))
    made = ByHand(running)
    made.add_secret("another")
    stack = adopted(Project(tmp_path_factory.mktemp("project") / "p", running), made)
    assert rotate(stack, "begin").code == 0
    yield Kept(stack, tmp_path_factory.mktemp("kept")), made
    running.stop()


@pytest.mark.skipif(not ALL, reason="long: every request of a finish; CONNECT_TEST_ALL=1 runs it")
@pytest.mark.parametrize("nth", range(1, 40))
def test_a_finish_killed_at_any_request_is_completed(begun: tuple[Kept, ByHand], nth: int) -> None:
    """Wherever it was killed: the proved secret opens, and the next run completes."""
    kept, made = begun
    kept.go_back()
    kill_rotate(kept.stack, FINISH, "*", "*", "hang-after", nth)
    check_completed(kept, made)


def kill_rotate(
    stack: Project, arguments: tuple[str, ...], method: str, route: str, answer: str, nth: int = 1
) -> None:
    """Run a verb of rotate and kill its process group where the armed call hangs."""
    emulator = stack.emulator
    emulator.requests(reset=True)
    emulator.fault(method, route, nth=nth, answer=answer)
    verb = ("rotate", arguments[0], "--stack", stack.stack, *arguments[1:])
    with subprocess.Popen(
        [sys.executable, "-m", "connector", *verb], cwd=stack.root, env=stack.env, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        while not struck(emulator, answer):
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            break
        else:
            os.killpg(process.pid, signal.SIGKILL)
    emulator.store.db.execute("DELETE FROM faults")


def struck(emulator: RunningEmulator, answer: str) -> bool:
    """Whether the call hangs, and for hang-after whether its effect is there: its line is in the log."""
    rows = emulator.store.db.execute("SELECT nth, route FROM faults WHERE seen >= nth").fetchall()
    if not rows or answer == "hang":
        return bool(rows)
    end = rows[0]["route"].rsplit("/", 1)[-1].strip("*")
    return sum(r["path"].endswith(end) for r in emulator.requests()) >= rows[0]["nth"]


def check_completed(kept: Kept, made: ByHand) -> None:
    """The next finish ends with the stack's own secret alone."""
    current = {"secretText": kept.secret["clientSecret"]}
    assert opens(kept.stack, made, current)
    again = rotate(kept.stack, *FINISH)
    assert again.code == 0, again.text
    assert made.secrets() == {"a-1"}
    assert opens(kept.stack, made, current)
    assert kept.stack.pulumi("preview", "--expect-no-changes").code == 0
