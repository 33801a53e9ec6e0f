"""People who are users of an organization: Adele may customize, Megan holds no role, Alex is no user."""

from __future__ import annotations

from emulator.seed.directory import ADELE, MEGAN
from emulator.seed.ids import business_unit_id, role_id, user_id
from emulator.seed.names import Organization
from emulator.store import Document, Store

_PEOPLE = ((ADELE, "Adele", "Vance", ("System Customizer",)), (MEGAN, "Megan", "Bowen", ()))


def seed_people(store: Store, organization: Organization) -> None:
    """Write the human users of the first organization."""
    for object_id, first, last, roles in _PEOPLE:
        email = f"{first.lower()}@{organization.name}.example"
        document: Document = {
            "systemuserid": user_id(organization.id, object_id),
            "azureactivedirectoryobjectid": object_id,
            "fullname": f"{first} {last}",
            "firstname": first,
            "lastname": last,
            "domainname": email,
            "internalemailaddress": email,
            "accessmode": 0,
            "isdisabled": False,
            "deletedstate": 0,
            "_businessunitid_value": business_unit_id(organization.id, organization.name),
            "roles": [role_id(organization.id, name) for name in roles],
        }
        store.put(organization.id, "systemusers", document["systemuserid"], document)
