"""What `bootstrap` makes: two identities, whose tokens each trusts, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: The one audience that Entra takes (EM workload-identity-federation-considerations.md).
AUDIENCE = "api://AzureADTokenExchange"
_MARKER = "dynamics-connect-pipeline"


class Who(StrEnum):
    """The identity that pull requests log in as, and the one that deployments log in as."""

    READER = "reader"
    WRITER = "writer"

    @property
    def marker(self) -> str:
        """The tag by which its application is known again."""
        return f"{_MARKER}:{self.value}"

    @property
    def display_name(self) -> str:
        """The name of its application, and of the security role made for it."""
        return f"Dynamics Connect pipeline ({self.value})"


@dataclass(frozen=True)
class Trust:
    """A federated credential: tokens of this issuer with this subject log in as the identity.

    `name` never changes once it is made; by it the credential is ours.
    """

    name: str
    issuer: str
    subject: str

    def body(self) -> dict[str, object]:
        """The federatedIdentityCredential of Graph."""
        return {
            "name": self.name,
            "issuer": self.issuer,
            "subject": self.subject,
            "audiences": [AUDIENCE],
            "description": "Made by bootstrap of dynamics-connect",
        }

    def to_json(self) -> dict[str, str]:
        """The object of the JSON report."""
        return {"name": self.name, "issuer": self.issuer, "subject": self.subject, "audience": AUDIENCE}


class Service(StrEnum):
    """Where a right holds."""

    GRAPH = "Microsoft Graph"
    DATAVERSE = "Dataverse"


class When(StrEnum):
    """What must be so for a right to be needed."""

    ALWAYS = "always"
    GRANT = "the stack grants consent"
    LINK = "no consent is granted by the stack"
    USERS = "users are assigned, or owners set, by name"
    GROUPS = "groups are assigned by name"
    ASSIGNMENTS = "users, groups or app roles are assigned"
    OWNED = "with `--owned-only`"
    ANY = "without `--owned-only`"
    NARROW = "with `--narrow-role`"
    WIDE = "without `--narrow-role`"


@dataclass(frozen=True)
class Right:
    """One right of one identity: what needs it, when, and what else could be done with it."""

    who: Who
    service: Service
    name: str
    why: str
    when: When = When.ALWAYS
    beware: str = ""

    def to_json(self) -> dict[str, str]:
        """The object of the JSON report."""
        return {
            "service": self.service.value,
            "name": self.name,
            "why": self.why,
            "beware": self.beware,
        }


@dataclass(frozen=True)
class Wanted:
    """One identity as it is to be."""

    who: Who
    trusts: tuple[Trust, ...]
    rights: tuple[Right, ...]

    def names(self, service: Service) -> tuple[str, ...]:
        """The names of its rights on one service."""
        return tuple(right.name for right in self.rights if right.service is service)
