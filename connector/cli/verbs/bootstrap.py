"""The verb `bootstrap`: an administrator makes the pipeline's reader and writer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.table import Table

from connector.bootstrap.job import Plans, carry_out, survey
from connector.bootstrap.model import Wanted
from connector.bootstrap.rights import NO_CHOICE, Choices, wanted_of
from connector.bootstrap.subjects import GITHUB_ISSUER, Pipeline, trusts_of
from connector.cli.engine.throwaway import throwaway
from connector.cli.open_stack import in_session
from connector.cli.options import Json, Stack, Trace, Yes
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen, is_person_there, typed
from connector.errors import CancelledError, PersonNeededError
from connector.settings import Settings
from connector.wire.session import Session


@dataclass(frozen=True)
class BootstrapOptions:
    """What `bootstrap` was asked for; `assignments` None means what the stack's settings say."""

    pipeline: Pipeline
    choices: Choices = NO_CHOICE
    plan: bool = False
    yes: bool = False


def bootstrap(  # noqa: PLR0913, PLR0917  # options of a command line
    stack: Stack = None,
    github: Annotated[
        str | None, typer.Option("--github", help="OWNER/REPO whose workflows are the pipeline.")
    ] = None,
    owner_id: Annotated[
        str | None, typer.Option("--owner-id", help="The owner's number, for subjects in the newer form too.")
    ] = None,
    repository_id: Annotated[
        str | None, typer.Option("--repository-id", help="The repository's number; goes with --owner-id.")
    ] = None,
    environment: Annotated[
        str, typer.Option("--environment", help="Environment with reviewers, which deployments run in.")
    ] = "production",
    review_environment: Annotated[
        str,
        typer.Option("--review-environment", help="Environment with reviewers, which pull requests read in."),
    ] = "review",
    branch: Annotated[
        str | None,
        typer.Option("--branch", help="Let the reader log in from this branch too, for scheduled runs."),
    ] = None,
    github_issuer: Annotated[
        str, typer.Option("--github-issuer", help="Issuer of a GitHub of your own (Enterprise Server).")
    ] = GITHUB_ISSUER,
    azure_devops_issuer: Annotated[
        str | None,
        typer.Option("--azure-devops-issuer", help="Issuer, as the service connections' pages show it."),
    ] = None,
    azure_devops_subject: Annotated[
        list[str] | None,
        typer.Option(
            "--azure-devops-subject", help="reader=, writer= and review=SUBJECT of three service connections."
        ),
    ] = None,
    assignments: Annotated[
        bool | None,
        typer.Option(
            "--assignments/--no-assignments",
            help="Whether the writer assigns users and groups; by default as the settings say.",
        ),
    ] = None,
    narrow_role: Annotated[
        bool, typer.Option("--narrow-role", help="A role for the writer in place of System Administrator.")
    ] = False,
    owned_only: Annotated[
        bool,
        typer.Option(
            "--owned-only", help="The writer may change only applications that name it in `owners`."
        ),
    ] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be made; write nothing.")] = False,
    yes: Yes = False,
    json: Json = False,
    trace: Trace = None,
) -> None:
    """Make a pipeline's two identities, a reader and a writer; an administrator runs this once a tenant."""

    def work(screen: Screen) -> Outcome:
        pipeline = Pipeline(
            github=github,
            owner_id=owner_id,
            repository_id=repository_id,
            environment=environment,
            review_environment=review_environment,
            branch=branch,
            github_issuer=github_issuer,
            issuer=azure_devops_issuer,
            subjects=tuple(azure_devops_subject or ()),
        )
        choices = Choices(assignments, narrow_role, owned_only)
        options = BootstrapOptions(pipeline, choices, plan, yes)
        return _bootstrap(screen, stack, options)

    run_verb("bootstrap", Screen(as_json=json), work, trace=trace)


def _bootstrap(screen: Screen, stack: str | None, options: BootstrapOptions) -> Outcome:
    """Plan, show, ask, write, and say what the pipeline is to be told; the stack need not exist yet."""
    trusts = trusts_of(options.pipeline)
    with throwaway(stack, screen.say) as (_, settings, _):
        pass
    wanted = wanted_of(settings, trusts, options.choices)
    screen.title(f"Pipeline identities in tenant {settings.tenant_id} and {settings.dynamics_host}")

    async def work(session: Session) -> tuple[Plans, ...]:
        plans = await survey(session, wanted)
        for one in plans:
            _tell(screen, one)
        if options.plan or not any(one.writes for one in plans):
            return plans
        _confirm(screen, settings, yes=options.yes)
        return await carry_out(session, plans, screen.say)

    plans = in_session(settings, work)
    _warn(screen, settings, options, plans)
    _tell_rights(screen, wanted)
    if all(one.app_id for one in plans):
        screen.lines(_what_to_write(settings, plans, owned_only=options.choices.owned_only))
    return Outcome(_body(settings, plans, planned=options.plan))


def _confirm(screen: Screen, settings: Settings, *, yes: bool) -> None:
    if yes:
        return
    if not is_person_there():
        message = (
            "bootstrap gives rights in the tenant; without a terminal it needs --yes (--plan shows them)"
        )
        raise PersonNeededError(message, code="bootstrap.unconfirmed", key="--yes")
    screen.title(f"Make this in tenant {settings.tenant_id}? Type the stack's name ({settings.stack}): ")
    if typed() != settings.stack:
        raise CancelledError("not confirmed; nothing was written", code="bootstrap.unconfirmed", key="--yes")


def _tell(screen: Screen, plans: Plans) -> None:
    """What is or would be done for one identity."""
    screen.title(f"{plans.wanted.who.value}: {plans.wanted.who.display_name}")
    if not plans.writes:
        screen.say("nothing to change")
    screen.changes(plans.changes)


def _warn(screen: Screen, settings: Settings, options: BootstrapOptions, plans: Sequence[Plans]) -> None:
    assigned = settings.assignments.users or settings.assignments.groups
    if options.choices.assignments is False and assigned:
        screen.say("! the settings assign users or groups, which this writer may not do")
    for one in plans:
        if one.pending:
            screen.say(f"! {len(one.pending)} privileges wait for the managed solution: import it, run again")


def _tell_rights(screen: Screen, wanted: Sequence[Wanted]) -> None:
    table = Table(box=None, pad_edge=False)
    for head in ("Who", "Right", "On", "Why", "Beware"):
        table.add_column(head)
    for one in wanted:
        for right in one.rights:
            table.add_row(
                one.who.value, right.name, right.service.value, _plain(right.why), _plain(right.beware)
            )
    screen.title("Why each right is needed")
    screen.print(table)


def _plain(text: str) -> str:
    return text.replace("`", "")


def _what_to_write(settings: Settings, plans: Sequence[Plans], *, owned_only: bool) -> str:
    """The lines for fleet.yaml and the stack, and the variables of each job; ids, no secret."""
    lines = ["For this stack in fleet.yaml (each tenant has its own pair):", "  login:"]
    lines += [f"    {one.wanted.who.value}: {one.app_id}" for one in plans]
    if owned_only:
        lines += ["", "For the stack's settings, since the writer may change only what it owns:"]
        lines += [f"  owners: [{plans[-1].principal_id}]"]
    for one in plans:
        lines += ["", f"For jobs that log in as the {one.wanted.who.value}:"]
        lines += [f"  {name}={value}" for name, value in _environment(settings, one).items()]
    lines += [
        "",
        "Give each trusted environment required reviewers: a branch may change its workflow,",
        "and without an approval whoever pushes one reads this tenant and the state's secrets.",
    ]
    return "\n".join([*lines, "", "No secret was made: the pipeline's own token logs in."])


def _environment(settings: Settings, plans: Plans) -> dict[str, str]:
    return {"ARM_TENANT_ID": settings.tenant_id, "ARM_CLIENT_ID": plans.app_id, "ARM_USE_OIDC": "true"}


def _body(settings: Settings, plans: Sequence[Plans], *, planned: bool) -> dict[str, Any]:
    writes = any(one.writes for one in plans)
    result = "unchanged" if not writes else "changes" if planned else "changed"
    return {
        "verb": "bootstrap",
        "stack": settings.stack,
        "result": result,
        "changes": [change.to_json() for one in plans for change in one.changes],
        "identities": [_identity(settings, one) for one in plans],
        "login": {one.wanted.who.value: one.app_id or None for one in plans},
    }


def _identity(settings: Settings, plans: Plans) -> dict[str, Any]:
    wanted, known = plans.wanted, bool(plans.app_id)
    return {
        "name": wanted.who.value,
        "displayName": wanted.who.display_name,
        "applicationId": plans.app_id or None,
        "servicePrincipalObjectId": plans.principal_id or None,
        "trusts": [trust.to_json() for trust in wanted.trusts],
        "rights": [right.to_json() for right in wanted.rights],
        "securityRole": plans.dataverse.plan.desired.role_name,
        "pending": list(plans.pending),
        "changes": [change.to_json() for change in plans.changes],
        "environment": _environment(settings, plans) if known else {},
    }
