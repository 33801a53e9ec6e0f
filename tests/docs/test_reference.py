"""Reference documents are complete: keys, rules, verbs, options, exit codes, error codes."""

from __future__ import annotations

import argparse
import ast
import re

from connector import errors, interrupts
from connector.catalogue.explain import explained
from connector.cli.engine import pulumi as engine
from connector.settings.rules import RULES
from emulator.cli import _parser
from emulator.environment import environment
from emulator.faults import ANSWERS
from tests.docs.documents import DOCS, documents, error_codes, first_column, generator, read, section
from tests.support.source import parsed


def test_generated_parts_are_up_to_date() -> None:
    """`docs/generate.py` would change no document."""
    texts = {path.name: path.read_text("utf-8") for path in DOCS.glob("*.md")}
    stale = [name for name, text in texts.items() if generator().filled(text) != text]
    assert stale == [], "run .venv/bin/python docs/generate.py"


def test_the_documents_are_generated_without_the_tests() -> None:
    """`docs/generate.py` reads what the tests say of themselves, and imports none of their code."""
    nodes = list(ast.walk(parsed(DOCS / "generate.py")))
    named = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    named |= {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    assert [name for name in named if name.partition(".")[0] == "tests"] == []


def test_every_key_of_the_project_is_documented() -> None:
    """Each key that Pulumi.yaml declares stands in the table of keys, with a description."""
    keys = generator().config_keys()
    assert first_column(section(read("configuration.md"), "## Keys")) >= set(keys)
    assert all(entry.get("description") for entry in keys.values())


def test_every_rule_of_the_settings_is_documented() -> None:
    """Each rule stands in the table of rules, and its source is one that a reader can find."""
    assert first_column(section(read("configuration.md"), "## Rules")) == set(RULES)
    ours = re.compile(r"facts/|design\.md|seed-steps|issue \d")
    assert [rule.id for rule in RULES.values() if ours.search(rule.source)] == []


def test_every_verb_and_option_is_documented() -> None:
    """Each verb of the command line has its section, with each of its options."""
    text = read("commands.md")
    for name, command in generator().verbs().items():
        own = section(text, f"## {name}")
        assert str(command.help) in own
        for parameter in command.params:
            option = parameter.param_type_name == "option"
            spelled = parameter.opts if option else [str(parameter.name).upper()]
            assert all(one in own for one in spelled), (name, spelled)


def test_every_verb_appears_in_the_readme_or_guide() -> None:
    """No verb is known to the reference alone."""
    prose = "\n".join(p.read_text("utf-8") for p in documents() if p.name in ("README.md", "guide.md"))
    spelled = [(verb, f"connector {verb}", f"`{verb}`") for verb in generator().verbs()]
    assert [verb for verb, called, named in spelled if called not in prose and named not in prose] == []


def _exit_codes(root: type[errors.ConnectError]) -> set[int]:
    return {root.exit_code}.union(*(_exit_codes(kind) for kind in root.__subclasses__()))


def test_every_exit_code_is_documented() -> None:
    """The codes of all error classes, and of a cancelled run, stand in the table of exit codes."""
    assert issubclass(engine.EngineError, errors.ConnectError)
    listed = {int(n) for n in re.findall(r"^\| (\d+) \|", read("exit-codes.md"), re.MULTILINE)}
    assert _exit_codes(errors.ConnectError) | {0, interrupts.CANCELLED} <= listed


def test_every_error_code_is_documented() -> None:
    """Each code that connector/ or components/ can end with is a rule of the settings or listed."""
    listed = first_column(section(read("errors.md"), "## Codes of this tool"))
    assert error_codes("connector", "components") - listed - set(RULES) == set()


def test_listed_error_codes_exist() -> None:
    """Nothing is listed that no code path spells."""
    listed = first_column(section(read("errors.md"), "## Codes of this tool"))
    assert listed - {"settings."} - error_codes("connector", "components") == set()


def test_every_error_code_is_explained() -> None:
    """`explain CODE` knows each code that the program can end with, and each rule of the settings."""
    codes = error_codes("connector", "components") | set(RULES)
    assert [code for code in sorted(codes) if not (explained(code) or "").startswith(f"{code}: ")] == []


def test_every_exit_code_is_explained() -> None:
    """`explain NUMBER` knows each code that a verb can end with."""
    numbers = _exit_codes(errors.ConnectError) | {0, interrupts.CANCELLED}
    assert [n for n in sorted(numbers) if not (explained(str(n)) or "").startswith(f"exit code {n}: ")] == []


def _emulator_verbs() -> dict[str, argparse.ArgumentParser]:
    (actions,) = [a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(actions.choices)


def test_every_verb_and_option_of_the_emulator_is_documented() -> None:
    """Each verb of the control surface, and each of its options, stands in its document."""
    text = read("emulator.md")
    for name, parser in _emulator_verbs().items():
        assert f"`{name}" in text
        options = [o for action in parser._actions for o in action.option_strings if o.startswith("--")]
        assert [o for o in options if o != "--help" and o not in text] == [], name


def test_every_answer_of_a_fault_is_documented() -> None:
    """What a fault can answer stands in the table of answers."""
    assert first_column(section(read("emulator.md"), "## Faults")) >= set(ANSWERS)


def test_every_variable_of_the_emulator_is_documented() -> None:
    """The variables that `serve` prints are named."""
    text = section(read("emulator.md"), "## Variables")
    assert [name for name in environment(8443, DOCS) if f"`{name}`" not in text] == []
