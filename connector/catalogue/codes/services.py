"""Codes of Microsoft Graph, Entra ID, adoption and Dataverse."""

from __future__ import annotations

from connector.catalogue.codes.model import Texts

TEXTS: Texts = {
    "graph.refused": (
        "4",
        "Microsoft Graph said no; its code and request id are in the message",
        "see the README's permissions of the caller",
    ),
    "entra.caller_rights": (
        "4",
        "the deployer's token lacks permissions that the plan needs; found before anything was written",
        "grant those named, or set `consent: link`",
    ),
    "entra.caller_not_owner": (
        "4",
        "the deployer may change only applications that it owns, and `owners` does not list it, or the "
        "application is not its own; nothing was written",
        "add the object id that the message names to `owners`, or grant `Application.ReadWrite.All`",
    ),
    "entra.permission_unknown": (
        "1",
        "the API publishes no permission of that name in this tenant",
        "choose one of the names listed",
    ),
    "entra.service_principal_missing": ("1", "the application's service principal is gone", "`deploy`"),
    "entra.service_principal_disabled": ("1", "it is disabled", "enable it in the tenant"),
    "entra.assignment_required": ("1", "\"assignment required\" differs from the settings", "`deploy`"),
    "entra.assignment_missing": ("1", "a user or group of the settings is not assigned", "`deploy`"),
    "entra.grant_missing": (
        "1",
        "admin consent is missing for a requested permission",
        "`deploy`, or have it consented",
    ),
    "entra.grant_excess": (
        "1",
        "consent was given for more than is requested",
        "request it, or take it back",
    ),
    "entra.grant_doubled": ("1", "two grants exist for one API", "delete one"),
    "entra.consent_pending": (
        "20",
        "`consent: link`, and nobody has consented yet",
        "somebody who may opens the link in the message",
    ),
    "entra.marker_in_use": (
        "4",
        "an application carries this stack's marker and holds credentials that its state does not know",
        "`adopt --application-id` after a lost state, another stack name, or delete it",
    ),
    "entra.deleted": (
        "4",
        "the application of the stack's state was deleted and lies in the recycle bin",
        "`deploy --restore` brings it back; `pulumi refresh` first to make a new one",
    ),
    "entra.nothing_to_restore": (
        "4",
        "`deploy --restore`, and the recycle bin holds no application of this stack",
        "`deploy`",
    ),
    "entra.restored_unseen": (
        "4",
        "`deploy --restore` brought the application back, and Graph does not show it everywhere yet",
        "`deploy --restore` again in some minutes, or `deploy` where that finds nothing",
    ),
    "adopt.no_application": (
        "4",
        "no application of this client id in the tenant",
        "give the application (client) id",
    ),
    "adopt.other_stack": (
        "4",
        "the application carries another stack's marker",
        "use that stack, or take the tag away",
    ),
    "adopt.has_application": ("4", "the stack has an application already", "a stack of its own"),
    "dataverse.no_organization": (
        "4",
        "the host does not answer as a Dynamics organization",
        "correct `dynamicsUrl`",
    ),
    "dataverse.tenant": (
        "4",
        "the organization belongs to another tenant",
        "correct `dynamicsUrl` or `tenantId`",
    ),
    "dataverse.resource": (
        "4",
        "the organization calls itself by another URL",
        "use that one as `dynamicsUrl`",
    ),
    "dataverse.refused": (
        "4, 1",
        "Dataverse said no: to the deployer (4), or to the application during the proof (1)",
        "see the code in the message",
    ),
    "dataverse.caller_privileges": (
        "4",
        "the deployer lacks privileges that it would have to hand out; nothing was written",
        "give it System Administrator",
    ),
    "dataverse.business_unit": (
        "2",
        "`dataverse.businessUnit` names none or several",
        "use one of those listed, or an id",
    ),
    "dataverse.root_unit": ("4", "the organization has not exactly one root business unit", "report it"),
    "dataverse.table": (
        "2",
        "a table of the role is not in the environment",
        "correct it, or mark the line optional",
    ),
    "dataverse.right": ("2", "the table has no such right", "choose one of those listed"),
    "dataverse.depth": ("2", "the privilege cannot take that depth", "choose one of those listed"),
    "dataverse.forbidden": (
        "2",
        "lines of the role ask for a right that the profile forbids, perhaps through a shared privilege",
        "take the line or the prohibition away",
    ),
    "dataverse.remove": (
        "2",
        "`dataverse.remove` names a right that the profile does not give",
        "correct it",
    ),
    "dataverse.ambiguous_role": (
        "4",
        "several roles have the wanted name",
        "set `dataverse.role`, or delete those not needed",
    ),
    "dataverse.managed_role": (
        "4",
        "the name belongs to a role of the system or of a managed solution",
        "set `dataverse.role`",
    ),
    "dataverse.foreign_role": (
        "7",
        "somebody else's role has the name, with other rights; it is left as it is",
        "rename it, or set `dataverse.role`",
    ),
    "dataverse.no_role_copy": (
        "4",
        "the role has no copy in the user's business unit",
        "wait a minute and run again",
    ),
    "dataverse.ambiguous_user": (
        "4",
        "several application users stand for the application",
        "delete those not needed",
    ),
    "dataverse.user_missing": ("1", "no application user stands for the application", "`apply`"),
    "dataverse.user_disabled": ("1", "it is disabled", "`apply`"),
    "dataverse.other_user": ("1", "the application acts as another user than the one read", "report it"),
    "dataverse.role_missing": ("1", "the security role is gone", "`apply`"),
    "dataverse.role_unassigned": ("1", "it is not assigned to the application user", "`apply`"),
    "dataverse.privilege_missing": ("1", "privileges are missing, or not deep enough", "`apply`"),
    "dataverse.privilege_excess": (
        "1",
        "privileges are held that nobody asked for, by the role or through a team",
        "take them away, or add them to the role",
    ),
    "dataverse.forbidden_held": (
        "1",
        "the application holds a right that the profile forbids, by whatever role or team",
        "take it away",
    ),
    "dataverse.system_administrator": (
        "1",
        "the application user is System Administrator",
        "take the role away, or `apply --strip-extra-roles --yes`",
    ),
    "dataverse.solution": (
        "1",
        "the required managed solution is missing or too old, so its privileges cannot exist",
        "import it, then `apply`",
    ),
}
