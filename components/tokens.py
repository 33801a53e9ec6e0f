"""Type tokens of the components, `package:module:Noun`, in one place.

A token stands in every state file: it never changes without an alias.
"""

from __future__ import annotations

CONNECTION = "dynamics-connect:index:Connection"
APPLICATION = "dynamics-connect:index:Application"
SERVICE_PRINCIPAL = "dynamics-connect:index:ServicePrincipal"
CONSENT = "dynamics-connect:index:AdminConsent"
CERTIFICATES = "dynamics-connect:index:Certificates"
FEDERATION = "dynamics-connect:index:Federation"
CREDENTIALS = "dynamics-connect:index:Credentials"
ASSIGNMENTS = "dynamics-connect:index:Assignments"
