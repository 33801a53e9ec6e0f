"""Which backend the engine will use, found as it finds it and without starting it.

Source: pulumi/pulumi, pkg/cmd/pulumi/backend (CurrentBackend) and pkg/backend/diy (massageBlobPath).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import yaml


def backend_url(folder: Path, environ: Mapping[str, str]) -> str:
    """By the environment, by Pulumi.yaml in *folder*, or by the last `pulumi login`; empty where none is."""
    return environ.get("PULUMI_BACKEND_URL") or _of_project(folder) or _of_login(environ)


def _of_project(folder: Path) -> str:
    with suppress(OSError, ValueError, yaml.YAMLError, AttributeError):
        held = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8-sig"))
        return str((held.get("backend") or {}).get("url") or "")
    return ""


def _of_login(environ: Mapping[str, str]) -> str:
    named = environ.get("PULUMI_CREDENTIALS_PATH") or environ.get("PULUMI_HOME")
    with suppress(OSError, ValueError, AttributeError):
        folder = Path(named) if named else _home() / ".pulumi"
        held = json.loads((folder / "credentials.json").read_text(encoding="utf-8"))
        return str(held.get("current") or "")
    return ""


def root_of(backend: str, folder: Path | None = None) -> Path | None:
    """The folder of a `file://` backend's own files; None for one elsewhere, or a name that cannot be read.

    The engine reads a relative one from the *folder* that it runs in.
    """
    parts = urlsplit(backend)
    if parts.scheme != "file":
        return None
    path = Path(url2pathname(parts.netloc + parts.path))
    if path.parts[:1] == ("~",):
        path = _home().joinpath(*path.parts[1:])
    elif folder is not None:
        path = folder / path
    return path / ".pulumi" if path.is_absolute() else None


def _home() -> Path:
    """The user's home as the engine finds it: by the list of users, and not by HOME."""
    if os.name == "nt":
        return Path.home()
    import pwd  # noqa: PLC0415  # not on Windows

    with suppress(KeyError):
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    return Path.home()
