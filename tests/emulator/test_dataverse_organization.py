"""The challenge, versions, WhoAmI and what else tells one organization from another."""

from __future__ import annotations

import pytest

from emulator.seed import CONTOSO, FABRIKAM_DEPLOYER
from tests.support.dataverse import Dataverse, error
from tests.support.emulator import RunningEmulator


@pytest.mark.parametrize("path", ["/api/data/v9.2/WhoAmI", "/api/data/v9.1/nothing", "/api/data/v9.2/"])
def test_challenge_names_tenant_and_resource(emulator: RunningEmulator, path: str) -> None:
    """Without a token every path answers 401, empty, with the tenant's authority and the resource."""
    answer = emulator.http().get(emulator.org(1) + path)
    authority = f"{emulator.authority}/{CONTOSO}/oauth2/authorize"
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == (
        f"Bearer authorization_uri={authority}, resource_id={emulator.org(1)}/"
    )


def test_who_am_i_names_user_unit_and_organization(emulator: RunningEmulator) -> None:
    """WhoAmI answers the ids of the application user that the token stands for."""
    dataverse = Dataverse(emulator)
    body = dataverse.get("WhoAmI").json()
    assert body["UserId"] == dataverse.deployer()
    assert body["BusinessUnitId"] == dataverse.unit()
    assert body["OrganizationId"] == dataverse.seed.id


def test_token_of_the_login_host_opens_dataverse(emulator: RunningEmulator) -> None:
    """A token from the token endpoint opens the organization it was asked for."""
    dataverse = Dataverse(emulator, token=emulator.token(emulator.org(1)))
    assert dataverse.get("WhoAmI").status_code == 200


def test_each_host_is_its_own_organization(emulator: RunningEmulator) -> None:
    """The host alone decides which organization answers."""
    third = Dataverse(emulator, 3, client_id=FABRIKAM_DEPLOYER)
    assert Dataverse(emulator, 2).get("WhoAmI").json()["OrganizationId"].startswith("0c0c0c02")
    assert third.get("WhoAmI").json()["OrganizationId"].startswith("0c0c0c03")


@pytest.mark.parametrize(
    "call",
    [
        "RetrieveCurrentOrganization(AccessType='Default')",
        "RetrieveCurrentOrganization(AccessType=@t)?@t=Microsoft.Dynamics.CRM.EndpointAccessType'Default'",
    ],
)
def test_current_organization_in_both_spellings(emulator: RunningEmulator, call: str) -> None:
    """The literal and the qualified form of AccessType both answer the organization's ids."""
    detail = Dataverse(emulator).get(call).json()["Detail"]
    assert detail["OrganizationId"] == "0c0c0c01-0000-4000-8000-000000000001"
    assert detail["TenantId"] == CONTOSO


def test_path_without_version_answers_outside_the_envelope(emulator: RunningEmulator) -> None:
    """Without a version segment the answer is {"Message": …}, not an OData error."""
    answer = Dataverse(emulator).get(f"{emulator.org(1)}/api/data/WhoAmI")
    assert answer.status_code == 404
    assert list(answer.json()) == ["Message"]


def test_unknown_segment_is_logged_as_not_emulated(emulator: RunningEmulator) -> None:
    """An unknown resource is refused as the service does it, and the log says that it is not emulated."""
    answer = Dataverse(emulator).get("unicorns")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "0x80060888")
    assert emulator.requests()[-1]["emulated"] is False


def test_known_route_with_another_method_is_405(emulator: RunningEmulator) -> None:
    """A method that a resource does not take answers 405 with an empty code."""
    answer = Dataverse(emulator).request("PUT", "roles")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "")


def test_log_names_the_client(emulator: RunningEmulator) -> None:
    """The request log carries the client id of the token."""
    Dataverse(emulator, 3, client_id=FABRIKAM_DEPLOYER).get("WhoAmI")
    assert emulator.requests()[-1]["client_id"] == FABRIKAM_DEPLOYER


def test_answers_carry_a_request_id(emulator: RunningEmulator) -> None:
    """Every answer has a request id of its own."""
    dataverse = Dataverse(emulator)
    ids = {dataverse.get(path).headers["x-ms-service-request-id"] for path in ("WhoAmI", "unicorns")}
    assert len(ids) == 2


@pytest.mark.parametrize("code", ["0x80072322", "0x80072321", "0x80072326"])
def test_throttling_remembers_who_came_back_early(emulator: RunningEmulator, code: str) -> None:
    """Each of the three limits answers 429 with Retry-After, and again until that has passed."""
    dataverse = Dataverse(emulator)
    knob = {"code": code, "retryAfter": "30", "calls": 1}
    emulator.edit("organizations", dataverse.seed.id, {"throttle": knob})
    for _ in range(2):
        answer = dataverse.get("WhoAmI")
        assert (*error(answer), answer.headers["Retry-After"]) == (429, code, "30")
    emulator.clock("+31s")
    assert dataverse.get("WhoAmI").status_code == 200
