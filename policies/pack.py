"""The rules as policies of Pulumi: which resource each looks at, its level, and what can be configured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import rules
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

APPLICATION = "azuread:index/application:Application"
SERVICE_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
SECRET = "azuread:index/applicationPassword:ApplicationPassword"  # noqa: S105 - a type's name
GRANT = "azuread:index/servicePrincipalDelegatedPermissionGrant:ServicePrincipalDelegatedPermissionGrant"
CONNECTION = "dynamics-connect:index:Connection"
CONSENT = "dynamics-connect:index:AdminConsent"
PROTECTED = frozenset({APPLICATION, SERVICE_PRINCIPAL, SECRET})

Check = Callable[[ResourceValidationArgs], Iterable[str]]


def _on(*types: str, check: Check) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type in types:
            for problem in check(args):
                report(problem, None)

    return validate


def _list_of(name: str, default: list[str]) -> PolicyConfigSchema:
    return PolicyConfigSchema({name: {"type": "array", "items": {"type": "string"}, "default": default}})


def _audience(args: ResourceValidationArgs) -> Iterable[str]:
    return rules.audience(args.props, args.get_config()["allowed"])


def _lifetime(args: ResourceValidationArgs) -> Iterable[str]:
    return rules.secret_lifetime(args.props, int(args.get_config()["days"]), datetime.now(UTC))


def _protected(args: ResourceValidationArgs) -> Iterable[str]:
    stack = args.urn.split("::")[0].rsplit(":", 1)[-1]
    return rules.protected(stack=stack, protect=args.opts.protect, production=args.get_config()["stacks"])


def _of(resources: Iterable[PolicyResource], *types: str) -> list[Mapping[str, Any]]:
    # As they come: reading a property that a preview does not know yet ends the policy there.
    return [one.props for one in resources if one.resource_type in types]


def _grants(args: StackValidationArgs, report: ReportViolation) -> None:
    consents = [api for one in _of(args.resources, CONSENT) for api in one.get("apis") or ()]
    published = {str(api["objectId"]): api for api in consents}
    applications = _of(args.resources, APPLICATION)
    requested = [access for one in applications for access in one.get("requiredResourceAccesses") or ()]
    for problem in rules.grants_requested(_of(args.resources, GRANT), requested, published):
        report(problem, None)


def _role(args: StackValidationArgs, report: ReportViolation) -> None:
    for props in _of(args.resources, CONNECTION):
        for problem in rules.powerful_role(props):
            report(problem, None)


POLICIES: list[Policy] = [
    ResourceValidationPolicy(
        name="redirect-uris",
        description="Redirect URIs have no wildcard, and are http for localhost alone.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=_on(APPLICATION, check=lambda args: rules.redirect_uris(args.props)),
    ),
    ResourceValidationPolicy(
        name="audience",
        description="Who may sign in (signInAudience) is on the allowed list.",
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=_list_of("allowed", ["AzureADMyOrg", "AzureADMultipleOrgs"]),
        validate=_on(APPLICATION, check=_audience),
    ),
    ResourceValidationPolicy(
        name="secret-lifetime",
        description="A client secret is valid for at most so many days.",
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PolicyConfigSchema({"days": {"type": "integer", "minimum": 1, "default": 365}}),
        validate=_on(SECRET, check=_lifetime),
    ),
    StackValidationPolicy(
        name="grants-requested",
        description="Every scope that is consented to is among the permissions that are requested.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=_grants,
    ),
    ResourceValidationPolicy(
        name="assignment-required",
        description="Only users and groups that are assigned may sign in.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=_on(SERVICE_PRINCIPAL, check=lambda args: rules.assignment_required(args.props)),
    ),
    StackValidationPolicy(
        name="no-system-administrator",
        description="The security role is not System Administrator or System Customizer.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=_role,
    ),
    ResourceValidationPolicy(
        name="owner-set",
        description="The application has an owner.",
        enforcement_level=EnforcementLevel.ADVISORY,
        validate=_on(APPLICATION, check=lambda args: rules.owner_set(args.props)),
    ),
    ResourceValidationPolicy(
        name="protected-in-production",
        description="Application, service principal and secrets of production stacks are protected.",
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=_list_of("stacks", ["*prod*"]),
        validate=_on(*PROTECTED, check=_protected),
    ),
]
