"""Which hosts belong to which cloud, and the check of an organization's URL.

Hosts: facts read from Microsoft's ServiceClient (DiscoveryServers.cs) and PPD
new-datacenter-regions.md. New region numbers appear, so the number is a pattern and no list.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from connector.errors import Problem
from connector.settings.problems import shown
from connector.settings.values import Cloud


@dataclass(frozen=True)
class CloudHosts:
    """Login and Graph hosts of a cloud, and what an organization's host looks like there."""

    login: str
    graph: str
    organization: re.Pattern[str]
    example: str


_NAME = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.api)?"

HOSTS: dict[Cloud, CloudHosts] = {
    Cloud.PUBLIC: CloudHosts(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        re.compile(rf"{_NAME}\.crm[0-9]*\.dynamics\.com"),
        "https://contoso.crm4.dynamics.com",
    ),
    Cloud.USGOV: CloudHosts(
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        re.compile(rf"{_NAME}\.crm\.(?:microsoftdynamics|appsplatform)\.us"),
        "https://contoso.crm.microsoftdynamics.us",
    ),
    Cloud.CHINA: CloudHosts(
        "https://login.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        re.compile(rf"{_NAME}\.crm\.dynamics\.cn"),
        "https://contoso.crm.dynamics.cn",
    ),
}


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
    host = parts.hostname or ""
    if cloud is Cloud.EMULATOR:
        if not is_loopback(host):
            message = "with cloud emulator only a loopback address is allowed (127.0.1.1)"
            yield Problem("settings.dynamics_url", "dynamicsUrl", shown(url), message)
        return
    known = HOSTS[cloud]
    if parts.port not in (None, 443) or not known.organization.fullmatch(host):
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
    example = HOSTS[cloud].example
    for other, hosts in HOSTS.items():
        if other is not cloud and hosts.organization.fullmatch(host):
            return f"this host belongs to cloud {other.value!r}, and the stack says {cloud.value!r}"
    message = f"is no Dynamics 365 organization of cloud {cloud.value!r}; it looks like {example}"
    return f"{message}; for the emulator set `cloud: emulator`" if is_loopback(host) else message
