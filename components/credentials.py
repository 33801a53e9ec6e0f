"""Client secrets in two slots, so that a new one can be proved before the old one goes.

A secret is named by slot and generation (`a-1`). Its end is computed when the generation
is made and ignored from then on: no run rotates by itself, no committed date runs out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pulumi
import pulumi_azuread as azuread

from components import tokens
from components.application import Application
from connector.naming import secret_display_name, secret_resource


@dataclass(frozen=True)
class CredentialsArgs:
    """`slots` maps a slot to its generation; a secret lives for `lifetime_days` days."""

    application: Application
    slots: Mapping[str, int]
    lifetime_days: int
    protect: bool


class Credentials(pulumi.ComponentResource):
    """The application's client secrets; `current` is the one of the newest generation."""

    def __init__(
        self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare one protected secret for each slot."""
        super().__init__(tokens.CREDENTIALS, name, None, opts)
        self._name, self._args = name, args
        self._end = end_date(datetime.now(UTC), args.lifetime_days)
        self.secrets = {slot: self._secret(slot, n) for slot, n in sorted(args.slots.items())}
        self.current = self.secrets[newest_slot(args.slots)]
        self.slots = pulumi.Output.all(
            **{slot: self._describe(slot, secret) for slot, secret in self.secrets.items()}
        )
        self.register_outputs({"keyId": self.current.key_id})

    def _secret(self, slot: str, generation: int) -> azuread.ApplicationPassword:
        label = secret_display_name(slot, generation)
        return azuread.ApplicationPassword(
            secret_resource(self._name, label),
            application_id=self._args.application.resource_id,
            display_name=label,
            end_date=self._end,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=self._args.protect,
                ignore_changes=["endDate"],
                deleted_with=self._args.application.resource,
                additional_secret_outputs=["value"],
            ),
        )

    def outputs(self) -> dict[str, pulumi.Input[object]]:
        """The stack outputs of this kind of credential, the client secret marked secret."""
        secret: pulumi.Output[str] = pulumi.Output.secret(self.current.value)
        return {
            "clientSecret": secret,
            "clientSecretKeyId": self.current.key_id,
            "clientSecretEndDate": self.current.end_date,
            "slots": self.slots,
        }

    def _describe(
        self, slot: str, secret: azuread.ApplicationPassword
    ) -> dict[str, pulumi.Input[str] | int]:
        generation = self._args.slots[slot]
        return {"generation": generation, "keyId": secret.key_id, "endDate": secret.end_date}


def newest_slot(slots: Mapping[str, int]) -> str:
    """The slot whose secret is handed out: the highest generation, the later letter when equal."""
    return max(slots, key=lambda slot: (slots[slot], slot))


def end_date(now: datetime, lifetime_days: int) -> str:
    """When a secret made *now* ends, as Graph writes it (RFC 3339, seconds, UTC)."""
    return (now + timedelta(days=lifetime_days)).strftime("%Y-%m-%dT%H:%M:%SZ")
