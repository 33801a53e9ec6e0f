"""A good configuration that tests change in one place."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]

GOOD: dict[str, object] = {
    "profile": "marketo-measure",
    "tenantId": "11111111-1111-4111-8111-111111111111",
    "dynamicsUrl": "https://contoso.crm4.dynamics.com",
}

Row = tuple[str, str, dict[str, object]]

WEB = "https://example.com/"
PERSONAL = "AzureADandPersonalMicrosoftAccount"
ONLY_PERSONAL = "PersonalMicrosoftAccount"
READ_ALL = {"api": "graph", "name": "User.Read.All"}
OID = "c0000000-0000-4000-8000-0000000000aa"
ADELE = "adele@contoso.example"


def web(uri: str, **more: object) -> dict[str, object]:
    """A web redirect URI of the stack's own, and other keys."""
    return {"redirectUris": {"web": [uri]}, **more}


def spa(uri: str, **more: object) -> dict[str, object]:
    """A redirect URI of a single-page application, and other keys."""
    return {"redirectUris": {"spa": [uri]}, **more}


def native(uri: str) -> dict[str, object]:
    """A redirect URI of an installed application."""
    return {"redirectUris": {"publicClient": [uri]}}


def users(*names: str) -> dict[str, object]:
    """Users that are assigned."""
    return {"assignments": {"users": list(names)}}


def groups(*names: str) -> dict[str, object]:
    """Groups that are assigned."""
    return {"assignments": {"groups": list(names)}}


def line(change: str, **line: object) -> dict[str, object]:
    """A line that is added to the role or removed."""
    return {"dataverse": {change: [line]}}
