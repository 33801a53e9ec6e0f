"""What only a preflight reads in the directory: who an object id is, and who owns an application."""

from __future__ import annotations

from connector.entra.directory import Directory
from connector.rounds import join, start


class AskingDirectory(Directory):
    """The directory with look-ups by object id."""

    async def owners(self, application_id: str) -> frozenset[str] | None:
        """The object ids of an application's owners; None when there is no such application."""
        item = self._client.applications.by_application_id(application_id)
        application = start(self.application(application_id))
        rows = start(self._pages(f"applications/{application_id}/owners", item.owners))
        await join(application, rows)
        if application.result() is None:
            return None
        return frozenset(str(row["id"]).lower() for row in rows.result())

    async def has_group(self, object_id: str) -> bool:
        """Whether there is a group of an object id."""
        item = self._client.groups.by_group_id(object_id)
        return await self._read(f"groups/{object_id}", item.to_get_request_information()) is not None
