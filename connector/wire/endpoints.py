"""Login and Graph hosts of a cloud: fixed for Microsoft's, read from the emulator for its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from connector.errors import LoginError, Problem, SettingsError
from connector.settings import Cloud
from connector.settings.clouds import CLOUDS, is_loopback
from connector.settings.endpoints import METADATA


@dataclass(frozen=True)
class Endpoints:
    """Base URLs without trailing slash."""

    login: str
    graph: str


async def read_endpoints(
    cloud: Cloud, environ: Mapping[str, str], fetch: Callable[[str], Awaitable[httpx.Response]]
) -> Endpoints:
    """The hosts of a cloud; *fetch* gets a URL, without a token.

    For cloud emulator they come from https://$ARM_METADATA_HOSTNAME/metadata/endpoints, as the
    azuread provider reads them, and must be loopback (SettingsError otherwise). That the variable itself
    is, `check_endpoints` has seen.
    """
    if cloud is not Cloud.EMULATOR:
        return Endpoints(CLOUDS[cloud].login, CLOUDS[cloud].graph)
    host = environ[METADATA]
    url = f"https://{host}/metadata/endpoints?api-version=2022-09-01"
    answer = await fetch(url)
    if answer.status_code != 200:
        raise LoginError(
            f"{host} answers {answer.status_code} for its metadata document",
            code="environment.metadata",
            key=METADATA,
        )
    return _read(answer)


def _read(answer: httpx.Response) -> Endpoints:
    try:
        document: Any = answer.json()
        login = str(document["authentication"]["loginEndpoint"]).rstrip("/")
        graph = str(document["microsoftGraphResourceId"]).rstrip("/")
    except (KeyError, TypeError, ValueError):
        raise _problem("", "serves no metadata document of Azure's shape") from None
    _require_loopback(login)
    _require_loopback(graph)
    return Endpoints(login, graph)


def _require_loopback(url: str) -> None:
    host = urlsplit(url).hostname or ""
    if not is_loopback(host):
        raise _problem(repr(host), "with cloud emulator only loopback hosts are allowed")


def _problem(value: str, message: str) -> SettingsError:
    problem = Problem("environment.metadata", METADATA, value, message)
    return SettingsError([problem], where="the environment")
