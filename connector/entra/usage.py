"""When a client secret was last used, where the tenant's report can be read.

Source: Graph beta, reports/appCredentialSignInActivities, filtered by keyId (AuditLog.Read.All; the
report needs a paid licence and lags by hours). Not seen on a real tenant by us: every answer but
the documented one counts as "not known".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.errors import ConnectError
from connector.session import Session


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
        datetime.fromisoformat(row["signInActivity"]["lastSignInDateTime"])
        for row in body["value"]
        if str(row.get("keyId", "")).lower() == key_id.lower()
    ]
    return max((moment for moment in moments if moment.tzinfo), default=None)
