"""Names as an attacker would choose them, and what of them is still active in an output."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

COMMANDS = "##vso[task.setvariable variable=x]y\n  ::set-output name=x::y\n##[add-path]/evil"
MARKUP = (
    "@org/team #12 GH-3 !4 &commat;org <img src=x onerror=alert(1)> <!-- | `code` ``` \\| \\` "
    "[a](https://evil.example) ![b](https://evil.example/b.png) **c** _d_ ~~e~~ &#64;org "
    "https://github.example/o/r/issues/7"
)
ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m\x08\r\u202eevil\u2066\x7f\u2028"
#: Everything at once, in one value.
HOSTILE = f"{MARKUP}{ESCAPES}{COMMANDS}"
#: The same in a line, for what the services would not keep otherwise.
HOSTILE_NAME = f"{MARKUP} \x1b[2J\u202e ##vso[task.setvariable variable=x]y"

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PINGS = re.compile(r"(?<![A-Za-z0-9_])@[A-Za-z0-9<]|#\d|!\d|\bGH-\d|/(?:issues|pull)/\d", re.IGNORECASE)
_ACTIVE = {
    "html_inline", "html_block", "link_open", "image", "em_open", "strong_open", "s_open", "code_inline",
    "code_block", "bullet_list_open", "ordered_list_open", "blockquote_open",
}  # fmt: skip


def harm_in(text: str) -> list[str]:
    """What a terminal or a pipeline's service would act upon, as each of them looks for it."""
    found = [f"U+{ord(sign):04X}" for sign in _UNSEEN.findall(text)]
    lines = text.split("\n")
    return found + [one for one in lines if re.search(r"##\w*\[", one) or one.lstrip().startswith("::")]


def harm_in_page(page: str) -> list[str]:
    """What is active in a page of Markdown beside headings, tables and blocks of code, and in a log of it."""
    found = harm_in(page)
    for token in _tokens(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)):
        if token.type in _ACTIVE:
            found.append(f"{token.type}: {token.content}")
        elif token.type == "text":
            found += _PINGS.findall(token.content)
        elif token.type == "inline":
            found += _PINGS.findall("".join(c.content for c in token.children or [] if "text" in c.type))
    return found


def _tokens(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _tokens(token.children or [])
