"""Rows of a fleet in every state, as `fleet status` makes them, for the page and its tests."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from connector.errors import LoginError, NoSuchStackError, UnreachableError
from connector.fleet.model import FleetStack, Login
from connector.fleet.rows import (
    RecordedSecrets,
    RequestCount,
    StackStatus,
    StatusRow,
    by_urgency,
    failed_row,
    row_of,
)
from connector.records.record import ProofRecord, StackRecord
from connector.records.standing import Standing
from connector.report import Action, Cause, Change
from connector.settings.values import Cloud
from connector.stack.secrets import LiveSecret

NOW = datetime(2026, 11, 24, 20, 10, tzinfo=UTC)
_NAMES = ("acme", "borealis", "cobalt", "delta", "elm-street", "fjord", "gable", "harbour", "iris", "juno")
_OWNERS = ("anna@agency.example", "ben@agency.example", "carla@agency.example")
_LINK = "https://login.microsoftonline.com/TENANT/adminconsent?client_id=CLIENT&from=page"


def stack(number: int, *, owner: str | None = None) -> FleetStack:
    """A stack by its number: two environments of each customer."""
    name = f"{_NAMES[number // 2 % 10]}{number // 20 or ''}-{('prod', 'test')[number % 2]}"
    return FleetStack(
        name=name,
        tenant_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
        dynamics_url=f"https://{name}.crm4.dynamics.com",
        profile="marketo-measure",
        cloud=Cloud.PUBLIC,
        ring="canary" if number < 3 else "everyone",
        owner=_OWNERS[number % 3] if owner is None else owner,
        login=Login(),
        config={},
    )


def read_row(
    one: FleetStack, days: int, standing: Standing | None = None, verdict: str = "proved"
) -> StatusRow:
    """The row of a stack whose one secret ends in so many days."""
    key_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{one.name}/key"))
    secret = LiveSecret("a", 1, key_id, NOW + timedelta(days=days, hours=1), "")
    proof = ProofRecord(at=NOW - timedelta(days=days % 40), verdict=verdict, key_id=key_id)
    record = StackRecord(stack=one.name, proof=proof)
    return row_of(
        one, record, standing or Standing(one.name), RecordedSecrets((secret,)), RequestCount(14, 2), NOW
    )


def varied(count: int = 24) -> list[StatusRow]:
    """Rows of every state; of many stacks most are in order, as they are."""
    special = [_consent, _ending, _waiting, _drifted, _down, _refused, _undeployed, _excess]
    rows = [make(stack(number)) for number, make in enumerate(special)]
    rows += [read_row(stack(number), 20 + number * 37 % 160) for number in range(len(special), count)]
    return by_urgency(rows[:count])


def _consent(one: FleetStack) -> StatusRow:
    text = (
        "admin consent is pending for Dynamics CRM/user_impersonation: somebody who may consent opens "
        + _LINK.replace("TENANT", one.tenant_id)
    )
    return read_row(one, 171, _needing(one, Cause("entra.consent_pending", _LINK, text, person=True)))


def _needing(one: FleetStack, need: Cause) -> Standing:
    return Standing(one.name, needs=(need,))


def _ending(one: FleetStack) -> StatusRow:
    secret = LiveSecret("a", 1, "k", NOW + timedelta(days=6, hours=1), "")
    return read_row(one, 6, Standing(one.name, ending=(secret,)))


def _waiting(one: FleetStack) -> StatusRow:
    text = (
        "b-2 waits to be typed into the connect form; then run `rotate finish --reconnected` "
        "(a-1 ends in 41 days)"
    )
    return read_row(one, 41, _needing(one, Cause("rotation.reconnect", "b-2", text, person=True)))


def _drifted(one: FleetStack) -> StatusRow:
    names = ("prvWriteLead", "prvReadContact", "prvAppendToAccount", "prvReadCampaign", "prvReadList")
    drift = tuple(Change(Action.ADDED, "privilege", name, "organization") for name in names)
    return read_row(one, 120, Standing(one.name, drift=drift))


def _excess(one: FleetStack) -> StatusRow:
    text = "consent was given for more than is asked: Microsoft Graph/Mail.Read; ask for it or take it back"
    found = Cause("entra.grant_excess", "Microsoft Graph/Mail.Read", text)
    return read_row(one, 88, Standing(one.name, findings=(found,)), verdict="failed")


def _down(one: FleetStack) -> StatusRow:
    host = f"{one.name}.crm4.dynamics.com"
    message = f"{host} did not answer (timed out); check the address, the network and TLS trust"
    return failed_row(one, StackStatus.UNKNOWN, UnreachableError(message, code="host.unreachable", key=host))


def _refused(one: FleetStack) -> StatusRow:
    message = "the deployer was refused by the login service: AADSTS7000222, the client secret has expired"
    return failed_row(
        one, StackStatus.UNKNOWN, LoginError(message, code="login.refused", key="AADSTS7000222")
    )


def _undeployed(one: FleetStack) -> StatusRow:
    message = f"there is no record of stack {one.name}: run deploy, or verify where it is deployed"
    error = NoSuchStackError(message, code="fleet.no_record", key=one.name)
    return failed_row(one, StackStatus.NOT_DEPLOYED, error)
