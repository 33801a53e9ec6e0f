"""The rows of the privilege table, and which of them the built-in roles hold.

Sources: powerapps-docs, reference/entities/privilege and security-access-coding.
"""

from __future__ import annotations

from typing import Any

from emulator.dataverse.injected import SDK_PRIVILEGES, SHAREPOINT_PRIVILEGES
from emulator.seed.tables import ACCESS_RIGHTS, ORGANIZATION_DEPTHS, privilege_id, security_privilege
from emulator.store import Document, Store

_OTHERS = (
    "prvActOnBehalfOfAnotherUser",
    "prvDisableUser",
    "prvReparentUser",
    "prvReparentBusinessUnit",
    "prvPublishCustomization",
    "prvImportCustomization",
    "prvExportCustomization",
    "prvExportToExcel",
    "prvBulkDelete",
    "prvConfigureSharePoint",
    "prvReadEntity",
    "prvWriteEntity",
    "prvCreateEntity",
    "prvDeleteEntity",
    "prvReadAttribute",
    "prvWriteAttribute",
    "prvCreateAttribute",
    "prvDeleteAttribute",
    "prvReadRelationship",
    "prvReadOptionSet",
    "prvReadEntityKey",
)
_RIGHTS = ("Create", "Read", "Write", "Delete")
# What System Customizer holds beyond customizing: it looks at users and units and shapes
# roles, but can neither assign a role nor make a user.
_CUSTOMIZER_READS = (
    "User",
    "BusinessUnit",
    "Team",
    "Organization",
    "Solution",
    "Publisher",
    "TransactionCurrency",
)
_CUSTOMIZER_WHOLE = {f"Read{table}" for table in _CUSTOMIZER_READS} | {
    f"{right}Role" for right in ("Create", "Read", "Write", "Delete", "Append", "AppendTo")
}
_RECORD_STEMS = ("Account", "Contact", "Opportunity", "Lead", "List", "Campaign", "Activity", "Note")


def general_privileges() -> list[dict[str, Any]]:
    """The privileges that belong to no table of the seed."""
    names = (*SDK_PRIVILEGES, *SHAREPOINT_PRIVILEGES, *_OTHERS)
    return [security_privilege(n, _right(n), ORGANIZATION_DEPTHS, privilege_id(n)) for n in names]


def _right(name: str) -> str:
    return next((right for right in _RIGHTS if name.startswith(f"prv{right}")), "None")


def seed_privileges(store: Store, organization: str, definitions: list[Document]) -> list[Document]:
    """Write the privilege table of an organization and return its rows; activities share theirs."""
    found = {p["PrivilegeId"]: p for d in definitions for p in d["Privileges"]}
    found.update({p["PrivilegeId"]: p for p in general_privileges()})
    rows = [_row(privilege) for privilege in found.values()]
    for row in rows:
        store.put(organization, "privileges", row["privilegeid"], row)
    return rows


def _row(privilege: dict[str, Any]) -> Document:
    return {
        "privilegeid": privilege["PrivilegeId"],
        "name": privilege["Name"],
        "accessright": ACCESS_RIGHTS[privilege["PrivilegeType"]],
        "canbebasic": privilege["CanBeBasic"],
        "canbelocal": privilege["CanBeLocal"],
        "canbedeep": privilege["CanBeDeep"],
        "canbeglobal": privilege["CanBeGlobal"],
    }


def administrator_privileges(rows: list[Document]) -> dict[str, str]:
    """System Administrator holds every privilege for the whole organization."""
    return {row["privilegeid"]: "Global" for row in rows}


def customizer_privileges(rows: list[Document]) -> dict[str, str]:
    """System Customizer: customization, custom tables, records of its own, roles but not their assignment."""
    return {row["privilegeid"]: depth for row in rows if (depth := _customizer_depth(row["name"]))}


def _customizer_depth(name: str) -> str | None:
    stem = name.removeprefix("prv")
    if "bizible2_" in name or name in (*SDK_PRIVILEGES, *SHAREPOINT_PRIVILEGES):
        return "Global"
    if stem in _CUSTOMIZER_WHOLE:
        return "Global"
    if any(word in stem for word in ("Customization", "Entity", "Attribute", "Relationship", "OptionSet")):
        return "Global"
    return "Basic" if stem.endswith(_RECORD_STEMS) and not stem.startswith("Reparent") else None
