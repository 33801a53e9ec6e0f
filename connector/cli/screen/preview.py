"""A preview as people read it: on a terminal, and as a section of a pull request's comment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from connector.cli.engine.policies import Violation
from connector.cli.screen import plan as plan_view
from connector.cli.screen.console import Screen
from connector.cli.screen.plan import SIGNS, markdown_row
from connector.dataverse.reports import PlanReport
from connector.errors import ConnectError, LoginError, UnreachableError
from connector.report import Change
from connector.settings import Settings
from connector.text import fenced
from connector.text import markdown as as_markdown


@dataclass(frozen=True)
class Entra:
    """The engine's half: resources that change, value by value, what policies say, and why it failed."""

    changes: tuple[Change, ...] = ()
    details: tuple[Change, ...] = ()
    violations: tuple[Violation, ...] = ()
    error: ConnectError | None = None


@dataclass(frozen=True)
class Previewed:
    """Both halves of one stack; `plan` is None where Dataverse could not be read, `plan_error` says why."""

    stack: str
    new: bool
    drift: bool
    entra: Entra
    plan: PlanReport | None
    plan_error: ConnectError | None
    settings: Settings = field(repr=False)

    @property
    def changed(self) -> bool:
        """Whether a deployment would change anything."""
        return bool(self.entra.changes) or (self.plan is not None and self.plan.changed)

    @property
    def error(self) -> ConnectError | None:
        """What is wrong, the engine's half first; a login or host that fails both halves by its own error."""
        if self.entra.error and isinstance(self.plan_error, LoginError | UnreachableError):
            return self.plan_error
        refusal = self.plan.refusal if self.plan else None
        return self.entra.error or self.plan_error or refusal


def show(screen: Screen, done: Previewed) -> None:
    """Print both halves."""
    screen.title(f"Entra ID: {heading(done)}")
    screen.changes(done.entra.details)
    if not done.entra.details and done.entra.error is None:
        screen.say("nothing to change")
    if done.entra.error is not None and done.entra.error is not done.error:
        screen.say(f"! {done.entra.error.message}")
    for one in done.entra.violations:
        screen.say(f"! {one.policy} ({'mandatory' if one.mandatory else 'advisory'}): {one.message}")
    screen.title(f"Dataverse: {done.settings.role_name} ({done.settings.dynamics_host})")
    if done.plan is not None:
        plan_view.show(screen.console, done.plan)
        screen.counts(done.plan)
    elif done.plan_error is not None:
        screen.say(f"! {done.plan_error.message}")


def heading(done: Previewed) -> str:
    """What is previewed, in a few words."""
    about = "does not exist yet" if done.new else "with what moved in the tenant" if done.drift else ""
    return f"stack {done.stack}" + (f" ({about})" if about else "")


def dataverse_summary(done: Previewed) -> str:
    """The Dataverse half in one line."""
    return plan_view.summary(done.plan) if done.plan else "could not be read"


def markdown(done: Previewed) -> str:
    """One section for a comment: heading, both halves, errors as text; never a secret."""
    parts = (_entra(done), _policies(done), _dataverse(done))
    return "\n".join(line for part in parts for line in part).rstrip("\n") + "\n"


def _entra(done: Previewed) -> Iterator[str]:
    state = "changes" if done.changed else "no changes"
    if done.error is not None:
        state = "error"
    yield f"## {as_markdown(done.stack)}: {state}"
    yield ""
    about = f", {heading(done)}" if done.new or done.drift else ""
    yield as_markdown(f"Tenant {done.settings.tenant_id}, {done.settings.dynamics_url}{about}")
    yield ""
    yield "### Entra ID"
    yield ""
    if done.entra.error is not None:
        yield from _error(done.entra.error.message)
    elif not done.entra.details:
        yield "Nothing to change."
        yield ""
    if done.entra.details:
        yield from _changes(done.entra.details)


def _policies(done: Previewed) -> Iterator[str]:
    if not done.entra.violations:
        return
    yield "| Policy | | Resource | Why |"
    yield "|---|---|---|---|"
    for one in done.entra.violations:
        level = "mandatory" if one.mandatory else "advisory"
        yield markdown_row(one.policy, level, one.resource, one.message)
    yield ""


def _dataverse(done: Previewed) -> Iterator[str]:
    title = f"{done.settings.role_name} at {done.settings.dynamics_host}"
    if done.plan is not None:
        yield plan_view.markdown(done.plan, title).rstrip("\n")
    elif done.plan_error is not None:
        yield f"### {as_markdown(title)}"
        yield ""
        yield from _error(done.plan_error.message)


def _changes(changes: tuple[Change, ...]) -> Iterator[str]:
    yield "| | What | Name | Detail |"
    yield "|---|---|---|---|"
    for change in changes:
        yield markdown_row(SIGNS[change.action][0], change.kind, change.name, change.detail)
    yield ""


def _error(message: str) -> Iterator[str]:
    yield fenced(message)
    yield ""
