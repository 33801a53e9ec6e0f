"""Print the exports that plain `pulumi` needs: what scripts/env shows."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from emulator.environment import environment

PROJECT = Path(__file__).resolve().parent.parent
LOCAL = PROJECT / ".local"
# The dev stack holds nothing but what the emulator made: its passphrase is no secret.
DEV_PASSPHRASE = "dev"  # noqa: S105


def tools() -> dict[str, str]:
    """PATH, PULUMI_HOME and the switches that keep the engine off the network."""
    noted = json.loads((LOCAL / "toolchain.json").read_text())
    before = [noted["bin"], str(PROJECT / ".venv" / "bin")]
    rest = [p for p in os.environ.get("PATH", "").split(os.pathsep) if p not in before]
    return {
        "PATH": os.pathsep.join([*before, *rest]),
        "PULUMI_HOME": str(LOCAL / "pulumi"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def dev_stack() -> dict[str, str]:
    """The file backend and passphrase of the dev stack, and the emulator's variables."""
    state = LOCAL / "state"
    state.mkdir(parents=True, exist_ok=True)
    return {
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": DEV_PASSPHRASE,
        "PULUMI_STACK": "dev",
        **environment(8443, LOCAL / "emulator" / "tls" / "ca.pem"),
    }


def ensure_dev_stack(variables: dict[str, str]) -> None:
    """Make the dev stack in its file backend, so that the first `pulumi preview` finds it."""
    if (LOCAL / "state" / ".pulumi" / "stacks" / "dynamics-connect" / "dev.json").exists():
        return
    subprocess.run(
        ["pulumi", "stack", "init", "dev", "--non-interactive"],  # noqa: S607  # on the PATH just made
        cwd=PROJECT,
        env=os.environ | variables,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def main() -> int:
    """Print `export K=V` lines."""
    if sys.argv[1:] not in ([], ["--tools"]):
        print("usage: scripts/env [--tools]", file=sys.stderr)
        return 2
    variables = tools()
    if not sys.argv[1:]:
        variables |= dev_stack()
        ensure_dev_stack(variables)
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
