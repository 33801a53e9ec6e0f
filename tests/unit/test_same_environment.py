"""A deployed stack stays in its tenant and environment."""

from __future__ import annotations

import pytest

from connector.errors import RefusedError
from connector.preflight import check_same_environment
from connector.settings import Settings, load_settings
from connector.stack.state import StackState
from tests.unit.settings_samples import GOOD, PROJECT

OLD_URL, OLD_TENANT = "https://old.crm4.dynamics.com", "99999999-1111-4111-8111-111111111111"


@pytest.fixture
def settings() -> Settings:
    """Settings for one environment."""
    return load_settings(GOOD, stack="prod", project_dir=PROJECT)


def test_a_first_deployment_may_go_anywhere(settings: Settings) -> None:
    """Nothing is deployed yet: there is nothing to leave behind."""
    check_same_environment(settings, StackState(), "new", "")


def test_the_same_environment_is_fine(settings: Settings) -> None:
    """State and settings name the same tenant and URL."""
    check_same_environment(settings, StackState({}, 0, settings.tenant_id, settings.dynamics_url), "o", "")


def test_another_environment_is_refused(settings: Settings) -> None:
    """The URL changed and so did the organization behind it: user and role would stay behind."""
    state = StackState({}, 0, settings.tenant_id, OLD_URL)
    with pytest.raises(RefusedError, match=OLD_URL) as caught:
        check_same_environment(settings, state, "new-organization", "old-organization")
    assert (caught.value.code, caught.value.key) == ("stack.elsewhere", "dynamicsUrl")


def test_an_organization_that_moved_is_known_by_its_id(settings: Settings) -> None:
    """An administrator changed the address: the same organization answers under it."""
    state = StackState({}, 0, settings.tenant_id, OLD_URL)
    check_same_environment(settings, state, "same", "same")


def test_another_tenant_is_refused_even_for_the_same_url(settings: Settings) -> None:
    """A new tenant means another application, so that needs a stack of its own."""
    state = StackState({}, 0, OLD_TENANT, settings.dynamics_url)
    with pytest.raises(RefusedError, match=OLD_TENANT):
        check_same_environment(settings, state, "o", "o")


@pytest.mark.parametrize("fleet", ["south", ""])
def test_two_fleets_never_share_state(settings: Settings, fleet: str) -> None:
    """State that another fleet deployed is refused, by a fleet and by a stack of its own."""
    state = StackState({}, 0, settings.tenant_id, settings.dynamics_url, "north")
    with pytest.raises(RefusedError, match="fleet north") as caught:
        check_same_environment(settings.model_copy(update={"fleet": fleet}), state, "o", "o")
    assert (caught.value.code, caught.value.key) == ("stack.other_fleet", "fleet")


def test_a_stack_of_its_own_may_join_a_fleet(settings: Settings) -> None:
    """State without a fleet is taken into one, and state of the same fleet stays in it."""
    for before in ("", "north"):
        state = StackState({}, 0, settings.tenant_id, settings.dynamics_url, before)
        check_same_environment(settings.model_copy(update={"fleet": "north"}), state, "o", "o")
