"""Who is assigned, by plain `pulumi`: a name that several groups have is an error that names them."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from emulator.seed import CONTOSO
from emulator.seed.directory import ADELE, SALES_APAC, SALES_EMEA
from tests.stack.conftest import objects
from tests.support.project import Project

pytestmark = pytest.mark.stack


def test_an_ambiguous_group_is_refused_with_its_candidates(project: Callable[..., Project]) -> None:
    """`preview` and `preflight` fail and give both object ids; the object id itself is accepted."""
    stack = project(assignments={"groups": ["Sales"]})
    preview = stack.pulumi("preview")
    assert preview.code != 0
    assert "group Sales is ambiguous" in preview.text
    assert SALES_EMEA in preview.text
    assert SALES_APAC in preview.text
    assert "Traceback" not in preview.text
    asked = stack.connector("preflight", "--json")
    assert (asked.code, asked.json["error"]["code"]) == (4, "entra.group"), asked.text
    assert SALES_APAC in asked.json["error"]["message"]
    stack.settings["assignments"] = {"groups": [SALES_APAC]}
    stack.write_settings()
    assert stack.pulumi("preview").code == 0
    good = stack.connector("preflight")
    assert good.code == 0, good.text
    assert "no" not in {line.split()[0] for line in good.err.splitlines() if line.strip()}


def test_an_object_id_in_capitals_replaces_nothing(project: Callable[..., Project]) -> None:
    """As the portal or a script may give it: assigned once, and the next run has nothing to do."""
    stack = project(assignments={"users": [ADELE.upper()], "groups": [SALES_APAC.upper()]})
    assert stack.pulumi("up", "--yes", "--skip-preview").code == 0
    assert stack.pulumi("refresh", "--yes", "--skip-preview").code == 0
    preview = stack.pulumi("preview", "--expect-no-changes")
    assert preview.code == 0, preview.text


def test_a_group_with_a_quotation_mark_in_its_name_is_found(project: Callable[..., Project]) -> None:
    """O'Neil is assigned; a name like it that nobody has is named as it is written."""
    stack = project(assignments={"groups": ["O'Neil"]})
    group = stack.emulator.store.get(CONTOSO, "groups", SALES_APAC)
    assert group is not None
    own = {"id": str(uuid.uuid4()), "displayName": "O'Neil"}
    stack.emulator.store.put(CONTOSO, "groups", own["id"], group | own)
    done = stack.pulumi("up", "--yes", "--skip-preview")
    assert done.code == 0, done.text
    assert [a for a in objects(stack.emulator.dump(), "appRoleAssignments") if a["principalId"] == own["id"]]
    stack.settings["assignments"] = {"groups": ["O'Neill"]}
    stack.write_settings()
    missing = stack.pulumi("preview")
    assert missing.code != 0
    assert "group O'Neill could not be read" in missing.text
    assert "No group found" in missing.text
