"""`comment`: one comment for each title, updated by later runs, on both services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.cli.screen.console import Screen
from connector.cli.verbs.comment import put_comment
from connector.comments.page import marker
from connector.comments.place import read_place
from connector.comments.services import _graphql
from connector.errors import ConnectError, RefusedError, SettingsError, UnreachableError
from connector.wire.session import LostAnswerError
from tests.support.pull_requests import TOKEN, AzurePullRequests, GitHubPullRequests, PullRequests

KINDS = {"github": GitHubPullRequests, "azure": AzurePullRequests}


@pytest.fixture(params=sorted(KINDS))
def service(request: pytest.FixtureRequest) -> Iterator[PullRequests]:
    """Each of the services in turn."""
    running = KINDS[request.param]()
    yield running
    running.stop()


@pytest.fixture
def github() -> Iterator[GitHubPullRequests]:
    """GitHub alone."""
    running = GitHubPullRequests()
    yield running
    running.stop()


class Job:
    """A job of the pull request; `waits` are the seconds that it would have waited."""

    def __init__(self, service: PullRequests, folder: Path) -> None:
        self.service, self.folder = service, folder
        self.environ = service.variables(folder)
        self.waits: list[float] = []

    def comment(self, text: str, title: str = "Preview") -> dict[str, Any]:
        """Put one page there, and return what is printed with --json."""
        page = self.folder / "page.md"
        page.write_text(text, encoding="utf-8")
        screen = Screen(as_json=True)
        done = put_comment(screen, [str(page)], title, environ=self.environ, sleep=self.waits.append)
        return done.body


@pytest.fixture
def job(service: PullRequests, tmp_path: Path) -> Job:
    """A job on each of the services."""
    return Job(service, tmp_path)


def test_the_first_run_posts_and_later_ones_update(service: PullRequests, job: Job) -> None:
    """One comment however often it runs; the same text is not written again."""
    assert job.comment("one")["result"] == "posted"
    assert job.comment("two")["result"] == "updated"
    before = len(service.seen)
    assert job.comment("two")["result"] == "unchanged"
    writes = [asked for asked in service.seen[before:] if asked.method != "GET" and asked.path != "/graphql"]
    assert writes == []
    assert service.texts == [f"{marker('Preview')}\n# Preview\n\ntwo"]


def test_each_title_has_a_comment_of_its_own(service: PullRequests, job: Job) -> None:
    """Two kinds of report do not overwrite each other."""
    job.comment("one", "Preview")
    job.comment("one", "Canary")
    assert len(service.texts) == 2


def test_what_others_wrote_is_left_alone(service: PullRequests, job: Job) -> None:
    """A person's comment is not ours, even one that begins with the marker or quotes it."""
    copied = f"{marker('Preview')}\ncopied"
    for text in ("hello", copied, f"> {marker('Preview')}", "more"):
        service.add(text, ours=False)
    service.add(f"quoting {marker('Preview')}", ours=True)
    assert job.comment("one")["result"] == "posted"
    assert job.comment("two")["result"] == "updated"
    assert service.texts[1] == copied
    assert len(service.texts) == 6


@pytest.mark.parametrize("viewer", [True, False])
def test_another_bots_comment_is_left_alone(github: GitHubPullRequests, tmp_path: Path, viewer: bool) -> None:
    """A bot is not us because it is a bot: the login counts, with a job's token that may not ask, too."""
    github.viewer = viewer
    copied = f"{marker('Preview')}\nanother bot's"
    github.add(copied, ours=False)
    github.bots = {100}
    job = Job(github, tmp_path)
    assert job.comment("one")["result"] == "posted"
    assert job.comment("two")["result"] == "updated"
    assert github.texts == [copied, f"{marker('Preview')}\n# Preview\n\ntwo"]


def test_a_github_of_ones_own_is_asked_beside_its_rest_api() -> None:
    """GraphQL has an address of its own there, of the same host."""
    assert _graphql("https://github.example/api/v3") == "https://github.example/api/graphql"
    assert _graphql("https://api.github.com") == "https://api.github.com/graphql"


def test_a_comment_on_a_later_page_is_found(github: GitHubPullRequests, tmp_path: Path) -> None:
    """GitHub lists comments in pages."""
    for number in range(5):
        github.add(f"comment {number}", ours=False)
    job = Job(github, tmp_path)
    job.comment("one")
    assert job.comment("two")["result"] == "updated"
    assert len(github.texts) == 6


def test_a_person_with_a_token_updates_its_own_comment(github: GitHubPullRequests, tmp_path: Path) -> None:
    """With a person's token the comments of that person count, and no bot's."""
    github.person = "anna"
    github.add(f"{marker('Preview')}\nbot", ours=True)
    assert Job(github, tmp_path).comment("one")["result"] == "posted"


@pytest.mark.parametrize("fault", ["after", "502-after"])
@pytest.mark.parametrize("hidden", [0, 2])
def test_a_lost_answer_is_never_followed_by_a_second_post(
    service: PullRequests, job: Job, fault: str, hidden: int
) -> None:
    """The comment that was made is looked for, more than once, and taken as made."""
    service.faults, service.hidden = [fault], hidden
    assert job.comment("one")["result"] == "posted"
    assert service.posted == 1
    assert len(service.texts) == 1
    assert sum(job.waits) < 10


def test_an_answer_lost_before_anything_was_made_is_an_error(service: PullRequests, job: Job) -> None:
    """Nobody can tell whether it comes yet, so the run ends and says so; the next one posts."""
    service.faults = ["before"]
    with pytest.raises(LostAnswerError) as caught:
        job.comment("one")
    assert (caught.value.code, caught.value.exit_code) == ("comment.lost", 4)
    assert service.posted == 1
    assert job.comment("one")["result"] == "posted"


def test_a_busy_service_is_waited_for(service: PullRequests, job: Job) -> None:
    """Retry-After is kept before a read is repeated."""
    service.busy = 2
    assert job.comment("one")["result"] == "posted"
    assert job.waits == [2.0, 2.0]


def test_a_refusal_names_the_right_that_is_missing(service: PullRequests, job: Job) -> None:
    """The message holds the service's words and what to give the job, and never the token."""
    service.faults = ["403"]
    with pytest.raises(RefusedError, match=r"pull-requests: write|Contribute to pull requests") as caught:
        job.comment("one")
    assert (caught.value.code, caught.value.status) == ("comment.refused", 403)
    assert "not accessible" in caught.value.message
    assert TOKEN not in caught.value.message


def test_a_long_page_is_cut_to_what_the_service_takes(service: PullRequests, job: Job) -> None:
    """At a heading, with a note and a link to the run."""
    page = "".join(f"## stack {n}\n\n{'x' * 900}\n\n" for n in range(300))
    done = job.comment(page)
    (text,) = service.texts
    assert (done["result"], done["cut"]) == ("posted", True)
    assert service.limit - 2000 < len(text) <= service.limit
    assert "sections are left out" in text
    assert "99)" in text


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_all_that_is_missing_is_named_at_once(kind: str, tmp_path: Path) -> None:
    """Every variable in one message, before anything is sent."""
    running = KINDS[kind]()
    full = running.variables(tmp_path)
    running.stop()
    kept = {k: v for k, v in full.items() if k in ("SYSTEM_COLLECTIONURI", "GITHUB_API_URL")}
    with pytest.raises(SettingsError) as caught:
        read_place(kept)
    named = {problem.key for problem in caught.value.problems}
    assert {"GITHUB_TOKEN", "GITHUB_REPOSITORY"} == named or len(named) == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"GITHUB_API_URL": "http://api.example"}, "https"),
        ({"GITHUB_EVENT_PATH": ""}, "not about a pull request"),
        ({"SYSTEM_COLLECTIONURI": "https://dev.azure.com/a/"}, "SYSTEM_TEAMPROJECT"),
        (
            {"SYSTEM_COLLECTIONURI": "https://dev.azure.com/a/", "BUILD_REPOSITORY_PROVIDER": "GitHub"},
            "elsewhere",
        ),
    ],
)
def test_a_place_that_will_not_do_is_refused(
    github: GitHubPullRequests, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    """Clear text, a push, half of the variables, and a repository of another service."""
    with pytest.raises(SettingsError, match=words):
        read_place(github.variables(tmp_path) | changes)


@pytest.mark.parametrize(
    ("event", "ref", "number"),
    [
        ({"issue": {"number": 8, "pull_request": {}}}, "", "8"),
        ({"issue": {"number": 8}}, "refs/pull/9/merge", "9"),
        ([], "refs/pull/9/merge", "9"),
    ],
)
def test_the_number_comes_from_the_event_or_the_ref(
    github: GitHubPullRequests, tmp_path: Path, event: Any, ref: str, number: str
) -> None:
    """An issue counts only when it is a pull request."""
    environ = github.variables(tmp_path) | {"GITHUB_REF": ref}
    Path(environ["GITHUB_EVENT_PATH"]).write_text(json.dumps(event))
    assert read_place(environ).number == number


def test_files_that_cannot_be_read_are_all_named(github: GitHubPullRequests, tmp_path: Path) -> None:
    """Nothing is sent when a page is missing."""
    bad = tmp_path / "bad.md"
    bad.write_bytes(b"\xff")
    files = [str(tmp_path / "none.md"), str(bad)]
    with pytest.raises(SettingsError) as caught:
        put_comment(Screen(as_json=True), files, "T", environ=github.variables(tmp_path))
    assert [problem.key for problem in caught.value.problems] == files
    assert github.seen == []


def test_a_service_that_is_not_there_is_named(github: GitHubPullRequests, tmp_path: Path) -> None:
    """An unreachable host ends with 4, after some tries."""
    job = Job(github, tmp_path)
    job.environ["GITHUB_API_URL"] = "http://127.0.0.1:1"
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1") as caught:
        job.comment("one")
    assert isinstance(caught.value, ConnectError)
    assert len(job.waits) == 3
