"""`remove` of a connection that has written records."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.seed import CONTOSO
from tests.support.emulator import RunningEmulator
from tests.support.project import Project

pytestmark = pytest.mark.stack
ORG = "0c0c0c01-0000-4000-8000-000000000001"
RECORD = "ca3ba150-0000-4000-8000-000000000001"


def test_a_connection_that_was_in_use_is_removed_and_its_user_named(
    project: Callable[..., Project], emulator: RunningEmulator
) -> None:
    """The user that owns a record stays, disabled and told; role and application go, the record stays."""
    stack = project()
    made = stack.connector("deploy", "--json")
    assert made.code == 0, made.text
    user_id, client_id = made.json["ids"]["userId"], made.json["ids"]["applicationId"]
    owned = {"campaignid": RECORD, "name": "Spring", "_ownerid_value": user_id}
    emulator.store.put(ORG, "campaigns", RECORD, owned)
    done = stack.connector("remove", "--yes", "--json")
    assert (done.code, done.json["result"]) == (0, "removed"), done.text
    assert "owns records" in done.err
    held = emulator.dump()
    assert [u["isdisabled"] for u in held[ORG]["systemusers"] if u["systemuserid"] == user_id] == [True]
    assert [row["campaignid"] for row in held[ORG]["campaigns"]] == [RECORD]
    assert client_id not in {a["appId"] for a in held[CONTOSO]["applications"]}
    assert stack.connector("remove", "--yes", "--json").json["result"] == "nothing"
