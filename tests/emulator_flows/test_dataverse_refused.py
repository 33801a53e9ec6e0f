"""Bad targets and bad logins: one clear error, its exit code, and nothing written."""

from __future__ import annotations

import pytest

from connector.dataverse import jobs
from connector.errors import ConnectError
from tests.emulator_flows.conftest import NoSleep, runner
from tests.emulator_flows.tenant import ConnectedStack


def _refusal(stack: ConnectedStack, clock: NoSleep, environ: dict[str, str] | None = None) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        runner(stack, clock, environ)(jobs.apply)
    assert [line for line in stack.org_requests() if line["method"] != "GET"] == []
    return caught.value


def _point_at(stack: ConnectedStack, url: str) -> None:
    host = url.removeprefix("https://")
    stack.settings = stack.settings.model_copy(update={"dynamics_url": url, "dynamics_host": host})


def test_an_organization_of_another_tenant_is_refused(stack: ConnectedStack, clock: NoSleep) -> None:
    """The 401 challenge says whose it is, before the login's own refusal is shown."""
    _point_at(stack, stack.emulator.org(3))
    error = _refusal(stack, clock)
    assert (error.code, error.exit_code) == ("dataverse.tenant", 4)


def test_a_host_that_is_no_organization_is_refused(stack: ConnectedStack, clock: NoSleep) -> None:
    """A host that asks for no login in Dataverse's way is named."""
    _point_at(stack, stack.emulator.authority)
    assert _refusal(stack, clock).code == "dataverse.no_organization"


def test_a_host_where_nobody_listens_is_named(stack: ConnectedStack, clock: NoSleep) -> None:
    """Exit 4, with the host."""
    _point_at(stack, "https://127.0.1.1:1")
    error = _refusal(stack, clock)
    assert (error.code, error.key, error.exit_code) == ("host.unreachable", "127.0.1.1:1", 4)


def test_a_wrong_deployer_secret_is_explained(stack: ConnectedStack, clock: NoSleep) -> None:
    """Exit 3, the service's code, and the secret in no word of it."""
    wrong = "wrong~deployer-secret"
    environ = stack.emulator.env | {"ARM_CLIENT_SECRET": wrong, "AZURE_CLIENT_SECRET": ""}
    error = _refusal(stack, clock, environ)
    assert (error.key, error.exit_code) == ("AADSTS7000215", 3)
    assert wrong not in error.message


def test_a_metadata_host_that_is_not_loopback_is_refused(stack: ConnectedStack, clock: NoSleep) -> None:
    """With cloud emulator no name outside this machine is asked for endpoints."""
    environ = stack.emulator.env | {"ARM_METADATA_HOSTNAME": "metadata.example"}
    error = _refusal(stack, clock, environ)
    assert (error.code, error.exit_code) == ("environment.metadata", 2)


def test_a_login_service_that_is_down_is_told_apart_from_a_refusal(
    stack: ConnectedStack, clock: NoSleep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 4 and not 3: nobody answered."""
    from connector.wire import session as sessions
    from connector.wire.endpoints import Endpoints

    async def elsewhere(*_: object) -> Endpoints:
        return Endpoints("https://localhost:1", stack.emulator.authority)

    monkeypatch.setattr(sessions, "read_endpoints", elsewhere)
    error = _refusal(stack, clock)
    assert (error.code, error.exit_code) == ("host.unreachable", 4)
