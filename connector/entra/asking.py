"""What only a preflight reads in the directory: who an object id is, and who owns an application."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from connector.entra.directory import Directory
from connector.rounds import join, start


class AskingDirectory(Directory):
    """The directory with look-ups by object id."""

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
