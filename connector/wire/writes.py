"""Writes that are not idempotent: after any doubt, look first, and only then send again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from connector.deadlines import Deadline
from connector.errors import RefusedError
from connector.wire.retry import IN_DOUBT, LOOKED_FOR, Tries
from connector.wire.session import LostAnswerError

T = TypeVar("T")
#: Dataverse's word for a key that is taken; Graph has no single one (`wait_for` knows its texts).
DUPLICATE = "0x80040237"


async def make_or_find(
    post: Callable[[], Awaitable[T]],
    find: Callable[[], Awaitable[T | None]],
    deadline: Deadline,
    *,
    wait_for: Callable[[RefusedError], bool] = lambda _: False,
) -> tuple[T, bool]:
    """Post a record, or find the one that is there; says whether it was made by this call.

    A lost answer, a duplicate key, a service that is busy or fails, and what `wait_for` accepts are
    each followed by a look. Only when nothing is found is the post sent again, until the deadline:
    after a lost answer, what `wait_for` accepts, and as LOOKED_FOR says. All else is raised as it came.
    """
    tries = Tries(deadline, LOOKED_FOR)
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
            if not (await _waited(error, tries, deadline) or (wait_for(error) and await deadline.pause())):
                raise


def _worth_a_look(error: RefusedError) -> bool:
    return error.service_code == DUPLICATE or error.status in IN_DOUBT


async def _waited(error: RefusedError, tries: Tries, deadline: Deadline) -> bool:
    wait = tries.after_answer(error.status, error.retry_after)
    if wait is not None:
        await deadline.patience.sleep(wait)
    return wait is not None
