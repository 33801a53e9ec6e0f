"""Writes that are not idempotent: after any doubt, look first, and only then send again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from connector.dataverse.client import DUPLICATE
from connector.errors import RefusedError
from connector.wire.retry import Deadline
from connector.wire.session import LostAnswerError

T = TypeVar("T")


async def make_or_find(
    post: Callable[[], Awaitable[T]],
    find: Callable[[], Awaitable[T | None]],
    deadline: Deadline,
    *,
    wait_for: Callable[[RefusedError], bool] = lambda _: False,
) -> tuple[T, bool]:
    """Post a record, or find the one that is there; says whether it was made by this call.

    A lost answer, a duplicate key (412, 0x80040237), a 429 or 503, and what `wait_for` accepts
    are each followed by a look; only when nothing is found is the post sent again, until the
    deadline. All else is raised as it came.
    """
    while True:
        try:
            return await post(), True
        except LostAnswerError:
            found = await find()
            if found is not None:
                return found, True
            if not await deadline.pause():
                raise
        except RefusedError as error:
            found = await find() if _worth_a_look(error) or wait_for(error) else None
            if found is not None:
                return found, False
            if not await _again(error, deadline, wait_for):
                raise


def _worth_a_look(error: RefusedError) -> bool:
    return error.service_code == DUPLICATE or error.status in (429, 500, 502, 503, 504)


async def _again(error: RefusedError, deadline: Deadline, wait_for: Callable[[RefusedError], bool]) -> bool:
    if error.status in (429, 503) and error.retry_after is not None:
        return await deadline.pause(error.retry_after)
    return wait_for(error) and await deadline.pause()
