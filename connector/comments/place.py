"""Which pull request a job is about, and the token to write there: read from the job's variables.

GitHub Actions: docs, reference/workflows-and-actions/variables. Azure Pipelines: docs,
pipelines/build/variables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from connector.errors import Problem, SettingsError
from connector.settings.clouds import is_loopback

_REF = re.compile(r"refs/pull/([0-9]+)/")
_GITHUB = ("GITHUB_TOKEN", "GITHUB_REPOSITORY")
_AZURE = (
    "SYSTEM_ACCESSTOKEN",
    "SYSTEM_COLLECTIONURI",
    "SYSTEM_TEAMPROJECT",
    "BUILD_REPOSITORY_ID",
    "SYSTEM_PULLREQUEST_PULLREQUESTID",
)


@dataclass(frozen=True)
class Place:
    """A pull request: the service's address, the path of its comments, its number, and the run's page."""

    api: str
    comments: str
    number: str
    token: SecretStr
    run: str
    azure: bool = False


def read_place(environ: Mapping[str, str]) -> Place:
    """The pull request of the job. Raises SettingsError naming every variable that is missing."""
    if environ.get("SYSTEM_COLLECTIONURI"):
        return _azure(environ)
    return _github(environ)


def _github(environ: Mapping[str, str]) -> Place:
    _require(environ, _GITHUB, "run it in a GitHub Actions job of a pull request, with GITHUB_TOKEN in `env`")
    number = _event_number(environ) or _ref_number(environ)
    if not number:
        raise _problem("GITHUB_REF", "this run is not about a pull request; use it with `on: pull_request`")
    api = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    _check("GITHUB_API_URL", api)
    repository = environ["GITHUB_REPOSITORY"]
    server = environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    run = environ.get("GITHUB_RUN_ID", "")
    return Place(
        api=api,
        comments=f"/repos/{quote(repository)}/issues/{number}/comments",
        number=number,
        token=SecretStr(environ["GITHUB_TOKEN"]),
        run=f"{server}/{repository}/actions/runs/{run}" if run else "",
    )


def _event_number(environ: Mapping[str, str]) -> str:
    """The number in the event that began the run; an issue counts only when it is a pull request."""
    try:
        event = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    if not isinstance(event, dict):
        return ""
    issue = event.get("issue")
    asked = issue if isinstance(issue, dict) and "pull_request" in issue else event.get("pull_request")
    number = asked.get("number") if isinstance(asked, dict) else None
    return str(number) if isinstance(number, int) else ""


def _ref_number(environ: Mapping[str, str]) -> str:
    found = _REF.match(environ.get("GITHUB_REF", ""))
    return found[1] if found else ""


def _azure(environ: Mapping[str, str]) -> Place:
    if environ.get("BUILD_REPOSITORY_PROVIDER", "TfsGit") != "TfsGit":
        message = "Azure Pipelines of a repository elsewhere cannot comment there; only Azure Repos are known"
        raise _problem("BUILD_REPOSITORY_PROVIDER", message)
    _require(environ, _AZURE, "run it in a pull request's validation build, with SYSTEM_ACCESSTOKEN mapped")
    api = environ["SYSTEM_COLLECTIONURI"].rstrip("/")
    _check("SYSTEM_COLLECTIONURI", api)
    project, number = quote(environ["SYSTEM_TEAMPROJECT"], safe=""), environ[_AZURE[-1]]
    repository = quote(environ["BUILD_REPOSITORY_ID"], safe="")
    build = environ.get("BUILD_BUILDID", "")
    return Place(
        api=api,
        comments=f"/{project}/_apis/git/repositories/{repository}/pullRequests/{quote(number)}/threads",
        number=number,
        token=SecretStr(environ["SYSTEM_ACCESSTOKEN"]),
        run=f"{api}/{project}/_build/results?buildId={build}" if build else "",
        azure=True,
    )


def _require(environ: Mapping[str, str], names: tuple[str, ...], advice: str) -> None:
    problems = [
        Problem("comment.place", name, "", f"is not set; {advice}") for name in names if not environ.get(name)
    ]
    if problems:
        raise SettingsError(problems, where="the environment")


def _check(name: str, url: str) -> None:
    """The job's token goes over TLS, or stays on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise _problem(name, f"{parts.scheme}://{parts.netloc} is no https address; no token goes there")


def _problem(key: str, message: str) -> SettingsError:
    return SettingsError([Problem("comment.place", key, "", message)], where="the environment")
