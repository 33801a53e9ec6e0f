"""A hand-made application, service principal, grants, assignments and secret, taken over as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from emulator.graph.catalogue import GRAPH_APP_ID
from emulator.seed import CONTOSO, LIMITED_DEPLOYER
from emulator.seed.names import LEAK_MARKER
from tests.docs.documents import DOCS
from tests.support.by_hand import ByHand
from tests.support.dataverse import Dataverse, user_body
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
SCHEMAS = {p.name: json.loads(p.read_text("utf-8")) for p in (DOCS / "schemas").glob("*.json")}
REGISTRY = Registry().with_resources((name, Resource.from_contents(s)) for name, s in SCHEMAS.items())
VALIDATOR = Draft202012Validator(SCHEMAS["adopt.json"], registry=REGISTRY)


def writes(emulator: RunningEmulator) -> list[str]:
    """The Graph writes since the log was emptied."""
    lines = [r for r in emulator.requests() if r["service"] == "graph" and r["method"] != "GET"]
    return [f"{line['method']} {line['path']}" for line in lines]


def test_adopting_replaces_nothing_and_shows_what_the_preview_shows(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Nothing is written; the next preview changes what was printed; the next deploy keeps every id."""
    made = ByHand(emulator)
    stack = project(protect=True)
    emulator.requests(reset=True)
    done = stack.connector("adopt", "--application-id", made.app_id, "--json")
    assert done.code == 0, done.text
    assert writes(emulator) == []
    assert LEAK_MARKER not in done.text
    check_foreign(done.json["changes"], made)
    check_differences(done.json["differences"])
    again = stack.connector("adopt", "--application-id", made.app_id, "--json").json
    assert (again["result"], again["differences"]) == ("unchanged", done.json["differences"])
    deployed = stack.connector("deploy", "--json")
    assert deployed.code == 0, deployed.text
    check_kept(stack, emulator, made)
    assert stack.pulumi("preview", "--expect-no-changes").code == 0
    check_removal(stack, emulator, made)


def check_removal(stack: Project, emulator: RunningEmulator, made: ByHand) -> None:
    """What was there before the stack is deleted only when that is said."""
    before = emulator.dump()
    refused = stack.connector("remove", "--unprotect", "--yes", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (4, "remove.adopted"), refused.text
    assert emulator.dump() == before
    removed = stack.connector("remove", "--unprotect", "--yes", "--include-adopted")
    assert removed.code == 0, removed.text
    assert made.app_id not in {a["appId"] for a in emulator.dump()[CONTOSO]["applications"]}


def check_foreign(changes: list[dict[str, str]], made: ByHand) -> None:
    """The secret by hand and the assignment that the settings do not name are listed, and stay."""
    foreign = {c["kind"]: c for c in changes if c["action"] == "foreign"}
    assert "made by hand" in foreign["secret"]["name"]
    assert made.key_id in foreign["secret"]["name"]
    assert foreign["assignment of User"]["name"] == "Megan Bowen"


def check_differences(differences: list[dict[str, str]]) -> None:
    """What is changed is changed in place, property by property; what is missing is made."""
    lines = {(d["kind"], d["detail"]) for d in differences if d["action"] == "changed"}
    changed = {(kind, re.split("[:.]", detail)[0]) for kind, detail in lines}
    assert ("Application", "signInAudience: AzureADMyOrg → AzureADMultipleOrgs") in lines
    assert ("ServicePrincipal", "appRoleAssignmentRequired: false → true") in lines
    apis = " ".join(detail for _, detail in lines if detail.startswith("requiredResourceAccesses"))
    assert GRAPH_APP_ID in apis
    assert changed == {
        ("Application", "displayName"),
        ("Application", "signInAudience"),
        ("Application", "web"),
        ("Application", "requiredResourceAccesses"),
        ("Application", "tags"),
        ("ServicePrincipal", "tags"),
        ("ServicePrincipal", "appRoleAssignmentRequired"),
        ("Application", "owners"),
        ("ServicePrincipal", "owners"),
    }
    added = {d["name"] for d in differences if d["action"] == "added"}
    assert added == {
        "marketo-measure-grant-graph",
        "marketo-measure-group-marketing-operations",
        "marketo-measure-secret-a-1",
    }
    assert not [d for d in differences if d["action"] == "removed"]


def check_kept(stack: Project, emulator: RunningEmulator, made: ByHand) -> None:
    """The ids are the hand-made ones, and its secret is still there beside the new one."""
    outputs = stack.outputs()
    ids = (outputs["clientId"], outputs["applicationObjectId"], outputs["servicePrincipalObjectId"])
    assert ids == (made.app_id, made.id, made.principal)
    (application,) = [a for a in emulator.dump()[CONTOSO]["applications"] if a["id"] == made.id]
    names = {c["displayName"] for c in application["passwordCredentials"]}
    assert names == {"made by hand", "a-1"}


def test_the_application_user_made_by_hand_is_read_too(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Adopt names the user that is kept, its extra role, and what deploy adds; deploy then keeps the user."""
    made = ByHand(emulator)
    dataverse = Dataverse(emulator)
    body = user_body(dataverse.unit(), made.app_id)
    user = dataverse.post("systemusers", body).headers["OData-EntityId"][-37:-1]
    emulator.edit("systemusers", user, {"_createdby_value": dataverse.deployer(LIMITED_DEPLOYER)})
    assert dataverse.assign(user, dataverse.new_role("By hand")).status_code == 204
    stack = project()
    emulator.requests(reset=True)
    done = stack.connector("adopt", "--application-id", made.app_id, "--json")
    assert done.code == 0, done.text
    assert not [r for r in emulator.requests() if r["service"] == "dataverse" and r["method"] != "GET"]
    assert [error.message for error in VALIDATOR.iter_errors(done.json)] == []
    half = done.json["dataverse"]
    lines = {(c["action"], c["kind"]): c for c in half["changes"]}
    assert (half["result"], half["ids"]["userId"]) == ("changes", user)
    assert lines["kept", "application user"]["detail"] == "adopted as found"
    assert lines["foreign", "role assignment"]["name"] == "By hand"
    assert lines["added", "security role"]["name"] == "Marketo Measure Integration (test)"
    assert "application user" in done.err
    assert "adopted as found" in done.err
    assert stack.connector("deploy", "--json").json["ids"]["userId"] == user


def test_an_adopted_stack_can_be_previewed_planned_and_removed_before_it_is_deployed(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The reviewer sees both halves of the first deployment; who thinks better of it takes it away."""
    made = ByHand(emulator)
    stack = project()
    assert stack.connector("adopt", "--application-id", made.app_id).code == 0
    seen = stack.connector("preview", "--json")
    assert (seen.code, seen.json["result"]) == (0, "changes"), seen.text
    assert not [c for c in seen.json["entra"] if c["action"] in ("removed", "replaced")]
    planned = stack.connector("plan", "--json")
    assert planned.code == 0, planned.text
    assert [c["name"] for c in planned.json["changes"] if c["kind"] == "application user"] == [made.app_id]
    asked = stack.connector("preflight", "--json").json
    (marker,) = [c for c in asked["checks"] if c["code"] == "entra.marker"]
    assert made.app_id in marker["subject"]
    for verb in ("verify", "handover"):
        refused = stack.connector(verb, "--json")
        assert (refused.code, refused.json["error"]["code"]) == (6, "stack.outputs"), refused.text
    removed = stack.connector("remove", "--unprotect", "--yes", "--include-adopted")
    assert removed.code == 0, removed.text
    assert made.app_id not in {a["appId"] for a in emulator.dump()[CONTOSO]["applications"]}


def test_a_dataverse_half_that_cannot_be_planned_does_not_stop_adopt(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """A table that is not in the environment: adopted all the same, and the reason is said."""
    made = ByHand(emulator)
    stack = project(dataverse={"add": [{"table": "nowhere", "depth": "organization", "rights": ["read"]}]})
    done = stack.connector("adopt", "--application-id", made.app_id, "--json")
    assert (done.code, done.json["dataverse"]["result"]) == (0, "unknown"), done.text
    assert "nowhere" in done.json["dataverse"]["refused"]["message"]
    assert [error.message for error in VALIDATOR.iter_errors(done.json)] == []


def test_grants_that_stay_with_consent_by_link_and_federated_credentials_are_listed(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """Each with what it holds; an id is taken as it is pasted, braces, blanks, capitals and all."""
    made = ByHand(emulator, graph_scopes="openid email")
    trust = {"name": "build", "issuer": "https://issuer.example", "subject": "repo:contoso/x"}
    audiences = {"audiences": ["api://AzureADTokenExchange"]}
    made.post(f"applications/{made.id}/federatedIdentityCredentials", trust | audiences)
    stack = project(consent="link", permissions=["graph/offline_access"])
    done = stack.connector("adopt", "--application-id", f" {{{made.app_id.upper()}}} ", "--json")
    assert done.code == 0, done.text
    assert writes(emulator)[-1].endswith("/federatedIdentityCredentials")
    foreign = {(c["kind"], c["name"]): c["detail"] for c in done.json["changes"] if c["action"] == "foreign"}
    credential = foreign["federated credential", "build"]
    assert "issuer https://issuer.example, subject repo:contoso/x;" in credential
    given = foreign["grant for API", "dynamics-crm"]
    assert given == "user_impersonation; consent is given, and the grant stays"
    graph = foreign["grant for API", "graph"]
    assert "consent is still to be given for offline_access, and the grant stays" in graph
    assert graph.endswith("the settings do not ask for email")


@pytest.mark.parametrize(
    ("tags", "code"), [(["dynamics-connect:other"], "adopt.other_stack"), ([], "adopt.no_application")]
)
def test_what_cannot_be_adopted_is_refused(
    project: Callable[..., Project], emulator: RunningEmulator, tags: list[str], code: str
) -> None:
    """Another stack's application, and an id that is none: exit 4, and the state stays empty."""
    made = ByHand(emulator)
    emulator.edit("applications", made.id, {"tags": tags})
    stack = project()
    done = stack.connector("adopt", "--application-id", made.app_id if tags else made.id, "--json")
    assert (done.code, done.json["error"]["code"]) == (4, code), done.text
    assert "azuread:index" not in stack.pulumi("stack", "export").out
