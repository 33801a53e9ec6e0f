"""Which hosts belong to which cloud, and the check of an organization's URL.

Hosts: facts read from Microsoft's ServiceClient (DiscoveryServers.cs) and PPD
new-datacenter-regions.md. New region numbers appear, so the number is a pattern and no list.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from connector.errors import Problem
from connector.settings.problems import shown
from connector.settings.values import Cloud


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True)
class CloudRow:
    """All that is known of one cloud. Every field is needed, so no row can be built that lacks one.

    `logins` are the login service's hosts as URLs, ours first; `organization` tells the host of an
    organization there; `provider` are the azuread provider's names, the one that the program writes first.
    """

    logins: tuple[str, ...]
    graph: str
    organization: Callable[[str], object]
    example: str
    provider: tuple[str, ...]
    portal: str
    personal_accounts: bool

    @property
    def login(self) -> str:
        """The login service's host that we use, as a URL."""
        return self.logins[0]


_NAME = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.api)?"

#: One row for each cloud. Logins and portals: EM identity-platform/authentication-national-cloud.md; Graph:
#: learn graph/deployments; the provider's names: go-azure-sdk environments/from_name.go.
CLOUDS: dict[Cloud, CloudRow] = {
    Cloud.PUBLIC: CloudRow(
        logins=("https://login.microsoftonline.com",),
        graph="https://graph.microsoft.com",
        organization=re.compile(rf"{_NAME}\.crm[0-9]*\.dynamics\.com").fullmatch,
        example="https://contoso.crm4.dynamics.com",
        provider=("public", "global"),
        portal="https://portal.azure.com",
        personal_accounts=True,
    ),
    Cloud.USGOV: CloudRow(
        logins=("https://login.microsoftonline.us",),
        graph="https://graph.microsoft.us",
        organization=re.compile(rf"{_NAME}\.crm\.microsoftdynamics\.us").fullmatch,
        example="https://contoso.crm.microsoftdynamics.us",
        provider=("usgovernment", "usgovernmentl4"),
        portal="https://portal.azure.us",
        personal_accounts=False,
    ),
    Cloud.DOD: CloudRow(
        logins=("https://login.microsoftonline.us",),
        graph="https://dod-graph.microsoft.us",
        organization=re.compile(rf"{_NAME}\.crm\.appsplatform\.us").fullmatch,
        example="https://contoso.crm.appsplatform.us",
        provider=("dod", "usgovernmentl5"),
        portal="https://portal.azure.us",
        personal_accounts=False,
    ),
    Cloud.CHINA: CloudRow(
        # The provider knows the first alone; Microsoft's newer pages name the second.
        logins=("https://login.chinacloudapi.cn", "https://login.partner.microsoftonline.cn"),
        graph="https://microsoftgraph.chinacloudapi.cn",
        organization=re.compile(rf"{_NAME}\.crm\.dynamics\.cn").fullmatch,
        example="https://contoso.crm.dynamics.cn",
        provider=("china",),
        portal="https://portal.azure.cn",
        personal_accounts=False,
    ),
    # Its login and Graph come from its own metadata document (connector/wire/endpoints.py).
    Cloud.EMULATOR: CloudRow(
        logins=(),
        graph="",
        organization=is_loopback,
        example="https://127.0.1.1:8443",
        provider=("public",),
        portal="",
        personal_accounts=True,
    ),
}


def normalise_url(url: str) -> str:
    """Scheme and host in lower case, no port that https means anyway, no trailing slash.

    Other URLs come back as they were.
    """
    parts = _split(url.strip())
    if parts is None or not _is_plain(parts):
        return url.strip()
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"https://{host}" + (f":{parts.port}" if parts.port not in (None, 443) else "")


def check_dynamics_url(url: str, cloud: Cloud) -> Iterator[Problem]:
    """Problems of an organization URL: its form, then whether its host belongs to the cloud."""
    parts = _split(url)
    if parts is None or not _is_plain(parts):
        message = "must be https:// and the organization's host in plain ASCII, with nothing after it"
        yield Problem("settings.dynamics_url_form", "dynamicsUrl", shown(url), message)
        return
    host, row = parts.hostname or "", CLOUDS[cloud]
    if cloud is Cloud.EMULATOR:
        if not row.organization(host):
            message = "with cloud emulator only a loopback address is allowed (127.0.1.1)"
            yield Problem("settings.dynamics_url", "dynamicsUrl", shown(url), message)
    elif parts.port not in (None, 443) or not row.organization(host):
        yield Problem("settings.dynamics_url", "dynamicsUrl", shown(url), _wrong_host(host, cloud))


def _split(url: str) -> SplitResult | None:
    # Before anything is lower-cased: the Kelvin sign would become a k, and a tab would vanish.
    if not url.isascii() or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_plain(parts: SplitResult) -> bool:
    plain_path = parts.path in ("", "/") and not parts.query and not parts.fragment
    named = bool(parts.hostname) and "@" not in parts.netloc
    return parts.scheme.lower() == "https" and named and plain_path


def _wrong_host(host: str, cloud: Cloud) -> str:
    for other, row in CLOUDS.items():
        if other not in (cloud, Cloud.EMULATOR) and row.organization(host):
            return (
                f"this host belongs to cloud {other.value!r}, and the stack says {cloud.value!r}; set "
                f"`cloud: {other.value}`, or correct the URL"
            )
    example = CLOUDS[cloud].example
    message = f"is no Dynamics 365 organization of cloud {cloud.value!r}; it looks like {example}"
    return f"{message}; for the emulator set `cloud: emulator`" if is_loopback(host) else message
