"""Settings of a stack: read once, checked once, frozen."""

from connector.settings.certificates import Certificate
from connector.settings.endpoints import check_endpoints
from connector.settings.loader import load_settings
from connector.settings.model import Assignments, DataverseSettings, SecretSettings, Settings
from connector.settings.permissions import ApiPermission
from connector.settings.problems import covered
from connector.settings.profile import FederatedLogin, Profile, RedirectUris, load_profile
from connector.settings.rules import RULES
from connector.settings.stack_file import check_stack_file, stranger_keys
from connector.settings.values import Cloud, ConsentMode, CredentialKind, PermissionKind, SignInAudience

__all__ = [
    "RULES",
    "ApiPermission",
    "Assignments",
    "Certificate",
    "Cloud",
    "ConsentMode",
    "CredentialKind",
    "DataverseSettings",
    "FederatedLogin",
    "PermissionKind",
    "Profile",
    "RedirectUris",
    "SecretSettings",
    "Settings",
    "SignInAudience",
    "check_endpoints",
    "check_stack_file",
    "covered",
    "load_profile",
    "load_settings",
    "stranger_keys",
]
