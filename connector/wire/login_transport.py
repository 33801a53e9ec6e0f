"""The login service's answers, whoever asks (azure-identity, MSAL, a pipeline's tokens), within bounds.

The libraries read what comes as it is; so it is read to its end, and looked at, before they see it.
"""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from azure.core.pipeline.transport import RequestsTransport

from connector.deadlines import CONNECT, LOGIN_ANSWER, Patience
from connector.wire.answers import ENCODING, Body, NotReadableError, bad_answer, read_object
from connector.wire.shapes import LOGIN

_CHUNK = 65_536
_OK, _TOO_MANY = 200, 429
#: How the paths end that MSAL reads, and what it needs there (OAuth 2.0; OpenID Connect Discovery).
_NEEDED = {
    "/oauth2/v2.0/token": ("access_token",),
    "/openid-configuration": ("authorization_endpoint", "token_endpoint"),
    "/discovery/instance": ("tenant_discovery_endpoint",),
}


class LoginHttp(requests.Session):
    """A session whose answers are there as a whole and hold what they must. Raises UnreachableError."""

    def __init__(self, *, at_once: int = 1, direct: bool = False, patience: Patience | None = None) -> None:
        """*direct* keeps it away from proxies; *at_once* is how many requests go side by side."""
        super().__init__()
        self.trust_env = not direct
        self._patience = patience or Patience()
        self.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=2 * at_once))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: a redirect would take code and secret along."""

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        """One request, given its time where its caller gives it none: MSAL would wait for ever."""
        return super().request(*arguments, **{"timeout": LOGIN_ANSWER, **options, "allow_redirects": False})

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request, and read its answer to the end."""
        request.headers["Accept-Encoding"] = ENCODING
        answer = super().send(request, **{**options, "stream": True})
        parts = urlsplit(request.url or "")
        body = _checked(self._whole(answer, parts.netloc), answer.status_code, parts.netloc, parts.path)
        answer.headers.pop("Content-Encoding", None)
        answer.raw = urllib3.HTTPResponse(io.BytesIO(body), status=answer.status_code, preload_content=False)
        return answer

    def _whole(self, answer: requests.Response, host: str) -> bytes:
        deadline = self._patience.until(self._patience.whole_answer)
        try:
            body = Body(host, answer.headers.get("Content-Encoding", ""), deadline)
            # read1 gives what is there; read and stream wait until a chunk is full, however long that takes.
            while chunk := answer.raw.read1(_CHUNK, decode_content=False):
                body.add(chunk)
        except urllib3.exceptions.ReadTimeoutError as error:
            raise requests.exceptions.ReadTimeout(error) from error
        except urllib3.exceptions.HTTPError as error:
            raise requests.exceptions.ConnectionError(error) from error
        finally:
            answer.raw.close()
        return body.done()


def _checked(body: bytes, status: int, host: str, path: str) -> bytes:
    """The body where the libraries can read it, an empty object for a refusal without words."""
    needed = next((names for end, names in _NEEDED.items() if path.endswith(end)), None)
    try:
        found = read_object(body, LOGIN, host)
    except NotReadableError as error:
        if status == _OK or (needed and status < _TOO_MANY):
            raise bad_answer(host, f"{error} (HTTP {status})") from None
        return b"{}"
    for name in needed or () if status == _OK else ():
        found[name]
    return body


def login_transport(session: LoginHttp, *, ca_file: str | None) -> RequestsTransport:
    """azure-core's transport over a session, which stays its owner's."""
    return RequestsTransport(
        session=session,
        session_owner=False,
        connection_verify=ca_file or True,
        connection_timeout=CONNECT,
        read_timeout=LOGIN_ANSWER,
    )
