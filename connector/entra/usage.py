"""When a client secret was last used, where the tenant's report can be read.

Source: Graph beta, reports/appCredentialSignInActivities, filtered by keyId (AuditLog.Read.All; the
report needs a paid licence and lags by hours). Not seen on a real tenant by us: every answer but
the documented one counts as "not known".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from connector.errors import ConnectError
from connector.rounds import join, start
from connector.session import Session

# The documentation's own examples write an offset's hours with one digit, which Python does not read.
_SHORT_OFFSET = re.compile(r"([+-])(\d:\d\d)$")


async def last_uses(session: Session, key_ids: Iterable[str]) -> dict[str, datetime]:
    """The last sign-in with each of several keys, asked for side by side; those not known are left out."""
    branches = {key_id: start(last_use(session, key_id)) for key_id in dict.fromkeys(key_ids)}
    await join(*branches.values())
    return {key_id: moment for key_id, one in branches.items() if (moment := one.result()) is not None}


async def last_use(session: Session, key_id: str) -> datetime | None:
    """The last sign-in with a key, or None where it is not known."""
    graph = session.endpoints.graph
    url = f"{graph}/beta/reports/appCredentialSignInActivities?$filter=keyId eq '{key_id}'"
    try:
        answer = await session.send("GET", url, identity=session.deployer, scope=f"{graph}/.default")
        return _moment(answer.json(), key_id) if answer.status_code == 200 else None
    except (ConnectError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _moment(body: Any, key_id: str) -> datetime | None:
    moments = [
        datetime.fromisoformat(_SHORT_OFFSET.sub(r"\g<1>0\2", row["signInActivity"]["lastSignInDateTime"]))
        for row in body["value"]
        if str(row.get("keyId", "")).lower() == key_id.lower()
    ]
    return max((moment for moment in moments if moment.tzinfo), default=None)
