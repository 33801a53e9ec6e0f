"""Bring a working `pulumi` with the azuread plugin and a Python language host.

Run by scripts/setup as `python -m toolchain.install`. Sources, in this order unless
CONNECT_TOOLCHAIN names one: an installed pulumi of the pinned major and at least the
pinned minor; the vendor's download, when it answers within seconds; a build from Go
modules. The choice is noted in .local/toolchain.json for scripts/env.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from toolchain import build, vendor
from toolchain.pins import AZUREAD, AZUREAD_UPSTREAM, PULUMI
from toolchain.report import SetupError, say

PROJECT = Path(__file__).resolve().parent.parent
LOCAL = PROJECT / ".local"
CHOICES = ("auto", "installed", "vendor", "build")


@dataclass(frozen=True)
class Tools:
    """Where the tools are: the folder to put on PATH, the plugin cache, and their origin."""

    source: str
    bin: str
    plugins: str
    pulumi: str
    azuread: str
    upstream: str


def main() -> int:
    """Install, say what is in use; 0 when there is a working set, 1 otherwise."""
    try:
        tools = install(os.environ.get("CONNECT_TOOLCHAIN", "auto"))
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    _note(tools)
    python = ".".join(str(part) for part in sys.version_info[:3])
    print(
        f"setup: ready: pulumi {tools.pulumi} ({tools.source}), azuread plugin {tools.azuread} "
        f"(upstream terraform-provider-azuread {tools.upstream}), python {python}"
    )
    return 0


def install(choice: str) -> Tools:
    """Return tools from the chosen source. Raises SetupError when it cannot give them."""
    if choice not in CHOICES:
        raise SetupError(f"CONNECT_TOOLCHAIN={choice}: one of {', '.join(CHOICES)}")
    own_plugin = os.environ.get("CONNECT_AZUREAD_PLUGIN")
    if own_plugin and not os.access(own_plugin, os.X_OK):
        raise SetupError(f"CONNECT_AZUREAD_PLUGIN={own_plugin}: no program there")
    if choice in ("auto", "installed") and (found := _installed()):
        return _with_plugin("installed", found, own_plugin)
    if choice == "installed":
        raise SetupError(f"no pulumi {_wanted()} on PATH; install it or use CONNECT_TOOLCHAIN=auto")
    cached = build.bin_folder()
    asked = choice == "vendor" or (choice == "auto" and not build.is_built(cached))
    if asked and (folder := vendor.download(required=choice == "vendor")):
        return _with_plugin("vendor", folder / "pulumi", own_plugin)
    folder = build.build_all(with_provider=own_plugin is None)
    return _tools("build", folder / "pulumi", own_plugin or str(build.provider_path()), own_plugin)


def _wanted() -> str:
    major, minor, _ = PULUMI.split(".")
    return f"{major}.x (at least {major}.{minor})"


def is_usable(version: str) -> bool:
    """True for the pinned major and at least the pinned minor of pulumi."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    pinned = [int(part) for part in PULUMI.split(".")]
    return found is not None and int(found[1]) == pinned[0] and int(found[2]) >= pinned[1]


def _version(pulumi: Path) -> str:
    done = subprocess.run([pulumi, "version"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _installed() -> Path | None:
    path = shutil.which("pulumi")
    if path is None:
        return None
    # The host of our own build is no installation: the shell's PATH may still name it.
    if Path(path).resolve().is_relative_to(build.cache_root()):
        return None
    return Path(path) if is_usable(_version(Path(path))) else None


def _with_plugin(source: str, pulumi: Path, own_plugin: str | None) -> Tools:
    """Tools of a vendor's pulumi: its own plugin download, else the plugin built here."""
    if own_plugin:
        return _tools(source, pulumi, own_plugin, own_plugin)
    plugins = build.cache_root() / "plugins"
    if not (plugins / f"resource-azuread-v{AZUREAD}").exists():
        say(f"azuread plugin {AZUREAD}: asking the vendor (about a minute when it answers)")
        if not vendor.install_plugin(pulumi, plugins.parent):
            return _tools(source, pulumi, str(build.build_provider()), None)
        say(f"not verified: this repository holds no hash of the vendor's azuread plugin {AZUREAD}")
    return Tools(source, str(pulumi.parent), str(plugins), _number(pulumi), AZUREAD, "of the vendor")


def _number(pulumi: Path) -> str:
    return _version(pulumi).removeprefix("v")


def _tools(source: str, pulumi: Path, plugin: str, own_plugin: str | None) -> Tools:
    """Put a plugin file into a plugin cache of its own and return the set."""
    key = "own-" + build.file_hash(Path(plugin)) if own_plugin else build.content_hash()
    home = build.cache_root() / key / "home"
    if not (home / "plugins" / f"resource-azuread-v{AZUREAD}").exists():
        vendor.install_plugin_file(pulumi, home, Path(plugin))
    upstream = "of CONNECT_AZUREAD_PLUGIN" if own_plugin else AZUREAD_UPSTREAM
    return Tools(source, str(pulumi.parent), str(home / "plugins"), _number(pulumi), AZUREAD, upstream)


def _note(tools: Tools) -> None:
    LOCAL.mkdir(exist_ok=True)
    (LOCAL / "toolchain.json").write_text(json.dumps(asdict(tools), indent=1) + "\n")
    home = LOCAL / "pulumi"
    home.mkdir(exist_ok=True)
    link = home / "plugins"
    if link.is_symlink():
        link.unlink()
    elif link.exists():
        shutil.rmtree(link)
    link.symlink_to(tools.plugins)


if __name__ == "__main__":
    raise SystemExit(main())
