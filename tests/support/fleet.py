"""A fleet that is deployed, without an engine: one stack is made for real, the others are its copies.

The first stack goes over the wire, through the connector's own apply and proof; every object that
it left in its tenant and organization is then copied to the other tenants, each id replaced by
that tenant's own. So a thousand stacks are there in seconds, and none is a simplification.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from connector import naming
from connector.dataverse import jobs
from connector.records import StackRecord, updated, write_record
from connector.session import Session
from emulator.graph.catalogue import DYNAMICS_APP_ID, GRAPH_APP_ID, first_party_object_id
from emulator.seed.directory import deployers
from emulator.seed.ids import seeded_id
from emulator.seed.many import organization_of, tenant_of
from emulator.seed.names import DEPLOYER_SECRET
from emulator.store import Document, Store
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.emulator import RunningEmulator

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Replace = Callable[[str], str]


def stack_name(number: int) -> str:
    """The stack in tenant *number* (from 1)."""
    return f"acme-{number:04d}"


def deploy_fleet(emulator: RunningEmulator, count: int, records: Path, **settings: object) -> None:
    """Bring *count* stacks into the state "deployed and proved"; *emulator* serves `--tenants` so many.

    Stack N is in tenant N of emulator.seed.many; its record is written to *records*.
    """
    store = emulator.store
    before = _rows(store, 1)
    made = _first(emulator, settings)
    made = made.model_copy(update={"dynamics_url": _url(emulator, 1)})
    new = {key: body for key, body in _rows(store, 1).items() if before.get(key) != body}
    write_record(made, records)
    with store.transaction():
        for number in range(2, count + 1):
            replace = _replacing(store, made, number)
            for (scope, kind, id), body in new.items():
                store.put(replace(scope), kind, replace(id), json.loads(replace(body)))
            copy = replace(made.model_dump_json(by_alias=True))
            write_record(StackRecord.model_validate_json(copy), records)


def fleet_entries(emulator: RunningEmulator, count: int) -> dict[str, dict[str, Any]]:
    """The stacks as fleet.yaml names them."""
    return {
        stack_name(n): {
            "tenantId": tenant_of(n).id,
            "dynamicsUrl": _url(emulator, n),
            "owner": f"owner-{n % 7}@agency.example",
            "login": {"reader": _deployer(n), "writer": _deployer(n)},
        }
        for n in range(1, count + 1)
    }


def write_fleet(path: Path, emulator: RunningEmulator, count: int, **fleet: Any) -> None:
    """Write a fleet.yaml of *count* stacks."""
    defaults = {"cloud": "emulator", "settings": {"protect": False, "assignments": {"required": True}}}
    body = {"name": "many", "defaults": defaults} | fleet | {"stacks": fleet_entries(emulator, count)}
    path.write_text(yaml.safe_dump(body, sort_keys=False))


def _url(emulator: RunningEmulator, number: int) -> str:
    return f"https://{organization_of(number).address}:{emulator.port}"


def _deployer(number: int) -> str:
    return deployers(tenant_of(number))[0].app_id


def _first(emulator: RunningEmulator, settings: dict[str, object]) -> StackRecord:
    """The first stack, made and proved over the wire; its record."""
    tenant = tenant_of(1)
    login = {"client_id": _deployer(1), "secret": DEPLOYER_SECRET}
    stack = ConnectedStack(
        emulator,
        stack=stack_name(1),
        token=emulator.token(tenant=tenant.id, **login),
        tenantId=tenant.id,
        dynamicsUrl=_url(emulator, 1),
        **settings,
    )
    twins = {"TENANT_ID": tenant.id, "CLIENT_ID": _deployer(1)}
    environ = emulator.env | {f"{p}_{k}": v for p in ("ARM", "AZURE") for k, v in twins.items()}

    async def work() -> StackRecord:
        async with Session(stack.settings, environ=environ) as session:
            applied, proof = await jobs.apply_and_prove(stack.settings, stack.outputs, session)
        assert proof.error is None, proof.error
        return updated(None, stack.settings, stack.outputs, applied=applied, proof=proof)

    return asyncio.run(work())


def _rows(store: Store, number: int) -> dict[tuple[str, str, str], str]:
    """Everything in a tenant and its organization: scope, kind, id → body."""
    scopes = (tenant_of(number).id, organization_of(number).id)
    found = store.db.execute("SELECT * FROM objects WHERE scope IN (?,?) ORDER BY rowid", scopes)
    return {(row["scope"], row["kind"], row["id"]): row["body"] for row in found}


def _replacing(store: Store, made: StackRecord, number: int) -> Replace:
    """What turns a text of the first stack into the same text of stack *number*."""
    known = _seeded(store, 1, number) | _named(made, number)
    seeded_everywhere = set(_privileges(store, number).values())
    own = uuid.UUID(tenant_of(number).id)
    words = {
        organization_of(1).address: organization_of(number).address,
        stack_name(1): stack_name(number),
        tenant_of(1).name: tenant_of(number).name,
    }

    def one(match: re.Match[str]) -> str:
        id = match[0]
        if id in seeded_everywhere or id in _EVERYWHERE:
            return id
        return known.get(id) or str(uuid.uuid5(own, id))

    def replace(text: str) -> str:
        text = _ID.sub(one, text)
        for before, after in words.items():
            text = text.replace(before, after)
        return text

    return replace


#: Ids that are the same in every tenant.
_EVERYWHERE = {GRAPH_APP_ID, DYNAMICS_APP_ID, "00000000-0000-0000-0000-000000000000"}


def _seeded(store: Store, first: int, number: int) -> dict[str, str]:
    """Ids of what the seed brought, first tenant → this one."""
    pairs: dict[str, str] = {}
    a, b = (organization_of(n) for n in (first, number))
    pairs |= {a.id: b.id, a.tenant: b.tenant, _deployer(first): _deployer(number)}
    for kind in ("businessunit", "team"):
        pairs[seeded_id(a.id, kind, a.name)] = seeded_id(b.id, kind, b.name)
    for app_id in (GRAPH_APP_ID, DYNAMICS_APP_ID):
        pairs[first_party_object_id(a.tenant, app_id)] = first_party_object_id(b.tenant, app_id)
    theirs, ours = _privileges(store, number), _privileges(store, first)
    pairs |= {id: theirs[name] for name, id in ours.items()}
    for x, y in zip(deployers(tenant_of(first)), deployers(tenant_of(number)), strict=True):
        pairs |= {x.object_id: y.object_id, x.principal_id: y.principal_id}
        pairs[seeded_id(a.id, "systemuser", x.app_id)] = seeded_id(b.id, "systemuser", y.app_id)
    return pairs


def _privileges(store: Store, number: int) -> dict[str, str]:
    rows: list[Document] = store.all(organization_of(number).id, "privileges")
    return {row["name"]: row["privilegeid"] for row in rows}


def _named(made: StackRecord, number: int) -> dict[str, str]:
    """The security role's id, which is derived from host, stack and name."""
    host = organization_of(number).address
    name = f"Marketo Measure Integration ({stack_name(number)})"
    return {made.role_id: naming.role_id(host, stack_name(number), name)}
