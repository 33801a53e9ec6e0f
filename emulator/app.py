"""The ASGI application: one router for login and Graph, one for every organization."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.context import Call, Context, Reply
from emulator.dataverse.routes import dataverse_routes, unknown_dataverse_route
from emulator.errors import ServiceError
from emulator.graph.routes import graph_routes, unknown_graph_route
from emulator.login.routes import login_routes, unknown_login_route
from emulator.wire import Wire, service_of

Rule = Callable[[Call], Reply]
# (method, path template, rule): what a room's `…_routes()` returns.
RouteTable = Sequence[tuple[str, str, Rule]]


def respond(ctx: Context, rule: Rule) -> Callable[[Request], object]:
    """Wrap a rule as an endpoint: one transaction, errors shaped, the caller noted for the log."""

    async def endpoint(request: Request) -> Response:
        call = Call(ctx=ctx, request=request, raw=await request.body())
        try:
            with ctx.store.transaction():
                reply = rule(call)
        except ServiceError as error:
            reply = Reply(error.status, error.body(), error.headers)
        finally:
            request.scope["emulator"]["client_id"] = call.client_id
        return _render(reply)

    return endpoint


def _render(reply: Reply) -> Response:
    if reply.body is None:
        return Response(status_code=reply.status, headers=reply.headers)
    content = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
    return Response(content, reply.status, reply.headers, media_type=reply.media_type)


def _router(ctx: Context, table: RouteTable, unknown: Rule) -> Starlette:
    routes = [Route(path, respond(ctx, rule), methods=[method]) for method, path, rule in table]

    async def not_emulated(request: Request, _: Exception) -> Response:
        request.scope["emulator"]["emulated"] = False
        return await respond(ctx, unknown)(request)  # type: ignore[no-any-return,misc]  # Starlette's endpoint type

    return Starlette(routes=routes, exception_handlers={404: not_emulated, 405: not_emulated})


def build_app(ctx: Context, latency_ms: int = 0) -> ASGIApp:
    """Return the whole emulator as one ASGI application, dispatching by service."""
    rooms: dict[str, ASGIApp] = {
        "login": _router(ctx, login_routes(), unknown_login_route),
        "graph": _router(ctx, graph_routes(), unknown_graph_route),
        "dataverse": _router(ctx, dataverse_routes(), unknown_dataverse_route),
    }

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        host = next((v.decode() for k, v in scope["headers"] if k == b"host"), "")
        await rooms[service_of(host.rsplit(":", 1)[0], scope["path"])](scope, receive, send)

    return Wire(dispatch, ctx, latency_ms)
