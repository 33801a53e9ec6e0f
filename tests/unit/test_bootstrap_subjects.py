"""Whose tokens the pipeline's identities take, as the command line says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.bootstrap.model import AUDIENCE, Who
from connector.bootstrap.subjects import GITHUB_ISSUER, Pipeline, trusts_of
from connector.errors import SettingsError

GITHUB = Pipeline(github="Octo-Org/My.Repo")
ISSUER = "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/v2.0"
READ, WRITE = "/eid1/c/pub/t/dA/a/YQ/sc/org/read", "/eid1/c/pub/t/dA/a/YQ/sc/org/write"


def subjects(pipeline: Pipeline, who: Who) -> list[str]:
    """The subjects that an identity trusts."""
    return [trust.subject for trust in trusts_of(pipeline)[who]]


def test_a_reader_and_a_writer_each_trust_an_approved_environment() -> None:
    """Each one subject, in the exact case of the repository, of GitHub's issuer and Entra's audience."""
    assert subjects(GITHUB, Who.READER) == ["repo:Octo-Org/My.Repo:environment:review"]
    assert subjects(GITHUB, Who.WRITER) == ["repo:Octo-Org/My.Repo:environment:production"]
    (trust,) = trusts_of(GITHUB)[Who.READER]
    assert (trust.issuer, trust.body()["audiences"]) == (GITHUB_ISSUER, [AUDIENCE])


def test_with_both_ids_both_formats_are_trusted() -> None:
    """A repository that is renamed after July 2026 changes its format, and goes on logging in."""
    both = replace(GITHUB, owner_id="1", repository_id="2")
    assert subjects(both, Who.READER) == [
        "repo:Octo-Org/My.Repo:environment:review",
        "repo:Octo-Org@1/My.Repo@2:environment:review",
    ]


def test_a_branch_reads_and_never_writes() -> None:
    """Scheduled runs are of the default branch: the reader takes them where that is asked for."""
    nightly = replace(GITHUB, branch="main", owner_id="1", repository_id="2")
    assert subjects(nightly, Who.READER)[2:] == [
        "repo:Octo-Org/My.Repo:ref:refs/heads/main",
        "repo:Octo-Org@1/My.Repo@2:ref:refs/heads/main",
    ]
    assert not [subject for subject in subjects(nightly, Who.WRITER) if ":ref:" in subject]


def test_a_pull_request_without_an_approval_is_trusted_by_nobody() -> None:
    """A branch may change its workflow, so its jobs log in by an environment alone, never the writer's."""
    named = replace(GITHUB, review_environment="reviews", branch="main", owner_id="1", repository_id="2")
    held = [subject for who in Who for subject in subjects(named, who)]
    assert [subject for subject in held if "pull_request" in subject] == []
    assert "repo:Octo-Org/My.Repo:environment:reviews" in held
    with pytest.raises(SettingsError, match="approved apart"):
        trusts_of(replace(GITHUB, review_environment="Production"))


def test_a_colon_in_an_environments_name_is_written_as_github_writes_it() -> None:
    """`prod:eu` becomes %3A in the subject, or it would never match."""
    named = replace(GITHUB, environment="prod:eu")
    assert subjects(named, Who.WRITER) == ["repo:Octo-Org/My.Repo:environment:prod%3Aeu"]


def test_azure_devops_is_taken_as_its_pages_show_it() -> None:
    """Issuer and subject letter by letter, beside GitHub or alone."""
    pipeline = Pipeline(issuer=ISSUER, subjects=(f"reader={READ}", f"writer={WRITE}"))
    assert subjects(pipeline, Who.READER) == [READ]
    assert subjects(pipeline, Who.WRITER) == [WRITE]
    three = replace(pipeline, subjects=(*pipeline.subjects, f"review={READ}2"))
    assert subjects(three, Who.READER) == [READ, f"{READ}2"]
    beside = replace(pipeline, github="a/b")
    assert len(subjects(beside, Who.WRITER)) == 2


@pytest.mark.parametrize(
    ("pipeline", "code", "words"),
    [
        (Pipeline(), "bootstrap.pipeline", "whose pipeline"),
        (Pipeline(github="repo"), "bootstrap.github", "OWNER/REPO"),
        (Pipeline(github="a/b/c"), "bootstrap.github", "OWNER/REPO"),
        (Pipeline(github="a/*"), "bootstrap.github", "OWNER/REPO"),
        (Pipeline(github="a/b", owner_id="1"), "bootstrap.github", "go together"),
        (Pipeline(github="a/b", owner_id="x", repository_id="2"), "bootstrap.github", "number"),
        (Pipeline(owner_id="1", repository_id="2"), "bootstrap.github", "with --github"),
        (Pipeline(github="a/b", environment=""), "bootstrap.github", "environment"),
        (Pipeline(github="a/b", environment="prod-*"), "bootstrap.github", "wildcard"),
        (Pipeline(github="a/b", branch="refs/heads/main"), "bootstrap.github", "name alone"),
        (Pipeline(github="a/b", branch="release/*"), "bootstrap.github", "name alone"),
        (Pipeline(github="a/b", github_issuer="http://x"), "bootstrap.github", "https"),
        (Pipeline(subjects=("reader=a", "writer=b")), "bootstrap.azure_devops", "is missing"),
        (Pipeline(issuer=ISSUER), "bootstrap.azure_devops", "give it twice"),
        (Pipeline(issuer=ISSUER, subjects=(READ,)), "bootstrap.azure_devops", "give it twice"),
        (Pipeline(issuer=ISSUER, subjects=("reader=", "writer=b")), "bootstrap.azure_devops", "twice"),
        (
            Pipeline(issuer=ISSUER, subjects=("reader=a", "writer=a")),
            "bootstrap.azure_devops",
            "a pull request could deploy",
        ),
        (
            Pipeline(issuer=ISSUER, subjects=("reader=a", "writer=b", "review=b")),
            "bootstrap.azure_devops",
            "a pull request could deploy",
        ),
        (Pipeline(github="a/b", review_environment=" "), "bootstrap.github", "required reviewers"),
        (
            Pipeline(issuer=f" {ISSUER}", subjects=("reader=a", "writer=b")),
            "bootstrap.azure_devops",
            "exactly as",
        ),
    ],
)
def test_what_cannot_be_trusted_is_refused(pipeline: Pipeline, code: str, words: str) -> None:
    """One clear problem with the option's name, before anything is read."""
    with pytest.raises(SettingsError, match=words) as refused:
        trusts_of(pipeline)
    assert refused.value.code == code


def test_all_problems_of_a_command_line_come_at_once() -> None:
    """Nobody mends them one by one."""
    with pytest.raises(SettingsError) as refused:
        trusts_of(Pipeline(github="x", owner_id="y", environment="", issuer="http://z"))
    assert len(refused.value.problems) >= 5
