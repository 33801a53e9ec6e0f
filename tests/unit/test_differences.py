"""What a preview would change, value by value: as it is in the tenant, and nothing cut away."""

from __future__ import annotations

from typing import Any

from connector.cli.engine.preview import differences_in

CRM = {"resourceAppId": "00000007-0000-0000-c000-000000000000", "resourceAccesses": [{"id": "a" * 36}]}
GRAPH = {
    "resourceAppId": "00000003-0000-0000-c000-000000000000",
    "resourceAccesses": [{"id": letter * 36, "type": "Scope"} for letter in "bcdef"],
}


def details(name: str, old: dict[str, Any], new: Any, outputs: Any = None) -> list[str]:
    """The lines of one property of an application; *old* holds the inputs before."""
    kind = "azuread:index/application:Application"
    step = {
        "op": "update",
        "urn": "urn:pulumi:test::p::azuread:index/application:Application::x",
        "oldState": {"type": kind, "inputs": old, "outputs": outputs or {}},
        "newState": {"type": kind, "inputs": {name: new}},
        "diffReasons": [name],
    }
    return [change.detail for change in differences_in({"steps": [step]})]


def test_a_providers_default_is_shown_as_the_value_that_it_is() -> None:
    """An import leaves it out of the inputs; empty ones are nothing, and false is a value."""
    name = "signInAudience"
    live = {name: "AzureADMyOrg"}
    assert details(name, {}, "AzureADMultipleOrgs", live) == [f"{name}: AzureADMyOrg → AzureADMultipleOrgs"]
    flag = "appRoleAssignmentRequired"
    assert details(flag, {}, new=True, outputs={flag: False}) == [f"{flag}: false → true"]
    assert details("tags", {}, ["x"], {"tags": []}) == ['tags: nothing → ["x"]']
    assert details("tags", {"tags": ["y"]}, None, {"tags": ["z"]}) == ['tags: ["y"] → nothing']


def test_a_long_list_is_shown_item_by_item() -> None:
    """The items that differ, each whole; one that stays is left out."""
    name = "requiredResourceAccesses"
    lines = details(name, {name: [CRM]}, [CRM, GRAPH])
    assert len(lines) == 1
    assert lines[0].startswith(f"{name}: nothing → ")
    for letter in "bcdef":
        assert letter * 36 in lines[0]
    came, went = details(name, {name: [GRAPH]}, [CRM])[::-1], details(name, {name: [GRAPH]}, None)
    assert sorted(line.endswith("→ nothing") for line in came) == [False, True]
    assert [line.endswith("→ nothing") for line in went] == [True]
    assert details(name, {name: [CRM, GRAPH]}, [GRAPH, CRM]) == [f"{name}: the same items in another order"]


def test_a_long_object_is_shown_member_by_member() -> None:
    """Down to the members that differ."""
    uris = [f"https://{letter * 60}.example/" for letter in "abc"]
    lines = details("web", {"web": {"redirectUris": uris, "logoutUrl": "x"}}, {"redirectUris": uris[1:]})
    assert lines == ["web.logoutUrl: x → nothing", f"web.redirectUris: {uris[0]} → nothing"]


def test_only_a_long_text_is_cut() -> None:
    """A text of its own, or inside a list."""
    (line,) = details("notes", {"notes": "x"}, "y" * 500)
    assert len(line) < 200
    assert line.endswith("y…")
    (line,) = details("tags", {"tags": ["x"]}, ["x", "y" * 500])
    assert len(line) < 200
    alike = details("tags", {"tags": ["y" * 500]}, ["y" * 499])
    assert sorted(line.endswith("→ nothing") for line in alike) == [False, True]


def test_an_empty_text_in_place_of_none_is_no_line() -> None:
    """What a provider writes for a member that is not there: nobody wants to read nothing → nothing."""
    before = {"redirectUris": ["https://a.example/"], "logoutUrl": None, "homepageUrl": "", "on": False}
    after = {"redirectUris": [f"https://{'b' * 160}.example/"], "logoutUrl": "", "on": True}
    lines = details("web", {"web": before}, after)
    assert {line.partition(":")[0] for line in lines} == {"web.on", "web.redirectUris"}
