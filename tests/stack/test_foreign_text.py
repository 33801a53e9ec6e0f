"""Hostile names in tenant and organization, and the verbs that tell of them, as in a pipeline's job."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.seed import CONTOSO
from tests.stack.test_proof import our_role, our_user, rows
from tests.support.foreign import HOSTILE_NAME, harm_in, harm_in_page
from tests.support.project import Project

pytestmark = pytest.mark.stack


def spoil(stack: Project) -> None:
    """Hostile names for application, user, role, business unit, and a role and a group more."""
    emulator, outputs = stack.emulator, stack.outputs()
    emulator.edit("applications", outputs["applicationObjectId"], {"displayName": HOSTILE_NAME})
    emulator.edit("servicePrincipals", outputs["servicePrincipalObjectId"], {"displayName": HOSTILE_NAME})
    unit = next(u for u in rows(stack, "businessunits") if not u.get("parentbusinessunitid"))
    emulator.edit("businessunits", unit["businessunitid"], {"name": HOSTILE_NAME})
    user = our_user(stack)
    more = next(r for r in rows(stack, "roles") if r["roleid"] != our_role(stack)["roleid"])
    emulator.edit("roles", more["roleid"], {"name": HOSTILE_NAME})
    roles = [*user["roles"], more["roleid"]]
    emulator.edit("systemusers", user["systemuserid"], {"fullname": HOSTILE_NAME, "roles": roles})
    emulator.edit(
        "roles", our_role(stack)["roleid"], {"privileges": {next(iter(our_role(stack)["privileges"])): None}}
    )
    group = next(g for g in rows(stack, "groups", CONTOSO) if g["displayName"] == "Marketing Operations")
    emulator.edit("groups", group["id"], {"displayName": HOSTILE_NAME})


def test_hostile_names_reach_no_log_and_no_page(project: Callable[..., Project]) -> None:
    """Status, verify, plan, preview, remove: what others named is told, and none of it acts."""
    stack = project()
    assert stack.connector("deploy").code == 0
    spoil(stack)
    page = stack.root / "page.md"
    told = ""
    for verb in (
        ("status",), ("status", "--json"), ("verify",), ("verify", "--json"), ("plan",), ("plan", "--json"),
        ("preview", "--refresh"), ("preview", "--refresh", "--json"), ("preflight",), ("handover",),
    ):  # fmt: skip
        done = stack.connector(*verb, TF_BUILD="True")
        assert "Traceback" not in done.err
        assert harm_in(done.text) == [], verb
        told += done.text
    plan = stack.connector("plan", "--markdown", TF_BUILD="True")
    preview = stack.connector("preview", "--refresh", "--markdown", str(page))
    assert harm_in_page(plan.out) == []
    assert harm_in_page(page.read_text()) == []
    assert harm_in(preview.text + plan.err) == []
    # Names were asked for and told: the test would pass where nobody says them.
    assert "# #vso[task.setvariable" in told
    assert "\\u0023#vso[task.setvariable" in told
    assert "&lt;img" in page.read_text() + plan.out


def test_a_name_in_the_stacks_file_is_text_for_plain_pulumi_too(project: Callable[..., Project]) -> None:
    """A key and a value out of the file, in our own message and in the verbs'."""
    stack = project(**{"##vso[task.setvariable variable=x]y": "z", "profile": "\x1b[2J##vso[a.b]"})
    for done in (stack.pulumi("preview"), stack.connector("plan"), stack.connector("plan", "--json")):
        assert done.code != 0
        assert harm_in(done.text) == []
        assert "Traceback" not in done.text
