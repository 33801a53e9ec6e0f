"""Graph's next pages: followed on Graph's own host, and nowhere else with a token."""

from __future__ import annotations

import httpx
import pytest

from connector.dataverse.sign_in import _Given
from connector.entra.graph import Graph
from connector.errors import RefusedError
from connector.settings import load_settings
from connector.wire.login import Identity
from connector.wire.session import Session
from tests.unit.settings_samples import GOOD, OID, PROJECT

PAGE = "https://graph.microsoft.com/v1.0/servicePrincipals?$skiptoken=x"


class Pages:
    """A Graph whose first page names *link* as the next."""

    def __init__(self, link: object) -> None:
        self.asked: list[httpx.Request] = []
        self._link = link

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The first page, then an empty one."""
        self.asked.append(request)
        more = {"@odata.nextLink": self._link} if len(self.asked) == 1 else {}
        return httpx.Response(200, json={"value": [], **more})


async def read(pages: Pages) -> None:
    """Read a list as the deployer."""
    settings = load_settings(GOOD, stack="dev", project_dir=PROJECT)
    environ = {"ARM_CLIENT_ID": OID, "ARM_CLIENT_SECRET": "s~s"}
    async with Session(settings, environ=environ, transport=httpx.MockTransport(pages)) as session:
        session._deployer = Identity("the deployer", lambda: _Given("a-token"))
        await Graph(session).principals_of_apps([OID])


@pytest.mark.parametrize(
    "link",
    [
        PAGE.replace("https", "http"),
        PAGE.replace(".com", ".com:8443"),
        PAGE.replace("graph.microsoft.com", "evil.example"),
        PAGE.replace("https://", "https://graph.microsoft.com@evil.example/"),
        PAGE.replace("https://graph.microsoft.com", str(GOOD["dynamicsUrl"])),
        "https://[bad",
    ],
)
async def test_a_next_page_elsewhere_gets_no_token(link: str) -> None:
    """Nothing is sent there: one sentence, exit 4."""
    pages = Pages(link)
    with pytest.raises(RefusedError, match="no token goes to") as caught:
        await read(pages)
    assert (caught.value.code, caught.value.exit_code) == ("session.foreign_host", 4)
    assert [request.url.host for request in pages.asked] == ["graph.microsoft.com"]


@pytest.mark.parametrize("link", [PAGE, PAGE.replace(".com", ".com:443")])
async def test_a_next_page_of_graph_is_followed(link: str) -> None:
    """With the token that the first page got."""
    pages = Pages(link)
    await read(pages)
    assert [request.headers["Authorization"] for request in pages.asked] == ["Bearer a-token"] * 2
