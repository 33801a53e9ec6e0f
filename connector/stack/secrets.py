"""Two slots for client secrets: what is alive, what a checkout knows, and what the next step is.

Pure decisions. A secret is named by slot and generation (`a-1`), generations count on over both
slots, and the newest one is handed out. `wanted` below is the settings' `slots`, `live` what the
engine's state holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connector.errors import DriftError, NoSuchStackError
from connector.naming import certificate_resource, secret_display_name, secret_resource
from connector.stack.hand_made import HandMade
from connector.stack.state import StackState

SLOTS = ("a", "b")
_SECRET_TYPE = "azuread:index/applicationPassword:ApplicationPassword"  # noqa: S105 - a type's name
_CERTIFICATE_TYPE = "azuread:index/applicationCertificate:ApplicationCertificate"


@dataclass(frozen=True)
class LiveSecret:
    """One client secret in the engine's state; never its value."""

    slot: str
    generation: int
    key_id: str
    end: datetime | None
    urn: str
    protected: bool = False

    @property
    def label(self) -> str:
        """Slot and generation, such as `a-1`."""
        return secret_display_name(self.slot, self.generation)

    def days_left(self, now: datetime) -> int | None:
        """Whole days until it ends, negative when it has ended; None when its end is not known."""
        return None if self.end is None else (self.end - now).days

    def has_ended(self, now: datetime) -> bool:
        """Whether nobody can log in with it any more."""
        left = self.days_left(now)
        return left is not None and left < 0


def live_secrets(exported: Mapping[str, Any], base: str) -> tuple[LiveSecret, ...]:
    """The secrets in `pulumi stack export` (deployment version 3), the oldest first.

    *base* is the profile's name, which the resources' names begin with.
    """
    rows = (exported.get("deployment") or {}).get("resources") or []
    prefix = secret_resource(base, "")
    found = [one for row in rows if row.get("type") == _SECRET_TYPE and (one := _live(row, prefix))]
    return tuple(sorted(found, key=lambda one: one.generation))


def live_certificates(exported: Mapping[str, Any], base: str) -> tuple[LiveSecret, ...]:
    """The same of certificates, for stacks whose profile asks for them: slots work alike."""
    rows = (exported.get("deployment") or {}).get("resources") or []
    prefix = certificate_resource(base, "")
    found = [one for row in rows if row.get("type") == _CERTIFICATE_TYPE and (one := _live(row, prefix))]
    return tuple(sorted(found, key=lambda one: one.generation))


def secrets_of(state: StackState, base: str) -> tuple[LiveSecret, ...]:
    """The same out of the names and ids that `StackState` keeps; without ends and protection."""
    rows = [{"urn": name, "id": one.id} for name, one in state.resources.items()]
    found = [one for row in rows if (one := _live(row, secret_resource(base, "")))]
    return tuple(sorted(found, key=lambda one: one.generation))


def _live(row: Mapping[str, Any], prefix: str) -> LiveSecret | None:
    # `delete` marks what a replacement has still to remove; without an id it was never made.
    if row.get("delete") or not row.get("id"):
        return None
    name = row["urn"].rsplit("::", 1)[-1]
    slot, _, generation = name.removeprefix(prefix).partition("-")
    if slot not in SLOTS or not generation.isdigit():
        return None
    outputs = row.get("outputs") or {}
    end = outputs.get("endDate")
    moment = datetime.fromisoformat(end) if end else None
    key_id = str(outputs.get("keyId") or row["id"].rsplit("/", 1)[-1])
    return LiveSecret(slot, int(generation), key_id, moment, row["urn"], bool(row.get("protect")))


def slots_of(live: Iterable[LiveSecret]) -> dict[str, int]:
    """Live secrets as the `slots` setting would name them."""
    return {one.slot: one.generation for one in sorted(live, key=lambda one: one.slot)}


def only_ended(step: Finish | None, live: tuple[LiveSecret, ...], now: datetime) -> Finish | None:
    """The part of a finish that needs no person: secrets with which nobody can log in any more."""
    if step is None:
        return None
    hand_made = tuple(one for one in step.hand_made if one.has_ended(now))
    left = step.old.days_left(now) if step.old else None
    # It may still be the one that is typed in, so it stays, and the settings go on naming it.
    if step.old is not None and (left is None or left >= 0):
        step = replace(step, slots=slots_of(live), old=None)
    return replace(step, hand_made=hand_made)


def with_next(slots: Mapping[str, int]) -> dict[str, int]:
    """The same slot and, in the other one, the next generation."""
    (taken,) = slots
    # Counted on over both slots, so no name ever comes back: an engine's resource is one secret for good.
    other = next(slot for slot in SLOTS if slot != taken)
    return dict(sorted({**slots, other: slots[taken] + 1}.items()))


def check_deployable(wanted: Mapping[str, int], live: tuple[LiveSecret, ...], stack: str) -> None:
    """Refuse a run that would delete a live secret or bring back a retired one.

    Raises DriftError `rotation.stale` where the settings are older than the state, and
    `rotation.unretired` where a slot was taken out of the settings by hand.
    """
    if not live:
        return
    newest = live[-1].generation
    unknown = [one for one in live if wanted.get(one.slot) != one.generation]
    known = slots_of(live)
    # A higher generation that is not alive is a rotation that was begun; a lower one was retired.
    gone = [s for s, n in wanted.items() if n <= newest and known.get(s) != n]
    # First: a checkout that does not know the newest is an old one, whatever else it lacks.
    if unknown and unknown[-1].generation > max(wanted.values()):
        raise _stale(stack, f"the state holds the secret {unknown[-1].label}, which they do not know")
    if gone:
        label = secret_display_name(gone[0], wanted[gone[0]])
        raise _stale(stack, f"the secret {label} is gone from the state, and deploying would make a new one")
    if unknown:
        message = (
            f"the secret {unknown[0].label} of stack {stack} is alive and not in the settings' slots; "
            "nothing was deleted. `rotate finish --reconnected` retires it once the new one is in use; "
            f"to keep it, write it back: slots.{unknown[0].slot}: {unknown[0].generation}"
        )
        raise DriftError(message, code="rotation.unretired", key=f"slots.{unknown[0].slot}")


def _stale(stack: str, what: str) -> DriftError:
    message = (
        f"the settings of stack {stack} are older than its state: {what}. Nothing was changed or deleted. "
        f"Take over the newest Pulumi.{stack}.yaml, or let `rotate status --patch FILE` write the change"
    )
    return DriftError(message, code="rotation.stale", key="slots")


@dataclass(frozen=True)
class Begin:
    """What `begin` has to reach: the slots, the secret to prove, and the one that stays meanwhile.

    `make` says that the new secret is not in the state yet, `resumed` that an earlier run began,
    `first` that no slot held a secret before.
    """

    slots: Mapping[str, int]
    label: str
    make: bool
    resumed: bool
    first: bool = False


def plan_begin(
    wanted: Mapping[str, int], live: tuple[LiveSecret, ...], stack: str, *, adopted: bool = False
) -> Begin:
    """The step to two slots. Raises NoSuchStackError without any secret, DriftError for a stale checkout.

    A begun rotation goes on, also from a checkout that does not know of it: nothing is deleted. With
    `adopted` the application holds hand-made secrets: the stack's first one is the new one then.
    """
    if not live:
        if adopted:
            return Begin(dict(wanted), _newest(wanted), make=True, resumed=False, first=True)
        message = f"stack {stack} has no client secret yet; run deploy first"
        raise NoSuchStackError(message, code="stack.outputs", key="clientSecret")
    if len(live) > 1:
        return Begin(slots_of(live), live[-1].label, make=False, resumed=True)
    check_deployable(wanted, live, stack)
    resumed = len(wanted) > 1
    # The hand-made secrets are the old ones here, so the first slot's is new and nothing has to be made.
    if adopted and not resumed:
        return Begin(slots_of(live), live[-1].label, make=False, resumed=False)
    slots = dict(wanted) if resumed else with_next(slots_of(live))
    return Begin(slots, _newest(slots), make=True, resumed=resumed)


def _newest(slots: Mapping[str, int]) -> str:
    slot = max(slots, key=lambda one: slots[one])
    return secret_display_name(slot, slots[slot])


@dataclass(frozen=True)
class Finish:
    """What `finish` has to reach: the slots left, and the secrets to retire.

    `old` is None where no slot's secret has to go, or it has gone already.
    """

    slots: Mapping[str, int]
    old: LiveSecret | None
    new: LiveSecret
    hand_made: tuple[HandMade, ...] = ()

    @property
    def retired(self) -> tuple[LiveSecret | HandMade, ...]:
        """Every secret that goes."""
        return (*((self.old,) if self.old else ()), *self.hand_made)


def plan_finish(
    wanted: Mapping[str, int],
    live: tuple[LiveSecret, ...],
    stack: str,
    hand_made: tuple[HandMade, ...] = (),
) -> Finish | None:
    """The step back to one slot and no hand-made secret; None when one slot is all there is.

    Raises DriftError when the settings do not know the newest secret: retiring the old one from
    there would leave settings that name neither.
    """
    if not live:
        plan_begin(wanted, live, stack)
    new = live[-1]
    slots = {new.slot: new.generation}
    if len(live) > 1:
        # Settings that do not know the newest are refused; those that no longer know the oldest are not:
        # taking it out of the file first is a way to finish.
        if wanted.get(new.slot) != new.generation:
            check_deployable(wanted, live, stack)
        # Settings written by hand may have left three: the oldest goes, the next one by the next run.
        return Finish(slots_of(live[1:]), live[0], new, hand_made)
    if dict(wanted) == slots:
        return Finish(slots, None, new, hand_made) if hand_made else None
    # The old one went and the run died before it wrote the file, which is all that is left to do.
    if max(wanted.values()) == wanted.get(new.slot) == new.generation:
        return Finish(slots, None, new, hand_made)
    check_deployable(wanted, live, stack)
    message = (
        f"stack {stack} has one secret, {new.label}, and its settings name one more that was never made; "
        "run `rotate begin` first"
    )
    raise DriftError(message, code="rotation.not_begun", key="slots")
