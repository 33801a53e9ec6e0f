"""Credentials that a broken run left on an application: whose value or key id no state holds."""

from __future__ import annotations

from collections.abc import Sequence

from connector import naming
from connector.deadlines import CLOCKS_DIFFER
from connector.entra.objects import LiveApplication, LiveCertificate, LiveSecret
from connector.errors import RefusedError
from connector.settings import CredentialKind, Settings
from connector.settings.checks import PERSONAL_SECRETS
from connector.stack.state import StackState


def spare_secrets(
    settings: Settings,
    state: StackState,
    application: LiveApplication,
    adopted: frozenset[str] = frozenset(),
) -> tuple[LiveSecret, ...]:
    """The secrets that a run of this stack made and whose value no state holds."""
    resource = state.resources.get(naming.application_resource(settings.profile.name))
    if resource is None or resource.since is None:
        return ()
    held = {*adopted, *(state.object_id(name) for name in state.resources)}
    since = resource.since - CLOCKS_DIFFER
    return tuple(
        secret
        for secret in application.secrets
        if secret.is_named_by_slot
        and secret.key_id not in held
        and secret.start is not None
        and secret.start >= since
    )


def spare_certificates(
    settings: Settings, state: StackState, application: LiveApplication
) -> tuple[LiveCertificate, ...]:
    """Copies of this stack's own certificates that no state holds, on an application that it made.

    One that was adopted may have had the same certificate before: that copy stays. A certificate says
    nothing of when it was put there, so the application's age tells which it is.
    """
    resource = state.resources.get(naming.application_resource(settings.profile.name))
    if resource is None or application.was_there_before(resource.since):
        return ()
    held = {state.object_id(name) for name in state.resources}
    return tuple(
        key
        for key in application.keys
        if key.key_id not in held and any(key.is_of(one.thumbprint) for one in settings.certificates.values())
    )


def check_room(
    settings: Settings, state: StackState, application: LiveApplication, spare: Sequence[LiveSecret]
) -> None:
    """Refuse to make a secret for which an application for personal accounts has no room.

    Source of the limit: entra-docs identity-platform/supported-accounts-validation (passwordCredentials).
    """
    if not settings.sign_in_audience.is_personal or settings.profile.credential is not CredentialKind.SECRET:
        return
    base = settings.profile.name
    labels = (naming.secret_display_name(slot, n) for slot, n in settings.slots.items())
    lacking = [one for one in labels if naming.secret_resource(base, one) not in state.resources]
    gone = {one.key_id for one in spare}
    held = [one for one in application.secrets if one.key_id not in gone]
    if not lacking or len(held) + len(lacking) <= PERSONAL_SECRETS:
        return
    message = (
        f"an application that takes personal accounts holds at most {PERSONAL_SECRETS} client secrets, and "
        f"{application.display_name} ({application.app_id}) has {', '.join(map(str, held))}: no room for "
        f"{lacking[-1]}. Nothing was made. Remove one that is not in use, in the portal, and run this again"
    )
    raise RefusedError(message, code="rotation.no_room", key=application.app_id)
