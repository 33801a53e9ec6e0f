"""What `pulumi up` leaves for the Dataverse half: ids, and the client secret, kept covered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic.alias_generators import to_camel

from connector.errors import NoSuchStackError

#: The engine's word for a value that it does not know (Pulumi SDK, sdk/go/common/resource/plugin). An
#: import leaves it for what only a deployment makes, and so does a run that broke off.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
#: How the engine marks a secret in a state (sdk/go/common/resource, SigKey and SecretSig).
_MARK, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


class StackOutputs(BaseModel):
    """The outputs of a stack under their fixed names (docs/configuration.md)."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    tenant_id: str
    client_id: str
    application_object_id: str
    service_principal_object_id: str
    application_id_uri: str = ""
    redirect_uris: tuple[str, ...] = ()
    client_secret: SecretStr = SecretStr("")
    client_secret_key_id: str = ""
    client_secret_end_date: datetime | None = None
    client_certificate_key_id: str = ""
    client_certificate_thumbprint: str = ""
    client_certificate_end_date: datetime | None = None
    slots: dict[str, object] = {}

    @classmethod
    def as_far_as_known(cls, outputs: Mapping[str, object]) -> StackOutputs | None:
        """What an adopted or interrupted stack says of itself already; None without a client id.

        For what reads or takes away by ids; whatever logs in as the application wants `from_mapping`.
        """
        known = {name: value for name, value in outputs.items() if value != UNKNOWN}
        if not known.get("clientId"):
            return None
        nothing = dict.fromkeys(("tenantId", "applicationObjectId", "servicePrincipalObjectId"), "")
        return cls.from_mapping(nothing | known)

    @classmethod
    def from_mapping(cls, outputs: Mapping[str, object]) -> StackOutputs:
        """Outputs from the engine's names; raises NoSuchStackError when the stack holds none."""
        try:
            return cls.model_validate(dict(outputs))
        except ValidationError as error:
            names = ", ".join(str(item["loc"][0]) for item in error.errors())
            raise NoSuchStackError(
                f"the stack's outputs lack or garble: {names}; it was adopted or interrupted, and not "
                "deployed since: run deploy (or `pulumi up`) first",
                code="stack.outputs",
                key=names,
            ) from None


def outputs_in(exported: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs in `pulumi stack export --show-secrets`, as `pulumi stack output` gives them."""
    rows = (exported.get("deployment") or {}).get("resources") or []
    held = next((row.get("outputs") for row in rows if row.get("type") == "pulumi:pulumi:Stack"), None)
    return {name: _in_clear(value) for name, value in (held or {}).items()}


def outputs_after(before: Mapping[str, Any], told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The outputs as an update *told* them, its secrets covered; None where one is not known from *before*.

    A client secret never changes under its key id, so the one that was there is the one that is.
    """
    if told is None:
        return None
    same = before.get("clientSecretKeyId") == told.get("clientSecretKeyId")
    found: dict[str, Any] = {}
    for name, value in told.items():
        covered = isinstance(value, dict) and value.get(_MARK) == _SECRET
        if covered and not (same and name in before):
            return None
        found[name] = before[name] if covered else value
    return found


def _in_clear(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_clear(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get(_MARK) == _SECRET:
        return _in_clear(json.loads(value["plaintext"]))
    return {name: _in_clear(one) for name, one in value.items()}
