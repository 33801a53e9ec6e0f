"""Rows of an organization as the service sends them: roles, application users, business units."""

from __future__ import annotations

from dataclasses import dataclass

from connector.dataverse.client import Row

#: The template of System Administrator, the same in every environment and language (role.md).
ADMINISTRATOR_TEMPLATE = "627090ff-40a3-4053-8790-584edc5be201"


@dataclass(frozen=True)
class UnitRow:
    """A business unit; the root one has no parent."""

    id: str
    name: str
    parent_id: str


@dataclass(frozen=True)
class RoleRow:
    """A role, or the copy of one in a business unit; `root_id` is the role it is a copy of."""

    id: str
    name: str
    root_id: str
    business_unit_id: str
    business_unit_name: str = ""
    in_root_unit: bool = False
    managed: bool = False
    template_id: str = ""

    @property
    def is_copy(self) -> bool:
        """Whether the role is a copy in a child business unit, which cannot be edited."""
        return bool(self.root_id) and self.root_id != self.id

    @property
    def is_protected(self) -> bool:
        """Whether the role belongs to the system or to a managed solution: never touched."""
        return self.managed or bool(self.template_id)

    @property
    def is_administrator(self) -> bool:
        """Whether the role is System Administrator, whatever its name in the user's language."""
        return self.template_id == ADMINISTRATOR_TEMPLATE


@dataclass(frozen=True)
class UserRow:
    """An application user; `deleted` rows are ghosts that still block the application id."""

    id: str
    application_id: str
    name: str
    business_unit_id: str
    business_unit_name: str = ""
    in_root_unit: bool = True
    disabled: bool = False
    deleted: bool = False
    application_id_uri: str = ""
    created_by: str = ""
    roles: tuple[RoleRow, ...] = ()


def role_of(row: Row) -> RoleRow:
    """A role's row; its business unit is known where the row was read with it."""
    unit = _unit(row)
    return RoleRow(
        id=lower_id(row["roleid"]),
        name=str(row.get("name") or ""),
        root_id=lower_id(row.get("_parentrootroleid_value")),
        business_unit_id=lower_id(row.get("_businessunitid_value")),
        business_unit_name=str(unit.get("name") or ""),
        in_root_unit=bool(unit) and not unit.get("_parentbusinessunitid_value"),
        managed=bool(row.get("ismanaged")),
        template_id=lower_id(row.get("_roletemplateid_value")),
    )


def user_of(row: Row) -> UserRow:
    """A user's row, its roles in it where they were read too."""
    unit = _unit(row)
    return UserRow(
        id=lower_id(row["systemuserid"]),
        application_id=lower_id(row.get("applicationid")),
        name=str(row.get("fullname") or ""),
        business_unit_id=lower_id(row.get("_businessunitid_value")),
        business_unit_name=str(unit.get("name") or ""),
        in_root_unit=not unit.get("_parentbusinessunitid_value"),
        disabled=bool(row.get("isdisabled")),
        deleted=bool(row.get("deletedstate")),
        application_id_uri=str(row.get("applicationiduri") or ""),
        created_by=lower_id(row.get("_createdby_value")),
        roles=tuple(role_of(role) for role in row.get("systemuserroles_association") or []),
    )


def _unit(row: Row) -> Row:
    """The unit that was read with a row; in a unit's own row the name stands for its id."""
    unit = row.get("businessunitid")
    return unit if isinstance(unit, dict) else {}


def unit_of(row: Row) -> UnitRow:
    """A business unit's row."""
    parent = lower_id(row.get("_parentbusinessunitid_value"))
    return UnitRow(lower_id(row["businessunitid"]), str(row.get("name") or ""), parent)


def lower_id(value: object) -> str:
    """An id in the one spelling that ids are compared in; empty for none."""
    return str(value).lower() if value else ""
