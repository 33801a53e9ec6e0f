"""`comment`: one comment on the job's pull request, made by the first run and updated by later ones."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.options import Json
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.comments.page import comment as compose
from connector.comments.page import joined, marker
from connector.comments.place import Place, read_place
from connector.comments.services import AzureRepos, Comment, GitHub, Service
from connector.comments.transport import Transport
from connector.deadlines import MORE_LOOKS, Patience
from connector.errors import Problem, SettingsError
from connector.wire.session import LostAnswerError


def comment(
    files: Annotated[list[str], typer.Argument(help="Markdown files, joined in this order.")],
    title: Annotated[
        str, typer.Option("--title", help="Heading of the comment; each title has a comment of its own.")
    ] = "Preview",
    json: Json = False,
) -> None:
    """Put Markdown on the pull request of a pipeline's job, as one comment that later runs update."""

    def work(screen: Screen) -> Outcome:
        return put_comment(screen, files, title)

    run_verb("comment", Screen(as_json=json), work)


def put_comment(
    screen: Screen,
    files: Sequence[str],
    title: str,
    *,
    environ: Mapping[str, str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Join the files and put them on the pull request.

    Raises SettingsError for a file or a variable that is missing, RefusedError, UnreachableError.
    """
    pages = _read(files)
    place = read_place(os.environ if environ is None else environ)
    transport = Transport(place, sleep=sleep)
    try:
        service: Service = AzureRepos(place, transport) if place.azure else GitHub(place, transport)
        text = compose(title, pages, limit=service.limit, link=place.run)
        result, made = _put(service, title, text, sleep)
    finally:
        transport.close()
    return Outcome(_told(screen, place, result, made, cut=not text.endswith(joined(title, pages))))


def _put(
    service: Service, title: str, text: str, sleep: Callable[[float], None]
) -> tuple[str, Comment]:
    """Update the comment that carries the title's marker, or make it; never two."""
    found = _ours(service, title)
    if found is None:
        try:
            return "posted", service.post(text)
        except LostAnswerError:
            found = _looked_for(service, title, sleep)
            if found is None:
                raise
            if found.text == text:
                return "posted", found
    if found.text == text:
        return "unchanged", found
    service.change(found, text)
    return "updated", found


def _ours(service: Service, title: str) -> Comment | None:
    mark = marker(title)
    return next((one for one in service.mine() if one.text.startswith(mark)), None)


def _looked_for(service: Service, title: str, sleep: Callable[[float], None]) -> Comment | None:
    """The comment of a lost answer; a service may show it late, so it is looked for more than once."""
    for look in range(1 + MORE_LOOKS):
        if look:
            sleep(Patience.pause)
        found = _ours(service, title)
        if found is not None:
            return found
    return None


def _read(files: Sequence[str]) -> list[str]:
    pages: list[str] = []
    problems: list[Problem] = []
    for name in files:
        try:
            pages.append(Path(name).read_text(encoding="utf-8"))
        except OSError as error:
            message = f"cannot be read: {error.strerror or type(error).__name__}"
            problems.append(Problem("comment.file", name, "", message))
        except UnicodeDecodeError:
            problems.append(Problem("comment.file", name, "", "is no text in UTF-8"))
    if problems:
        raise SettingsError(problems, where="the command line")
    return pages


def _told(screen: Screen, place: Place, result: str, made: Comment, *, cut: bool) -> dict[str, object]:
    shortened = ", cut to what the service takes" if cut else ""
    screen.say(f"comment on pull request {place.number}: {result}{shortened}")
    return {"result": result, "pullRequest": place.number, "url": made.url, "cut": cut}
