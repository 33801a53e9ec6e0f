"""The policy pack on the real engine: plain pulumi, `preview`, and a level of a stack's own."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.project import Project

pytestmark = pytest.mark.stack
BAD = {
    "redirectUris": {"web": ["https://*.example.com/x"]},
    "dataverse": {"role": "System Administrator"},
    "secret": {"lifetimeDays": 700},
    "assignments": {"users": ["adele@contoso.example"], "required": False},
}


def test_a_good_stack_passes_and_a_bad_one_is_refused(project: Callable[..., Project]) -> None:
    """Exit code 5 and each mandatory policy by name; an advisory level of the stack's own stops nothing."""
    stack = project(owners=["adele@contoso.example"])
    good = stack.connector("preview", "--policy-pack", "policies", "--json")
    assert (good.code, good.json["policies"]) == (0, []), good.text
    plain = stack.pulumi("preview", "--policy-pack", "policies")
    assert plain.code == 0, plain.text
    stack.settings |= BAD
    stack.write_settings()
    refused = stack.connector("preview", "--policy-pack", "policies", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (5, "preview.policy"), refused.text
    assert "(marketo-measure-application): " in refused.json["error"]["message"]
    names = {row["policy"] for row in refused.json["policies"] if row["level"] == "mandatory"}
    assert names == {"redirect-uris", "no-system-administrator", "secret-lifetime", "assignment-required"}
    assert stack.pulumi("preview", "--policy-pack", "policies").code != 0
    own = stack.root / "policies" / "config" / "test.json"
    own.parent.mkdir(exist_ok=True)
    own.write_text(json.dumps({"all": "advisory", "audience": {"allowed": ["AzureADMyOrg"]}}))
    # Such a role is refused by Dataverse's own rules, too, whatever the level.
    stack.settings["dataverse"] = {}
    stack.write_settings()
    noted = stack.connector("preview", "--policy-pack", "policies", "--json")
    assert noted.code == 0, noted.text
    found = {row["policy"] for row in noted.json["policies"]}
    assert found == names - {"no-system-administrator"} | {"audience"}
    assert {row["level"] for row in noted.json["policies"]} == {"advisory"}


def test_a_folder_that_is_no_pack_is_refused(project: Callable[..., Project]) -> None:
    """Before the engine is asked."""
    done = project().connector("preview", "--policy-pack", "profiles", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "preview.pack"), done.text


@pytest.mark.parametrize(
    ("text", "says"), [('{"all": "advisory"', "cannot be read as JSON"), ("[]", "JSON object")]
)
def test_a_broken_configuration_of_the_pack_is_named(
    project: Callable[..., Project], text: str, says: str
) -> None:
    """Which file, before the engine is asked."""
    stack = project()
    own = stack.root / "policies" / "config" / "test.json"
    own.parent.mkdir(exist_ok=True)
    own.write_text(text)
    done = stack.connector("preview", "--policy-pack", "policies", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "preview.pack_config"), done.text
    assert "policies/config/test.json" in done.json["error"]["message"]
    assert says in done.json["error"]["message"]
