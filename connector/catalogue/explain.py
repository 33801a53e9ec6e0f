"""One catalogue of what services say: each code with its cause and what to do about it.

This tool's own codes stand in connector/catalogue/codes; `explained` knows both.

Codes of the login service from EM identity-platform/reference-error-codes.md, of Dataverse from
PAD webapi/compose-http-requests-handle-errors.md and the troubleshooting pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from connector.catalogue.codes import told, told_of_json
from connector.catalogue.engine_messages import MESSAGES as ENGINE_MESSAGES
from connector.catalogue.graph_messages import CODES, MESSAGES

_AADSTS = re.compile(r"AADSTS(\d+)")
_IDS = re.compile(
    r"(?i)\b(trace|correlation|client-request|request)[ _-]?id\W{1,6}([0-9a-f]{8}-[0-9a-f-]{27})\b"
)
_PRESENTED = re.compile(r"(?i)assertion (issuer|subject|audience):? '([^']*)'")
_TEXT_LIMIT = 300


@dataclass(frozen=True)
class Explanation:
    """What a code means here, and what to do."""

    code: str
    cause: str
    fix: str

    def __str__(self) -> str:
        return f"{self.code}: {self.cause}. {self.fix}."


_LOGIN = {
    "50011": (
        "the redirect URI of the request is not registered on the application",
        "Register it exactly, case included, through redirectUris",
    ),
    "50105": (
        "the user is not assigned to the application, and assignment is required",
        "Add the user or a group to assignments",
    ),
    "50194": (
        "a single-tenant application was called through /common",
        "Set signInAudience to AzureADMultipleOrgs or call the tenant's own endpoint",
    ),
    "50020": ("the account is not in this tenant", "Sign in with an account of the tenant"),
    "50173": ("the grant was revoked, as by a password change", "Sign in again"),
    "53003": (
        "a Conditional Access policy keeps this machine from logging in",
        "Run the proof from a place that the policy allows",
    ),
    "65001": ("nobody consented to the permission", "Grant admin consent, as deploy does"),
    "90002": ("there is no tenant of that id", "Correct tenantId"),
    "90094": ("the permission needs an administrator's consent", "Grant admin consent"),
    "500011": (
        "the resource has no service principal in this tenant",
        "Check dynamicsUrl, and that the tenant has Dataverse",
    ),
    "500014": ("the resource's service principal is disabled", "Enable it in the tenant"),
    "650052": (
        "the tenant has not subscribed to the service or it is switched off",
        "Check that the tenant has Dynamics 365",
    ),
    "650056": (
        "the permission is not listed on the application or not consented to",
        "Run deploy, so that request and grant agree",
    ),
    "650057": (
        "the resource is not among the permissions that the application requests",
        "Check dynamicsUrl and permissions",
    ),
    "650059": (
        "the application's audience does not include this tenant",
        "Set signInAudience to AzureADMultipleOrgs",
    ),
    "700016": (
        "the application is not in this tenant",
        "Check tenantId and the client id; a new application may need a minute",
    ),
    "700025": ("a public client sent a secret", "Register the redirect URI as web"),
    "700082": ("the refresh token was unused for too long", "Sign in again"),
    "70021": (
        "no federated credential of the application matches the token's issuer",
        "Compare the issuer with the credential's, letter by letter; a new one may need minutes; bootstrap "
        "makes the pipeline's",
    ),
    "700211": (
        "no federated credential matches the token's issuer",
        "Compare the issuer with the credential's, letter by letter: GitHub's is "
        "https://token.actions.githubusercontent.com, a service connection's stands on its page",
    ),
    "700212": (
        "no federated credential matches the token's audience",
        "Ask for a token for api://AzureADTokenExchange: GitHub's request URL takes it as &audience=",
    ),
    "700213": (
        "no federated credential matches the token's subject",
        "Compare the subject with the credential's, letter by letter. GitHub writes "
        "repo:OWNER@OWNERID/REPO@REPOID:ref:… for repositories made, renamed or moved since July 2026 and "
        "repo:OWNER/REPO:ref:… before (`ref`, not `refs`); pull_request and environment:NAME are subjects "
        "of their own",
    ),
    "700027": (
        "the certificate of the login is not registered on the application",
        "Register it, or log in with the one that is",
    ),
    "7000112": ("the application is disabled in this tenant", "Enable its service principal"),
    "7000215": (
        "the client secret is wrong: not this application's, or the secret's id was given "
        "in place of its value, or it is newer than the login service knows",
        "Give the secret's value; wait a minute when it was just made",
    ),
    "7000218": (
        "the request held neither secret nor assertion",
        "Give the client secret, certificate or federated token",
    ),
    "7000222": ("the client secret has expired", "Make a new one (rotate) and hand it over"),
    "7000229": (
        "the application has no service principal in this tenant",
        "Make one by consent or by deploy",
    ),
}

_DATAVERSE = {
    "0x80072560": (
        "no application user stands for the caller in this environment",
        "Make it (apply does), and check that dynamicsUrl is the right environment",
    ),
    "0x80040220": (
        "the caller lacks a privilege",
        "Give the caller a security role that holds it, such as System Administrator",
    ),
    "0x80042f09": ("the user has no security role", "Assign one, as apply does"),
    "0x80072559": (
        "Dataverse does not see the application's service principal",
        "Consent first; a new one may need a minute",
    ),
    "0x80040225": ("the user is disabled", "Enable the user, or let apply do it"),
    "0x80040237": ("a record with the same key exists", "Run again; the record is then adopted"),
    "0x80040217": ("the record does not exist", "Run again; live state is then read anew"),
    "0x80040530": ("the record was posted without its business unit", "Name the business unit"),
    "0x80048610": (
        "the user owns records, or its own settings were not swept yet",
        "Run again; if it stays, give the user's records to another owner",
    ),
    "0x80060882": ("the record changed meanwhile", "Run again"),
    "0x80048d19": ("the service cannot read the request's body", "Report this as a defect"),
    "0x80060888": (
        "the service does not know a property or segment of the request",
        "Check that the environment's version is current",
    ),
    "0x80041102": ("the service does not know the table", "Check the profile's table names"),
    "0x80072322": ("too many requests in five minutes", "Wait as long as Retry-After says"),
    "0x80072321": ("too much execution time in five minutes", "Wait as Retry-After says"),
    "0x80072326": ("too many requests at once", "Wait as Retry-After says"),
    "0x8006088a": ("the environment does not serve this version of the Web API", "Check dynamicsUrl"),
}

#: In the order in which they are looked for in a text.
_CATALOGUE = {
    **{f"AADSTS{n}": Explanation(f"AADSTS{n}", *text) for n, text in _LOGIN.items()},
    **{words: Explanation(words, *text) for words, text in (MESSAGES | ENGINE_MESSAGES | CODES).items()},
    **{code: Explanation(code, *text) for code, text in _DATAVERSE.items()},
}


def explain(code_or_text: str) -> Explanation | None:
    """The explanation of a code, or of the most telling one inside a text; None when unknown."""
    if code_or_text in _CATALOGUE:
        return _CATALOGUE[code_or_text]
    # Providers break long messages over several lines.
    lower = " ".join(code_or_text.lower().split())
    code = login_code(code_or_text)
    if code in _CATALOGUE:
        return _CATALOGUE[code]
    return next((known for key, known in _CATALOGUE.items() if _names(key, lower)), None)


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


def login_message(text: str, *, who: str, secrets: Iterable[str] = ()) -> str:
    """What a refused login means: our words, the service's code and its ids, never a secret."""
    code = login_code(text)
    known = _CATALOGUE.get(code)
    said = str(known) if known else redact(text, secrets)[:_TEXT_LIMIT]
    shown = [f"the token's {name.lower()} is '{value}'" for name, value in _PRESENTED.findall(text) if known]
    ids = ", ".join(dict.fromkeys([*shown, *ids_in(text)]))  # the service may say it twice
    return f"{who} cannot log in. {said}" + (f" ({ids})" if ids else "")


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets in it."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[secret]")
    return text
