"""One answer from a browser: a listener on loopback that waits for the redirect of a sign-in."""

from __future__ import annotations

import secrets
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from connector.deadlines import BROWSER_IDLE, LISTEN_LEAST, LISTEN_MOST
from connector.settings.redirects import LOCAL_SIGN_IN

PATH = urlsplit(LOCAL_SIGN_IN).path
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Signed in</title>'
    "<style>:root{{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}}"
    "body{{display:grid;place-items:center;min-height:90vh}}</style>"
    "<main><h1>{title}</h1><p>You can close this window and go back to the terminal.</p></main></html>"
)


class _Server(ThreadingHTTPServer):
    """A thread for each connection: browsers open some that they never send anything on."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that hangs up: it asks again, or the person sees it."""


class RedirectListener:
    """Listens on a free port of 127.0.0.1 until `close`; `redirect_uri` is where to send the browser.

    The first answer with the sign-in's own state counts. Whatever else asks is no answer and ends
    nothing: for an icon, without code or error, or from a page that sends a browser here by itself.
    """

    def __init__(self) -> None:
        self._state = ""
        self._answer: dict[str, str] | None = None
        self._server = _Server(("127.0.0.1", 0), self._handler())

    @property
    def redirect_uri(self) -> str:
        """Entra ignores the port of localhost when it compares (reply-url), so any free one will do."""
        return f"http://localhost:{self._server.server_port}{PATH}"

    def wait(self, seconds: float, *, state: str) -> dict[str, str] | None:
        """The query of the redirect that carries *state*, or None when nobody came back in time."""
        self._state = state
        deadline = time.monotonic() + seconds
        while self._answer is None and time.monotonic() < deadline:
            self._server.timeout = max(LISTEN_LEAST, min(LISTEN_MOST, deadline - time.monotonic()))
            self._server.handle_request()
        return self._answer

    def close(self) -> None:
        """Stop listening."""
        self._server.server_close()

    def _is_ours(self, answer: dict[str, str]) -> bool:
        given = answer.get("state", "").encode()
        return bool(self._state) and secrets.compare_digest(given, self._state.encode())

    def _take(self, answer: dict[str, str]) -> None:
        if self._answer is None:
            self._answer = answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = BROWSER_IDLE

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                answer = dict(parse_qsl(parts.query, keep_blank_values=True))
                said = parts.path == PATH and answer.keys() & {"code", "error"}
                if not (said and listener._is_ours(answer)):
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                try:
                    self._show("Not signed in" if "error" in answer else "Signed in")
                finally:
                    # Last: the page is out when the program goes on, and the answer counts without it.
                    listener._take(answer)

            def _show(self, title: str) -> None:
                page = _PAGE.format(title=title).encode()
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the path holds the code."""

        return Handler
