"""What hangs on a hand-made application and is not the stack's: one line each, with what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connector.entra.graph import Grant
from connector.entra.import_ids import Attachable
from connector.entra.objects import Federated, LiveApplication
from connector.naming import DEFAULT_APP_ROLE
from connector.report import Action, Change
from connector.settings import ConsentMode, PermissionKind, Settings
from connector.stack.hand_made import OutsideSlots


def foreign_to(
    settings: Settings,
    secrets: OutsideSlots,
    application: LiveApplication,
    federated: Iterable[Federated],
    found: Attachable,
) -> Iterator[Change]:
    """Credentials, consent and assignments that `adopt` sees and leaves as they are."""
    yield from _credentials(secrets, application)
    yield from _federated(settings, federated)
    yield from _grants(settings, found)
    wanted = {id.lower() for id in found.people.values()}
    for one in found.attached.assigned:
        if one.principal_id not in wanted or one.role_id != DEFAULT_APP_ROLE:
            is_named = one.principal_id in wanted
            why = f"has app role {one.role_id}" if is_named else "the settings do not name it"
            text = f"object id {one.principal_id}; {why}, and it stays"
            yield Change(Action.FOREIGN, f"assignment of {one.principal_type}", one.principal_name, text)


def _credentials(secrets: OutsideSlots, application: LiveApplication) -> Iterator[Change]:
    by_id = {one.key_id: one for one in application.secrets}
    for secret in secrets.adopted:
        used = f"{secret.last_used:%Y-%m-%d %H:%M} UTC" if secret.last_used else "not known here"
        text = f"last used: {used}; its value cannot be read; it stays until a rotation retires it"
        yield Change(Action.FOREIGN, "secret", str(by_id[secret.key_id]), text)
    if application.certificates:
        count = str(application.certificates)
        yield Change(Action.FOREIGN, "certificates", count, "they stay as they are")


def _federated(settings: Settings, federated: Iterable[Federated]) -> Iterator[Change]:
    """Each lets somebody log in without a secret; issuer and subject are unique in an application."""
    wanted = settings.profile.federated
    for one in federated:
        if wanted is not None and one.name == settings.profile.name:
            continue  # it is taken over
        same = wanted is not None and one.is_as(wanted, wanted.audience)
        does = (
            "the settings ask for the same: delete it before the next deploy, which makes it anew"
            if same
            else "whoever holds such a token logs in as the application; it stays"
        )
        text = f"issuer {one.issuer}, subject {one.subject}; {does}"
        yield Change(Action.FOREIGN, "federated credential", one.name, text)


def _grants(settings: Settings, found: Attachable) -> Iterator[Change]:
    """Grants that nobody asks for; with `consent: link`, where no grant is the stack's, the others too."""
    wanted: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for permission in settings.permissions:
        if api := found.apis.get(permission.client_id):
            names[api.id] = permission.api
            delegated = permission.kind is PermissionKind.DELEGATED
            wanted.setdefault(api.id, set()).update({permission.name} if delegated else ())
    for grant in found.attached.grants:
        if grant.resource_id not in wanted:
            scopes = ", ".join(sorted(grant.scopes))
            text = f"{scopes}; the settings do not ask for it: add it to permissions or take it back"
            yield Change(Action.FOREIGN, "grant for API", grant.resource_id, text)
        elif settings.consent is ConsentMode.LINK:
            text = _consented(grant, wanted[grant.resource_id])
            yield Change(Action.FOREIGN, "grant for API", names[grant.resource_id], text)


def _consented(grant: Grant, wanted: set[str]) -> str:
    """What a grant that somebody else gave is worth: what it holds, lacks, and holds beyond the settings."""
    lacking, extra = sorted(wanted - grant.scopes), sorted(grant.scopes - wanted)
    held = ", ".join(sorted(grant.scopes))
    state = f"consent is still to be given for {', '.join(lacking)}" if lacking else "consent is given"
    beyond = f"; the settings do not ask for {', '.join(extra)}" if extra else ""
    return f"{held}; {state}, and the grant stays{beyond}"
