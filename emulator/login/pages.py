"""The pages that a person sees: sign in, consent, refused. Plain HTML, no script, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from emulator.store import Document

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 95vh; margin: 0;
  background: Canvas; color: CanvasText; }
main { width: min(26rem, 92vw); padding: 2rem; border: 1px solid GrayText; border-radius: .5rem; }
h1 { font-size: 1.3rem; margin: 0 0 .5rem; } p { margin: .5rem 0; }
.note { font-size: .85rem; opacity: .75; }
button { display: block; width: 100%; margin: .4rem 0; padding: .6rem .8rem; font: inherit;
  text-align: left;
  border: 1px solid GrayText; border-radius: .3rem; background: ButtonFace; color: ButtonText;
  cursor: pointer; }
button:focus-visible { outline: 3px solid Highlight; }
small { display: block; opacity: .8; }
"""


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>{body}"
        '<p class="note">Stand-in sign-in page of the emulator: no password is asked for.</p>'
        "</main></body></html>"
    )


def _form(action: str, hidden: Mapping[str, str], buttons: str) -> str:
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    return f'<form method="post" action="{escape(action)}">{fields}{buttons}</form>'


def sign_in_page(application: str, users: Iterable[Document], hidden: Mapping[str, str], action: str) -> str:
    """Pick an account for *application*; *hidden* is the request, sent along."""
    buttons = "".join(
        f'<button name="user" value="{escape(user["id"])}">{escape(user["displayName"])}'
        f"<small>{escape(user['userPrincipalName'])}</small></button>"
        for user in users
    )
    head = f"<h1>Pick an account</h1><p>to continue to {escape(application)}</p>"
    return _page("Sign in", head + _form(action, hidden, buttons))


def consent_page(application: str, missing: Iterable[str], hidden: Mapping[str, str], action: str) -> str:
    """Ask the person to consent to what no administrator has consented to."""
    items = "".join(f"<li>{escape(name)}</li>" for name in missing)
    head = f"<h1>Permissions requested</h1><p>{escape(application)} would like to:</p><ul>{items}</ul>"
    button = '<button name="consent" value="accepted">Accept</button>'
    return _page("Permissions requested", head + _form(action, hidden, button))


def error_page(number: int, message: str) -> str:
    """Why nobody can be signed in, with the AADSTS number that help texts go by."""
    head = "<h1>Sorry, but we're having trouble signing you in.</h1>"
    return _page("Sign in", f"{head}<p>AADSTS{number}: {escape(message)}</p>")
