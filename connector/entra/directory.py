"""What clean-up, adoption and preflight read in the directory, and the few writes they make there."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Iterable
from dataclasses import replace
from typing import Any

from connector import naming
from connector.entra.graph import Graph, Query
from connector.entra.objects import Attached, Federated, LiveApplication, Named, application_of, federated_of
from connector.entra.refusals import refusal
from connector.wire.answers import outcome_of
from connector.wire.rounds import join, start

# Deleted objects keep their tags; what the bin's lists can filter by is UNVERIFIED, so the
# marker is looked for here.
_DELETED = ["id", "appId", "displayName", "tags", "deletedDateTime"]


class Directory(Graph):
    """Graph as the deployer, with applications, the recycle bin, groups and policies."""

    async def marked(self, tag: str) -> list[LiveApplication]:
        """The live applications that carry a tag, letter by letter: Graph's filter looks past case."""
        found = await self._applications(f"tags/any(t:t eq '{quoted(tag)}')")
        return [one for one in found if tag in one.tags]

    async def of_any_stack(self) -> list[LiveApplication]:
        """The live applications of every stack of this tool in the tenant."""
        return await self._applications(f"tags/any(t:startswith(t,'{naming.PROJECT}:'))")

    async def named(self, name: str) -> list[LiveApplication]:
        """The live applications of a display name, which need not be unique."""
        return await self._applications(f"displayName eq '{quoted(name)}'")

    async def with_app_id(self, app_id: str) -> LiveApplication | None:
        """The application of an application (client) id, or None."""
        found = await self._applications(f"appId eq '{quoted(app_id)}'")
        return found[0] if found else None

    async def application(self, object_id: str) -> LiveApplication | None:
        """The application of an object id, or None."""
        item = self._client.applications.by_application_id(object_id)
        row = await self._read(f"applications/{object_id}", item.to_get_request_information())
        return application_of(row) if row is not None else None

    async def _applications(self, condition: str) -> list[LiveApplication]:
        rows = await self._pages("applications", self._client.applications, Query(condition))
        return [application_of(row) for row in rows]

    async def deleted_applications(self) -> list[LiveApplication]:
        """Every application in the recycle bin."""
        bin_ = self._client.directory.deleted_items.graph_application
        return await self._deleted("directory/deletedItems (applications)", bin_)

    async def deleted_principals(self) -> list[LiveApplication]:
        """Every service principal in the recycle bin, in the same shape."""
        bin_ = self._client.directory.deleted_items.graph_service_principal
        return await self._deleted("directory/deletedItems (service principals)", bin_)

    async def _deleted(self, what: str, builder: Any) -> list[LiveApplication]:
        return [application_of(row) for row in await self._pages(what, builder, Query(select=_DELETED))]

    async def federated(self, object_id: str) -> tuple[Federated, ...]:
        """The federated credentials of an application."""
        item = self._client.applications.by_application_id(object_id)
        rows = await self._pages("federatedIdentityCredentials", item.federated_identity_credentials)
        return tuple(federated_of(row) for row in rows)

    async def with_known(self, marked: Iterable[LiveApplication], known: str | None) -> list[LiveApplication]:
        """The marked applications, and the state's where it has no marker yet (adopted), or not any more.

        Of the others, those that nobody logs in to otherwise, federated credentials are counted.
        """
        found = list(marked)
        mine = None
        if known is not None and not any(one.id == known for one in found):
            mine = await self.application(known)
        asked = {one.id: start(self.federated(one.id)) for one in found if one.id != known and not one.in_use}
        await join(*asked.values())
        counted = [
            replace(one, federated=len(asked[one.id].result())) if one.id in asked else one for one in found
        ]
        return [*counted, mine] if mine else counted

    async def attached(self, app_id: str) -> Attached:
        """Service principal, grants, app roles held and assignments of one application, side by side."""
        found = await self.principals_of_apps([app_id])
        if not found:
            return Attached()
        own = found[0]
        grants, held = start(self.grants(own.id)), start(self.assignments_of(own.id))
        assigned = start(self.assigned_to(own.id))
        await join(grants, held, assigned)
        return Attached(own, tuple(grants.result()), tuple(held.result()), tuple(assigned.result()))

    async def groups_named(self, name: str) -> list[Named]:
        """The groups of a display name."""
        rows = await self._pages("groups", self._client.groups, Query(f"displayName eq '{quoted(name)}'"))
        return [
            Named(str(row["id"]), str(row["displayName"]), str(row.get("description") or "")) for row in rows
        ]

    async def default_app_policy(self) -> dict[str, Any] | None:
        """The tenant's default app management policy."""
        builder = self._client.policies.default_app_management_policy
        what = "policies/defaultAppManagementPolicy"
        return await self._read(what, builder.to_get_request_information())

    async def delete_application(self, object_id: str) -> None:
        """Move an application to the recycle bin, its service principal with it."""
        await self._write("DELETE", f"applications/{object_id}", gone_is_done=True)

    async def remove_secret(self, object_id: str, key_id: str) -> None:
        """Remove a client secret; a lost or refused answer counts as done when the secret is gone.

        Graph refuses a key id that it does not know (application-removepassword): that is done, too.
        """
        path = f"applications/{object_id}/removePassword"
        try:
            await self._write("POST", path, {"keyId": key_id}, idempotent=True)
        except Exception:
            left = await self.application(object_id)
            if left is None or any(secret.key_id == key_id for secret in left.secrets):
                raise

    async def remove_certificates(self, object_id: str, key_ids: Collection[str]) -> None:
        """Take certificates off an application; those that stay keep their keys, known by key id.

        As the provider does it: Graph has no call that removes one certificate without a proof of its key.
        """
        item = self._client.applications.by_application_id(object_id)
        row = await self._read(f"applications/{object_id}", item.to_get_request_information())
        if row is None:
            return  # what stays is not known here, and an empty list would take every certificate off
        kept = [one for one in row.get("keyCredentials") or () if one.get("keyId") not in key_ids]
        await self._write("PATCH", f"applications/{object_id}", {"keyCredentials": kept}, gone_is_done=True)

    async def change_grant(self, grant_id: str, scopes: Iterable[str]) -> None:
        """Set the scopes of a delegated grant; one that is gone is left so."""
        body = {"scope": " ".join(scopes)}
        await self._write("PATCH", f"oauth2PermissionGrants/{grant_id}", body, gone_is_done=True)

    async def restore(self, object_id: str) -> None:
        """Bring an object back from the recycle bin."""
        await self._write("POST", f"directory/deletedItems/{object_id}/restore", {})

    async def purge(self, object_id: str) -> None:
        """Delete an object of the recycle bin for good; one that is gone is left so."""
        await self._write("DELETE", f"directory/deletedItems/{object_id}", gone_is_done=True)

    async def _write(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        idempotent: bool | None = None,
        gone_is_done: bool = False,
    ) -> None:
        answer = await self._session.send(
            method,
            f"{self._session.endpoints.graph}/v1.0/{path}",
            identity=self._session.deployer,
            scope=f"{self._session.endpoints.graph}/.default",
            body=body,
            idempotent=idempotent,
        )
        if answer.is_success:
            outcome_of(answer)
        elif not (gone_is_done and answer.status_code == 404):
            raise refusal(f"{method} {path}", answer)

    async def owners(self, application_id: str) -> frozenset[str] | None:
        """The object ids of an application's owners; None when there is no such application."""
        item = self._client.applications.by_application_id(application_id)
        what = f"applications/{application_id}/owners"
        return await self._owners(what, self.application(application_id), item.owners)

    async def owners_of_principal(self, object_id: str) -> frozenset[str] | None:
        """The object ids of a service principal's owners; None when there is none of this object id."""
        item = self._client.service_principals.by_service_principal_id(object_id)
        what = f"servicePrincipals/{object_id}/owners"
        return await self._owners(what, self.principal(object_id), item.owners)

    async def _owners(
        self, what: str, reading: Coroutine[Any, Any, object], builder: Any
    ) -> frozenset[str] | None:
        owned, rows = start(reading), start(self._pages(what, builder))
        await join(owned, rows)
        return None if owned.result() is None else frozenset(str(row["id"]).lower() for row in rows.result())

    async def has_group(self, object_id: str) -> bool:
        """Whether there is a group of an object id."""
        item = self._client.groups.by_group_id(object_id)
        return await self._read(f"groups/{object_id}", item.to_get_request_information()) is not None



def quoted(text: str) -> str:
    """Text inside the quotes of an OData filter."""
    return text.replace("'", "''")
