"""What `bootstrap` reads and writes in the directory, through the deployer's own session.

Writes that are not idempotent are followed by a look after any doubt, and only then sent again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from connector.bootstrap.model import Trust, Who
from connector.deadlines import MORE_LOOKS
from connector.entra.directory import Directory
from connector.entra.graph import Assignment, Principal, Row, assignment_of, principal_of
from connector.entra.objects import Federated, LiveApplication, application_of, federated_of
from connector.entra.refusals import refusal
from connector.errors import RefusedError
from connector.wire.answers import object_of
from connector.wire.writes import make_or_find

T = TypeVar("T")
Body = Mapping[str, Any]
#: What Graph says while an object that was just made is not known everywhere, and when it is there already.
_TRY_AGAIN = (
    "does not reference a valid application object",
    "not a valid reference update",
    "queried reference-property objects are not present",
    "already exist",
    "same value for property",
)
_ADMINISTRATOR = (
    "; an administrator runs bootstrap: Global Administrator, or Privileged Role with Cloud Application "
    "Administrator, or an application with Application.ReadWrite.All and AppRoleAssignment.ReadWrite.All"
)


class PipelineDirectory(Directory):
    """The directory as the administrator; methods raise RefusedError, UnreachableError or LoginError."""

    async def ours(self, who: Who) -> list[LiveApplication]:
        """The applications that carry an identity's marker."""
        return await self.marked(who.marker)

    async def make_application(self, who: Who, body: Body) -> LiveApplication:
        """Register an identity's application; it carries the marker from its first request on."""

        async def find() -> LiveApplication | None:
            # A list may not show yet what was made a moment ago, and a second application would stay.
            deadline = self._session.patience.until(MORE_LOOKS * self._session.patience.pause)
            while not (found := await self.ours(who)) and await deadline.pause():
                pass
            return next(iter(found), None)

        return await self._make("applications", body, find, application_of)

    async def make_principal(self, app_id: str) -> Principal:
        """Make an application's service principal."""

        async def find() -> Principal | None:
            return next(iter(await self.principals_of_apps([app_id])), None)

        return await self._make("servicePrincipals", {"appId": app_id}, find, principal_of)

    async def trust(self, object_id: str, trust: Trust) -> None:
        """Add a federated credential."""

        async def find() -> Federated | None:
            return next((one for one in await self.federated(object_id) if one.name == trust.name), None)

        path = f"applications/{object_id}/federatedIdentityCredentials"
        await self._make(path, trust.body(), find, federated_of)

    async def change_trust(self, object_id: str, credential_id: str, trust: Trust) -> None:
        """Let a federated credential of ours trust other tokens; its name stays."""
        body = {key: value for key, value in trust.body().items() if key != "name"}
        path = f"applications/{object_id}/federatedIdentityCredentials/{credential_id}"
        await self._write("PATCH", path, body)

    async def forget_trust(self, object_id: str, credential_id: str) -> None:
        """Delete a federated credential of ours."""
        path = f"applications/{object_id}/federatedIdentityCredentials/{credential_id}"
        await self._write("DELETE", path, gone_is_done=True)

    async def change_application(self, object_id: str, body: Body) -> None:
        """Change properties of an application."""
        await self._write("PATCH", f"applications/{object_id}", dict(body))

    async def give(self, principal_id: str, api_id: str, role_id: str) -> None:
        """Grant an application permission: assign the API's app role, which is its admin consent."""
        body = {"principalId": principal_id, "resourceId": api_id, "appRoleId": role_id}

        async def find() -> Assignment | None:
            held = await self.assignments_of(principal_id)
            return next((one for one in held if (one.resource_id, one.role_id) == (api_id, role_id)), None)

        await self._make(f"servicePrincipals/{api_id}/appRoleAssignedTo", body, find, assignment_of)

    async def take(self, api_id: str, assignment_id: str) -> None:
        """Take an application permission away."""
        path = f"servicePrincipals/{api_id}/appRoleAssignedTo/{assignment_id}"
        await self._write("DELETE", path, gone_is_done=True)

    async def _make(
        self,
        path: str,
        body: Body,
        find: Callable[[], Awaitable[T | None]],
        read: Callable[[Row], T],
    ) -> T:
        """Post an object, or find the one that is there."""

        async def post() -> T:
            return read(await self._post(path, body))

        deadline = self._session.patience.until(self._session.patience.new_principal)
        return (await make_or_find(post, find, deadline, wait_for=_not_seen_yet))[0]

    async def _post(self, path: str, body: Body) -> Row:
        graph = self._session.endpoints.graph
        answer = await self._session.send(
            "POST",
            f"{graph}/v1.0/{path}",
            identity=self._session.deployer,
            scope=f"{graph}/.default",
            body=dict(body),
        )
        if answer.is_success:
            return object_of(answer)
        refused = refusal(f"POST {path}", answer)
        if answer.status_code == 403:
            refused.message += _ADMINISTRATOR
        raise refused


def _not_seen_yet(error: RefusedError) -> bool:
    """Whether Graph may merely not see yet what was made a moment ago, or has it already."""
    text = error.message.lower()
    return error.status == 404 or (error.status in (400, 409) and any(part in text for part in _TRY_AGAIN))
