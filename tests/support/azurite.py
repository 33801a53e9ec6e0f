"""Azure Blob storage on loopback (npm `azurite`), as a backend of the engine; it ends with the test.

`python -m tests.support.azurite` installs it into the tools' cache (scripts/setup --dev).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from email.utils import formatdate
from pathlib import Path

from toolchain import build
from toolchain.report import SetupError, say

VERSION = "3.37.0"
_ACCOUNT, _CONTAINER, _API = "connect", "state", "2021-12-02"
_LISTENS = re.compile(r"successfully listens on http://127\.0\.0\.1:(\d+)")


def has_npm() -> bool:
    """Whether this machine can install it, and run it."""
    return shutil.which("npm") is not None and shutil.which("node") is not None


def azurite() -> Path:
    """Path of the program, installed where it is missing. Raises SetupError when npm cannot."""
    target = build.cache_root() / f"azurite-{VERSION}"
    program = Path("node_modules", ".bin", "azurite-blob")
    if (target / program).exists():
        return target / program
    say(f"npm azurite {VERSION}, about half a minute")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / "made"
        made.mkdir()
        quiet = ("--silent", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts")
        command = ["npm", "install", *quiet, "--prefix", str(made), f"azurite@{VERSION}"]
        if subprocess.run(command, cwd=made, check=False).returncode != 0:
            raise SetupError(f"npm install azurite@{VERSION} failed (above); run scripts/setup --dev again")
        if not target.exists():
            shutil.move(made, target)
    return target / program


class Azurite:
    """A blob service with one account and one container; `env` points the engine's state there."""

    def __init__(self, folder: Path) -> None:
        """Start it in memory, on a free port. Raises RuntimeError when it does not come up."""
        self._key = base64.b64encode(secrets.token_bytes(64)).decode()
        options = ("--blobHost", "127.0.0.1", "--blobPort", "0", "--silent", "--disableTelemetry")
        self._process = subprocess.Popen(
            [azurite(), *options, "--inMemoryPersistence", "--skipApiVersionCheck"],
            cwd=folder, env=os.environ | {"AZURITE_ACCOUNTS": f"{_ACCOUNT}:{self._key}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._host = f"127.0.0.1:{self._port()}"
        self._make_container()
        self.env = {
            "PULUMI_BACKEND_URL": f"azblob://{_CONTAINER}",
            "AZURE_STORAGE_ACCOUNT": _ACCOUNT,
            "AZURE_STORAGE_KEY": self._key,
            "AZURE_STORAGE_DOMAIN": self._host,
            "AZURE_STORAGE_PROTOCOL": "http",
            "AZURE_STORAGE_IS_LOCAL_EMULATOR": "true",
        }

    def _port(self) -> str:
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if found := _LISTENS.search(line):
                return found[1]
        raise RuntimeError("".join(said))

    def _make_container(self) -> None:
        """One signed request, in place of a client of Azure Storage (learn: authorize-with-shared-key)."""
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _API}
        listed = "".join(f"{name}:{value}\n" for name, value in headers.items())
        resource = f"/{_ACCOUNT}/{_ACCOUNT}/{_CONTAINER}\nrestype:container"
        text = "PUT" + "\n" * 12 + listed + resource
        digest = hmac.new(base64.b64decode(self._key), text.encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"SharedKey {_ACCOUNT}:{base64.b64encode(digest).decode()}"
        url = f"http://{self._host}/{_ACCOUNT}/{_CONTAINER}?restype=container"
        with urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers)) as answer:
            assert answer.status == 201

    def stop(self) -> None:
        """End it; what it held is gone."""
        self._process.terminate()
        self._process.communicate(timeout=20)


if __name__ == "__main__":
    try:
        if has_npm():
            azurite()
        else:
            say("no npm here: the test of two runs on Azure blobs will be skipped")
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        raise SystemExit(1) from None
