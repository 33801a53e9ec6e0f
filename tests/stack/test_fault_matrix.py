"""The matrix: each write of `deploy`, `rotate`, `adopt` and `remove`, spoilt in seven ways, and run again.

The table below is the log of clean runs, write by write, and a test holds it to that. `adopt` writes
nothing in the tenant, only the state and its record: its rows are the reads around these. Each cell goes
back to a kept state, runs the verb into the fault, runs it again, and looks. A sample of it by default,
every cell with CONNECT_TEST_ALL=1; a line for each, and the counts, stand at the end of the run's output.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import agreement
from tests.support.by_hand import ByHand
from tests.support.emulator import RunningEmulator
from tests.support.graph import log_in
from tests.support.kept import Kept
from tests.support.leaks import leaks_in
from tests.support.project import Done, Project
from tests.support.spoilt import FAULTS, Call, shape, spoil

pytestmark = pytest.mark.stack
ALL = bool(os.environ.get("CONNECT_TEST_ALL"))
APPLICATION, PRINCIPAL = "/v1.0/applications/{id}", "/v1.0/servicePrincipals/{id}"
GRANTS, BIN = "/v1.0/oauth2PermissionGrants", "/v1.0/directory/deletedItems/{id}"
USER, ROLE = "/api/data/v9.2/systemusers({id})", "/api/data/v9.2/roles({id})"
ASSIGNED = f"{USER}/systemuserroles_association/$ref"
REMOVE = f"{APPLICATION}/removePassword"
FINISH = ("rotate", "finish", "--reconnected", "--yes")
BY_HAND = ("made by hand", "another")


Cell = tuple["Story", Call, str]


@dataclass(frozen=True)
class Story:
    """A verb's run from a kept state: the calls that are spoilt, and what has to be there in the end.

    By default one cell in `stride` is run; none of these is a multiple of the seven faults, so that the
    sample walks through calls and faults alike.
    """

    verb: str
    before: str
    command: tuple[str, ...]
    calls: tuple[Call, ...]
    stride: int
    secrets: tuple[str, ...] = ("a-1",)

    @property
    def cells(self) -> list[Cell]:
        """Each call with each fault."""
        return [(self, call, fault) for call in self.calls for fault in FAULTS]


ENTRA = (
    Call("POST", "/v1.0/applications"),
    Call("PATCH", APPLICATION),
    Call("PATCH", APPLICATION, 2),
    Call("DELETE", f"{APPLICATION}/owners/{{owner}}/$ref"),
    Call("POST", f"{APPLICATION}/addPassword"),
    Call("POST", "/v1.0/servicePrincipals"),
    Call("PATCH", PRINCIPAL),
    Call("DELETE", f"{PRINCIPAL}/owners/{{owner}}/$ref"),
    Call("POST", GRANTS),
    Call("POST", GRANTS, 2),
    Call("POST", f"{PRINCIPAL}/appRoleAssignedTo"),
    Call("POST", f"{PRINCIPAL}/appRoleAssignedTo", 2),
)
DATAVERSE = (
    Call("POST", "/api/data/v9.2/roles", ours=True),
    Call("POST", "/api/data/v9.2/systemusers", ours=True),
    Call("POST", f"{ROLE}/Microsoft.Dynamics.CRM.AddPrivilegesRole", ours=True),
    Call("POST", ASSIGNED, ours=True),
)
ADOPTED = (
    Call("PATCH", APPLICATION),
    Call("DELETE", f"{APPLICATION}/owners/{{owner}}/$ref"),
    Call("PATCH", PRINCIPAL),
    Call("POST", f"{APPLICATION}/addPassword"),
    Call("DELETE", f"{PRINCIPAL}/owners/{{owner}}/$ref"),
    Call("POST", f"{PRINCIPAL}/appRoleAssignedTo"),
    Call("POST", GRANTS),
)
#: Before the import, in it (the provider reads what is taken over), and after the record was written.
ADOPT = (
    Call("GET", f"{PRINCIPAL}/appRoleAssignedTo", ours=True),
    Call("GET", f"{PRINCIPAL}/appRoleAssignedTo/*"),
    Call("GET", "/metadata/endpoints", 3),
)
AWAY = (
    Call("DELETE", ASSIGNED, ours=True),
    Call("PATCH", USER, ours=True),
    Call("DELETE", USER, ours=True),
    Call("DELETE", USER, 2, ours=True),
    Call("DELETE", ROLE, ours=True),
    Call("DELETE", APPLICATION),
    Call("DELETE", BIN, ours=True),
    Call("DELETE", BIN, 2, ours=True),
)
STORIES = (
    Story("deploy", "nothing", ("deploy",), ENTRA, 8),
    Story("deploy, second half", "half", ("deploy",), DATAVERSE, 4),
    Story("rotate begin", "deployed", ("rotate", "begin"), (ENTRA[4],), 2, ("a-1", "b-2")),
    Story("rotate finish", "begun", FINISH, (Call("POST", REMOVE),), 3, ("b-2",)),
    Story("remove", "deployed", ("remove", "--yes", "--unprotect", "--purge"), AWAY, 12, ()),
    Story("adopt", "by hand", ("adopt",), ADOPT, 5),
    Story("deploy of an adopted", "adopted", ("deploy",), ADOPTED, 12, ("a-1", *BY_HAND)),
    Story(
        "finish of an adopted", "adopted and begun", FINISH,
        (Call("POST", REMOVE, ours=True), Call("POST", REMOVE, 2, ours=True)), 5,
    ),
)  # fmt: skip
#: How a kept state is come by: from which one, and by which commands.
STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "half": ("nothing", ("pulumi", "up", "--skip-preview", "--yes")),
    "deployed": ("half", ("deploy",)),
    "begun": ("deployed", ("rotate", "begin")),
    "adopted": ("by hand", ("adopt",)),
    "adopted and begun": ("adopted", ("deploy",)),
}
CELLS = [cell for story in STORIES for cell in story.cells[:: 1 if ALL else story.stride]]


class Stories:
    """A stack and its emulator, and the states to go back to, each made when it is first asked for."""

    def __init__(self, stack: Project, made: ByHand | None, folder: Path, first: str) -> None:
        """Keep the first one, of whom *made* is the application that somebody made by hand."""
        self.stack, self.made, self._folder = stack, made, folder
        self._kept = {first: Kept(stack, folder / first)}

    def go_back(self, name: str) -> Kept:
        """The stack is as that state has it."""
        if name not in self._kept:
            earlier, command = STEPS[name]
            self.go_back(earlier)
            done = self.run(command)
            assert done.code == 0, done.text
            self._kept[name] = Kept(self.stack, self._folder / name)
        self._kept[name].go_back()
        return self._kept[name]

    def run(self, command: tuple[str, ...]) -> Done:
        """A verb of this project, or plain `pulumi`."""
        if command[0] == "pulumi":
            return self.stack.pulumi(*command[1:])
        verb = (self.stack.python, "-m", "connector", *self.typed(command), "--stack", self.stack.stack)
        return self.stack.run(*verb)

    def typed(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """The command as somebody types it: an adopted application is named."""
        if command[0] == "adopt" and self.made:
            return (*command, "--application-id", self.made.app_id)
        return (*command, "--include-adopted") if command[0] == "remove" and self.made else command


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Story], Stories]]:
    """Two stacks, one made from nothing and one adopted, each with an emulator of its own when it is used."""
    running: list[RunningEmulator] = []
    made: dict[bool, Stories] = {}

    def of(story: Story) -> Stories:
        adopted = "hand" in story.before or "adopted" in story.before
        if adopted not in made:
            running.append(RunningEmulator(tmp_path_factory.mktemp("emulator")))
            by_hand = ByHand(running[-1]) if adopted else None
            if by_hand:
                by_hand.add_secret("another")
            stack = Project(tmp_path_factory.mktemp("project") / "p", running[-1], protect=True)
            first = "by hand" if adopted else "nothing"
            made[adopted] = Stories(stack, by_hand, tmp_path_factory.mktemp("kept"), first)
        return made[adopted]

    yield of
    for one in running:
        one.stop()


def cell_name(cell: Cell) -> str:
    """Verb, call and fault."""
    return f"{cell[0].verb}: {cell[1]}, {cell[2]}"


@pytest.mark.parametrize("story", [s for s in STORIES if s.verb != "adopt"], ids=lambda story: story.verb)
def test_the_table_is_the_log_of_a_clean_run(stories: Callable[[Story], Stories], story: Story) -> None:
    """Every write of the verb's own half is in the table, and nothing else is."""
    these = stories(story)
    these.go_back(story.before)
    these.stack.emulator.requests(reset=True)
    done = these.run(story.command)
    assert done.code == 0, done.text
    halves = {_half(call.route) for call in story.calls}
    written = [line for line in these.stack.emulator.requests() if line["method"] != "GET"]
    found = Counter((line["method"], shape(line["path"])) for line in written if line["service"] in halves)
    assert found == Counter((call.method, shape(call.route)) for call in story.calls)


def _half(route: str) -> str:
    return "dataverse" if route.startswith("/api/data") else "graph"


@pytest.mark.parametrize("cell", CELLS, ids=cell_name)
def test_the_next_run_converges(stories: Callable[[Story], Stories], cell: Cell) -> None:
    """Once of everything, state, record and directory agree, and no secret was said by either run."""
    story, call, fault = cell
    these = stories(story)
    kept = these.go_back(story.before)
    stack, before = these.stack, these.stack.emulator.dump()
    spoilt = spoil(stack, these.typed(story.command), call, fault)
    assert "Traceback" not in spoilt.text, spoilt.text
    check_opens(stack, kept, story)
    again = these.run(story.command)
    assert again.code == 0, again.text
    assert not leaks_in((spoilt.text + again.text).encode())
    if story.verb == "remove":
        agreement.check_gone(stack, kept.secret["clientId"])
    elif story.verb == "adopt":
        agreement.check_adopted(stack, before, len(BY_HAND))
    else:
        agreement.check_connected(stack, story.secrets, people=3 if these.made else 2)
        check_opens(stack, kept, story)


def check_opens(stack: Project, kept: Kept, story: Story) -> None:
    """A rotation leaves the newest proved secret opening at every moment."""
    if not story.verb.startswith(("rotate", "finish")):
        return
    fields = {"client_id": kept.secret["clientId"], "client_secret": kept.secret["clientSecret"]}
    assert log_in(stack.emulator, resource=stack.emulator.org(1), **fields).status_code == 200
