"""The options of `bootstrap`."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.bootstrap.rights import Choices
from connector.bootstrap.subjects import GITHUB_ISSUER, Pipeline
from connector.cli.console import Voice
from connector.cli.options import Json, Stack, Trace, Yes
from connector.cli.run import Outcome, run_verb


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(bootstrap)


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

    def work(voice: Voice) -> Outcome:
        from connector.cli.bootstrap import BootstrapOptions  # noqa: PLC0415  # imported when it is wanted
        from connector.cli.bootstrap import bootstrap as make  # noqa: PLC0415  # the same

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
        return make(voice, stack, options)

    run_verb("bootstrap", Voice(as_json=json), work, trace=trace)
