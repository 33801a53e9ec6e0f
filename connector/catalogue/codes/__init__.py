"""One catalogue of this tool's own codes, its settings' rules, and its exit codes.

docs/errors.md and docs/exit-codes.md print it, and `explain` looks codes up in it; tests/docs hold it
against every code that the program can end with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from connector.catalogue.codes import fleets, secrets, services, verbs
from connector.catalogue.codes.exits import EXITS
from connector.catalogue.codes.model import Code, Texts
from connector.settings.rules import RULES, Rule

_TEXTS: Texts = verbs.TEXTS | secrets.TEXTS | fleets.TEXTS | services.TEXTS
#: In the order of docs/errors.md.
CODES: dict[str, Code] = {code: Code(code, *text) for code, text in _TEXTS.items()}
_RULES_PAGE = "[the rules](configuration.md#rules)"
_EXIT = re.compile(r"(?:exit )?(?:code )?(\d{1,3})")
_BRACKETED = re.compile(r"\[([a-z]+\.[a-z_]+)\]")
_QUOTED = re.compile(r'"code":\s*"([a-z]+\.[a-z_]+)"')


def own_code(code: str) -> Code | None:
    """A code that this tool spells, or a rule of its settings; None when it is neither."""
    known = CODES.get(code)
    if known is None and code in RULES:
        return _of_rule(RULES[code])
    return known


def told(text: str) -> str | None:
    """A code alone, an exit code, or a text with codes in brackets, explained; None for anything else."""
    alone = own_code(text.strip())
    if alone is not None:
        return str(alone)
    return exit_code(text) or _lines(_BRACKETED.findall(text))


def told_of_json(text: str) -> str | None:
    """The code in an error's JSON, explained; None without one."""
    return _lines(_QUOTED.findall(text))


def _lines(spelled: Iterable[str]) -> str | None:
    known = (own_code(code) for code in dict.fromkeys(spelled))
    return "\n".join(str(one) for one in known if one is not None) or None


def exit_code(text: str) -> str | None:
    """What an exit code means, given as `7` or `exit code 7`; None for anything else."""
    found = _EXIT.fullmatch(text.strip().lower())
    if found is None or int(found[1]) not in EXITS:
        return None
    meaning, cause = EXITS[int(found[1])]
    typical = f" Typically: {cause}." if cause else ""
    return f"exit code {int(found[1])}: {meaning}.{typical}"


def known_codes() -> list[str]:
    """Every code that `own_code` knows."""
    return [*CODES, *(rule for rule in RULES if rule not in CODES)]


def _of_rule(rule: Rule) -> Code:
    if rule.effect == "refuse":
        fix = f"correct what the message names; see {_RULES_PAGE}"
        return Code(rule.id, "2", f"a rule of the settings: {rule.text}", fix)
    done = "only warns" if rule.effect == "warn" else "puts right without a word"
    return Code(rule.id, "0", f"a rule of the settings, which {done}: {rule.text}", f"see {_RULES_PAGE}")
