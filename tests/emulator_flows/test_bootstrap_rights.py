"""With exactly the rights of the catalogue: the reader reads all and writes nothing, the writer applies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connector.bootstrap.model import Service, When, Who
from connector.bootstrap.rights import CATALOGUE, NO_CHOICE, PROFILE_PRIVILEGES, Choices, wanted_of
from connector.dataverse import jobs
from connector.entra.checks import directory_causes
from connector.entra.directory import Directory
from connector.entra.rights import needs_of
from connector.errors import ConnectError, RefusedError
from connector.preflight import check_access, run_checks
from connector.report import Answer, Check
from connector.stack.state import StackState
from connector.wire.session import Session
from emulator.graph.catalogue import GRAPH_ROLES
from emulator.seed import CONTOSO
from tests.emulator_flows.conftest import NoSleep
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.emulator import RunningEmulator
from tests.support.identities import PipelineSetup

NARROW = Choices(narrow_role=True)
UNIT = {"dataverse": {"businessUnit": "contoso-emea"}}
PEOPLE = {"assignments": {"users": ["adele@contoso.example"], "groups": ["Marketing Operations"]}}


class Deployed:
    """A stack whose Entra half stands, with both identities of its pipeline."""

    def __init__(self, emulator: RunningEmulator, *, choices: Choices = NO_CHOICE, **settings: Any) -> None:
        self.stack = ConnectedStack(emulator, **settings)
        self.setup = PipelineSetup(emulator, **settings)
        self.made = self.setup.make(choices=choices)

    def run(self, who: Who, work: Any) -> Any:
        """Run work in a session of one identity."""

        async def inside() -> Any:
            environ = self.setup.environment(self.made[who])
            async with self.stack.session(environ, patience=NoSleep().patience()) as session:
                return await work(session)

        return asyncio.run(inside())

    def plan(self, who: Who) -> Any:
        """`plan` as an identity."""
        stack = self.stack
        return self.run(who, lambda session: jobs.plan(stack.settings, stack.outputs, session))

    def apply(self, who: Who) -> Any:
        """`apply` as an identity."""
        stack = self.stack
        return self.run(who, lambda session: jobs.apply(stack.settings, stack.outputs, session))


@pytest.mark.parametrize("settings", [{}, UNIT, PEOPLE], ids=["plain", "business-unit", "assigned"])
def test_the_reader_reads_all_that_plan_status_and_preflight_ask(
    emulator: RunningEmulator, settings: dict[str, Any]
) -> None:
    """Plan before and after, the directory's findings, and every answer of a preflight that is no right."""
    deployed = Deployed(emulator, **settings)
    assert deployed.plan(Who.READER).result == "changes"
    deployed.apply(Who.WRITER)
    assert deployed.plan(Who.READER).result == "unchanged"
    stack = deployed.stack
    findings = deployed.run(
        Who.READER, lambda session: directory_causes(stack.settings, stack.outputs, session)
    )
    assert {one.code for one in findings} <= {"entra.assignment_missing"}
    checks: tuple[Check, ...] = deployed.run(Who.READER, lambda session: run_checks(session, StackState()))
    assert [c for c in checks if c.answer is Answer.UNKNOWN and "may not read" in c.detail] == []
    refused = {c.code: c.detail for c in checks if c.answer is Answer.NO}
    assert set(refused) <= {"entra.right", "entra.marker", "dataverse.caller_privileges"}
    assert "may not do this plan" in refused["dataverse.caller_privileges"]


def test_a_plan_needs_each_of_the_readers_privileges(emulator: RunningEmulator) -> None:
    """Without any one of them a plan is refused, or sees less: none is in the role for nothing."""
    deployed = Deployed(emulator, **UNIT)
    deployed.apply(Who.WRITER)
    organization = "0c0c0c01-0000-4000-8000-000000000001"
    (role,) = [
        one
        for one in emulator.dump()[organization]["roles"]
        if one["name"] == "Dynamics Connect pipeline (reader)" and one.get("privileges")
    ]
    names = {one["privilegeid"]: one["name"] for one in emulator.dump()[organization]["privileges"]}
    reads = [r.name for r in CATALOGUE if r.who is Who.READER and r.service is Service.DATAVERSE]

    async def plan_without_each(session: Session) -> None:
        """In one session, whose connections stand before the first read is refused."""
        settings, outputs = deployed.stack.settings, deployed.stack.outputs
        assert (await jobs.plan(settings, outputs, session)).result == "unchanged"
        for name in reads:
            held = {id: depth for id, depth in role["privileges"].items() if names[id] != name}
            emulator.store.put(organization, "roles", role["roleid"], {**role, "privileges": held})
            with pytest.raises(ConnectError, match=name):
                await jobs.plan(settings, outputs, session)

    deployed.run(Who.READER, plan_without_each)


@pytest.mark.parametrize(
    ("name", "sees_less"),
    [
        ("Application.Read.All", "entra.marker"),
        ("DelegatedPermissionGrant.Read.All", ""),
        ("Policy.Read.All", "entra.app_policy"),
        ("User.Read.All", "entra.people"),
        ("Group.Read.All", "entra.people"),
    ],
)
def test_reading_needs_each_of_the_readers_graph_rights(
    emulator: RunningEmulator, name: str, sees_less: str
) -> None:
    """Without any one of them findings are refused, or a preflight cannot see."""
    deployed = Deployed(emulator, **PEOPLE)
    principal = deployed.made[Who.READER].principal_id
    rows = emulator.store.find(CONTOSO, "appRoleAssignments", principalId=principal)
    (held,) = [row["id"] for row in rows if row["appRoleId"] == GRAPH_ROLES[name]]
    emulator.store.delete(CONTOSO, "appRoleAssignments", held)
    stack = deployed.stack
    if sees_less:
        checks = deployed.run(Who.READER, lambda session: run_checks(session, StackState()))
        assert sees_less in {one.code for one in checks if "may not read" in one.detail}
        return
    with pytest.raises(RefusedError, match="403"):
        deployed.run(Who.READER, lambda session: directory_causes(stack.settings, stack.outputs, session))


async def _write_application(session: Session) -> Any:
    return await Directory(session)._write("POST", "applications", {"displayName": "x"})


def test_every_write_of_the_reader_is_refused(emulator: RunningEmulator) -> None:
    """In Dataverse before the first request that writes, in Graph by Graph; no write passes."""
    deployed = Deployed(emulator)
    emulator.requests(reset=True)
    with pytest.raises(RefusedError, match="prvCreateRole") as refused:
        deployed.apply(Who.READER)
    assert refused.value.code == "dataverse.caller_privileges"
    with pytest.raises(RefusedError, match="403"):
        deployed.run(Who.READER, _write_application)
    with pytest.raises(RefusedError, match=r"Application\.ReadWrite") as lacking:
        deployed.run(Who.READER, check_access)
    assert lacking.value.code == "entra.caller_rights"
    lines = [r for r in emulator.requests() if r["method"] != "GET" and r["service"] != "login"]
    assert [(r["method"], r["path"], r["status"]) for r in lines] == [("POST", "/v1.0/applications", 403)]


def test_the_emulator_refuses_the_reader_every_write(emulator: RunningEmulator) -> None:
    """Past this tool's own check: each kind of write is refused by the organization itself."""
    from tests.support.dataverse import Dataverse

    deployed = Deployed(emulator)
    app_id = deployed.made[Who.READER].app_id
    reader = Dataverse(emulator, client_id=app_id)
    (own,) = [u for u in deployed.stack.objects("systemusers") if u.get("applicationid") == app_id]
    attempts = [
        reader.post("roles", {"name": "X", "businessunitid@odata.bind": f"/businessunits({reader.unit()})"}),
        reader.post("systemusers", {"applicationid": app_id}),
        reader.patch(f"systemusers({own['systemuserid']})", {"isdisabled": True}, If_Match="*"),
        reader.delete(f"systemusers({own['systemuserid']})"),
        reader.assign(own["systemuserid"], reader.built_in("System Administrator")),
        reader.add(own["roles"][0], prvReadLead="Global"),
        reader.post("accounts", {"name": "X"}),
    ]
    assert {answer.status_code for answer in attempts} == {403}


@pytest.mark.parametrize("settings", [{}, UNIT], ids=["root", "business-unit"])
def test_the_narrower_role_is_enough_to_apply_and_prove(
    emulator: RunningEmulator, settings: dict[str, Any]
) -> None:
    """A writer without System Administrator makes the profile's role, user and assignment."""
    deployed = Deployed(emulator, choices=NARROW, **settings)
    stack = deployed.stack
    report, proof = deployed.run(
        Who.WRITER,
        lambda session: jobs.apply_and_prove(
            stack.settings,
            stack.outputs,
            session,
            more=lambda: directory_causes(stack.settings, stack.outputs, session),
        ),
    )
    assert (report.result, proof.error) == ("changed", None)
    assert deployed.apply(Who.WRITER).result == "unchanged"
    (writer,) = [
        u for u in stack.objects("systemusers") if u.get("applicationid") == deployed.made[Who.WRITER].app_id
    ]
    names = {one["roleid"]: one["name"] for one in stack.objects("roles")}
    assert [names[id] for id in writer["roles"]] == ["Dynamics Connect pipeline (writer of marketo-measure)"]


def test_a_profile_that_grew_is_refused_to_the_narrower_role_until_bootstrap_runs_again(
    emulator: RunningEmulator,
) -> None:
    """Nobody can hand out what they do not hold: the lacking privilege is named before any write."""
    deployed = Deployed(emulator, choices=NARROW)
    more: dict[str, Any] = {"dataverse": {"add": [{"table": "list", "rights": ["share"]}]}}
    deployed.stack = ConnectedStack(emulator, **more)
    with pytest.raises(RefusedError, match="prvShareList") as refused:
        deployed.apply(Who.WRITER)
    assert refused.value.code == "dataverse.caller_privileges"
    deployed.setup = PipelineSetup(emulator, **more)
    deployed.setup.make(choices=NARROW)
    assert deployed.apply(Who.WRITER).result == "changed"


def test_the_narrower_role_takes_system_administrator_away(emulator: RunningEmulator) -> None:
    """A writer that was System Administrator is none after `--narrow-role`, and again one without it."""
    deployed = Deployed(emulator)
    before = {one.name: one.action.value for one in deployed.setup.make(choices=NARROW)[Who.WRITER].changes}
    assert before["System Administrator"] == "removed"
    with pytest.raises(RefusedError, match="prvReparentUser"):
        deployed.run(Who.WRITER, _move)
    wide = {one.name: one.action.value for one in deployed.setup.make()[Who.WRITER].changes}
    assert wide["System Administrator"] == "added"


async def _move(session: Session) -> Any:
    from connector.dataverse.client import DataverseClient

    client = DataverseClient(session, session.deployer)
    me = (await client.get("WhoAmI"))["UserId"]
    units = await client.rows("businessunits")
    other = next(unit["businessunitid"] for unit in units if unit["_parentbusinessunitid_value"])
    await client.patch(f"systemusers({me})", {"businessunitid@odata.bind": f"/businessunits({other})"})


def test_a_narrower_role_waits_for_the_solution(emulator: RunningEmulator) -> None:
    """Privileges of tables that are not imported yet are pending, and named."""
    setup = PipelineSetup(emulator, org=2)
    assert setup.make(choices=NARROW)[Who.WRITER].pending


@pytest.mark.parametrize("settings", [{}, PEOPLE, {"consent": "link"}], ids=["plain", "assigned", "link"])
def test_the_writers_rights_are_those_that_a_deployment_asks_for(
    emulator: RunningEmulator, settings: dict[str, Any]
) -> None:
    """Every need of the stack's plan is met, and nothing that writes is held beyond the needs."""
    setup = PipelineSetup(emulator, **settings)
    trusts = dict.fromkeys(Who, ())
    _, writer = wanted_of(setup.settings, trusts)
    held, needs = set(writer.names(Service.GRAPH)), needs_of(setup.settings)
    assert all(held & set(need.any_of) for need in needs)
    writing = {name for name in held if "ReadWrite" in name}
    assert all(any(name in need.any_of for need in needs) for name in writing)


def test_the_catalogue_says_why_of_each_right() -> None:
    """Each right has a reason, each that writes Graph or does everything says what else it can do."""
    for right in CATALOGUE:
        assert right.why
        wide = "ReadWrite" in right.name or right.when is When.WIDE or right.name == PROFILE_PRIVILEGES
        assert bool(right.beware) == wide, right.name


@pytest.mark.parametrize("settings", [{}, PEOPLE], ids=["plain", "assigned"])
def test_a_writer_that_may_change_only_what_it_owns_holds_no_wider_right(
    emulator: RunningEmulator, settings: dict[str, Any]
) -> None:
    """`--owned-only`: OwnedBy in place of All does for the plan's needs; a foreign application is refused."""
    deployed = Deployed(emulator, choices=Choices(owned_only=True), **settings)
    held = set(deployed.made[Who.WRITER].wanted.names(Service.GRAPH))
    assert "Application.ReadWrite.All" not in held
    assert all(held & set(need.any_of) for need in needs_of(deployed.setup.settings))
    foreign = deployed.stack.outputs.application_object_id

    async def change(session: Session) -> Any:
        return await Directory(session)._write("PATCH", f"applications/{foreign}", {"notes": "x"})

    with pytest.raises(RefusedError, match="403"):
        deployed.run(Who.WRITER, change)
