"""The token version follows the audience: the one rule of the settings that a component keeps."""

from __future__ import annotations

import pytest

from components.application import Application, ApplicationArgs
from connector.settings import RedirectUris, SignInAudience
from tests.components.conftest import Declare

#: Rule, audience, and the version that the registration says (none: Graph's own default, 1).
VERSIONS = [
    ("settings.token_version", SignInAudience.ORGS_AND_PERSONAL, 2),
    ("settings.token_version", SignInAudience.PERSONAL, 2),
    ("settings.token_version", SignInAudience.MULTIPLE_ORGS, None),
    ("settings.token_version", SignInAudience.MY_ORG, None),
]


@pytest.mark.parametrize(("rule", "audience", "version"), VERSIONS)
def test_personal_audiences_get_version_two(
    rule: str, audience: SignInAudience, version: int | None, declare: Declare
) -> None:
    """Both personal audiences ask for version 2, and the others leave the default."""
    args = ApplicationArgs("x", audience, RedirectUris(), apis=[], owners=[], tags=[], protect=False)
    made = declare(lambda: Application("x", args).client_id)
    (application,) = made.of_type("Application")
    assert application.inputs.get("api", {}).get("requestedAccessTokenVersion") == version
