"""What no name may look like: blank, with blanks around it, or with characters that nobody sees."""

from __future__ import annotations

import re
import unicodedata

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: Controls, format characters (zero width, direction), lone surrogates, separators of lines.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def hidden(text: str) -> str:
    """The first character that nobody sees, as `U+200B`; empty when there is none."""
    return next((f"U+{ord(sign):04X}" for sign in text if unicodedata.category(sign) in _HIDDEN), "")


def fault_of_name(text: str) -> str:
    """What is wrong with text that names something in the tenant; empty when nothing is.

    Such text is never trimmed: a name with a blank around it may exist, and would be another's.
    """
    if not text.strip():
        return "is blank; give a name or an id"
    if text != text.strip():
        return "has blanks around it; take them away"
    if hidden(text):
        return f"holds {hidden(text)}, which nobody sees; type it anew"
    if text[0] == "{" and text[-1] == "}" and GUID.fullmatch(text[1:-1]):
        return "is an id in braces; take the braces away"
    return ""
