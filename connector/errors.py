"""The tree of errors that every verb speaks.

ConnectError
├── SettingsError        2   the settings are wrong; nothing was sent
├── LoginError           3   the login service refused the caller
├── RefusedError         4   a service said no
├── UnreachableError     4   a host did not answer
├── NoSuchStackError     6   there is no stack of that name
├── ProofFailedError     1   the proof ran and did not hold
├── LocalFileError       1   a file of this machine cannot be read or written
├── DriftError           7   something differs where nothing should
├── PersonNeededError   20   the next step is a person's
├── CancelledError       8   a person did not confirm what was asked, or pressed Ctrl-C
└── ExpiresSoonError    21   a secret ends soon

The numbers are exit codes (docs/exit-codes.md). Pulumi counts its own up from 1, so those that it has no word
for stand apart, from 20 on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class ConnectError(Exception):
    """Root of all errors that a verb prints as one message, without a traceback.

    `code` is a stable id such as `settings.dynamics_url`, `key` the setting or object concerned,
    `message` says what happened, to which object, and what to do. No secret ever stands in it.
    """

    #: The class's own; an instance that passes another program's on has its own.
    exit_code: int = 1

    def __init__(self, message: str, *, code: str, key: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.key = key

    def to_json(self) -> dict[str, str | None]:
        """The `error` object that every verb's JSON carries."""
        return {"code": self.code, "key": self.key, "message": self.message}


@dataclass(frozen=True)
class Problem:
    """One thing wrong in the settings: which rule, at which key, with which value, and what to do."""

    rule: str
    key: str
    value: str
    message: str

    def __str__(self) -> str:
        shown = f" = {self.value}" if self.value else ""
        return f"{self.key}{shown}: {self.message} [{self.rule}]"


class SettingsError(ConnectError):
    """The settings of a stack, a profile or the environment are wrong; all problems at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem], *, where: str = "the settings") -> None:
        self.problems, self.where = tuple(problems), where
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        first = self.problems[0]
        super().__init__(f"{count} in {where}:\n{lines}", code=first.rule, key=first.key)


class LoginError(ConnectError):
    """The login service gave no token."""

    exit_code = 3


class RefusedError(ConnectError):
    """A service answered and said no; its own words are kept apart from ours."""

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        code: str,
        key: str | None = None,
        status: int = 0,
        service_code: str = "",
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, key=key)
        self.status = status
        self.service_code = service_code
        self.request_id = request_id
        self.retry_after = retry_after


class UnreachableError(ConnectError):
    """A host gave no answer: no route, no name, no TLS, or no answer in time."""

    exit_code = 4


class NoSuchStackError(ConnectError):
    """The stack named does not exist in the backend in use."""

    exit_code = 6


class ProofFailedError(ConnectError):
    """The proof ran and found one cause why the connection cannot work as wanted."""

    exit_code = 1


class LocalFileError(ConnectError):
    """A file of this machine cannot be read or written: no rights, no room, a name that is too long."""

    exit_code = 1


class DriftError(ConnectError):
    """Live state differs where no difference was expected."""

    exit_code = 7


class PersonNeededError(ConnectError):
    """The next step belongs to a person (typing the secret, consenting)."""

    exit_code = 20


class CancelledError(ConnectError):
    """A person did not confirm what was asked (nothing was done), or pressed Ctrl-C."""

    exit_code = 8


class ExpiresSoonError(ConnectError):
    """A secret ends soon, and nothing that this run may do can help it."""

    exit_code = 21


#: Exit codes that say what a person or a later run has to do, and not that this one failed; the graver first.
NO_FAILURE = (PersonNeededError.exit_code, ExpiresSoonError.exit_code)


def worst(codes: Iterable[int]) -> int:
    """The one exit code of many runs: the highest failure, else a person's step, else an end that is near."""
    met = set(codes) - {0}
    failures = met.difference(NO_FAILURE)
    return max(failures) if failures else next((code for code in NO_FAILURE if code in met), 0)
