"""One Dataverse organization: business units, teams, tables, privileges, built-in roles, solutions, users."""

from __future__ import annotations

import uuid

from emulator.dataverse.role_copies import copies_of, new_role
from emulator.seed.directory import Deployer, deployers
from emulator.seed.ids import business_unit_id, role_id, seeded_id, user_id
from emulator.seed.names import LIMITED_DEPLOYER, ORGANIZATIONS, Organization, Tenant
from emulator.seed.people import seed_people
from emulator.seed.privileges import administrator_privileges, customizer_privileges, seed_privileges
from emulator.seed.tables import SERVICE_TABLES, SOLUTION_TABLES, STANDARD_TABLES, definition
from emulator.store import Document, Store

ADMINISTRATOR_TEMPLATE = "627090ff-40a3-4053-8790-584edc5be201"
CUSTOMIZER_TEMPLATE = "119f245c-3cc8-4b62-b31c-d1a046ced15d"
SYSTEM_ADMINISTRATOR = "System Administrator"
SYSTEM_CUSTOMIZER = "System Customizer"
__all__ = [
    "business_unit_id",
    "role_id",
    "seed_copy",
    "seed_organization",
    "seed_template",
    "seeded_id",
    "user_id",
]
SOLUTION = "BizibleMarketingAttribution"
SOLUTION_VERSION = "6.14"
#: The organization that copies are made of; no address serves it, and nobody writes it.
TEMPLATE = "0c0c0c00-0000-4000-8000-000000000000"
_SHARED = ("tables", "privileges", "roles", "solutions")


def seed_organization(store: Store, organization: Organization) -> None:
    """Write the organization with everything that is there before anybody does anything."""
    store.put(organization.id, "organizations", organization.id, _organization(organization))
    _seed_customization(store, organization, _seed_units(store, organization))
    for deployer in deployers(Tenant(organization.tenant, organization.name)):
        _seed_deployer(store, organization, deployer, organization)
    if organization == ORGANIZATIONS[0]:
        seed_people(store, organization)


def seed_template(store: Store) -> None:
    """Write what copies share: tables, privileges, built-in roles, solutions."""
    store.put(TEMPLATE, "templates", TEMPLATE, {"id": TEMPLATE})
    _seed_customization(store, _TEMPLATE, [_unit(TEMPLATE, _TEMPLATE.name, None)])


def seed_copy(store: Store, organization: Organization) -> None:
    """Write an organization that is a copy of the template: its rows have the template's ids."""
    store.put(organization.id, "organizations", organization.id, _organization(organization))
    for kind in _SHARED:
        store.share(organization.id, kind, TEMPLATE)
    unit = _unit(TEMPLATE, _TEMPLATE.name, None)
    unit |= {"name": organization.name, "_organizationid_value": organization.id}
    store.put(organization.id, "businessunits", unit["businessunitid"], unit)
    team = _default_team(TEMPLATE, unit)
    store.put(organization.id, "teams", team["teamid"], team)
    for deployer in deployers(Tenant(organization.tenant, organization.name)):
        _seed_deployer(store, organization, deployer, _TEMPLATE)


_TEMPLATE = Organization(TEMPLATE, "", "template", "")


def _seed_customization(store: Store, organization: Organization, units: list[Document]) -> None:
    definitions = _seed_tables(store, organization)
    rows = seed_privileges(store, organization.id, definitions)
    held = administrator_privileges(rows)
    _seed_role(store, organization, units, SYSTEM_ADMINISTRATOR, ADMINISTRATOR_TEMPLATE, held)
    held = customizer_privileges(rows)
    _seed_role(store, organization, units, SYSTEM_CUSTOMIZER, CUSTOMIZER_TEMPLATE, held)
    _seed_solutions(store, organization)


def _organization(organization: Organization) -> Document:
    return {
        "id": organization.id,
        "organizationid": organization.id,
        "tenant": organization.tenant,
        "name": organization.name,
        "address": organization.address,
        "version": "9.2.25084.00180",
        "environmentid": str(uuid.uuid5(uuid.UUID(organization.id), "environment")),
        # Settings of the organization and knobs of the emulator (docs/emulator-dataverse.md).
        "EnableOwnershipAcrossBusinessUnits": False,
        "allowRoleAssignmentOnDisabledUsers": False,
        "cacheLagReads": 0,
        "directoryLagPosts": 0,
        "deleteRaces": 0,
        "throttle": None,
    }


def _seed_units(store: Store, organization: Organization) -> list[Document]:
    root = business_unit_id(organization.id, organization.name)
    units = [_unit(organization.id, organization.name, None)]
    units += [_unit(organization.id, name, root) for name in organization.units]
    for unit in units:
        store.put(organization.id, "businessunits", unit["businessunitid"], unit)
        team = _default_team(organization.id, unit)
        store.put(organization.id, "teams", team["teamid"], team)
    return units


def _unit(organization: str, name: str, parent: str | None) -> Document:
    return {
        "businessunitid": business_unit_id(organization, name),
        "name": name,
        "isdisabled": False,
        "_parentbusinessunitid_value": parent,
        "_organizationid_value": organization,
    }


def _default_team(organization: str, unit: Document) -> Document:
    """Every user of a business unit belongs to its default team."""
    return {
        "teamid": seeded_id(organization, "team", unit["name"]),
        "name": unit["name"],
        "isdefault": True,
        "teamtype": 0,
        "_businessunitid_value": unit["businessunitid"],
        "roles": [],
        "members": [],
    }


def _seed_tables(store: Store, organization: Organization) -> list[Document]:
    tables = list(STANDARD_TABLES)
    tables += SERVICE_TABLES if organization.service_tables else ()
    tables += SOLUTION_TABLES if organization.solution else ()
    definitions = [definition(table, organization.id) for table in tables]
    for document in definitions:
        store.put(organization.id, "tables", document["LogicalName"], document)
    return definitions


def _seed_role(
    store: Store,
    organization: Organization,
    units: list[Document],
    name: str,
    template: str,
    privileges: dict[str, str],
) -> None:
    root = new_role(
        role_id(organization.id, name),
        name,
        units[0]["businessunitid"],
        privileges,
        ismanaged=True,
        canbedeleted={"Value": False, "CanBeChanged": False},
        _roletemplateid_value=template,
    )
    for role in (root, *copies_of(root, units)):
        store.put(organization.id, "roles", role["roleid"], role)


def _seed_solutions(store: Store, organization: Organization) -> None:
    rows = [("Default", "1.0", False), ("Active", "1.0", False)]
    rows += [(SOLUTION, SOLUTION_VERSION, True)] if organization.solution else []
    for name, version, managed in rows:
        document: Document = {
            "solutionid": seeded_id(organization.id, "solution", name),
            "uniquename": name,
            "friendlyname": "Bizible Marketing Attribution" if name == SOLUTION else f"{name} Solution",
            "version": version,
            "ismanaged": managed,
            "isvisible": name != "Active",
        }
        store.put(organization.id, "solutions", document["solutionid"], document)


def _seed_deployer(store: Store, organization: Organization, deployer: Deployer, ids: Organization) -> None:
    """The deployer's application user; *ids* is the organization whose unit's and role's ids count here."""
    name = SYSTEM_CUSTOMIZER if deployer.app_id == LIMITED_DEPLOYER else SYSTEM_ADMINISTRATOR
    document: Document = {
        "systemuserid": user_id(organization.id, deployer.app_id),
        "applicationid": deployer.app_id,
        "azureactivedirectoryobjectid": deployer.principal_id,
        "fullname": f"# {deployer.name}",
        "firstname": "#",
        "lastname": deployer.name,
        "domainname": f"{deployer.name.replace(' ', '')}+{deployer.app_id}@{organization.tenant}.com",
        "internalemailaddress": f"{deployer.app_id}@{organization.tenant}.com",
        "accessmode": 4,
        "isdisabled": False,
        "deletedstate": 0,
        "_businessunitid_value": business_unit_id(ids.id, ids.name),
        "roles": [role_id(ids.id, name)],
    }
    store.put(organization.id, "systemusers", document["systemuserid"], document)
