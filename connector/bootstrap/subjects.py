"""Whose tokens each identity takes: GitHub's subjects, old and new, and those that Azure DevOps shows.

GitHub: github docs, actions/reference/security/oidc, and EM
workload-identities-github-immutable-subjects.md: repositories made, renamed or moved since
July 2026 put the owner's and the repository's ids in. Azure DevOps shows issuer and subject of
a service connection on its page, and they are taken as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from connector.bootstrap.model import Trust, Who
from connector.errors import Problem, SettingsError
from connector.settings.problems import shown

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_BRANCH = re.compile(r"(?!refs/)[A-Za-z0-9._/-]+")
_FIELD_LIMIT = 600
#: The names of our credentials: a second run knows them again and changes them in place.
GITHUB, GITHUB_REVIEW, GITHUB_BRANCH = "github", "github-review", "github-branch"
AZURE_DEVOPS, AZURE_DEVOPS_REVIEW = "azure-devops", "azure-devops-review"
WITH_IDS = "-with-ids"
_GITHUBS = (GITHUB, GITHUB_REVIEW, GITHUB_BRANCH)
OUR_NAMES = frozenset({*_GITHUBS, *(name + WITH_IDS for name in _GITHUBS), AZURE_DEVOPS, AZURE_DEVOPS_REVIEW})
#: What trusted every pull request's jobs, without an approval; it goes once the approved one is there.
REPLACED: Mapping[Who, Mapping[str, str]] = {
    Who.READER: {GITHUB: GITHUB_REVIEW, GITHUB + WITH_IDS: GITHUB_REVIEW + WITH_IDS},
    Who.WRITER: {},
}
_REVIEW = "review"


@dataclass(frozen=True)
class Pipeline:
    """What the command line says of the pipeline; nothing is checked yet.

    Pull requests read in `review_environment`, which somebody approves: whoever pushes a branch may change
    its workflow. `branch` is one whose jobs read, too: scheduled runs are of the default branch. `subjects`
    are those of Azure DevOps, each as `reader=SUBJECT`, `writer=SUBJECT` or `review=SUBJECT`.
    """

    github: str | None = None
    owner_id: str | None = None
    repository_id: str | None = None
    environment: str = "production"
    review_environment: str = "review"
    branch: str | None = None
    github_issuer: str = GITHUB_ISSUER
    issuer: str | None = None
    subjects: Sequence[str] = ()


def github_subject(repository: str, context: str, owner_id: str = "", repository_id: str = "") -> str:
    """The `sub` of a job: `environment:NAME` or `ref:…`; with ids in the new form."""
    owner, name = repository.split("/", 1)
    if owner_id and repository_id:
        return f"repo:{owner}@{owner_id}/{name}@{repository_id}:{context}"
    return f"repo:{owner}/{name}:{context}"


def environment_context(name: str) -> str:
    """The part of a subject that names an environment; GitHub writes a colon in the name as %3A."""
    return f"environment:{name.replace(':', '%3A')}"


def trusts_of(pipeline: Pipeline) -> dict[Who, tuple[Trust, ...]]:
    """Whom each identity trusts. Raises SettingsError with everything that is wrong on the command line."""
    problems = [*_github_problems(pipeline), *_azure_devops_problems(pipeline)]
    if not pipeline.github and not pipeline.issuer and not problems:
        message = "say whose pipeline it is: --github OWNER/REPO, or the two --azure-devops options"
        problems.append(Problem("bootstrap.pipeline", "--github", "", message))
    if problems:
        raise SettingsError(problems, where="the command line")
    return {who: (*_github(pipeline, who), *_azure_devops(pipeline, who)) for who in Who}


def _github(pipeline: Pipeline, who: Who) -> Iterable[Trust]:
    if not pipeline.github:
        return
    for name, context in _contexts(pipeline, who):
        yield Trust(name, pipeline.github_issuer, github_subject(pipeline.github, context))
        if pipeline.owner_id and pipeline.repository_id:
            subject = github_subject(pipeline.github, context, pipeline.owner_id, pipeline.repository_id)
            yield Trust(name + WITH_IDS, pipeline.github_issuer, subject)


def _contexts(pipeline: Pipeline, who: Who) -> Iterable[tuple[str, str]]:
    """Which jobs log in: of an approved environment each, and for the reader of one branch."""
    if who is Who.WRITER:
        yield GITHUB, environment_context(pipeline.environment)
        return
    yield GITHUB_REVIEW, environment_context(pipeline.review_environment)
    if pipeline.branch:
        yield GITHUB_BRANCH, f"ref:refs/heads/{pipeline.branch}"


def _azure_devops(pipeline: Pipeline, who: Who) -> Iterable[Trust]:
    if not pipeline.issuer:
        return
    subjects = _subjects(pipeline)
    yield Trust(AZURE_DEVOPS, pipeline.issuer, subjects[who.value])
    if who is Who.READER and _REVIEW in subjects:
        yield Trust(AZURE_DEVOPS_REVIEW, pipeline.issuer, subjects[_REVIEW])


def _subjects(pipeline: Pipeline) -> dict[str, str]:
    pairs = (text.partition("=") for text in pipeline.subjects)
    return {who: subject for who, _, subject in pairs}


def _github_problems(pipeline: Pipeline) -> Iterable[Problem]:
    code = "bootstrap.github"
    repository = pipeline.github
    ids = {"--owner-id": pipeline.owner_id, "--repository-id": pipeline.repository_id}
    for option, value in ids.items():
        if value and not value.isdigit():
            yield Problem(code, option, shown(value), "is a number; docs/bootstrap.md says where to read it")
    if bool(pipeline.owner_id) != bool(pipeline.repository_id) or (pipeline.owner_id and not repository):
        message = "--owner-id and --repository-id go together, and with --github"
        yield Problem(code, "--owner-id", "", message)
    if repository is not None and not _REPOSITORY.fullmatch(repository):
        yield Problem(code, "--github", shown(repository), "write it as OWNER/REPO, in its exact case")
    if not pipeline.environment.strip() or "*" in pipeline.environment:
        message = "names one environment with required reviewers; a wildcard is not supported by Entra ID"
        yield Problem(code, "--environment", shown(pipeline.environment), message)
    yield from _review_problems(code, pipeline.review_environment, pipeline.environment)
    if pipeline.branch is not None and not _BRANCH.fullmatch(pipeline.branch):
        message = "is a branch's name alone, such as main; a wildcard is not supported by Entra ID"
        yield Problem(code, "--branch", shown(pipeline.branch), message)
    yield from _issuer_problems(code, "--github-issuer", pipeline.github_issuer)


def _review_problems(code: str, review: str, environment: str) -> Iterable[Problem]:
    if not review.strip() or "*" in review:
        message = "names one environment with required reviewers; a wildcard is not supported by Entra ID"
        yield Problem(code, "--review-environment", shown(review), message)
    elif review.lower() == environment.lower():
        message = "is the writer's own environment; reviews and deployments are approved apart"
        yield Problem(code, "--review-environment", shown(review), message)


def _azure_devops_problems(pipeline: Pipeline) -> Iterable[Problem]:
    code = "bootstrap.azure_devops"
    option = "--azure-devops-subject"
    if pipeline.issuer is not None:
        yield from _issuer_problems(code, "--azure-devops-issuer", pipeline.issuer)
    elif pipeline.subjects:
        yield Problem(code, "--azure-devops-issuer", "", "is missing; the service connection's page shows it")
    if pipeline.issuer is None and not pipeline.subjects:
        return
    given = _subjects(pipeline)
    if set(given) - {_REVIEW} != {who.value for who in Who} or not all(given.values()):
        message = (
            "give it twice, as reader=SUBJECT and writer=SUBJECT, and review=SUBJECT for pull requests: a "
            "service connection for nightly runs, and two with an approval check"
        )
        yield Problem(code, option, shown(", ".join(pipeline.subjects)), message)
    elif len(set(given.values())) != len(given):
        message = (
            "is given for two purposes, so a pull request could deploy; make a connection for each"
        )
        same = next(one for one in given.values() if list(given.values()).count(one) > 1)
        yield Problem(code, option, shown(same), message)
    for subject in given.values():
        if len(subject) > _FIELD_LIMIT or subject != subject.strip() or "*" in subject:
            yield Problem(code, option, shown(subject), "take it over as it stands; no blanks, no wildcards")


def _issuer_problems(code: str, option: str, issuer: str) -> Iterable[Problem]:
    parts = urlsplit(issuer)
    plain = issuer == issuer.strip() and "*" not in issuer and len(issuer) <= _FIELD_LIMIT
    if parts.scheme != "https" or not parts.netloc or not plain:
        yield Problem(code, option, shown(issuer), "is an https URL, exactly as the service shows it")
