"""Traps 9 to 16 of Dataverse: proving, reporting, paging, clouds; 1 to 8 stand in test_dataverse_traps.

Sources: PAD webapi/*, security-access-coding.md, use-single-tenant-server-server-authentication.md;
PPD assign-security-roles.md, create-users.md, prevent-elevation-security-role-privilege.md;
terraform-provider-power-platform issue 623; ServiceClient AuthorityResolver.cs.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from connector.dataverse import evidence as verify
from connector.dataverse import jobs
from connector.dataverse.bearer_challenge import check_challenge
from connector.dataverse.client import DataverseClient
from connector.errors import RefusedError
from connector.settings import load_settings
from connector.wire.session import Session
from tests.emulator_flows.broken import user_of
from tests.emulator_flows.conftest import NoSleep, Run, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.dataverse import Dataverse, add_principal, user_body
from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.watched import Watched, resource_of

pytestmark = pytest.mark.filterwarnings("ignore:GetQueryParameters:DeprecationWarning")
ORG = "0c0c0c01-0000-4000-8000-000000000001"


def test_dataverse_trap_09_permissions_are_read_past_the_cache_and_polled(
    stack: ConnectedStack, run: Run, clock: NoSleep, watched: Watched, watched_run: Run
) -> None:
    """Privilege reads ask for Consistency: Strong; a mismatch is read again until the deadline."""
    stack.emulator.edit("organizations", ORG, {"cacheLagReads": 4})
    assert watched_run(jobs.apply_and_prove)[1].result == "proved"
    reads = [r for r in watched.seen if "Privileges" in resource_of(r) and r.method == "GET"]
    assert reads
    assert {r.headers.get("Consistency") for r in reads} == {"Strong"}


def test_dataverse_trap_09_a_stale_answer_is_read_again(
    run: Run, clock: NoSleep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache that lags even so is given time: read again after a pause, and proved when it has caught up."""
    read, asked = verify.read_user_privileges, []

    async def lagging(client: DataverseClient, user_id: str) -> Any:
        asked.append(user_id)
        return ({}, {}) if len(asked) <= 2 else await read(client, user_id)

    monkeypatch.setattr(verify, "read_user_privileges", lagging)
    assert run(jobs.apply_and_prove)[1].result == "proved"
    assert (len(asked), clock.time) == (3, 4.0)


def test_dataverse_trap_09_the_negative_control_asks_and_never_tries(stack: ConnectedStack, run: Run) -> None:
    """Delete on account, held through a team, fails the proof by name; no record was touched to find out."""
    run(jobs.apply)
    dataverse = Dataverse(stack.emulator)
    role = dataverse.new_role("Deleters")
    dataverse.add(role, prvDeleteAccount="Basic", prvReadAccount="Basic")
    team = next(t for t in stack.objects("teams") if t["_businessunitid_value"] == dataverse.unit())
    stack.emulator.edit("teams", team["teamid"], {"roles": [role]})
    stack.emulator.requests(reset=True)
    proof = run(jobs.prove)
    assert (proof.cause.code, proof.cause.key) == ("dataverse.forbidden_held", "delete on account")
    assert any("through a team" in cause.message for cause in proof.others)
    assert {line["method"] for line in stack.org_requests()} == {"GET"}


def test_dataverse_trap_10_the_proof_is_the_applications_own_login(
    stack: ConnectedStack, watched: Watched, watched_run: Run
) -> None:
    """WhoAmI is asked with the new secret's token; nothing is impersonated."""
    watched_run(jobs.apply_and_prove)
    asked = [line for line in stack.org_requests() if line["path"].endswith("/WhoAmI")]
    assert stack.outputs.client_id in {line["client_id"] for line in asked}
    for name in ("CallerObjectId", "MSCRMCallerID"):
        assert not any(name in request.headers for request in watched.seen)


def test_dataverse_trap_11_no_application_user_is_told_as_the_wrong_environment(
    stack: ConnectedStack, run: Run
) -> None:
    """0x80072560 is explained: no application user here, and perhaps the wrong environment."""
    user_id = run(jobs.apply).ids["userId"]
    stack.emulator.edit("systemusers", user_id, delete=True)
    proof = run(jobs.prove)
    assert proof.cause.code == "dataverse.user_missing"
    stack.emulator.edit("systemusers", Dataverse(stack.emulator).deployer(), {"applicationid": ORG})
    with pytest.raises(RefusedError, match="environment") as caught:
        run(jobs.apply)
    assert caught.value.service_code == "0x80072560"


def test_dataverse_trap_11_the_challenge_is_probed_without_a_token(
    stack: ConnectedStack, watched: Watched, watched_run: Run
) -> None:
    """The first request to the organization carries no token: it asks whose organization it is."""
    watched_run(jobs.apply)
    first = next(r for r in watched.seen if r.url.netloc.decode() == stack.host)
    assert "Authorization" not in first.headers
    stack.settings = stack.settings.model_copy(
        update={"dynamics_url": stack.emulator.org(3), "dynamics_host": stack.emulator.org(3)[8:]}
    )
    with pytest.raises(RefusedError) as caught:
        watched_run(jobs.apply)
    assert caught.value.code == "dataverse.tenant"


def test_dataverse_trap_12_extra_roles_are_reported_and_left(stack: ConnectedStack, run: Run) -> None:
    """A user that somebody gave System Administrator keeps it, and every report names it."""
    dataverse = Dataverse(stack.emulator)
    add_principal(stack.emulator, stack.outputs.client_id)
    user = dataverse.post("systemusers", user_body(dataverse.unit(), stack.outputs.client_id))
    assert user.status_code == 204
    made = user_of(stack)["systemuserid"]
    dataverse.assign(made, dataverse.built_in("System Administrator"))
    report, proof = run(jobs.apply_and_prove)
    foreign = [c for c in report.changes if c.action == "foreign" and c.name == "System Administrator"]
    assert len(foreign) == 1
    assert proof.cause.code == "dataverse.system_administrator"
    assert dataverse.built_in("System Administrator") in user_of(stack)["roles"]


def test_dataverse_trap_13_a_disabled_user_is_enabled_first(
    stack: ConnectedStack, watched: Watched, watched_run: Run
) -> None:
    """Dataverse refuses a role on a disabled user: the PATCH goes out before the assignment."""
    user_id = watched_run(jobs.apply).ids["userId"]
    stack.emulator.edit("systemusers", user_id, {"isdisabled": True, "roles": []})
    watched.seen.clear()
    watched_run(jobs.apply)
    order = [request.method for request in watched.writes()]
    assert order == ["PATCH", "POST"]
    assert not user_of(stack)["isdisabled"]


def test_dataverse_trap_14_no_error_report_or_log_holds_a_token(
    stack: ConnectedStack, watched: Watched, watched_run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal in the middle of a run shows codes and ids; tokens and the client secret stay out."""
    caplog.set_level("DEBUG")
    stack.emulator.fault("POST", "/api/data/v9.2/roles({id})/*", answer="500")
    with pytest.raises(RefusedError) as caught:
        watched_run(jobs.apply)
    report, proof = watched_run(jobs.apply_and_prove)
    spoken = f"{caught.value!r} {vars(caught.value)} {report} {proof} {caplog.text}"
    tokens = {r.headers.get("Authorization", "").removeprefix("Bearer ") for r in watched.seen} - {""}
    assert len(tokens) >= 2
    secrets = [*tokens, stack.outputs.client_secret.get_secret_value()]
    assert [secret for secret in secrets if secret in spoken] == []


def test_dataverse_trap_15_next_links_are_followed_as_they_came(
    tmp_path_factory: pytest.TempPathFactory, clock: NoSleep
) -> None:
    """With pages of one row every list is whole, nested ones too, and nobody sends $top or a page size."""
    paged = RunningEmulator(tmp_path_factory.mktemp("paged"), "--page-size", "1")
    try:
        stack = ConnectedStack(paged, dataverse={"businessUnit": "contoso-apac"})
        watched = Watched(paged.trust)
        run = runner(stack, clock, transport=watched)
        assert run(jobs.apply_and_prove)[1].result == "proved"
        dataverse, user = Dataverse(paged), user_of(stack)
        built_in = ["System Administrator", "System Customizer"]
        more = [dataverse.built_in(name) for name in built_in]
        paged.edit("systemusers", user["systemuserid"], {"roles": [*user["roles"], *more]})
        report = run(jobs.plan)
        assert report.result == "unchanged"
        assert sorted(c.name for c in report.changes if c.action == "foreign") == built_in
    finally:
        paged.stop()
    assert any("$skiptoken" in str(request.url) for request in watched.seen)
    assert not any("$top" in str(r.url) or "maxpagesize" in r.headers.get("Prefer", "") for r in watched.seen)


@pytest.mark.parametrize(
    ("cloud", "url", "login"),
    [
        ("public", "https://contoso.crm4.dynamics.com", "https://login.microsoftonline.com"),
        ("usgov", "https://contoso.crm.microsoftdynamics.us", "https://login.microsoftonline.us"),
        ("china", "https://contoso.crm.dynamics.cn", "https://login.chinacloudapi.cn"),
    ],
)
def test_dataverse_trap_16_each_cloud_has_its_own_authority_and_scope(
    cloud: str, url: str, login: str
) -> None:
    """Authority and scope are the cloud's own; global discovery is for users and not asked."""
    asked: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.host))
        return httpx.Response(404)

    raw = {"profile": "marketo-measure", "tenantId": ORG, "cloud": cloud, "dynamicsUrl": url}
    settings = load_settings(raw, stack="x", project_dir=PROJECT)
    environ = {"ARM_CLIENT_ID": ORG, "ARM_CLIENT_SECRET": "never-sent"}

    async def look() -> tuple[str, str]:
        async with Session(settings, environ=environ, transport=httpx.MockTransport(refuse)) as session:
            with pytest.raises(RefusedError):
                await check_challenge(session)
            return session.authority.host, DataverseClient(session, session.deployer).scope

    assert asyncio.run(look()) == (login, f"{url}/.default")
    assert asked == [url.removeprefix("https://")]
