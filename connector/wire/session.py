"""One session of work with a stack's services: connections, tokens, counting, and what is refused.

A token goes to no host but the stack's organization and its cloud's Graph, and no redirect is
followed with one. A request is repeated only when repeating it does no harm.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx

from connector.deadlines import ANSWER, CONNECT, WHOLE_LIST, Patience
from connector.errors import RefusedError, UnreachableError
from connector.settings import Cloud, Settings, check_endpoints
from connector.stack.outputs import StackOutputs
from connector.wire.answers import Pages
from connector.wire.deployer import read_deployer
from connector.wire.endpoints import Endpoints, read_endpoints
from connector.wire.login import Authority, Identity, application_login, deployer_credential
from connector.wire.network import Routes, login_bundle, tls
from connector.wire.retry import Rule, Tries, parse_retry_after, rule_of
from connector.wire.rounds import RequestCounter
from connector.wire.trace import Trace, ahead_of, noting_hooks
from connector.wire.transport import Bounded, Connections

_CUT = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_TIMEOUT = httpx.Timeout(ANSWER, connect=CONNECT)


class Session:
    """Async context manager that owns one HTTP client and the counters.

    It makes a TLS context and connections of its own, unless *connections* or *transport* brings them.

    `async with Session(settings) as session:` reads the environment (SettingsError, LoginError)
    and, for the emulator, the metadata document (UnreachableError) before anything else.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        connections: Connections | None = None,
    ) -> None:
        self.settings = settings
        self.environ = os.environ if environ is None else environ
        self.patience = patience or Patience()
        self.counter = RequestCounter()
        #: Hosts whose challenge was compared with the stack's tenant in this session.
        self.known_hosts: set[str] = set()
        self.trace = Trace()
        check_endpoints(settings.cloud, self.environ)
        self._described = read_deployer(self.environ, settings.tenant_id)
        self._connections = connections
        self._transport = transport or (connections.transport if connections else None)
        self._endpoints: Endpoints | None = None
        self._deployer: Identity | None = None
        self._applications: dict[tuple[str, str], Identity] = {}
        #: How far this machine's clock is ahead of the last answer's `Date`.
        self.ahead = timedelta()
        #: Ids of the last token request as the application, for the record.
        self.login_ids: dict[str, str] = {}

    async def __aenter__(self) -> Session:
        self.http = httpx.AsyncClient(
            trust_env=False,
            transport=Bounded(self._transport or Routes(tls(self.environ)), self.patience),
            follow_redirects=False,
            timeout=_TIMEOUT,
            event_hooks={"request": [self._sent], "response": [self._answered]},
        )
        try:
            self._endpoints = await self._find_endpoints()
        except BaseException:
            await self.http.aclose()
            raise
        return self

    async def _find_endpoints(self) -> Endpoints:
        """The cloud's hosts; where many sessions share, one of them asks."""
        cloud = self.settings.cloud
        known = self._connections.endpoints if self._connections else {}
        if cloud not in known:
            found = await read_endpoints(cloud, self.environ, lambda url: self.send("GET", url))
            known[cloud] = found
        return known[cloud]

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    @property
    def endpoints(self) -> Endpoints:
        """Login and Graph hosts of the stack's cloud."""
        if self._endpoints is None:
            raise RuntimeError("the session is not open; use `async with`")
        return self._endpoints

    def pages(self, url: str) -> Pages:
        """The pages of a list at *url*, within the bounds of deadlines.py."""
        return Pages(urlsplit(url).netloc, self.patience.until(WHOLE_LIST))

    @property
    def authority(self) -> Authority:
        """The login service for the stack's tenant."""
        return Authority(
            self.endpoints.login,
            self.settings.tenant_id,
            emulated=self.settings.cloud is Cloud.EMULATOR,
            ca_file=login_bundle(self.environ),
            hooks=self.trace.login_hooks(),
            transport=self._connections.login if self._connections else None,
        )

    @property
    def deployer(self) -> Identity:
        """The identity that the environment describes."""
        if self._deployer is None:
            described, authority = self._described, self.authority
            self._deployer = Identity(
                str(described),
                lambda: deployer_credential(described, authority),
                client_id=described.client_id,
                secrets=(described.proof.get_secret_value(),),
                on_token=self._token_asked,
                host=urlsplit(authority.host).netloc,
                deploys=True,
            )
        return self._deployer

    def application(self, outputs: StackOutputs) -> Identity:
        """The stack's own application, with what its profile lets it log in with."""
        key = (outputs.client_id, outputs.client_secret_key_id)
        if key not in self._applications:
            authority = self.authority
            authority = replace(authority, hooks=noting_hooks(authority.hooks, self.login_ids))
            self._applications[key] = Identity(
                f"the application ({outputs.client_id})",
                application_login(self.settings, outputs, self.environ, authority),
                client_id=outputs.client_id,
                secrets=(outputs.client_secret.get_secret_value(),),
                on_token=self._token_asked,
                host=urlsplit(authority.host).netloc,
            )
        return self._applications[key]

    async def send(
        self,
        method: str,
        url: str,
        *,
        identity: Identity | None = None,
        scope: str = "",
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        idempotent: bool | None = None,
    ) -> httpx.Response:
        """Send one request and return the answer, whatever its status.

        Idempotent requests are repeated as wire/retry.py says. Raises UnreachableError, LoginError,
        RefusedError.
        """
        sent = dict(headers or {})
        if identity is not None:
            self.check_host(url, scope)
            sent["Authorization"] = f"Bearer {await identity.token(scope)}"

        async def ask() -> httpx.Response:
            return await self.http.request(method, url, headers=sent, json=body)

        return await self.repeated(method, url, ask, rule_of(method, idempotent=idempotent))

    async def repeated(
        self, method: str, url: str, ask: Callable[[], Awaitable[httpx.Response]], rule: Rule
    ) -> httpx.Response:
        """Send by *ask*, over `http`, as often as the rule allows. Raises UnreachableError."""
        tries = Tries(self.patience.until(self.patience.retry_after), rule)
        while True:
            try:
                answer = await ask()
            except _CUT as error:
                self.trace.failed(method, url, error)
                wait = tries.after_cut()
                if wait is None:
                    raise self._unreachable(url, error, maybe_done=True) from error
            except httpx.TransportError as error:
                self.trace.failed(method, url, error)
                raise self._unreachable(url, error, maybe_done=not _never_sent(error)) from error
            except UnreachableError as error:
                self.trace.failed(method, url, error)
                raise
            else:
                told = parse_retry_after(answer.headers.get("Retry-After"))
                wait = tries.after_answer(answer.status_code, told)
                if wait is None:
                    return answer
            await self.patience.sleep(wait)

    def _unreachable(self, url: str, error: Exception, *, maybe_done: bool) -> UnreachableError:
        host = urlsplit(url).netloc
        kind = LostAnswerError if maybe_done else UnreachableError
        reason = str(error) or type(error).__name__
        message = f"{host} did not answer ({reason}); {self._what_to_check(error)}"
        return kind(message, code="host.unreachable", key=host)

    def _what_to_check(self, error: Exception) -> str:
        if self.settings.cloud is Cloud.EMULATOR and isinstance(error, httpx.ConnectError):
            return (
                "is the emulator running? `python -m emulator serve` starts it, in a terminal of its own "
                "(`./scripts/demo` stops its own at the end); where it runs, check its port and SSL_CERT_FILE"
            )
        return "check the address, the network and TLS trust"

    def check_host(self, url: str, scope: str) -> None:
        """Raise RefusedError unless the address is of the organization or of Graph, as the scope says.

        Another scheme or port is another host: an answer's link leads there with the token.
        """
        named = {_origin(one) for one in (self.settings.dynamics_url, self.endpoints.graph)}
        own, target = scope.removesuffix("/.default"), _origin(url)
        if not target.startswith("https://") or target not in ({own} if own in named else named):
            told = target or "an address that cannot be read"
            message = f"no token goes to {told}: the stack does not name it"
            raise RefusedError(message, code="session.foreign_host", key=target.partition("://")[2])

    def _token_asked(self) -> None:
        self.counter.tokens += 1

    async def _sent(self, request: httpx.Request) -> None:
        self.trace.sent(request)
        request.extensions["depth"] = self.counter.sent(request.url.netloc.decode())

    async def _answered(self, answer: httpx.Response) -> None:
        self.trace.answered(answer)
        self.ahead = ahead_of(answer.headers.get("Date"), self.ahead)
        depth = answer.request.extensions.get("depth", 0)
        self.counter.answered(answer.request.url.netloc.decode(), depth)


def _origin(url: str) -> str:
    """Scheme, host and port as httpx would send them; empty for what it would not, and for names in it."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return ""
    return "" if parts.userinfo else f"{parts.scheme}://{parts.netloc.decode('ascii')}"


class LostAnswerError(UnreachableError):
    """The host may have done what was asked, but its answer never came: look before repeating."""


def _never_sent(error: httpx.TransportError) -> bool:
    return isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
