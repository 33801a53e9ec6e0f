"""A real emulator in a process of its own, and the control verbs as methods."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from emulator import control, faults
from emulator.seed import CONTOSO, DEPLOYER_SECRET, FULL_DEPLOYER
from emulator.server import open_store

PROJECT = Path(__file__).resolve().parents[2]
_TABLES = ("objects", "shared", "meta", "log", "faults", "lags", "sign_ins")


class EmulatorDidNotStartError(Exception):
    """The emulator did not come up; the message is what it wrote."""


class RunningEmulator:
    """`python -m emulator serve` on a free port, with state in *folder*.

    `env` holds the variables it announced, `port` its port, `ca` the certificate to trust.
    *options* are further arguments of `serve` (`--page-size 1`).
    """

    def __init__(self, folder: Path, *options: str) -> None:
        """Start it and wait until it is ready. Raises EmulatorDidNotStartError when it stops instead."""
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "emulator", "serve", "--port", "0", "--dir", str(folder), *options],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.env = self._read_exports()
        self.port = int(self.env["ARM_METADATA_HOSTNAME"].rsplit(":", 1)[1])
        self.authority = f"https://localhost:{self.port}"
        self.ca = Path(self.env["SSL_CERT_FILE"])
        self.trust = ssl.create_default_context(cafile=str(self.ca))
        self._client = httpx.Client(verify=self.trust, timeout=30, trust_env=False)
        self.store = open_store(folder)
        self._pristine = folder / "pristine.db"
        self.store.db.execute("VACUUM INTO ?", (str(self._pristine),))

    def _read_exports(self) -> dict[str, str]:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        lines: dict[str, str] = {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                return lines
            name, _, value = line.removeprefix("export ").strip().partition("=")
            lines[name] = value
        raise EmulatorDidNotStartError(self.process.stderr.read())

    def org(self, number: int) -> str:
        """URL of organization *number* (1 to 3), without a trailing slash."""
        return f"https://127.0.1.{number}:{self.port}"

    def http(self) -> httpx.Client:
        """Return a client that trusts this emulator; it is shared and closed with it."""
        return self._client

    def token(
        self,
        resource: str | None = None,
        *,
        client_id: str = FULL_DEPLOYER,
        secret: str = DEPLOYER_SECRET,
        tenant: str = CONTOSO,
    ) -> str:
        """Return an access token for *resource* (Graph when None), by client secret."""
        answer = self._client.post(
            f"{self.authority}/{tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": secret,
                "scope": f"{resource or self.authority}/.default",
            },
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def requests(self, *, reset: bool = False) -> list[dict[str, Any]]:
        """Return the request log, oldest first; *reset* empties it afterwards."""
        return control.requests(self.store, reset=reset)

    def dump(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Return all objects as scope → kind → list."""
        return control.dump(self.store)

    def edit(self, kind: str, id: str, patch: dict[str, Any] | None = None, *, delete: bool = False) -> None:
        """Merge *patch* into one object, or delete it, behind the services' backs."""
        control.edit(self.store, kind, id, None if delete else json.dumps(patch), delete=delete)

    def fault(
        self,
        method: str,
        route: str,
        *,
        nth: int = 1,
        answer: str = "503",
        retry_after: str | None = None,
        times: int = 1,
    ) -> None:
        """Arm a fault (`emulator fault`)."""
        faults.add_fault(
            self.store, method, route, nth=nth, answer=answer, retry_after=retry_after, times=times
        )

    def clock(self, shift: str) -> None:
        """Move its clock (`+30d`, `reset`)."""
        control.move_clock(self.store, shift)

    def keep(self) -> Path:
        """Keep the state as it is now, for `reset`."""
        number = len(list(self.folder.glob("kept-*.db")))
        path = self.folder / f"kept-{number}.db"
        self.store.db.execute("VACUUM INTO ?", (str(path),))
        return path

    def reset(self, to: Path | None = None) -> None:
        """Return to the state right after the seed, or to one kept: objects, log, faults, clock."""
        database = self.store.db
        database.execute("ATTACH ? AS pristine", (str(to or self._pristine),))
        with self.store.transaction():
            for table in _TABLES:
                database.execute(f"DELETE FROM main.{table}")  # noqa: S608  # our own names
                database.execute(f"INSERT INTO main.{table} SELECT * FROM pristine.{table}")  # noqa: S608
        database.execute("DETACH pristine")

    def stop(self) -> str:
        """Stop it and return what it wrote to stderr."""
        self._client.close()
        self.store.close()
        self.process.terminate()
        _, errors = self.process.communicate(timeout=20)
        return errors
