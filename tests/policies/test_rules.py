"""Each rule of the policy pack holds for what is fine, and says what is not."""

from __future__ import annotations

import ast
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.source import parsed
from tests.unit.settings_samples import PROJECT

sys.path.insert(0, str(PROJECT / "policies"))
import pack  # found by the line above
import rules

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SCOPE, OTHER = "78ce3f0f-a1ce-49c2-8cde-64b5c0896db4", "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
API = {"id-of-api": {"appId": "app-of-api", "scopes": {"user_impersonation": SCOPE, "User.Read": OTHER}}}
REQUESTED = [{"resourceAppId": "app-of-api", "resourceAccesses": [{"id": SCOPE, "type": "Scope"}]}]


def grant(*names: str, api: str = "id-of-api") -> dict[str, Any]:
    """Consent for an API."""
    return {"resourceServicePrincipalObjectId": api, "claimValues": list(names)}


def web(*uris: str, platform: str = "web") -> dict[str, Any]:
    """An application with redirect URIs."""
    return {platform: {"redirectUris": list(uris)}}


def lasting(days: int) -> dict[str, Any]:
    """A secret that ends so many days from now."""
    return {"endDate": datetime.fromtimestamp(NOW.timestamp() + days * 86400, UTC).isoformat()}


CASES: list[tuple[str, list[str], list[str]]] = [
    ("redirects", [*rules.redirect_uris(web("https://a.example/x"))], []),
    ("redirects", [*rules.redirect_uris(web("http://localhost:1234/", "http://127.0.0.1/"))], []),
    ("redirects", [*rules.redirect_uris(web("https://*.example/"))], ["wildcard"]),
    ("redirects", [*rules.redirect_uris(web("http://a.example/", platform="publicClient"))], ["http;"]),
    ("redirects", [*rules.redirect_uris({"web": None})], []),
    ("audience", [*rules.audience({"signInAudience": "AzureADMyOrg"}, ["AzureADMyOrg"])], []),
    ("audience", [*rules.audience({"signInAudience": "AzureADMultipleOrgs"}, ["X"])], ["not among X"]),
    ("audience", [*rules.audience({}, ["AzureADMyOrg"])], []),
    ("lifetime", [*rules.secret_lifetime(lasting(365), 365, NOW)], []),
    ("lifetime", [*rules.secret_lifetime(lasting(400), 365, NOW)], ["400 days"]),
    ("lifetime", [*rules.secret_lifetime({}, 365, NOW)], []),
    ("assignment", [*rules.assignment_required({"appRoleAssignmentRequired": True})], []),
    ("assignment", [*rules.assignment_required({"appRoleAssignmentRequired": False})], ["everybody"]),
    ("assignment", [*rules.assignment_required({})], ["everybody"]),
    ("owner", [*rules.owner_set({"owners": ["someone"]})], []),
    ("owner", [*rules.owner_set({"owners": []}), *rules.owner_set({})], ["no owner", "no owner"]),
    ("protect", [*rules.protected(stack="acme-prod", protect=True, production=["*prod*"])], []),
    ("protect", [*rules.protected(stack="acme-dev", protect=False, production=["*prod*"])], []),
    ("protect", [*rules.protected(stack="acme-prod", protect=False, production=["*prod*"])], ["protect"]),
    ("role", [*rules.powerful_role({"roleName": "Acme (prod)"})], []),
    ("role", [*rules.powerful_role({"roleName": " system ADMINISTRATOR"})], ["a name of its own"]),
    ("grants", [*rules.grants_requested([grant("user_impersonation")], REQUESTED, API)], []),
    ("grants", [*rules.grants_requested([grant("User.Read")], REQUESTED, API)], ["User.Read"]),
    ("grants", [*rules.grants_requested([grant("Mail.Read")], REQUESTED, API)], ["Mail.Read"]),
    ("grants", [*rules.grants_requested([grant("x", api="foreign")], REQUESTED, API)], ["not asked for"]),
]


@pytest.mark.parametrize(("name", "found", "expected"), CASES)
def test_a_rule_says_what_is_wrong_and_nothing_else(
    name: str, found: list[str], expected: list[str]
) -> None:
    """One sentence for each thing wrong, with what to do or what was found in it."""
    assert len(found) == len(expected), (name, found)
    assert all(words in sentence for words, sentence in zip(expected, found, strict=True))


def test_a_scope_is_no_role_of_the_same_id() -> None:
    """An application permission that is requested allows no delegated consent."""
    as_role = [{"resourceAppId": "app-of-api", "resourceAccesses": [{"id": SCOPE, "type": "Role"}]}]
    assert [*rules.grants_requested([grant("user_impersonation")], as_role, API)]


def test_every_rule_is_a_policy_and_every_policy_has_a_rule() -> None:
    """The pack leaves no rule out, and each policy has a name of its own and a description."""
    source = (PROJECT / "policies" / "pack.py").read_text()
    functions = [n.name for n in parsed(PROJECT / "policies" / "rules.py").body
                 if isinstance(n, ast.FunctionDef)]
    assert [name for name in functions if f"rules.{name}(" not in source] == []
    names = [policy.name for policy in pack.POLICIES]
    assert len(names) == len(set(names)) == len(functions)
    assert all(policy.description for policy in pack.POLICIES)


@pytest.mark.parametrize("path", sorted((PROJECT / "policies").glob("*.py")), ids=lambda path: path.name)
def test_the_pack_knows_nothing_of_the_rest(path: Path) -> None:
    """It imports the standard library, Pulumi's policy SDK and itself; rules import no Pulumi."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).split(".")[0])
    allowed = set() if path.name == "rules.py" else {"pulumi_policy", "rules", "pack"}
    assert found - set(sys.stdlib_module_names) <= allowed
