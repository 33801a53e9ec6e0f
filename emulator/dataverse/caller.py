"""The caller of one request and what it may do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from emulator.context import Call
from emulator.dataverse.errors import BadArgument, NotFound, PrivilegeMissing
from emulator.dataverse.lag import before_permission_change, cached_permissions, permissions
from emulator.dataverse.security import Depth, Held, direct_roles, team_roles, widest_depths
from emulator.store import Document, Store

_ACCESS_MODES = {0: "Read-Write", 1: "Administrative", 2: "Read", 3: "Support", 4: "Non-interactive"}
_NOBODY = "00000000-0000-0000-0000-000000000000"


class Caller:
    """One authenticated request: the call, its organization, and the application user behind it."""

    def __init__(self, call: Call, organization: Document, user: Document) -> None:
        """Bind the three."""
        self.call, self.organization, self.user = call, organization, user

    @property
    def store(self) -> Store:
        """The store."""
        return self.call.store

    @property
    def scope(self) -> str:
        """The organization's id: the scope of all its rows."""
        return str(self.organization["id"])

    @property
    def url(self) -> str:
        """The organization's URL without a trailing slash."""
        return self.call.ctx.organization_url(self.organization["address"])

    @property
    def api(self) -> str:
        """The Web API's URL as it was called: https://HOST/api/data/vX.Y."""
        return f"{self.url}/api/data/{self.call.params['version']}"

    @property
    def strong(self) -> bool:
        """True when the request asks for `Consistency: Strong`."""
        return self.call.header("consistency").lower() == "strong"

    def context(self, name: str) -> str:
        """The @odata.context of an answer."""
        return f"{self.api}/$metadata#{name}"

    def permissions_of(self, user: Document) -> tuple[list[Held], list[Held]]:
        """What a user holds directly and through teams, as this request gets to see it."""
        look_up = permissions if self.strong else cached_permissions
        return look_up(self.store, self.scope, user)

    def before_permission_change(self) -> None:
        """To be called before roles or their assignments are edited."""
        before_permission_change(self.store, self.organization)

    @cached_property
    def roles(self) -> list[Document]:
        """All roles of the caller, its teams' among them."""
        direct = direct_roles(self.store, self.scope, self.user)
        return direct + team_roles(self.store, self.scope, self.user)

    @cached_property
    def depths(self) -> dict[str, Depth]:
        """Privilege id → widest depth that the caller holds."""
        direct, teams = self.permissions_of(self.user)
        return widest_depths((*direct, *teams))

    def privilege_named(self, name: str) -> Document:
        """The privilege of a name. Raises BadArgument for an unknown one."""
        row = self.store.db.execute(
            "SELECT body FROM objects WHERE scope=? AND kind='privileges' AND json_extract(body, '$.name')=?"
            " COLLATE NOCASE",
            (self.store.source(self.scope, "privileges"), name),
        ).fetchone()
        if row is None:
            raise BadArgument(f"Privilege with name {name} does not exist.")
        document: Document = json.loads(row["body"])
        return document

    def privilege(self, id: str) -> Document:
        """The privilege of an id. Raises NotFound for an unknown one."""
        found = self.store.get(self.scope, "privileges", id)
        if found is None:
            raise NotFound(f"privilege With Id = {id} Does Not Exist")
        return found

    def demand(self, name: str, *, table: str) -> None:
        """Refuse a caller that does not hold the privilege at any depth."""
        privilege = self.privilege_named(name)
        if privilege["privilegeid"] not in self.depths:
            raise PrivilegeMissing(self._missing(privilege, table))

    def demand_to_grant(self, held: Iterable[Held]) -> None:
        """Refuse to let the caller hand out what it does not hold at that depth.

        Source: power-platform admin docs, prevent-elevation-security-role-privilege.
        """
        for one in held:
            own = self.depths.get(one.privilege)
            if own is None or own < one.depth:
                text = self._missing(self.privilege(one.privilege), "role")
                raise PrivilegeMissing(f"{text} Required depth: {one.depth.name}.")

    def _missing(self, privilege: Document, table: str) -> str:
        mode = self.user.get("accessmode", 0)
        facts: dict[str, Any] = {
            "Id": self.user["systemuserid"],
            "type": 8,
            "roleCount": len(self.roles),
            "privilegeCount": len(self.depths),
            "accessMode": f"'{mode} {_ACCESS_MODES.get(mode, '')}'",
            "AADObjectId": self.user.get("azureactivedirectoryobjectid") or _NOBODY,
            "businessUnitId": self.user["_businessunitid_value"],
        }
        principal = ", ".join(f"{name}={value}" for name, value in facts.items())
        return (
            f"Principal user ({principal}), is missing {privilege['name']} privilege "
            f"(Id={privilege['privilegeid']}) for entity '{table}'. "
            "Consider adding missed privilege to one of the principal (user/team) roles."
        )
