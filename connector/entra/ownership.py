"""Whether a caller that may change only applications it owns stays an owner of the stack's.

The azuread provider takes every owner away that `owners` does not list, the caller too: with
Application.ReadWrite.OwnedBy alone it could then neither finish nor remove what it has just made.
"""

from __future__ import annotations

from connector import naming
from connector.entra.directory import Directory
from connector.entra.rights import ANY_APPLICATION, OWNED_BY, token_object_id, token_roles
from connector.errors import RefusedError
from connector.report import Answer, Check, no, unknown, yes
from connector.settings import Settings
from connector.stack.state import StackState

CODE = "entra.caller_not_owner"
_LISTED = "the caller among owners"


def owned_only(token: str) -> bool:
    """Whether OwnedBy is all that lets the caller write applications, as far as the token says."""
    held = token_roles(token) or frozenset()
    return OWNED_BY in held and not held.intersection(ANY_APPLICATION)


def listed_check(settings: Settings, token: str) -> tuple[Check, ...]:
    """Only where OwnedBy is all that is held: does `owners` name the caller, by its object id."""
    if not owned_only(token):
        return ()
    own = token_object_id(token)
    if own is None:
        return (unknown(CODE, _LISTED, "the token does not say which object id the caller has"),)
    if own in {owner.lower() for owner in settings.owners}:
        return (yes(CODE, _LISTED, own),)
    text = (
        f"{OWNED_BY} changes only what the caller owns, and the provider takes away every owner that "
        f"is not listed: add {own} (the caller's object id) to owners, or grant Application.ReadWrite.All"
    )
    return (no(CODE, _LISTED, text),)


def require_listed(settings: Settings, token: str, *, who: str) -> None:
    """Raise RefusedError where the caller would lock itself out of the application that it makes."""
    for check in listed_check(settings, token):
        if check.answer is Answer.NO:
            message = f"{who} would lock itself out: {check.detail}"
            raise RefusedError(message, code="entra.caller_not_owner", key="owners")


async def owner_checks(
    directory: Directory, settings: Settings, state: StackState, token: str
) -> tuple[Check, ...]:
    """Only where OwnedBy is all that is held: does the caller own the state's application and principal.

    The service principal is asked for where the last run did not leave the caller among its owners: it
    was adopted, and the run would have to add the caller there.
    """
    own, base = token_object_id(token), settings.profile.name
    known = state.object_id(naming.application_resource(base))
    if known is None or own is None or not owned_only(token):
        return ()
    checks = (_owner_check(f"owners of application {known}", own, await directory.owners(known)),)
    principal = state.resources.get(naming.service_principal_resource(base))
    if principal is None or own in principal.facts.get("owners", ()):
        return checks
    object_id = principal.id.rsplit("/", 1)[-1]
    owners = await directory.owners_of_principal(object_id)
    return (*checks, _owner_check(f"owners of service principal {object_id}", own, owners))


def _owner_check(subject: str, own: str, owners: frozenset[str] | None) -> Check:
    if owners is None or own in owners:
        return yes(CODE, subject, "the caller is one" if owners else "it is gone")
    text = (
        f"the caller ({own}) is none of them, and with {OWNED_BY} it changes only what it owns: somebody "
        "who may change every application adds it, or deploys once with it in owners"
    )
    return no(CODE, subject, text)
