"""The link by which somebody who may consent does so (`consent: link`).

EM identity/enterprise-apps/grant-admin-consent.md: `LOGIN/TENANT/adminconsent?client_id=CLIENT`.
"""

from __future__ import annotations

from urllib.parse import quote


def consent_link(login: str, tenant_id: str, client_id: str) -> str:
    """The address to open; *login* is the cloud's login host as a URL."""
    return f"{login.rstrip('/')}/{quote(tenant_id)}/adminconsent?client_id={quote(client_id)}"
