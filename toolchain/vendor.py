"""The vendor's own downloads: the CLI with its checksum, and the azuread plugin.

A hash that stands in this repository comes first. Without one the checksums come from the release
page, the archive from the download host, so that one of the two alone cannot change what is
installed, and set-up says that nothing here verifies it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import tarfile
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path

from toolchain import build
from toolchain.pins import AZUREAD, PULUMI, VENDOR_CHECKSUMS, VENDOR_CLI, VENDOR_SHA256
from toolchain.report import SetupError, say

_ANSWER_SECONDS = 5
_DOWNLOAD_SECONDS = 300


def archive_name() -> str:
    """The vendor's name of the CLI archive for this machine."""
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system())
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower()
    )
    if system is None or machine is None:
        raise SetupError(f"no vendor download known for {platform.system()} {platform.machine()}")
    return f"pulumi-v{PULUMI}-{system}-{machine}.tar.gz"


def download(*, required: bool) -> Path | None:
    """Return the folder with the vendor's pulumi, or None when it does not answer and is not required.

    Raises SetupError for a wrong checksum, and when *required* and there is no answer.
    """
    target = build.cache_root() / f"vendor-{PULUMI}"
    folder = target / "pulumi"
    if (folder / "pulumi").exists():
        return folder
    try:
        wanted = _checksum(archive_name())
        say(f"downloading pulumi {PULUMI} from the vendor, about a minute")
        archive = _fetch(f"{VENDOR_CLI}/{archive_name()}", _DOWNLOAD_SECONDS)
    except (OSError, urllib.error.URLError) as error:
        if required:
            raise SetupError(f"the vendor's download does not answer ({error})") from error
        return None
    unpack_checked(archive, wanted, target)
    return folder


def _checksum(name: str) -> str:
    if pinned := VENDOR_SHA256.get(name):
        return pinned
    say(f"not verified: this repository holds no hash of {name}; it is compared with the vendor's own list")
    base = os.environ.get("CONNECT_VENDOR_CHECKSUMS", VENDOR_CHECKSUMS)
    url = f"{base}/v{PULUMI}/pulumi-{PULUMI}-checksums.txt"
    text = _fetch(url, _ANSWER_SECONDS).decode()
    return checksum_in(text, name)


def checksum_in(text: str, name: str) -> str:
    """Find a file's SHA-256 in the vendor's checksum list. Raises SetupError when it is not listed."""
    for line in text.splitlines():
        digest, _, listed = line.partition(" ")
        if listed.strip().lstrip("*") == name:
            return digest.lower()
    raise SetupError(f"{name} is not in the vendor's list of checksums")


def _fetch(url: str, seconds: int) -> bytes:
    with urllib.request.urlopen(url, timeout=seconds) as answer:  # noqa: S310  # https constants above
        return bytes(answer.read())


def unpack_checked(archive: bytes, sha256: str, target: Path) -> None:
    """Unpack an archive into *target* when its SHA-256 is right. Raises SetupError when it is not."""
    found = hashlib.sha256(archive).hexdigest()
    if found != sha256:
        raise SetupError(f"checksum of the vendor's archive is {found}, expected {sha256}: not installed")
    part = target.with_suffix(f".{os.getpid()}.part")
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(part, filter="data")
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)


def _pulumi(pulumi: Path, home: Path, *arguments: str) -> bool:
    env = os.environ | {"PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "1"}
    command = [str(pulumi), "plugin", "install", "resource", "azuread", f"v{AZUREAD}", *arguments]
    return subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False).returncode == 0


def install_plugin(pulumi: Path, home: Path) -> bool:
    """Let pulumi download the plugin into *home*; False when that fails."""
    home.mkdir(parents=True, exist_ok=True)
    return _pulumi(pulumi, home)


def install_plugin_file(pulumi: Path, home: Path, plugin: Path) -> None:
    """Put a plugin program into the plugin cache of *home*. Raises SetupError when pulumi refuses it."""
    home.mkdir(parents=True, exist_ok=True)
    if not _pulumi(pulumi, home, "--file", str(plugin)):
        raise SetupError(f"pulumi does not take {plugin} as a plugin")
