"""`preview`: both halves of a stack in one report, and no trace of it anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.seed.names import LEAK_MARKER
from tests.docs.test_schemas import check
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack


def writes(emulator: RunningEmulator) -> list[str]:
    """Requests that could have changed something, logins apart."""
    lines = [r for r in emulator.requests() if r["method"] not in ("GET", "HEAD")]
    return [f"{r['method']} {r['path']}" for r in lines if "/oauth2/" not in r["path"]]


def files(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, links left out."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path): path.read_bytes() for path in found if "__pycache__" not in path.parts}


def test_a_stack_that_does_not_exist_is_previewed_and_not_made(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """From its file alone: everything would be added; backend, file and tenant stay as they are."""
    stack = project()
    lines = stack.stack_file.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if "salt" not in line)
    own = stack.root / "Pulumi.later.yaml"
    own.write_text("# not made yet\n" + text)
    state = files(stack.folder / "state")
    emulator.requests(reset=True)
    page = stack.root / "page.md"
    done = stack.run(
        *(stack.python, "-m", "connector", "preview", "--stack", "later", "--json"),
        *("--markdown", str(page)),
    )
    assert done.code == 0, done.text
    assert (done.json["result"], done.json["new"]) == ("changes", True)
    assert check("preview", done.json) == []
    assert {row["action"] for row in done.json["entra"]} == {"added"}
    assert {row["kind"] for row in done.json["entra"]} >= {"Application", "ServicePrincipal"}
    (application,) = [row for row in done.json["entra"] if row["kind"] == "Application"]
    assert "signInAudience: AzureADMultipleOrgs" in application["detail"]
    assert "https://apps.bizible.com/OAuth2?identityOnly=true" in application["detail"]
    assert own.read_text() == "# not made yet\n" + text
    assert files(stack.folder / "state") == state
    assert writes(emulator) == []
    assert not list((stack.folder / "tmp").iterdir())
    assert "## later: changes" in page.read_text()
    assert "does not exist yet" in page.read_text()


def test_a_preview_shows_drift_and_both_halves(project: Callable[..., Project]) -> None:
    """Nothing to change; then a changed name is seen with --refresh alone, a changed setting without."""
    stack = project(protect=True)
    assert stack.connector("deploy").code == 0
    before = files(stack.root)
    trace = stack.folder / "trace.jsonl"
    calm = stack.connector("preview", "--expect-no-changes", "--json", "--trace", str(trace))
    assert "/WhoAmI" in trace.read_text()
    assert (calm.code, calm.json["result"], calm.json["entra"]) == (0, "unchanged", []), calm.text
    id = stack.outputs()["applicationObjectId"]
    stack.emulator.edit("applications", id, {"displayName": "renamed | by <somebody>"})
    assert stack.connector("preview", "--expect-no-changes").code == 0
    page = stack.root / "page.md"
    drift = stack.connector("preview", "--refresh", "--expect-no-changes", "--markdown", str(page), "--json")
    assert (drift.code, drift.json["error"]["code"]) == (7, "preview.changes"), drift.text
    (line,) = drift.json["entra"]
    assert line["detail"].startswith("changed by hand: displayName: ")
    assert "renamed" in line["detail"]
    assert "renamed \\| by &lt;somebody>" in page.read_text()
    assert LEAK_MARKER not in drift.text + page.read_text()
    page.unlink()
    assert files(stack.root) == before


def test_one_half_that_fails_does_not_hide_the_other(project: Callable[..., Project]) -> None:
    """A group that is not there, and a host that is down: each is an error beside the other half's plan."""
    stack = project(assignments={"groups": ["No such group"]})
    page = stack.root / "page.md"
    done = stack.connector("preview", "--json", "--markdown", str(page))
    assert done.code == 1
    assert "No such group" in done.json["error"]["message"]
    assert done.json["privileges"]["wanted"] == 64
    assert "### Marketo Measure Integration" in page.read_text()
    down = stack.emulator.org(1).replace("127.0.1.1", "127.0.1.77")
    stack.settings |= {"assignments": {}, "dynamicsUrl": down}
    stack.write_settings()
    done = stack.connector("preview", "--json", "--markdown", str(page))
    assert (done.code, done.json["error"]["code"]) == (4, "host.unreachable"), done.text
    assert {row["action"] for row in done.json["entra"]} == {"added"}
    assert "127.0.1.77" in page.read_text()


def test_a_login_that_is_refused_has_the_code_that_deploy_has(project: Callable[..., Project]) -> None:
    """Another tenant's login is a setting (2), a wrong secret a login (3): not the engine's 1."""
    stack = project()
    elsewhere = stack.connector("preview", "--json", ARM_TENANT_ID="22222222-2222-4222-8222-222222222222")
    assert elsewhere.code == 2, elsewhere.text
    assert "ARM_TENANT_ID" in elsewhere.json["error"]["message"]
    wrong = stack.connector("preview", "--json", ARM_CLIENT_SECRET="wrong", AZURE_CLIENT_SECRET="wrong")
    assert wrong.code == 3, wrong.text
    assert "AADSTS7000215" in wrong.json["error"]["message"]


def test_an_unknown_stack_without_a_file_is_an_error(project: Callable[..., Project]) -> None:
    """Neither in the backend nor in a file: exit 6, and what to do."""
    stack = project()
    done = stack.run(stack.python, "-m", "connector", "preview", "--stack", "nobody", "--json")
    assert (done.code, done.json["error"]["code"]) == (6, "stack.unknown"), done.text
