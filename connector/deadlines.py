"""Every deadline, pause, count and size: how long this program waits, how often, and how much it takes.

A number alone is seconds; a `timedelta` is compared with moments. What is sent again at all is said
in wire/retry.py. A test keeps such numbers out of every other module.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

#: A connection that does not come about in this time will not.
CONNECT = 10.0
#: One answer of Graph, of an organization, or of the login service to MSAL; none of ours is long work.
ANSWER = 60.0
#: One answer of the login service: a thread waits for it.
LOGIN_ANSWER = 30.0
#: One answer of a pull request's service: a job's last step must not hold the job up.
COMMENT_ANSWER = 30.0

#: One answer from the request to its last byte: one that comes in drops keeps within each time above.
WHOLE_ANSWER = 120.0
#: All pages of one list, waits for a throttled one among them.
WHOLE_LIST = 600.0
#: Pages of one list; Graph's hold a hundred rows each, so the largest directory's applications come in.
LIST_PAGES = 1000
#: Bytes of one answer after it was unpacked; the largest known, every table's metadata, is some MiB.
ANSWER_BYTES = 64 * 2**20
#: Objects and lists inside each other; Graph's deepest is below ten.
ANSWER_DEPTH = 64

#: Tries beyond the first, one, two and four seconds apart, where the service does not say when to come
#: back (kiota's default is 3 too).
MORE_TRIES = 3
#: The same for azure-identity, which repeats by azure-core's own rule.
MORE_LOGIN_TRIES = 2

#: How long a throttled request for a comment is waited for in all: three times a minute.
COMMENT_WAIT = 180.0
#: A list may not show yet what was made a moment ago: how often it is read again, `Patience.pause` apart,
#: before the thing counts as not there (and would be made twice).
MORE_LOOKS = 3
#: Two replicas may answer two reads, and one of them may be behind: reads in a row that must show an object.
SIGHTINGS = 2
#: Between deletes of a user whose own settings row is on its way out.
DELETE_PAUSES = (0.2, 0.4, 0.8, 1.6)

#: A fleet's status: what one throttled tenant is waited for, and what one stack may take in all.
FLEET_RETRY_AFTER = 30.0
FLEET_STACK = 120.0
#: A stack's process of a killed fleet run ends by itself: how often it is looked for, and how far apart.
DEATH_LOOKS = 120
DEATH_PAUSE = 0.5
#: How long after its start an engine may take its lock; a lock that is younger is of somebody else.
TAKES_ITS_LOCK = timedelta(seconds=60)
#: A note of a run that nobody has asked for in this time is swept away.
NOTES_KEPT = 30 * 24 * 3600

#: A person who signs in: the usual `--timeout`.
PERSON = 300.0
#: A browser that was opened beside, and is about to end.
BROWSER_END = 10.0
#: A connection to the loopback listener that a browser opened ahead and sends nothing on.
BROWSER_IDLE = 30
#: How far apart the listener looks whether its answer has come; less where its time is nearly over.
LISTEN_MOST = 0.2
LISTEN_LEAST = 0.05
#: A token that MSAL got for a person is used at once; azure-core wants an end for it, and this is one.
GIVEN_TOKEN = 600

#: A secret this young may not be known everywhere yet.
FRESH_SECRET = timedelta(minutes=15)
#: What the state has held for less than this may be missing from a read without being gone.
YOUNG = timedelta(minutes=10)
#: The engine's clock and Entra's may differ by minutes; an interrupted run left its secret within seconds.
CLOCKS_DIFFER = timedelta(minutes=10)
#: A clock that is further ahead of Graph's is said.
CLOCK_NOTICED = timedelta(minutes=5)
#: A hand-made secret that somebody logged in with since is named before it is retired.
RECENTLY_USED = timedelta(days=7)


@dataclass(frozen=True)
class Patience:
    """What a session waits for, in seconds, and the clock; injectable, so that tests never sleep.

    `retry_after`: a throttled request in all. `fresh_secret`, `new_principal`: Entra's replicas learn of a
    secret or an object. `permissions`: Dataverse's caches. `pause`: between two looks.
    `whole_answer`: one answer to its last byte.
    """

    retry_after: float = 120.0
    fresh_secret: float = 90.0
    new_principal: float = 90.0
    permissions: float = 45.0
    pause: float = 2.0
    whole_answer: float = WHOLE_ANSWER
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], float] = time.monotonic

    def until(self, seconds: float) -> Deadline:
        """A deadline that begins now."""
        return Deadline(self, self.now() + seconds)


@dataclass(frozen=True)
class Deadline:
    """A moment after which waiting ends."""

    patience: Patience
    end: float

    def allows(self, seconds: float) -> bool:
        """Whether a wait of so long ends in time."""
        return self.patience.now() + seconds <= self.end

    async def pause(self, seconds: float | None = None) -> bool:
        """Wait, and say whether to try again: False, without waiting, when it would be too late."""
        wait = self.patience.pause if seconds is None else seconds
        if not self.allows(wait):
            return False
        await self.patience.sleep(wait)
        return True
