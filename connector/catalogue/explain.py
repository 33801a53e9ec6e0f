"""One catalogue of what services say: each code with its cause and what to do about it.

The texts stand beside: service_codes.py, graph_messages.py, engine_messages.py; those of this tool in codes/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from connector.catalogue.codes import told, told_of_json
from connector.catalogue.engine_messages import MESSAGES as ENGINE_MESSAGES
from connector.catalogue.graph_messages import CODES, MESSAGES
from connector.catalogue.service_codes import DATAVERSE, LOGIN, WORDS

_AADSTS = re.compile(r"AADSTS(\d+)")
_IDS = re.compile(
    r"(?i)\b(trace|correlation|client-request|request)[ _-]?id\W{1,6}([0-9a-f]{8}-[0-9a-f-]{27})\b"
)
#: An HRESULT as .NET prints it: -2147220960 is 0x80040220.
_DECIMAL = re.compile(r"(?<![\w-])-214[67]\d{6}\b")
#: A privilege that Dataverse may name without a code: "Principal user … is missing prvReadAccount privilege".
_MISSING = re.compile(r"is missing (prv\w+)", re.IGNORECASE)
_LACKS = "0x80040220"
#: Names in a message that say which object is meant, by code.
_NAMES = {
    _LACKS: ("it lacks", _MISSING),
    "AADSTS500011": ("the text names", re.compile(r"resource principal named (\S+?) was not found")),
}
_PRESENTED = re.compile(r"(?i)assertion (issuer|subject|audience):? '([^']*)'")
_TEXT_LIMIT = 300


@dataclass(frozen=True)
class Explanation:
    """What a code means here, and what to do; `deployer` where a refusal of its own is cured otherwise."""

    code: str
    cause: str
    fix: str
    deployer: str = ""

    def __str__(self) -> str:
        other = f" If it was the deployer that was refused: {self.deployer}." if self.deployer else ""
        return f"{self.code}: {self.cause}. {self.fix}.{other}"

    def cure(self, *, deployer: bool) -> str:
        """What to do about a refusal of the one or the other."""
        if not (deployer and self.deployer):
            return self.fix
        return self.deployer[0].upper() + self.deployer[1:]


#: In the order in which they are looked for in a text.
_CATALOGUE = {
    **{f"AADSTS{n}": Explanation(f"AADSTS{n}", *text) for n, text in LOGIN.items()},
    **{words: Explanation(words, *text) for words, text in (MESSAGES | ENGINE_MESSAGES | CODES).items()},
    **{code: Explanation(code, *text) for code, text in DATAVERSE.items()},
    **{words: Explanation(words, *text) for words, text in WORDS.items()},
}


def explain(code_or_text: str) -> Explanation | None:
    """The explanation of a code, or of the most telling one inside a text; None when unknown."""
    code_or_text = _DECIMAL.sub(lambda found: f"0x{int(found[0]) & 0xFFFFFFFF:08x}", code_or_text)
    if code_or_text in _CATALOGUE:
        return _CATALOGUE[code_or_text]
    # Providers break long messages over several lines.
    lower = " ".join(code_or_text.lower().split())
    code = login_code(code_or_text)
    if code in _CATALOGUE:
        return _named(_CATALOGUE[code], code_or_text)
    if _MISSING.search(lower):
        return _named(_CATALOGUE[_LACKS], code_or_text)
    found = next((known for key, known in _CATALOGUE.items() if _names(key, lower)), None)
    return _named(found, code_or_text) if found else None


def _named(known: Explanation, text: str) -> Explanation:
    """With the name that the text gives, where one tells more than the cause."""
    words, pattern = _NAMES.get(known.code, ("", None))
    found = pattern.search(text) if pattern else None
    return replace(known, cause=f"{known.cause}: {words} {found[1]}") if found else known


def _names(key: str, lower: str) -> bool:
    return re.search(rf"{re.escape(key.lower())}(?![0-9a-f])", lower) is not None


def explained(text: str) -> str | None:
    """An error's text explained, its own code and ids kept: what `explain` prints. None when unknown."""
    own = told(text)
    if own is not None:
        return own
    known = explain(text)
    if known is None:
        return told_of_json(text)
    # The code that came with words which say more than it does.
    beside = [code for code in CODES if code != known.code and _names(code, text.lower())]
    said = [*(f"code {code}" for code in beside[:1]), *ids_in(text)]
    return f"{known}" + (f" ({', '.join(said)})" if said else "")


def ids_in(text: str) -> list[str]:
    """Correlation, trace and request ids of a service's message, as `correlation id GUID`, each once."""
    found = (f"{name.lower()} id {value}" for name, value in _IDS.findall(text))
    return list(dict.fromkeys(found))


def login_code(text: str) -> str:
    """`AADSTS7000215` out of the login service's text, or an empty string."""
    found = _AADSTS.search(text)
    return found.group(0) if found else ""


def login_message(text: str, *, who: str, secrets: Iterable[str] = (), deployer: bool = False) -> str:
    """What a refused login means: our words, the service's code and its ids, never a secret.

    With *deployer* it was the deployer's own, whose cure may be another than the application's.
    """
    code = login_code(text)
    known = _CATALOGUE.get(code)
    said = redact(text, secrets)[:_TEXT_LIMIT]
    if known:
        said = f"{known.code}: {known.cause}. {known.cure(deployer=deployer)}."
    shown = [f"the token's {name.lower()} is '{value}'" for name, value in _PRESENTED.findall(text) if known]
    ids = ", ".join(dict.fromkeys([*shown, *ids_in(text)]))  # the service may say it twice
    return f"{who} cannot log in. {said}" + (f" ({ids})" if ids else "")


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets in it."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[secret]")
    return text
