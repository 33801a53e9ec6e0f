"""Names that move an endpoint, and what each may be: a token goes to the hosts of the stack's cloud alone.

The azuread provider, azure-identity and MSAL each read variables of their own, and `scripts/env` sets some of
them for the emulator. One table holds them, for the verbs and for the program alike.
Sources: azuread 3.4 internal/provider/provider.go, azure-identity `_constants.py`, MSAL `application.py`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from connector.errors import Problem, SettingsError
from connector.settings.clouds import CLOUDS, is_loopback
from connector.settings.problems import shown
from connector.settings.values import Cloud

#: Names the emulator to the provider and to the verbs; of no use in any other cloud.
METADATA = "ARM_METADATA_HOSTNAME"
_TRUE = ("true", "1", "t")
_PROVIDER = "azuread"
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,100}")


@dataclass(frozen=True)
class _Name:
    """A variable; `wrong` says what is wrong with a value, or nothing. With `only_with` it may not count."""

    name: str
    wrong: Callable[[str, Cloud], str]
    only_with: str = ""

    def counts(self, environ: Mapping[str, str]) -> bool:
        return not self.only_with or environ.get(self.only_with, "").lower() in _TRUE


def _emulator_alone(_: str, cloud: Cloud) -> str:
    return (
        f"would send the deployer's login to that host, and the stack's cloud is {cloud.value!r}; unset it "
        "(`scripts/env` sets it for the emulator)"
    )


def _no_region(_: str, cloud: Cloud) -> str:
    return f"would send logins to a regional host; cloud {cloud.value!r} has {CLOUDS[cloud].login}; unset it"


def _login_host(value: str, cloud: Cloud) -> str:
    host = value.strip().lower().rstrip("/")
    row = CLOUDS[cloud]
    if {host, f"https://{host}"}.intersection(row.logins):
        return ""
    return f"is not the login host of cloud {cloud.value!r}; unset it, or set {row.login}"


def _same_cloud(value: str, cloud: Cloud) -> str:
    names = CLOUDS[cloud].provider
    if value.strip().lower() in names:
        return ""
    return f"is not the stack's cloud, which is {cloud.value!r}; unset it, or set {names[0]}"


def _this_machine(value: str, _: Cloud) -> str:
    host = _host(value)
    if is_loopback(host) or _is_link_local(host):
        return ""
    return "must be loopback or link-local for a managed identity's login (ARM_USE_MSI); unset one of the two"


_TABLE = (
    _Name(METADATA, _emulator_alone),
    _Name("ARM_ENVIRONMENT", _same_cloud),
    _Name("AZURE_AUTHORITY_HOST", _login_host),
    _Name("AZURE_REGIONAL_AUTHORITY_NAME", _no_region),
    _Name("MSAL_FORCE_REGION", _no_region),
    # Machines of Azure set these for everyone, and nothing reads them unless a managed identity logs in.
    _Name("ARM_MSI_ENDPOINT", _this_machine, only_with="ARM_USE_MSI"),
    _Name("IDENTITY_ENDPOINT", _this_machine, only_with="ARM_USE_MSI"),
    _Name("MSI_ENDPOINT", _this_machine, only_with="ARM_USE_MSI"),
    _Name("IMDS_ENDPOINT", _this_machine, only_with="ARM_USE_MSI"),
    _Name("AZURE_POD_IDENTITY_AUTHORITY_HOST", _this_machine, only_with="ARM_USE_MSI"),
)
#: The provider's own keys that have a name here; the program hands it nothing of the stack's file.
_INSTEAD = {
    "clientId": "ARM_CLIENT_ID",
    "clientSecret": "ARM_CLIENT_SECRET",
    "clientCertificatePath": "ARM_CLIENT_CERTIFICATE_PATH",
    "clientCertificatePassword": "ARM_CLIENT_CERTIFICATE_PASSWORD",
    "oidcToken": "ARM_OIDC_TOKEN",
    "oidcTokenFilePath": "ARM_OIDC_TOKEN_FILE_PATH",
    "oidcRequestUrl": "ARM_OIDC_REQUEST_URL",
    "oidcRequestToken": "ARM_OIDC_REQUEST_TOKEN",
    "useOidc": "ARM_USE_OIDC",
    "useCli": "ARM_USE_CLI",
    "useMsi": "ARM_USE_MSI",
    "tenantId": "dynamics-connect:tenantId",
    "environment": "dynamics-connect:cloud",
    "metadataHost": f"dynamics-connect:cloud, and {METADATA} for the emulator,",
}


def check_endpoints(cloud: Cloud, environ: Mapping[str, str], keys: Iterable[str] = ()) -> None:
    """Raise SettingsError with every variable, and every configuration key, that moves an endpoint.

    *keys* are those of the whole configuration, with their namespaces.
    """
    moved = tuple(_moved(cloud, environ))
    problems = [*provider_keys(keys), *moved]
    if problems:
        where = "the environment" if len(moved) == len(problems) else "the stack's file and the environment"
        raise SettingsError(problems, where=where if moved else "the stack's file")


def provider_keys(keys: Iterable[str]) -> Iterator[Problem]:
    """Keys of the azuread provider's own namespace: the program would let them lie unread."""
    for key in keys:
        namespace, _, name = key.partition(":")
        if namespace == _PROVIDER:
            known = _INSTEAD.get(name.removeprefix("config:"))
            instead = f"; set {known} instead" if known else ""
            message = f"is read by nothing: the program configures the provider itself. Take it out{instead}"
            yield Problem("settings.provider_key", key, "", message)


def _moved(cloud: Cloud, environ: Mapping[str, str]) -> Iterator[Problem]:
    if cloud is Cloud.EMULATOR:
        yield from _of_emulator(environ.get(METADATA, ""))
        return
    for one in _TABLE:
        value = environ.get(one.name, "")
        message = one.wrong(value, cloud) if value and one.counts(environ) else ""
        if message:
            yield Problem("environment.endpoint", one.name, _told(value), message)


def _of_emulator(value: str) -> Iterator[Problem]:
    """Without it the provider would log in at Microsoft's public cloud."""
    if not value:
        message = "is not set; start the emulator and take over the lines it prints"
        yield Problem("environment.metadata", METADATA, "", message)
    elif _netloc(value) != value or not is_loopback(_host(value)):
        message = "with cloud emulator only loopback hosts are allowed"
        yield Problem("environment.metadata", METADATA, _told(value), message)


def _split(value: str) -> SplitResult:
    """An address with or without scheme; empty where it cannot be read."""
    try:
        return urlsplit(value if "//" in value else f"//{value}")
    except ValueError:
        return urlsplit("")


def _netloc(value: str) -> str:
    """Host and port, without a name or password before them."""
    return _split(value).netloc.rpartition("@")[2]


def _host(value: str) -> str:
    return _split(value).hostname or ""


def _is_link_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return False


def _told(value: str) -> str:
    """The host and port alone: an address may hold a password, and anything may have been pasted."""
    netloc = _netloc(value)
    return shown(netloc) if _HOST.fullmatch(netloc) else ""
