"""How long anything is waited for, and how often, is said in connector/deadlines.py alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.source import parsed
from tests.unit.settings_samples import PROJECT

CONNECTOR = PROJECT / "connector"
HOME = CONNECTOR / "deadlines.py"
#: Who waits, or says how long: functions, and names of arguments, members and values.
_CALLS = {"sleep", "pause", "until", "timeout", "Timeout", "timedelta", "wait_for"}
_NAMES = re.compile(
    r"(^|_)(seconds?|minutes?|timeouts?|pauses?|sleep|deadlines?|tries|looks|apart|patience|fresh|young|recent)(_|$)"
    r"|^(connect|read|retry_total|retry_after)$",
    re.IGNORECASE,
)


def _spelled(value: ast.AST | None) -> bool:
    """Whether an expression holds a number that is no zero, and not how many digits to show."""
    if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "round":
        return False
    if isinstance(value, ast.Constant):
        return isinstance(value.value, int | float) and not isinstance(value.value, bool) and value.value != 0
    return any(_spelled(one) for one in ast.iter_child_nodes(value)) if value is not None else False


def _places(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Names and the values that they get here: arguments, members, defaults, assignments."""
    if isinstance(node, ast.Call):
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in _CALLS:
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (("seconds", value) for value in given)
        yield from ((keyword.arg or "", keyword.value) for keyword in node.keywords)
    elif isinstance(node, ast.Dict):
        keys = [str(key.value) if isinstance(key, ast.Constant) else "" for key in node.keys]
        yield from zip(keys, node.values, strict=True)
    elif isinstance(node, ast.arguments):
        named = [one.arg for one in (*node.posonlyargs, *node.args)]
        yield from zip(named[::-1], node.defaults[::-1], strict=False)
        yield from zip([one.arg for one in node.kwonlyargs], node.kw_defaults, strict=True)
    elif isinstance(node, ast.Assign):
        targets = [inner for target in node.targets for inner in ast.walk(target)]
        yield from ((one.id, node.value) for one in targets if isinstance(one, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, node.value


def numbers_of_waiting(tree: ast.AST) -> list[int]:
    """The lines that spell a number where something is waited for."""
    return sorted(
        node.lineno if hasattr(node, "lineno") else value.lineno
        for node in ast.walk(tree)
        for name, value in _places(node)
        if value is not None and _NAMES.search(name) and _spelled(value)
    )


def test_no_other_module_spells_a_time_to_wait() -> None:
    """In a sleep, a time-out, a deadline, a count of tries, or a duration."""
    paths = [path for path in sorted(CONNECTOR.rglob("*.py")) if path != HOME]
    found = {str(path.relative_to(PROJECT)): numbers_of_waiting(parsed(path)) for path in paths}
    assert {path: lines for path, lines in found.items() if lines} == {}, "put it into connector/deadlines.py"
    assert numbers_of_waiting(parsed(HOME))


@pytest.mark.parametrize(
    "line",
    [
        "time.sleep(2.0)",
        "await deadline.pause(3)",
        "await asyncio.sleep(0.5)",
        "httpx.Client(timeout=30.0)",
        "httpx.Timeout(60.0, connect=10.0)",
        "thread.join(timeout=10)",
        "RetryPolicy(retry_total=3)",
        "options = {'retry_total': 2}",
        "Patience(retry_after=30.0)",
        "_STACK_SECONDS = 120.0",
        "_LOOKS, _APART = 3, 2.0",
        "_PAUSES = (0.2, 0.4)",
        "_YOUNG = timedelta(minutes=10)",
        "class Handler:\n    timeout = 30",
        "class Waits:\n    pause: float = 2.0",
        "async def wait(pid, *, tries=120): pass",
        "def verify(timeout=300.0): pass",
    ],
)
def test_each_way_to_spell_one_is_seen(line: str) -> None:
    """What stood in the modules before, and the like."""
    assert numbers_of_waiting(ast.parse(line))


@pytest.mark.parametrize(
    "line",
    [
        "time.sleep(PAUSE)",
        "timedelta()",
        "timedelta(days=days)",
        "seconds: float = 0.0",
        "{'seconds': round(seconds, 3) if seconds else None}",
        "', '.join(names[:5])",
    ],
)
def test_other_numbers_are_let_be(line: str) -> None:
    """Names, zeros, digits to show, and a list that is cut."""
    assert not numbers_of_waiting(ast.parse(line))
