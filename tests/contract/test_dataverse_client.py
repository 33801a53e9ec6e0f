"""PowerPlatform-Dataverse-Client, which this project did not write, drives the emulator's Web API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.identity import ClientSecretCredential
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError, MetadataError

from emulator.seed import CONTOSO, DEPLOYER_SECRET, FULL_DEPLOYER, LIMITED_DEPLOYER, LIMITED_SECRET
from tests.support.dataverse import Dataverse
from tests.support.emulator import RunningEmulator


def _client(emulator: RunningEmulator, app_id: str, secret: str) -> DataverseClient:
    credential = ClientSecretCredential(
        CONTOSO, app_id, secret, authority=emulator.authority, disable_instance_discovery=True
    )
    return DataverseClient(emulator.org(1), credential)


@pytest.fixture
def client(emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataverseClient]:
    """The vendor's client as the full deployer."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(emulator.ca))
    with _client(emulator, FULL_DEPLOYER, DEPLOYER_SECRET) as made:
        yield made


def test_client_makes_reads_changes_and_deletes_a_row(client: DataverseClient) -> None:
    """Create, retrieve, update and delete of an account go through."""
    account = client.records.create("account", {"name": "Fabrikam", "telephone1": "555-0100"})
    client.records.update("account", account, {"name": "Northwind"})
    row = client.records.retrieve("account", account, select=["name", "telephone1"])
    assert (row["name"], row["telephone1"]) == ("Northwind", "555-0100")
    client.records.delete("account", account)
    assert client.records.retrieve("account", account) is None


def test_client_follows_pages(client: DataverseClient) -> None:
    """A list in pages of two comes whole and in order."""
    for number in range(5):
        client.records.create("contact", {"fullname": f"Person {number}"})
    pages = list(client.records.list_pages("contact", select=["fullname"], page_size=2))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [row["fullname"] for page in pages for row in page] == [f"Person {n}" for n in range(5)]


def test_client_filters_system_tables(client: DataverseClient) -> None:
    """Business units and application users are found by filter."""
    units = list(client.records.list("businessunit", select=["name"], filter="parentbusinessunitid eq null"))
    assert [unit["name"] for unit in units] == ["contoso"]
    users = list(client.records.list("systemuser", filter=f"applicationid eq {FULL_DEPLOYER}"))
    assert [user["deletedstate"] for user in users] == [0]


def test_client_reads_table_metadata(client: DataverseClient) -> None:
    """Tables are found by schema name, and an unknown one is none."""
    assert (
        client.tables.get("bizible2_Bizible_Touchpoint")["entity_set_name"] == "bizible2_bizible_touchpoints"
    )
    assert client.tables.get("unicorn") is None
    with pytest.raises(MetadataError):
        client.records.create("unicorn", {"name": "x"})


def test_client_sees_the_services_refusal(emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing privilege reaches the client with status, service code and request id."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(emulator.ca))
    role = Dataverse(emulator).built_in("System Customizer")
    lead = Dataverse(emulator).privilege("prvCreateLead")
    emulator.edit("roles", role, {"privileges": {lead: None}})
    with _client(emulator, LIMITED_DEPLOYER, LIMITED_SECRET) as limited, pytest.raises(HttpError) as refused:
        limited.records.create("lead", {"fullname": "x"})
    assert refused.value.status_code == 403
    assert refused.value.details["service_error_code"] == "0x80040220"
    assert refused.value.details["service_request_id"]


def test_client_is_told_when_to_come_back(emulator: RunningEmulator, client: DataverseClient) -> None:
    """A throttled call reaches the client as transient, with the seconds to wait."""
    client.records.create("account", {"name": "x"})
    emulator.fault("GET", "/api/data/v9.2/accounts", answer="429", retry_after="7")
    with pytest.raises(HttpError) as throttled:
        list(client.records.list("account"))
    assert throttled.value.is_transient
    assert throttled.value.details["retry_after"] == 7
