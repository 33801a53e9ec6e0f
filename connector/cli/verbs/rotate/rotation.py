"""One rotation under way: the engine, the stack's file, the live secrets, and the proof."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.cli.engine.pulumi import PROJECT_DIR
from connector.cli.open_stack import OpenStack, directory_checks, named
from connector.cli.paths import file_to_write
from connector.cli.run import Outcome
from connector.cli.screen.console import Screen
from connector.cli.verbs.rotate import hand_made
from connector.dataverse import jobs
from connector.dataverse.reports import ProofReport
from connector.deadlines import CLOCK_NOTICED
from connector.entra.directory import Directory
from connector.errors import ConnectError, DriftError
from connector.files import read_exactly, write_whole
from connector.naming import secret_resource
from connector.records.record import ProofRecord
from connector.records.standing import is_proved, slot_table
from connector.report import Action, Change
from connector.settings.stack_file import stack_file
from connector.stack.due import Due, Thresholds, next_step
from connector.stack.hand_made import OutsideSlots
from connector.stack.secrets import LiveSecret
from connector.stack.slots_file import unified_diff, with_slots
from connector.wire.session import Session


async def _ahead(session: Session) -> timedelta:
    """How far this machine's clock is ahead of Graph's, by the answer to a look-up of the deployer."""
    graph = session.endpoints.graph
    await session.send(
        "GET", f"{graph}/v1.0/servicePrincipals?$top=1", identity=session.deployer, scope=f"{graph}/.default"
    )
    return session.ahead


class Rotation(OpenStack):
    """A stack whose slots are read or changed, and the stack's file with them."""

    def __init__(
        self, screen: Screen, stack: str | None, records: str | None, patch: str | None, *, prove: bool = True
    ) -> None:
        """Read the settings and the stack's file. With *patch* the file is put back in the end.

        Only a run that is to *prove* writes into the records' folder.
        """
        self._patch = file_to_write("--patch", patch, code="rotation.patch")
        super().__init__(screen, stack, records, writes=prove)
        self.file = stack_file(self.engine.stack, PROJECT_DIR)
        self._before = read_exactly(self.file)
        self._slots = dict(self.settings.slots)
        self._outside: OutsideSlots | None = None
        self._ahead: timedelta | None = None

    def outside_slots(self, *, anew: bool = False) -> OutsideSlots:
        """The secrets of an adopted application that no slot holds; read once, unless *anew*."""
        if self._outside is None or anew:
            self._outside = hand_made.read(self)
        return self._outside

    def due(self, begin_days: int | None, soon_days: int | None, now: datetime | None = None) -> Due:
        """The next step; days are by the secrets' lifetime where none are given, *now* by this machine."""
        days = Thresholds.for_lifetime(self.settings.secret.lifetime_days, begin=begin_days, soon=soon_days)
        old = self.outside_slots().adopted
        return next_step(self.settings.slots, self.live(), now or datetime.now(UTC), days, old)

    @property
    def slots_in_file(self) -> Mapping[str, int]:
        """What the stack's file names now."""
        return dict(self._slots)

    def write_slots(self, slots: Mapping[str, int]) -> None:
        """Write `slots` into the stack's file; what the run began with is put back as it was written."""
        if dict(slots) == dict(self.settings.slots):
            self.put_back()
        elif self._slots != dict(slots):
            write_whole(self.file, with_slots(read_exactly(self.file), slots, name=self.file.name))
            self._slots = dict(slots)

    def put_back(self) -> None:
        """The stack's file as it was before the run; one that was not changed is not touched."""
        if self._slots != dict(self.settings.slots):
            write_whole(self.file, self._before)
            self._slots = dict(self.settings.slots)

    def hand_out_patch(self, slots: Mapping[str, int]) -> None:
        """With --patch: the change as a patch, if there is one, and the checkout as it was."""
        if self._patch is None:
            return
        changed = dict(self.settings.slots) != dict(slots)
        if changed:
            after = with_slots(self._before, slots, name=self.file.name)
            write_whole(self._patch, unified_diff(self._before, after, self.file.name))
        self.put_back()
        told = "commit this change" if changed else "not written, since there is nothing to commit"
        self.screen.say(f"{self._patch}: {told}")

    def preview_only(self, action: Action, label: str) -> tuple[Change, ...]:
        """Show the preview; raises DriftError when it holds anything but *action* on one secret."""
        changes = self.engine.preview()
        self.screen.title("Preview")
        self.screen.changes(changes)
        if not changes:
            self.screen.say("no change")
        name = secret_resource(self.settings.profile.name, label)
        others = [c for c in changes if (c.action, c.name) != (action, name)]
        if others:
            listed = ", ".join(f"{c.action.value} {c.kind} {c.name}" for c in others)
            message = (
                f"a rotation changes one client secret and nothing else, and the preview of stack "
                f"{self.name} holds more: {listed}. Nothing was deployed; run deploy (or review what "
                "differs) first, then rotate"
            )
            raise DriftError(message, code="rotation.more_changes", key=others[0].name)
        return changes

    def prove(self, *, fresh: bool | None = None) -> ProofReport:
        """The proof with the newest secret; written into the record."""
        outputs = self.outputs()
        known = self.known()
        self.screen.title(f"Proof with the secret {outputs.client_secret_key_id}")

        async def work(session: Session) -> ProofReport:
            more = directory_checks(self.settings, outputs, session)
            proof = await jobs.prove(self.settings, outputs, session, more=more, known=known, fresh=fresh)
            return await named(proof, outputs, session)

        report = self.in_session(work)
        self.screen.proof(report)
        self.note(outputs, proof=report)
        return report

    def is_current(self) -> bool:
        """Whether the outputs already hand out the newest secret."""
        return self.outputs().client_secret_key_id == self.live()[-1].key_id

    def gone(self) -> tuple[LiveSecret, ...]:
        """Secrets of the state that the application does not hold any more: a killed run deleted them."""
        # The outputs first: their snapshot is in clear, and serves the secrets as well.
        outputs, live = self.outputs(), self.live()

        async def read(session: Session) -> set[str] | None:
            application = await Directory(session).application(outputs.application_object_id)
            return {secret.key_id.lower() for secret in application.secrets} if application else None

        held = self.in_session(read)
        return () if held is None else tuple(one for one in live if one.key_id.lower() not in held)

    def now(self) -> datetime:
        """The time by which a secret goes because it has ended: Graph's, where this machine is ahead of it.

        A clock that is wrong would have a secret in use taken for one that has ended.
        """
        if self._ahead is None:
            self._ahead = self.in_session(_ahead)
            if self._ahead > CLOCK_NOTICED:
                self.screen.say(f"this machine's clock is {self._ahead} ahead of Graph's, which counts")
        return datetime.now(UTC) - max(self._ahead, timedelta())

    def is_proved(self, secret: LiveSecret) -> bool:
        """Whether the record's last proof was with this secret, and held."""
        return is_proved(self._proof(), secret)

    def table(self) -> list[dict[str, Any]]:
        """The live secrets for people and programs: slot, generation, key id, end, days left, proved."""
        return slot_table(self.live(), self._proof(), datetime.now(UTC))

    def _proof(self) -> ProofRecord | None:
        record = self.record()
        return record.proof if record else None

    def tables(self) -> dict[str, Any]:
        """The secrets in slots and outside, for `--json`."""
        return {"slots": self.table(), "handMade": hand_made.table(self.outside_slots())}


def outcome(
    run: Rotation,
    verb: str,
    result: str,
    changes: tuple[Change, ...],
    proof: ProofReport | None = None,
    error: ConnectError | None = None,
) -> Outcome:
    """What a step came to; the secrets outside the slots are read anew."""
    body: dict[str, Any] = proof.to_json() if proof else {"stack": run.name}
    body |= {"verb": f"rotate {verb}", "result": result, "changes": [change.to_json() for change in changes]}
    body |= {"slots": run.table(), "handMade": hand_made.table(run.outside_slots(anew=True))}
    return Outcome(body, error or (proof.error if proof else None))
