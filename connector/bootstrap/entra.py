"""One identity in the directory: what is there, what is lacking, and making it so.

`read` reads, `plan` decides and is pure, `carry_out` writes. An application is ours by its marker,
and only while nothing but this tool's federated credentials can log in as it: whoever may write
applications can tag one of their own, and it would be given the pipeline's rights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from connector import naming
from connector.bootstrap.directory import PipelineDirectory
from connector.bootstrap.identity_plan import IdentityPlan, LiveIdentity, lines_of
from connector.bootstrap.model import Service, Trust, Wanted
from connector.bootstrap.rights import ours
from connector.bootstrap.subjects import OUR_NAMES, REPLACED
from connector.entra.graph import Assignment, Principal
from connector.entra.objects import Federated, LiveApplication
from connector.errors import RefusedError
from connector.report import Progress
from connector.settings.permissions import APIS
from connector.wire.rounds import join, start

GRAPH = APIS["graph"]


@dataclass(frozen=True)
class MadeIdentity:
    """An identity that stands: its application (client) id and its service principal's object id."""

    app_id: str
    principal_id: str


async def read_graph(directory: PipelineDirectory) -> Principal:
    """Microsoft Graph's service principal, whose app roles the permissions are."""
    found = await directory.principals_of_apps([GRAPH])
    if not found:
        message = f"the tenant has no service principal of Microsoft Graph ({GRAPH}); open the portal once"
        raise RefusedError(message, code="bootstrap.graph", key=GRAPH)
    return found[0]


async def read(directory: PipelineDirectory, wanted: Wanted) -> LiveIdentity:
    """What carries the identity's marker. Raises RefusedError where two applications do."""
    found = await directory.ours(wanted.who)
    if not found:
        return LiveIdentity()
    if len(found) > 1:
        ids = ", ".join(one.app_id for one in found)
        message = (
            f"{len(found)} applications carry the tag {wanted.who.marker} ({ids}); "
            "delete all but the one that fleet.yaml names, or take the tag from the others"
        )
        raise RefusedError(message, code="bootstrap.ambiguous", key=wanted.who.marker)
    application = found[0]
    federated = start(directory.federated(application.id))
    principals = start(directory.principals_of_apps([application.app_id]))
    await join(federated, principals)
    principal = next(iter(principals.result()), None)
    held = await directory.assignments_of(principal.id) if principal else []
    return LiveIdentity(application, principal, federated.result(), tuple(held))


def plan(wanted: Wanted, live: LiveIdentity, graph: Principal) -> IdentityPlan:
    """What is lacking and what is too much.

    Raises RefusedError where somebody else can log in as it, or Graph has no such permission.
    """
    published = {name for _, name in graph.app_roles}
    unknown = [name for name in wanted.names(Service.GRAPH) if name not in published]
    if unknown:
        message = f"Microsoft Graph publishes no application permission {', '.join(unknown)} in this tenant"
        raise RefusedError(message, code="bootstrap.right_unknown", key=unknown[0])
    _refuse_other_logins(wanted, live)
    by_name = {one.name: one for one in live.federated}
    held = {_role_name(one, graph): one for one in live.held if one.resource_id == graph.id}
    names, may_take = wanted.names(Service.GRAPH), ours(wanted.who, Service.GRAPH)
    made = IdentityPlan(
        wanted,
        live,
        graph,
        change=_change(wanted, live, graph),
        add=tuple(t for t in wanted.trusts if t.name not in by_name and not _is_trusted(t, live)),
        update=tuple(
            (by_name[t.name], t) for t in wanted.trusts if t.name in by_name and not _is_trusted(t, live)
        ),
        drop=_replaced(wanted, live),
        give=tuple(name for name in names if name not in held),
        take=tuple(one for name, one in held.items() if name in may_take - set(names)),
    )
    return replace(made, changes=tuple(lines_of(made, held)))


def body_of(wanted: Wanted, graph: Principal) -> dict[str, Any]:
    """The application as it is registered: for this tenant alone, requesting what it is given."""
    return {
        "displayName": wanted.who.display_name,
        "signInAudience": "AzureADMyOrg",
        "tags": [wanted.who.marker, naming.PORTAL_TAG],
        "requiredResourceAccess": _requested(wanted, graph),
    }


def _requested(wanted: Wanted, graph: Principal) -> list[dict[str, Any]]:
    ids = {name: id for id, name in graph.app_roles}
    access = [{"id": ids[name], "type": "Role"} for name in wanted.names(Service.GRAPH)]
    return [{"resourceAppId": GRAPH, "resourceAccess": access}]


def _refuse_other_logins(wanted: Wanted, live: LiveIdentity) -> None:
    application = live.application
    if application is None:
        return
    others = [f"client secret {secret}" for secret in application.secrets]
    others += ["a certificate"] * bool(application.certificates)
    for one in live.federated:
        if one.name not in OUR_NAMES and not any(one.is_as(trust) for trust in wanted.trusts):
            others.append(f"federated credential {one.name} for {one.subject} of {one.issuer}")
    if others:
        message = (
            f"the application {application.display_name} ({application.app_id}) carries the tag "
            f"{wanted.who.marker}, and others can log in as it: {'; '.join(others)}. Nothing was changed. "
            "Remove them, or take the tag away and bootstrap makes an application of its own"
        )
        raise RefusedError(message, code="bootstrap.other_logins", key=application.app_id)


def _change(wanted: Wanted, live: LiveIdentity, graph: Principal) -> dict[str, Any]:
    """Properties that differ; a new name given by somebody stays."""
    if live.application is None:
        return {}
    body, raw = body_of(wanted, graph), live.application.raw
    changed: dict[str, Any] = {}
    if raw.get("signInAudience") != body["signInAudience"]:
        changed["signInAudience"] = body["signInAudience"]
    if _pairs(raw.get("requiredResourceAccess")) != _pairs(body["requiredResourceAccess"]):
        changed["requiredResourceAccess"] = body["requiredResourceAccess"]
    return changed


def _pairs(access: Any) -> set[tuple[str, str]]:
    return {(api["resourceAppId"], one["id"]) for api in access or () for one in api["resourceAccess"]}


def _is_trusted(trust: Trust, live: LiveIdentity) -> bool:
    return any(one.is_as(trust) for one in live.federated)


def _replaced(wanted: Wanted, live: LiveIdentity) -> tuple[Federated, ...]:
    """Credentials of an earlier run whose successor this one asks for; of the same tokens they stay."""
    names, successors = {trust.name for trust in wanted.trusts}, REPLACED[wanted.who]
    return tuple(
        one
        for one in live.federated
        if successors.get(one.name) in names and not any(one.is_as(trust) for trust in wanted.trusts)
    )


def _role_name(held: Assignment, graph: Principal) -> str:
    return dict(graph.app_roles).get(held.role_id, held.role_id)


async def carry_out(directory: PipelineDirectory, plan: IdentityPlan, progress: Progress) -> MadeIdentity:
    """Do what the plan says: what is there is never made twice, and rights are given last."""
    who, principal = plan.wanted.who, plan.live.principal
    application = await _application(directory, plan, progress)
    if principal is None:
        principal = await directory.make_principal(application.app_id)
    for before, trust in plan.update:
        await directory.change_trust(application.id, before.id, trust)
    for trust in plan.add:
        await directory.trust(application.id, trust)
    # Last of the three: a run that ends before leaves two ways in for the pipeline, and never none.
    for one in plan.drop:
        await directory.forget_trust(application.id, one.id)
    if plan.give:
        progress(f"granting {len(plan.give)} Graph permissions to the {who.value}")
    await _rights(directory, plan, principal)
    return MadeIdentity(application.app_id, principal.id)


async def _application(
    directory: PipelineDirectory, plan: IdentityPlan, progress: Progress
) -> LiveApplication:
    who, application = plan.wanted.who, plan.live.application
    if application is None:
        progress(f"registering {who.display_name}")
        return await directory.make_application(who, body_of(plan.wanted, plan.graph))
    if plan.change:
        await directory.change_application(application.id, plan.change)
    return application


async def _rights(directory: PipelineDirectory, plan: IdentityPlan, principal: Principal) -> None:
    ids = {name: id for id, name in plan.graph.app_roles}
    for assignment in plan.take:
        await directory.take(plan.graph.id, assignment.id)
    for name in plan.give:
        await directory.give(principal.id, plan.graph.id, ids[name])
