"""Write the generated parts of the documents; with --check, say which are out of date and write nothing.

    .venv/bin/python docs/generate.py [--check]

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`; all else in a
document is written by hand and left as it is.
"""

from __future__ import annotations

import ast
import gc
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).resolve().parent
PROJECT = DOCS.parent
sys.path.insert(0, str(PROJECT))

from connector.catalogue.codes import CODES as OWN_CODES  # noqa: E402
from connector.catalogue.codes.exits import EXITS  # noqa: E402
from connector.catalogue.engine_messages import MESSAGES as ENGINE_MESSAGES  # noqa: E402
from connector.catalogue.explain import explain  # noqa: E402
from connector.catalogue.graph_messages import CODES, MESSAGES  # noqa: E402
from connector.cli.main import app  # noqa: E402  # found by the line above
from connector.settings.clouds import CLOUDS  # noqa: E402
from connector.settings.rules import RULES  # noqa: E402

_BLOCK = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def config_keys() -> dict[str, dict[str, Any]]:
    """The keys that Pulumi.yaml declares, without the project's prefix."""
    project = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text(encoding="utf-8"))
    prefix = f"{project['name']}:"
    return {key.removeprefix(prefix): entry for key, entry in project["config"].items()}


def verbs() -> dict[str, Any]:
    """The verbs of the command line, each with its options and arguments; those of a group with its name."""
    found: dict[str, Any] = {}
    for name, command in app.commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {verb}": one for verb, one in inner.items()} if inner else {name: command}
    return found


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"


def _config() -> Iterator[str]:
    rows = [
        (f"`{key}`", entry.get("type", "array"), _default(entry), entry["description"])
        for key, entry in config_keys().items()
    ]
    return _table(("Key", "Type", "Default", "Meaning"), rows)


def _default(entry: dict[str, Any]) -> str:
    if "default" not in entry:
        return "required"
    value = entry["default"]
    return "(empty)" if value == "" else f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _clouds() -> Iterator[str]:
    """Each cloud's row; the emulator's hosts are its own."""
    rows = [
        (f"`{cloud.value}`", ", ".join(row.logins), row.graph, row.example, row.provider[0], row.portal)
        for cloud, row in CLOUDS.items()
        if row.logins
    ]
    return _table(("Cloud", "Login", "Graph", "An organization", "Provider's name", "Portal"), rows)


def _rules() -> Iterator[str]:
    rows = [(f"`{rule.id}`", f"{rule.effect}s", rule.text, rule.source) for rule in RULES.values()]
    return _table(("Rule", "Effect", "What it asks for", "Source"), rows)


def _commands() -> Iterator[str]:
    for name, command in verbs().items():
        yield f"## {name}"
        yield ""
        yield str(command.help)
        yield ""
        rows = [(f"`{_spelling(p)}`", p.help or "", "yes" if p.required else "") for p in command.params]
        yield from _table(("Option", "Meaning", "Required"), rows)
        yield ""


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    flag = getattr(parameter, "is_flag", False)
    return ", ".join(parameter.opts) + ("" if flag else " TEXT")


def _service_codes(first: str) -> Iterator[str]:
    """The catalogue's codes that begin so, read from its own lookup."""
    from connector.catalogue.explain import _CATALOGUE  # noqa: PLC0415  # its only other reader

    found = [explain(code) for code in _CATALOGUE if code.startswith(first)]
    rows = [(f"`{e.code}`", e.cause, e.fix, e.deployer) for e in found if e is not None]
    return _table(("Code", "What it means", "What to do", "Where the deployer is refused"), rows)


def _own_codes() -> Iterator[str]:
    rows = [(f"`{c.code}`", c.exits, c.cause, c.fix) for c in OWN_CODES.values()]
    return _table(("Code", "Exit", "Meaning", "What to do"), rows)


def _exit_codes() -> Iterator[str]:
    rows = [(str(number), *text) for number, text in EXITS.items()]
    return _table(("Code", "Meaning", "Typical cause"), rows)


def _graph_texts() -> Iterator[str]:
    """Graph's codes, and words of Graph, provider and engine."""
    rows = [(f"`{code}`", *text) for code, text in CODES.items()]
    rows += [(f"“{words}”", *text) for words, text in (MESSAGES | ENGINE_MESSAGES).items()]
    return _table(("Code or words", "What it means", "What to do"), rows)


def _refusals() -> Iterator[str]:
    """Each test of a refusal in tests/emulator and tests/contract, with what it says of itself."""
    rows = []
    for path in sorted((PROJECT / "tests").glob("[ce]*/test_*.py")):
        for node in _parsed(path).body:
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if function and node.name.startswith("test_refusal_"):
                said = (ast.get_docstring(node) or "").replace("\n", " ")
                rows.append((said, f"`{node.name}`", f"{path.parent.name}/{path.name}"))
    return _table(("What is refused", "Test", "In tests/"), sorted(rows, key=lambda row: (row[2], row[1])))


def _parsed(path: Path) -> ast.Module:
    """A file's syntax tree, made with the garbage collector at rest (tests/support/source.py says why)."""
    text = path.read_text(encoding="utf-8")
    gc.disable()
    try:
        return ast.parse(text, str(path))
    finally:
        gc.enable()


def _policies() -> Iterator[str]:
    """Each policy of the pack, with its level and what can be configured."""
    sys.path.insert(0, str(PROJECT / "policies"))
    from pack import POLICIES  # noqa: PLC0415  # found by the line above

    rows = []
    for policy in POLICIES:
        schema = policy.config_schema
        options = schema.properties if schema else {}
        told = [f"`{name}`: `{json.dumps(option['default'])}`" for name, option in options.items()]
        level = str(policy.enforcement_level.value)
        rows.append((f"`{policy.name}`", policy.description, level, ", ".join(told)))
    return _table(("Policy", "What it asks for", "Level", "Options"), rows)


def _pipeline_rights() -> Iterator[str]:
    """The catalogue that `bootstrap` grants from."""
    from connector.bootstrap.rights import CATALOGUE  # noqa: PLC0415  # only this part reads it

    rows = [(r.who.value, _right_name(r.name), r.when.value, r.why, r.beware) for r in CATALOGUE]
    heads = ("Who", "Right", "When", "Why", "Beware")
    for service in ("Microsoft Graph", "Dataverse"):
        yield f"### {service}"
        yield ""
        those = [row for row, right in zip(rows, CATALOGUE, strict=True) if right.service.value == service]
        yield from _table(heads, those)
        yield ""


def _right_name(name: str) -> str:
    return f"`{name}`" if " " not in name else name


BLOCKS: dict[str, Callable[[], Iterator[str]]] = {
    "config": _config,
    "clouds": _clouds,
    "rules": _rules,
    "commands": _commands,
    "policies": _policies,
    "refusals": _refusals,
    "pipeline-rights": _pipeline_rights,
    "own-codes": _own_codes,
    "exit-codes": _exit_codes,
    "login-codes": lambda: _service_codes("AADSTS"),
    "graph-codes": _graph_texts,
    "dataverse-codes": lambda: _service_codes("0x"),
}


def filled(text: str) -> str:
    """A document with its generated parts written anew. Raises KeyError for an unknown part."""

    def fill(found: re.Match[str]) -> str:
        body = "\n".join(BLOCKS[found[2]]()).rstrip()
        return f"{found[1]}\n{body}\n\n{found[3]}"

    return _BLOCK.sub(fill, text)


def main() -> int:
    """Write, or check; 1 when --check found something out of date."""
    stale = []
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        new = filled(text)
        if new != text:
            stale.append(path.name)
            if "--check" not in sys.argv[1:]:
                path.write_text(new, encoding="utf-8", newline="\n")
    for name in stale:
        print(f"docs/{name}")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    raise SystemExit(main())
