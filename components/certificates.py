"""Certificates in slots, where the SaaS logs in with one instead of a secret.

Slots and generations work as for secrets, so that a new certificate can be proved before the old
one goes. Only the public half is here; nothing of it is secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from components import tokens
from components.application import Application
from components.credentials import newest_slot
from connector.naming import certificate_resource, secret_display_name
from connector.settings import Certificate


@dataclass(frozen=True)
class CertificatesArgs:
    """`slots` maps a slot to its generation, `certificates` to what it holds."""

    application: Application
    slots: Mapping[str, int]
    certificates: Mapping[str, Certificate]
    protect: bool


class Certificates(pulumi.ComponentResource):
    """The application's certificates; `current` is the one of the newest generation."""

    def __init__(
        self, name: str, args: CertificatesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare one protected certificate for each slot."""
        super().__init__(tokens.CERTIFICATES, name, None, opts)
        self._name, self._args = name, args
        self.certificates = {slot: self._certificate(slot) for slot in sorted(args.slots)}
        newest = newest_slot(args.slots)
        self.current, self._shown = self.certificates[newest], args.certificates[newest]
        self.register_outputs({"keyId": self.current.key_id})

    def _certificate(self, slot: str) -> azuread.ApplicationCertificate:
        label = secret_display_name(slot, self._args.slots[slot])
        return azuread.ApplicationCertificate(
            certificate_resource(self._name, label),
            application_id=self._args.application.resource_id,
            type="AsymmetricX509Cert",
            encoding="pem",
            value=self._args.certificates[slot].pem,
            opts=pulumi.ResourceOptions(
                parent=self, protect=self._args.protect, deleted_with=self._args.application.resource
            ),
        )

    def outputs(self) -> dict[str, pulumi.Input[object]]:
        """The stack outputs of this kind of credential."""
        slots = {
            slot: {
                "generation": self._args.slots[slot],
                "keyId": made.key_id,
                "endDate": self._args.certificates[slot].ends.isoformat(),
            }
            for slot, made in self.certificates.items()
        }
        return {
            "clientCertificateKeyId": self.current.key_id,
            "clientCertificateThumbprint": self._shown.thumbprint,
            "clientCertificateEndDate": self._shown.ends.isoformat(),
            "slots": slots,
        }
