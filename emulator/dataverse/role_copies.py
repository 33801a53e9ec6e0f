"""A role made in the root business unit lives on as a copy in every child business unit.

Source: power-platform admin docs on security roles; the lookups are those of
reference/entities/role (parentroleid, parentrootroleid, businessunitid).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from emulator.store import Document

_COPIES = uuid.UUID("5eed0000-0000-4000-8000-0000000000dc")


def new_role(id: str, name: str, unit: str, privileges: dict[str, str], **more: Any) -> Document:
    """A role that is its own root: the only one of its family that holds privileges."""
    return {
        "roleid": id,
        "name": name,
        "isinherited": 1,
        "ismanaged": False,
        "iscustomizable": {"Value": True, "CanBeChanged": True},
        "canbedeleted": {"Value": True, "CanBeChanged": True},
        "roleidunique": str(uuid.uuid5(_COPIES, f"{id}/unique")),
        "_roletemplateid_value": None,
        "_businessunitid_value": unit,
        "_parentroleid_value": None,
        "_parentrootroleid_value": id,
        "privileges": privileges,
        **more,
    }


def copy_id(root: str, unit: str) -> str:
    """The id that a root role's copy in a business unit has."""
    return str(uuid.uuid5(_COPIES, f"{root}/{unit}"))


def copies_of(root: Document, units: Iterable[Document]) -> list[Document]:
    """The copies of a root role in the child business units, each with an id of its own."""
    home = root["_businessunitid_value"]
    by_unit = {home: root["roleid"]}
    children = [unit for unit in units if unit["businessunitid"] != home]
    by_unit.update({u["businessunitid"]: copy_id(root["roleid"], u["businessunitid"]) for u in children})
    return [_copy(root, unit, by_unit) for unit in children]


def _copy(root: Document, unit: Document, by_unit: dict[str, str]) -> Document:
    unit_id, parent = unit["businessunitid"], unit["_parentbusinessunitid_value"]
    own = {
        "roleid": by_unit[unit_id],
        "roleidunique": str(uuid.uuid5(_COPIES, f"{by_unit[unit_id]}/unique")),
        "_businessunitid_value": unit_id,
        "_parentroleid_value": by_unit.get(parent, root["roleid"]),
        "_parentrootroleid_value": root["roleid"],
    }
    return {**{k: v for k, v in root.items() if k != "privileges"}, **own}
