"""A large organization: many business units, many custom tables, and a profile that wants them all."""

from __future__ import annotations

import uuid
from pathlib import Path

import yaml

from emulator.dataverse.role_copies import copies_of
from emulator.seed.tables import ACCESS_RIGHTS, Table, definition
from emulator.store import Document, Store
from tests.support.emulator import RunningEmulator

ORG = "0c0c0c01-0000-4000-8000-000000000001"
RIGHTS = ["create", "read", "write", "delete", "append", "appendTo", "assign", "share"]
PROFILE = "large"


def enlarge(emulator: RunningEmulator, *, units: int, tables: int) -> None:
    """Give organization 1 so many business units in all, and further tables with 8 privileges each."""
    store = emulator.store
    with store.transaction():
        _add_tables(store, tables)
        _add_units(store, units)


def write_profile(folder: Path, *, tables: int) -> None:
    """Write a profile that wants every right on every further table into FOLDER/profiles."""
    lines = [{"table": _name(i).lower(), "rights": list(RIGHTS), "basis": "derived"} for i in range(tables)]
    path = folder / "profiles" / f"{PROFILE}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump({"title": "Large", "role": {"tables": lines}}), encoding="utf-8")


def _name(number: int) -> str:
    return f"widget_Part{number:04}"


def _add_tables(store: Store, count: int) -> None:
    held: dict[str, str] = {}
    for i in range(count):
        name = _name(i)
        document = definition(Table(name.lower(), name, 30000 + i), ORG)
        store.put(ORG, "tables", document["LogicalName"], document)
        for privilege in document["Privileges"]:
            row = _privilege_row(privilege)
            store.put(ORG, "privileges", row["privilegeid"], row)
            held[row["privilegeid"]] = "Global"
    for role in store.find(ORG, "roles", name="System Administrator"):
        if "privileges" in role:
            store.put(ORG, "roles", role["roleid"], {**role, "privileges": role["privileges"] | held})


def _privilege_row(privilege: Document) -> Document:
    depths = {f"canbe{d}": privilege[f"CanBe{d.title()}"] for d in ("basic", "local", "deep", "global")}
    right = ACCESS_RIGHTS[privilege["PrivilegeType"]]
    return {
        "privilegeid": privilege["PrivilegeId"],
        "name": privilege["Name"],
        "accessright": right,
        **depths,
    }


def _add_units(store: Store, count: int) -> None:
    there = store.all(ORG, "businessunits")
    root = next(unit for unit in there if unit["_parentbusinessunitid_value"] is None)
    for i in range(count - len(there)):
        id = str(uuid.uuid5(uuid.UUID(ORG), f"unit {i}"))
        unit = root | {
            "businessunitid": id,
            "name": f"unit-{i:03}",
            "_parentbusinessunitid_value": root["businessunitid"],
        }
        store.put(ORG, "businessunits", id, unit)
    everywhere = store.all(ORG, "businessunits")
    for role in store.all(ORG, "roles"):
        if role["roleid"] == role["_parentrootroleid_value"]:
            for copy in copies_of(role, everywhere):
                store.put(ORG, "roles", copy["roleid"], copy)
