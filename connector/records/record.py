"""records/STACK.json: what was made and proved, when, and by which ids; never a secret.

A record is written whole or not at all, and holds only the fields of its model.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from connector.dataverse.desired import Known
from connector.dataverse.reports import ApplyReport, ProofReport
from connector.errors import ConnectError
from connector.files import write_whole
from connector.settings import Settings
from connector.stack.outputs import StackOutputs

DEFAULT_FOLDER = Path(".local") / "records"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class SlotRecord(_Part):
    """One secret's slot: key id and end date, and never its value."""

    key_id: str = ""
    end_date: datetime | None = None
    generation: int | None = None


class AdoptedSecret(_Part):
    """A client secret that was on the application when `adopt` took it over; a rotation retires it."""

    key_id: str
    display_name: str = ""
    hint: str = ""
    end_date: datetime | None = None
    last_used: datetime | None = None


class ProofRecord(_Part):
    """The last proof: when, by which secret (key id), what it came to, and the services' request ids."""

    at: datetime
    verdict: str
    cause: str | None = None
    key_id: str = ""
    wanted: int = 0
    held: int = 0
    request_ids: dict[str, str] = {}


class StackRecord(_Part):
    """What is known of a stack from its last runs."""

    stack: str
    tenant_id: str = ""
    client_id: str = ""
    application_object_id: str = ""
    application_adopted: bool = False
    service_principal_object_id: str = ""
    dynamics_url: str = ""
    organization_id: str = ""
    role_id: str = ""
    adopted_role_id: str = ""
    user_id: str = ""
    user_adopted: bool = False
    slots: dict[str, SlotRecord] = {}
    adopted_secrets: tuple[AdoptedSecret, ...] = ()
    applied_at: datetime | None = None
    applied_by: str = ""
    applied: tuple[dict[str, str], ...] = ()
    proof: ProofRecord | None = None


def record_path(stack: str, folder: Path) -> Path:
    """The record's file; slashes and the like in a stack's name become dashes."""
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]', '-', stack)}.json"


def read_record(stack: str, folder: Path) -> StackRecord | None:
    """The record of a stack, or None; raises ConnectError for a file that is none."""
    path = record_path(stack, folder)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return StackRecord.model_validate_json(text)
    except ValidationError as error:
        message = f"{path} is no record; move it away and run verify to write a new one"
        raise ConnectError(message, code="records.unreadable", key=str(path)) from error


def write_record(record: StackRecord, folder: Path) -> Path:
    """Write the record, whole or not at all."""
    path = record_path(record.stack, folder)
    write_whole(path, json.dumps(record.model_dump(mode="json", by_alias=True), indent=2) + "\n")
    return path


def known_of(record: StackRecord | None) -> Known:
    """What a record says of the Dataverse half; nothing where there is none."""
    if record is None:
        return Known()
    return Known(record.role_id, record.adopted_role_id, record.user_id, record.user_adopted)


def adopted_key_ids(record: StackRecord | None) -> frozenset[str]:
    """The key ids of the hand-made secrets that count as adopted."""
    return frozenset(one.key_id.lower() for one in record.adopted_secrets) if record else frozenset()


def delete_record(stack: str, folder: Path) -> None:
    """Forget a stack that was removed."""
    record_path(stack, folder).unlink(missing_ok=True)


def updated(
    before: StackRecord | None,
    settings: Settings,
    outputs: StackOutputs,
    *,
    applied: ApplyReport | None = None,
    proof: ProofReport | None = None,
) -> StackRecord:
    """The record after a run: what the run did not touch stays as it was."""
    base = before or StackRecord(stack=settings.stack)
    changes: dict[str, object] = {
        "tenant_id": outputs.tenant_id,
        "client_id": outputs.client_id,
        "application_object_id": outputs.application_object_id,
        "service_principal_object_id": outputs.service_principal_object_id,
        "dynamics_url": settings.dynamics_url,
        "slots": _slots(outputs) or base.slots,
    }
    if applied is not None:
        changes |= _of_apply(applied, base)
    if proof is not None:
        changes |= _of_proof(proof, base, outputs)
    return base.model_copy(update=changes)


def _slots(outputs: StackOutputs) -> dict[str, SlotRecord]:
    slots: dict[str, SlotRecord] = {}
    for name, value in outputs.slots.items():
        slots[name] = SlotRecord.model_validate(value) if isinstance(value, dict) else SlotRecord()
    return slots


def _of_apply(applied: ApplyReport, base: StackRecord) -> dict[str, object]:
    """Ids and who did what; a user adopted once stays adopted, since its row does not change hands."""
    user_id = applied.ids.get("userId", base.user_id)
    same_user = base.user_id == user_id
    changes: dict[str, object] = {
        "role_id": applied.ids.get("roleId", base.role_id),
        "adopted_role_id": applied.ids.get("adoptedRoleId", base.adopted_role_id),
        "user_id": user_id,
        "user_adopted": base.user_adopted if same_user else "user" in applied.ids.get("adopted", "").split(),
    }
    if applied.changed:
        changes["applied_at"] = datetime.now(UTC)
        changes["applied_by"] = applied.by
        changes["applied"] = tuple(change.to_json() for change in applied.changes)
    return changes


def _of_proof(
    proof: ProofReport, base: StackRecord, outputs: StackOutputs
) -> dict[str, object]:
    record = ProofRecord(
        at=datetime.now(UTC),
        verdict=proof.verdict.value,
        cause=proof.cause.code if proof.cause else None,
        key_id=outputs.client_secret_key_id or outputs.client_certificate_key_id,
        wanted=proof.privileges.wanted,
        held=proof.privileges.held,
        request_ids=dict(proof.request_ids),
    )
    return {
        "proof": record,
        "organization_id": proof.ids.get("organizationId") or base.organization_id,
    }
