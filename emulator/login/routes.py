"""The login host's routes."""

from __future__ import annotations

from collections.abc import Callable

from emulator.context import Call, Reply
from emulator.login.discovery import instances, keys, metadata, openid_configuration
from emulator.login.errors import UnknownLoginRoute
from emulator.login.pipeline import AZURE_DEVOPS, GITHUB, azure_devops_token, github_token
from emulator.login.sign_in import authorize, on_page, submit
from emulator.login.tokens import token


def login_routes() -> list[tuple[str, str, Callable[[Call], Reply]]]:
    """Return (method, path template, rule) of everything the login host serves."""
    return [
        ("GET", "/metadata/endpoints", metadata),
        ("GET", "/common/discovery/instance", instances),
        ("GET", "/{tenant}/v2.0/.well-known/openid-configuration", openid_configuration),
        ("GET", "/{tenant}/.well-known/openid-configuration", openid_configuration),
        ("GET", "/{tenant}/discovery/v2.0/keys", keys),
        ("GET", "/{tenant}/discovery/keys", keys),
        ("POST", "/{tenant}/oauth2/v2.0/token", token),
        ("GET", "/{tenant}/oauth2/v2.0/authorize", on_page(authorize)),
        ("POST", "/{tenant}/login", on_page(submit)),
        ("GET", GITHUB, github_token),
        ("POST", AZURE_DEVOPS, azure_devops_token),
    ]


def unknown_login_route(call: Call) -> Reply:
    """Refuse a path that is not emulated (the router has marked it in the log)."""
    raise UnknownLoginRoute(call.request.method, call.request.url.path)
