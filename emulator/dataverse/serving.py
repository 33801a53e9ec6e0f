"""What every request to the Web API goes through before and after its rule."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from emulator.context import Call, Reply
from emulator.dataverse.auth import authenticate, organization_of, require_roles, user_of
from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import NotEmulated, NoVersion, UnknownSegment, VersionNotServed
from emulator.dataverse.lag import count_read
from emulator.dataverse.throttling import throttled
from emulator.errors import ServiceError

CallerRule = Callable[[Caller], Reply]
_JSON = "application/json; odata.metadata=minimal"
_NOT_EMULATED_HEADERS = ("mscrm.solutionuniquename", "mscrmcallerid", "callerobjectid")


def secured(rule: CallerRule) -> Callable[[Call], Reply]:
    """Wrap a rule: token, version and user are checked first, and the answer gets the service's headers.

    A refusal undoes what the rule wrote, and nothing else: the lag of the permission cache still counts it.
    """

    def serve(call: Call) -> Reply:
        call.store.db.execute("SAVEPOINT rule")
        try:
            caller = caller_of(call)
            reply = throttled(caller) or rule(caller)
        except ServiceError as error:
            call.store.db.execute("ROLLBACK TO rule")
            if isinstance(error, (NotEmulated, UnknownSegment)):
                call.request.scope["emulator"]["emulated"] = False
            reply = Reply(error.status, error.body(), error.headers)
        call.store.db.execute("RELEASE rule")
        if call.scope and call.request.method == "GET" and call.header("consistency").lower() != "strong":
            count_read(call.store, call.scope)
        return _with_headers(reply)

    return serve


def _with_headers(reply: Reply) -> Reply:
    request_id = str(uuid.uuid4())
    headers = {"OData-Version": "4.0", "x-ms-service-request-id": request_id, "REQ_ID": request_id}
    return Reply(reply.status, reply.body, {**headers, **reply.headers}, _JSON)


def caller_of(call: Call) -> Caller:
    """Authenticate the request and find its application user."""
    organization = organization_of(call)
    version = re.match(r"/api/data/v(\d+)\.(\d+)(?:/|\Z)", call.request.url.path)
    if organization is None or version is None:
        raise NoVersion(f"No HTTP resource was found that matches the request URI '{call.request.url}'.")
    authenticate(call, organization)
    _check_version(int(version.group(1)), int(version.group(2)))
    call.scope = organization["id"]
    caller = Caller(call, organization, user_of(call, organization))
    require_roles(caller.user, caller.roles)
    for header in _NOT_EMULATED_HEADERS:
        if call.header(header):
            raise NotEmulated(f"The header {header} is not emulated.")
    return caller


def _check_version(major: int, minor: int) -> None:
    if (major, minor) >= (9, 3):
        raise VersionNotServed(f"The API version v{major}.{minor} is not available.")
    if major != 9:
        raise UnknownSegment(f"Resource not found for the segment 'v{major}.{minor}'.")
