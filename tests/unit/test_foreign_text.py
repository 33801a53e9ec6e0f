"""Foreign text is text at every place where it leaves us: terminal, log, JSON, Markdown, HTML."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from markdown_it import MarkdownIt
from rich.table import Table
from rich.text import Text

from connector.cli.engine.policies import Violation
from connector.cli.screen import fleet as fleet_view
from connector.cli.screen import plan as plan_view
from connector.cli.screen import preview as preview_view
from connector.cli.screen.console import Screen
from connector.cli.screen.preview import Entra, Previewed
from connector.cli.screen.sink import TextConsole
from connector.comments.page import comment
from connector.dataverse.matrix import Cell, MatrixRow
from connector.dataverse.reports import PlanReport
from connector.errors import ConnectError
from connector.fleet.report import report_page
from connector.fleet.runs import RunRecord, RunState, StackRun
from connector.report import Action, Change
from connector.settings import Settings
from connector.settings.values import Right
from connector.text import (
    TextStream,
    fenced,
    guard_streams,
    json_text,
    markdown,
    markdown_paragraph,
    plain,
    print_command,
)
from tests.support.emulator import PROJECT
from tests.support.foreign import HOSTILE, harm_in, harm_in_page
from tests.support.source import parsed
from tests.unit.report_samples import NOW
from tests.unit.test_fleet_report import saying

WORDS = "Marketo Measure (test) | a_b + R&D, adele@contoso.example: https://apps.bizible.com/OAuth2?x=true"
CHANGES = tuple(Change(action, "role", HOSTILE, HOSTILE) for action in Action)


def planned() -> PlanReport:
    """A plan in which everything that others name is hostile."""
    cells = {Right.READ: Cell(Action.CHANGED, HOSTILE, HOSTILE)}
    matrix = (MatrixRow(HOSTILE, (HOSTILE,), "", cells), MatrixRow(HOSTILE, (), HOSTILE, {}))
    told = {"forbidden": (f"write on {HOSTILE}",), "caller_lacks": (HOSTILE,)}
    return PlanReport("plan", HOSTILE, "changes", CHANGES, matrix=matrix, **told)


def previewed(error: ConnectError | None, plan: PlanReport | None) -> Previewed:
    """A preview that tells of both halves, or of their errors."""
    settings = SimpleNamespace(
        tenant_id=HOSTILE, dynamics_url=HOSTILE, role_name=HOSTILE, dynamics_host=HOSTILE
    )
    violations = (Violation(HOSTILE, mandatory=True, resource=HOSTILE, message=HOSTILE),)
    entra = Entra(CHANGES, CHANGES, violations, error)
    whose = cast("Settings", settings)
    return Previewed(HOSTILE, new=True, drift=True, entra=entra, plan=plan, plan_error=error, settings=whose)


FAILED = ConnectError(HOSTILE, code="x.y", key=HOSTILE)


def table() -> Table:
    """A table whose cells are folded."""
    made = Table(box=None)
    made.add_column("", width=11)
    made.add_row(Text("0123456789 ::set-output name=x::y"))
    made.add_row(Text(HOSTILE))
    return made


def in_a_fleet(screen: Screen) -> None:
    """A fleet's progress and its table."""
    with fleet_view.Progress(screen) as progress:
        progress.line(HOSTILE, HOSTILE)
        progress.ended(fleet_run().stacks["x"], "deploy")
    fleet_view.show_summary(screen, fleet_run())


def fleet_run() -> RunRecord:
    """A run of one stack that failed."""
    row = StackRun.model_construct(
        stack=HOSTILE, ring=HOSTILE, owner=HOSTILE, state=RunState.DONE, result=HOSTILE, exit_code=1,
        changes=0, seconds=1.0, error={"message": HOSTILE, "code": "x.y", "key": HOSTILE},
    )  # fmt: skip
    return RunRecord.model_construct(fleet=HOSTILE, verb="deploy", stacks={"x": row})


SINKS: dict[str, Callable[[Screen], object]] = {
    "say": lambda screen: screen.say(HOSTILE),
    "note": lambda screen: screen.note("x", HOSTILE),
    "log": lambda screen: screen.log(HOSTILE, HOSTILE),
    "print": lambda screen: screen.print(table()),
    "lines": lambda screen: screen.lines(HOSTILE),
    "title": lambda screen: screen.title(HOSTILE),
    "changes": lambda screen: screen.changes(CHANGES),
    "plan": lambda screen: screen.plan(planned()),
    "table": lambda screen: screen.table([(HOSTILE, HOSTILE)]),
    "error": lambda screen: screen.error(FAILED),
    "result": lambda _: Screen(as_json=True).result({"x": HOSTILE}),
    "whole plan": lambda screen: plan_view.show_whole(screen.console, planned()),
    "preview": lambda screen: preview_view.show(screen, previewed(FAILED, planned())),
    "fleet": in_a_fleet,
}
#: What Screen shows of numbers and of our own words alone.
OURS = {"proof", "counts"}


def test_every_method_of_the_screen_is_a_sink_that_is_walked() -> None:
    """A new one is added to the list, or tells nothing of others."""
    methods = {name for name, made in vars(Screen).items() if callable(made) and not name.startswith("_")}
    assert methods - OURS <= SINKS.keys()


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("terminal", [True, False])
def test_the_screen_shows_foreign_text_as_text(
    sink: str, terminal: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal and in a log: nothing but Rich's own colours is an escape, no line is a command."""
    screen, page = Screen(as_json=False), StringIO()
    screen.console = TextConsole(
        file=page, width=150, force_terminal=terminal, color_system=None, soft_wrap=True, highlight=False
    )
    SINKS[sink](screen)
    shown = page.getvalue() + capsys.readouterr().out
    assert "evil" in shown or sink == "print"
    if terminal:
        shown = shown.replace("\x1b[1A", "").replace("\x1b[2K", "").replace("\x1b[?25l", "")
        shown = shown.replace("\x1b[?25h", "").replace("\r", "")
    assert harm_in(shown) == []


def test_the_screens_own_stream_is_guarded(capsys: pytest.CaptureFixture[str]) -> None:
    """The console that a verb has, as it is made."""
    Screen(as_json=False).say(HOSTILE)
    assert harm_in(capsys.readouterr().err) == []


PAGES: dict[str, Callable[[], str]] = {
    "plan": lambda: plan_view.markdown(planned(), HOSTILE),
    "preview": lambda: preview_view.markdown(previewed(None, planned())),
    "failed preview": lambda: preview_view.markdown(previewed(FAILED, None)),
    "fleet": lambda: fleet_view.markdown(fleet_run(), [(fleet_run().stacks["x"], "")]),
    "value": lambda: f"# {markdown(HOSTILE)}\n\n| {markdown(HOSTILE)} |\n|---|\n| {markdown(HOSTILE)} |\n",
    "block": lambda: fenced(HOSTILE),
    **{
        f"paragraph {begin!r}": lambda begin=begin: markdown_paragraph(f"{begin}{HOSTILE}")  # type: ignore[misc]
        for begin in ("# ", "- ", "* ", "+ ", "1. ", "2) ", "> ", "    ", "\t", "[x]: /u ", "```\n", "~~~\n")
    },
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_foreign_text_as_text(page: str) -> None:
    """No link, image, HTML, emphasis, list, mention or reference; no block of code ends before its time."""
    text = PAGES[page]()
    assert "onerror=alert" in text
    assert harm_in_page(text) == []


@pytest.mark.parametrize("limit", [1200, 2000, 3000, 100_000])
def test_a_comment_that_is_cut_stays_harmless(limit: int) -> None:
    """Wherever the service's limit falls; the hidden first line and the note's words are ours."""
    text = comment("Preview", [PAGES["failed preview"](), PAGES["plan"]()], limit=limit)
    body = text.partition("\n")[2].partition("\n\n---\n")[0]
    assert harm_in_page(body) == []


def test_a_block_of_code_is_closed_by_nothing_inside_of_it() -> None:
    """Nor does Azure Repos find the id of somebody there, which it looks for in the source."""
    text = fenced("```\n# heading <img src=x>\n~~~\n````\n@<11111111-1111-4111-8111-111111111111>")
    assert [token.type for token in MarkdownIt("commonmark").parse(text)] == ["fence"]
    assert "@<" not in text


def test_a_table_keeps_its_columns() -> None:
    """A pipe ends no cell, with a backslash before it neither."""
    row = plan_view.markdown_row("a", HOSTILE, "b\\", "c")
    cells = row.replace("\\|", "")
    assert cells.count("|") == 5
    assert "\\\\|" not in row


def test_the_report_holds_no_control_and_no_override() -> None:
    """Elements are looked at in test_fleet_report; here, what turns a line around."""
    page = report_page(HOSTILE, [saying(HOSTILE)], NOW)
    assert not any(sign in page for sign in "\x1b\u202e\u2066\x7f\x9b\r")
    assert "<img" not in page


def test_json_is_the_same_value_and_no_command() -> None:
    """Both services find a command inside of a line, so inside of a string, too."""
    text = json_text({HOSTILE: [HOSTILE, "\\##vso[x]"]}, indent=1)
    assert harm_in(text) == []
    assert json.loads(text) == {HOSTILE: [HOSTILE, "\\##vso[x]"]}


@pytest.mark.parametrize("text", [WORDS, "### heading", "two\nlines\n\tmore", "a :: b ## c", "✓ é 漢 🙂"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """Sign by sign, in a log, in JSON and in a block of code."""
    assert plain(text) == text
    assert json_text(text) == json.dumps(text)
    assert fenced(text) == f"```text\n{text}\n```"


def test_harmless_markdown_stays_as_it_is() -> None:
    """But for the pipe, which always was escaped."""
    assert markdown(WORDS) == WORDS.replace("|", "\\|")
    assert [markdown(sign) for sign, _ in plan_view.SIGNS.values()] == ["+", "~", "-", "=", "!", "…"]


def test_streams_are_guarded_once_and_a_command_of_ours_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is printed by whom, a traceback too; the matrix's output alone is a command."""
    out, err = StringIO(), StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    guard_streams()
    guard_streams()
    print(HOSTILE)
    sys.stderr.writelines([HOSTILE, "::x"])
    sys.excepthook(ValueError, ValueError(HOSTILE), None)
    assert cast("Any", sys.stdout).stream is out
    assert harm_in(out.getvalue() + err.getvalue()) == []
    print_command("##vso[task.setvariable variable=jobs]x")
    assert out.getvalue().endswith("\n##vso[task.setvariable variable=jobs]x\n")


@pytest.mark.parametrize("program", [("-m", "connector"), ("scripts/post_deploy.py",)])
def test_each_program_guards_its_streams(program: tuple[str, ...]) -> None:
    """What the command line itself answers is printed by nobody's Screen."""
    command = [sys.executable, *program, "--\x1b[2J##vso[task.setvariable variable=x]y"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "# #vso[task.setvariable" in done.stderr
    assert harm_in(done.stderr) == []


def test_a_closed_stream_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """`>&-`: there is none."""
    monkeypatch.setattr(sys, "stdout", None)
    guard_streams()
    assert sys.stdout is None


def test_a_guarded_stream_is_its_stream_otherwise() -> None:
    """Encoding, descriptor and buffer are asked for by libraries."""
    raw = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream = TextStream(raw)
    assert (stream.encoding, stream.isatty()) == ("utf-8", False)


# What goes around the guarded streams: a console of Rich's own, the streams of before, descriptors.
AROUND = {"Console", "__stdout__", "__stderr__", "print_command", "unguarded"}
MAY = {
    "cli/screen/sink.py": {"unguarded"},
    "cli/verbs/fleet/matrix.py": {"print_command"},
    "text.py": {"unguarded"},
}


@pytest.mark.parametrize("path", sorted((PROJECT / "connector").rglob("*.py")), ids=str)
def test_nothing_prints_around_the_guard(path: Path) -> None:
    """Every other print is a guarded stream's."""
    found = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    found |= {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
    assert found & AROUND <= MAY.get(str(path.relative_to(PROJECT / "connector")), set())
