"""actionlint, built once into the tools' cache: what GitHub would refuse of a workflow, before GitHub does.

`python -m tests.support.actionlint` builds it (scripts/setup --dev); a test that misses it does so itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from toolchain import build
from toolchain.report import SetupError, say

VERSION = "v1.7.12"
_PACKAGE = f"github.com/rhysd/actionlint/cmd/actionlint@{VERSION}"


def actionlint() -> Path:
    """Path of the program. Raises SetupError when it is neither there nor can be built."""
    target = build.cache_root() / f"actionlint-{VERSION}" / "actionlint"
    if target.exists():
        return target
    say(f"building actionlint {VERSION}, about a minute")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        env = os.environ | {"GOBIN": folder, "GOFLAGS": "-buildvcs=false", "CGO_ENABLED": "0"}
        if subprocess.run([build.go(), "install", _PACKAGE], env=env, check=False).returncode != 0:
            raise SetupError(f"go install of {_PACKAGE} failed (above); run scripts/setup --dev again")
        shutil.move(Path(folder) / "actionlint", target)
    return target


if __name__ == "__main__":
    try:
        actionlint()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        raise SystemExit(1) from None
