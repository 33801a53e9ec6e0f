"""The tables that an organization has, with the privileges that the service derives from them.

Sources: powerapps-docs, reference/entities (schema names, entity set names, type codes) and
security-access-coding (privilege names follow the schema name; systemuser, annotation and
every standard activity have a name of their own).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

NAMESPACE = uuid.UUID("5eed0000-0000-4000-8000-0000000000da")
ALL_RIGHTS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
OWNERLESS_RIGHTS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo")
# accessright of the privilege table, by PrivilegeType.
ACCESS_RIGHTS = {
    "None": 0,
    "Read": 1,
    "Write": 2,
    "Append": 4,
    "AppendTo": 16,
    "Create": 32,
    "Delete": 65536,
    "Share": 262144,
    "Assign": 524288,
}
USER_DEPTHS = ("Basic", "Local", "Deep", "Global")
UNIT_DEPTHS = ("Local", "Deep", "Global")
ORGANIZATION_DEPTHS = ("Global",)
_COMMON_COLUMNS = ("statecode", "statuscode", "createdon", "modifiedon", "_ownerid_value")


@dataclass(frozen=True)
class Table:
    """One table: names, type code, and which privileges it has at which depths.

    `stem` is what follows prvCreate, prvRead, … (the schema name where it is None);
    `covered_by` names the privilege that reading needs when the table has none of its own.
    """

    logical: str
    schema: str
    code: int
    stem: str | None = None
    set_name: str | None = None
    rights: tuple[str, ...] = ALL_RIGHTS
    depths: tuple[str, ...] = USER_DEPTHS
    name_column: str = "name"
    key: str | None = None
    columns: tuple[str, ...] = ()
    covered_by: str | None = None

    @property
    def entity_set(self) -> str:
        """The plural that the Web API's address has."""
        return self.set_name or f"{self.logical}s"

    @property
    def primary_key(self) -> str:
        """The primary id column."""
        return self.key or f"{self.logical}id"


def _activity(logical: str, schema: str, code: int, set_name: str | None = None) -> Table:
    return Table(
        logical,
        schema,
        code,
        "Activity",
        set_name,
        name_column="subject",
        key="activityid",
        columns=("subject",),
    )


def _covered(logical: str, schema: str, code: int, covered_by: str, set_name: str | None = None) -> Table:
    return Table(logical, schema, code, set_name=set_name, rights=(), covered_by=covered_by)


def _bizible(suffix: str, code: int) -> Table:
    schema = f"bizible2_{suffix}"
    plural = f"{schema.lower()[:-1]}ies" if schema.endswith("y") else f"{schema.lower()}s"
    return Table(schema.lower(), schema, code, set_name=plural, name_column="bizible2_name")


_PERSON = ("firstname", "lastname", "fullname", "emailaddress1", "telephone1")
STANDARD_TABLES = (
    Table("account", "Account", 1, columns=("emailaddress1", "telephone1", "websiteurl", "accountnumber")),
    Table("contact", "Contact", 2, name_column="fullname", columns=_PERSON),
    Table("opportunity", "Opportunity", 3, set_name="opportunities"),
    Table("lead", "Lead", 4, name_column="fullname", columns=(*_PERSON, "subject", "companyname")),
    Table("annotation", "Annotation", 5, "Note", name_column="subject", columns=("notetext",)),
    Table("systemuser", "SystemUser", 8, "User", rights=OWNERLESS_RIGHTS, name_column="fullname"),
    Table("team", "Team", 9, rights=OWNERLESS_RIGHTS, depths=UNIT_DEPTHS),
    Table("businessunit", "BusinessUnit", 10, rights=OWNERLESS_RIGHTS, depths=UNIT_DEPTHS),
    Table("organization", "Organization", 1019, rights=("Read", "Write"), depths=ORGANIZATION_DEPTHS),
    Table("role", "Role", 1036, rights=(*OWNERLESS_RIGHTS, "Assign"), depths=UNIT_DEPTHS),
    Table("list", "List", 4300, name_column="listname", columns=("listname", "type")),
    Table("campaign", "Campaign", 4400),
    Table("solution", "Solution", 7100, rights=OWNERLESS_RIGHTS, depths=ORGANIZATION_DEPTHS),
    Table("publisher", "Publisher", 7101, rights=OWNERLESS_RIGHTS, depths=ORGANIZATION_DEPTHS),
    Table(
        "transactioncurrency",
        "TransactionCurrency",
        9105,
        set_name="transactioncurrencies",
        rights=OWNERLESS_RIGHTS,
        depths=ORGANIZATION_DEPTHS,
        name_column="currencyname",
        columns=("isocurrencycode", "exchangerate"),
    ),
    _activity("activitypointer", "ActivityPointer", 4200),
    _activity("appointment", "Appointment", 4201),
    _activity("email", "Email", 4202),
    _activity("fax", "Fax", 4204, "faxes"),
    _activity("letter", "Letter", 4207),
    _activity("phonecall", "PhoneCall", 4210),
    _activity("task", "Task", 4212),
    _activity("recurringappointmentmaster", "RecurringAppointmentMaster", 4251),
    _activity("campaignresponse", "CampaignResponse", 4401),
    _activity("campaignactivity", "CampaignActivity", 4402, "campaignactivities"),
    _covered("activityparty", "ActivityParty", 135, "prvReadActivity", "activityparties"),
    _covered("listmember", "ListMember", 4301, "prvReadList"),
    _covered("campaignitem", "CampaignItem", 4403, "prvReadCampaign"),
    _covered("stringmap", "StringMap", 1043, "prvReadEntity"),
)
SERVICE_TABLES = (
    _activity("incidentresolution", "IncidentResolution", 4206),
    _activity("serviceappointment", "ServiceAppointment", 4214),
)
SOLUTION_TABLES = (
    _bizible("Bizible_Touchpoint", 10601),
    _bizible("Bizible_Attribution_Touchpoint", 10602),
    _bizible("Bizible_Event", 10603),
    _bizible("Bizible_History", 10604),
    _bizible("Bizible_ABTest", 10605),
)


def privilege_id(name: str, organization: str | None = None) -> str:
    """The id of a privilege: the same everywhere, but for a custom table's, which each organization makes."""
    return str(uuid.uuid5(NAMESPACE, f"{organization or 'platform'}/{name}"))


def table_privileges(table: Table, organization: str) -> list[dict[str, Any]]:
    """The `Privileges` of a table's EntityMetadata (SecurityPrivilegeMetadata)."""
    custom = organization if "_" in table.logical else None
    names = [(f"prv{right}{table.stem or table.schema}", right) for right in table.rights]
    return [
        security_privilege(name, right, table.depths, privilege_id(name, custom)) for name, right in names
    ]


def security_privilege(name: str, right: str, depths: tuple[str, ...], id: str) -> dict[str, Any]:
    """One SecurityPrivilegeMetadata, as EntityDefinitions shows it."""
    return {
        "CanBeBasic": "Basic" in depths,
        "CanBeDeep": "Deep" in depths,
        "CanBeGlobal": "Global" in depths,
        "CanBeLocal": "Local" in depths,
        "CanBeEntityReference": False,
        "CanBeParentEntityReference": False,
        "Name": name,
        "PrivilegeId": id,
        "PrivilegeType": right,
    }


def definition(table: Table, organization: str) -> dict[str, Any]:
    """The EntityDefinitions row of a table; keys with a leading underscore are the emulator's own."""
    return {
        "MetadataId": str(uuid.uuid5(NAMESPACE, f"table/{table.logical}")),
        "LogicalName": table.logical,
        "SchemaName": table.schema,
        "EntitySetName": table.entity_set,
        "LogicalCollectionName": table.entity_set,
        "ObjectTypeCode": table.code,
        "PrimaryIdAttribute": table.primary_key,
        "PrimaryNameAttribute": table.name_column,
        "OwnershipType": "UserOwned" if table.depths == USER_DEPTHS else "OrganizationOwned",
        "IsPrivate": False,
        "IsActivity": table.stem == "Activity",
        "IsCustomEntity": "_" in table.logical,
        "IsManaged": True,
        "Privileges": table_privileges(table, organization),
        "_columns": [table.name_column, *table.columns, *_COMMON_COLUMNS],
        "_read": table.covered_by,
    }
