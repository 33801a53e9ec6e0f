"""Reports of the beta endpoint: the last use of each application's credential."""

from __future__ import annotations

from emulator.context import Call, Reply
from emulator.graph.answers import page
from emulator.graph.errors import UnknownSegment
from emulator.graph.kinds import SIGN_IN_ACTIVITY


def list_sign_in_activities(call: Call) -> Reply:
    """GET /beta/reports/appCredentialSignInActivities, by keyId or appId where it is filtered.

    Raises UnknownSegment on v1.0, which does not have it.
    """
    if call.params.get("version") != "beta":
        raise UnknownSegment("appCredentialSignInActivities")
    return page(call, SIGN_IN_ACTIVITY, call.store.sign_ins(call.scope))
