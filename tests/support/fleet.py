"""A fleet whose stacks are deployed, made in seconds: the first by the services, the others as its copies."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from connector.dataverse import jobs
from connector.fleet import Fleet, FleetStack, load_fleet
from connector.fleet.columns import to_json
from connector.fleet.model import login_environment
from connector.fleet.stack_status import outputs_of
from connector.fleet.status import Workspace, read_fleet_status
from connector.fleet.sync import plan_sync, write_files
from connector.naming import role_id, tags
from connector.records.record import ProofRecord, SlotRecord, StackRecord, known_of, write_record
from connector.settings import Settings
from connector.settings.stack_file import settings_from_files
from connector.wire.session import Session
from emulator.graph.catalogue import DYNAMICS_APP_ID, GRAPH_APP_ID, first_party_object_id
from emulator.seed.many import Numbered
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.many import Many
from tests.support.project import PARTS, Done, copy, run_in

DAYS = 180


class DeployedFleet:
    """A project in *folder* with one stack for each numbered tenant of an emulator, deployed and on record.

    There is no engine: `env` has no `pulumi` on its PATH, and no state exists.
    """

    def __init__(self, folder: Path, emulator: RunningEmulator, count: int | None = None) -> None:
        """Write the project and its fleet; bring the first *count* tenants (all) to the state "deployed"."""
        self.emulator, self.many = emulator, Many(emulator)
        self.tenants = self.many.tenants[:count]
        self.root, self.records = folder / "project", folder / "records"
        self._copy = folder.with_name(f"{folder.name}-kept")
        self.root.mkdir(parents=True)
        for part in PARTS:
            copy(PROJECT / part, self.root / part)
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), **emulator.env}
        self.file = self.root / "fleet.yaml"
        self.write(self.described())
        self._deploy()

    def described(self) -> dict[str, Any]:
        """fleet.yaml as it is first written: a tenth of the stacks in the ring canary."""
        entries = {
            one.tenant.name: {
                "tenantId": one.tenant.id,
                "dynamicsUrl": self.many.url(one),
                "ring": "canary" if one.number % 10 == 1 else "everyone",
                "owner": ("anna@agency.example", "ben@agency.example")[one.number % 2],
                "login": {"reader": one.deployer},
                "settings": {"assignments": {"users": [f"adele@{one.tenant.name}.example"]}},
            }
            for one in self.tenants
        }
        rings = [{"name": "canary"}, {"name": "everyone"}]
        return {"name": "agency", "defaults": {"cloud": "emulator"}, "rings": rings, "stacks": entries}

    def write(self, content: dict[str, Any]) -> None:
        """Write fleet.yaml, and the stacks' files as `fleet sync` does."""
        self.file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        write_files(plan_sync(self.fleet(), self.root))

    def rows(self, **options: Any) -> dict[str, dict[str, Any]]:
        """The rows of `fleet status` by stack, read in this process."""
        workspace = Workspace(self.root, self.records, self.env)
        read = asyncio.run(read_fleet_status(self.fleet().stacks, workspace, **options))
        return {row.name: to_json(row) for row in read}

    def keep(self) -> None:
        """Keep everything as it is now, for `reset`."""
        self._kept = self.emulator.keep()
        shutil.copytree(self.root.parent, self._copy, ignore=shutil.ignore_patterns("connector"))

    def reset(self) -> None:
        """Files, records and tenants as they were kept."""
        self.emulator.reset(self._kept)
        shutil.rmtree(self.records)
        shutil.copytree(self._copy, self.root.parent, dirs_exist_ok=True)

    @staticmethod
    def command(*arguments: str) -> list[str]:
        """`python -m connector ARGUMENTS`."""
        return [sys.executable, "-m", "connector", *arguments]

    def run(self, *arguments: str, **env: str) -> Done:
        """Run it in the project."""
        return run_in(self.root, self.env | env, *self.command(*arguments))

    def status(self, *arguments: str, **env: str) -> Done:
        """Run `fleet status --json` with this fleet's records."""
        return self.run("fleet", "status", "--json", "--records", str(self.records), *arguments, **env)

    def fleet(self) -> Fleet:
        """The fleet as it is read."""
        return load_fleet(self.file, project_dir=self.root)

    def record(self, number: int) -> Path:
        """The record of a stack by its number."""
        return self.records / f"{self.tenants[number - 1].tenant.name}.json"

    def scopes(self, number: int) -> tuple[str, str]:
        """Tenant and organization of a stack by its number: the scopes of its objects in the emulator."""
        return self.tenants[number - 1].tenant.id, self.tenants[number - 1].organization.id

    def _deploy(self) -> None:
        fleet = {stack.name: stack for stack in self.fleet().stacks}
        first = self.tenants[0]
        before = _ids(self.emulator, first)
        record = _Deployment(self, first, fleet[first.tenant.name]).record()
        made = [row for row in _documents(self.emulator, first) if row[:3] not in before]
        write_record(record, self.records)
        with self.emulator.store.transaction():
            for one in self.tenants[1:]:
                copied = _copied(self, made, record, first, one)
                write_record(copied, self.records)


class _Deployment:
    """One stack made by the services: Entra half by Graph, Dataverse half by `apply`."""

    def __init__(self, fleet: DeployedFleet, one: Numbered, stack: FleetStack) -> None:
        self._fleet, self._one, self._stack = fleet, one, stack
        self._settings: Settings = settings_from_files(stack.name, fleet.root)

    def record(self) -> StackRecord:
        """Make it all, and return its record."""
        end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=DAYS)
        application, principal, key_id = self._entra(end)
        record = StackRecord(
            stack=self._stack.name,
            tenant_id=self._one.tenant.id,
            client_id=application["appId"],
            application_object_id=application["id"],
            service_principal_object_id=principal,
            dynamics_url=self._settings.dynamics_url,
            slots={"a": SlotRecord(key_id=key_id, end_date=end, generation=1)},
            proof=ProofRecord(at=datetime.now(UTC), verdict="proved", key_id=key_id, wanted=60, held=60),
        )
        applied = asyncio.run(self._apply(record))
        return record.model_copy(
            update={"role_id": applied.ids["roleId"], "user_id": applied.ids["userId"]}
        )

    async def _apply(self, record: StackRecord) -> Any:
        environ = login_environment(self._stack, self._fleet.emulator.env, writes=False)
        async with Session(self._settings, environ=environ) as session:
            outputs = outputs_of(self._settings, record)
            return await jobs.apply(self._settings, outputs, session, known=known_of(record))

    def _graph(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self._fleet.many.graph(self._one, method, path, body)
        assert answer.is_success, answer.text
        return dict(answer.json()) if answer.content else {}

    def _entra(self, end: datetime) -> tuple[dict[str, Any], str, str]:
        settings = self._settings
        body = {
            "displayName": settings.display_name,
            "signInAudience": settings.sign_in_audience.value,
            "tags": list(tags(settings.stack)),
            "web": {"redirectUris": list(settings.redirect_uris.web)},
        }
        application = self._graph("POST", "applications", body)
        body = {
            "appId": application["appId"],
            "appRoleAssignmentRequired": True,
            "tags": list(tags(settings.stack)),
        }
        principal = str(self._graph("POST", "servicePrincipals", body)["id"])
        credential = {"displayName": "a-1", "endDateTime": end.isoformat()}
        path = f"applications/{application['id']}/addPassword"
        secret = self._graph("POST", path, {"passwordCredential": credential})
        self._attach(principal)
        return application, principal, str(secret["keyId"])

    def _attach(self, principal: str) -> None:
        """Consent for every API, and the person of the settings assigned."""
        for api in {permission.client_id for permission in self._settings.permissions}:
            names = [p.name for p in self._settings.permissions if p.client_id == api]
            grant = {
                "clientId": principal,
                "resourceId": first_party_object_id(self._one.tenant.id, api),
                "consentType": "AllPrincipals",
                "scope": " ".join(names),
            }
            self._graph("POST", "oauth2PermissionGrants", grant)
        for name in self._settings.assignments.users:
            user = self._graph("GET", f"users/{name}")
            body = {"principalId": user["id"], "resourceId": principal, "appRoleId": str(uuid.UUID(int=0))}
            self._graph("POST", f"servicePrincipals/{principal}/appRoleAssignedTo", body)


_Row = tuple[str, str, str, str]


def _documents(emulator: RunningEmulator, one: Numbered) -> list[_Row]:
    rows = emulator.store.db.execute(
        "SELECT scope, kind, id, body FROM objects WHERE scope IN (?,?) ORDER BY rowid",
        (one.tenant.id, one.organization.id),
    )
    return [(row["scope"], row["kind"], row["id"], row["body"]) for row in rows]


def _ids(emulator: RunningEmulator, one: Numbered) -> set[tuple[str, ...]]:
    """What is there already, with the roles that the first write makes the organization's own."""
    there = {row[:3] for row in _documents(emulator, one)}
    return there | {
        (one.organization.id, "roles", role["roleid"])
        for role in emulator.store.all(one.organization.id, "roles")
    }


def _copied(
    fleet: DeployedFleet, made: list[_Row], record: StackRecord, first: Numbered, one: Numbered
) -> StackRecord:
    """Write the first stack's objects once more for another tenant, every id made the other's."""
    new = _new_ids(fleet, made, record, first, one)

    def renamed(text: str) -> str:
        for old, fresh in new.items():
            text = text.replace(old, fresh)
        return text

    for scope, kind, id, body in made:
        fleet.emulator.store.put(renamed(scope), kind, renamed(id), json.loads(renamed(body)))
    return StackRecord.model_validate_json(renamed(record.model_dump_json(by_alias=True)))


def _new_ids(
    fleet: DeployedFleet, made: list[_Row], record: StackRecord, first: Numbered, one: Numbered
) -> dict[str, str]:
    own = {row[2] for row in made} | {record.client_id, *(slot.key_id for slot in record.slots.values())}
    new = {id: str(uuid.uuid5(uuid.UUID(one.tenant.id), id)) for id in own if len(id) == 36}
    settings = settings_from_files(one.tenant.name, fleet.root)
    new[record.role_id] = role_id(settings.dynamics_host, settings.stack, settings.role_name)
    for app_id in (GRAPH_APP_ID, DYNAMICS_APP_ID):
        new[first_party_object_id(first.tenant.id, app_id)] = first_party_object_id(one.tenant.id, app_id)
    (was,), (now,) = (
        fleet.emulator.store.find(each.tenant.id, "users", displayName="Adele Vance") for each in (first, one)
    )
    new[was["id"]] = now["id"]
    new |= {first.tenant.id: one.tenant.id, first.organization.id: one.organization.id}
    return new | {first.organization.address: one.organization.address, first.tenant.name: one.tenant.name}
