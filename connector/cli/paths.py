"""Files and folders that options name: looked at before the work, so that no result is lost at its end."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from connector.cli.engine.pulumi import PROJECT_DIR
from connector.errors import Problem, SettingsError
from connector.records.record import DEFAULT_FOLDER

_LOCAL = PROJECT_DIR / ".local"


def refused(option: str, named: str, why: str, *, code: str = "path.file") -> SettingsError:
    """The one sentence for a path that will not do."""
    return SettingsError([Problem(code, option, named, why)], where="the command line")


def file_to_write(
    option: str, named: str | None, *, code: str = "path.file", stdout: bool = False
) -> Path | None:
    """The whole path of a file that can be written; None where no file is named.

    With *stdout* `-` is standard output, and no file either; elsewhere it is refused.
    Raises SettingsError. Nothing is made: a file beside it is tried, since rights do not tell all.
    """
    if named == "-" and not stdout:
        raise refused(option, named, "is standard output, and only a file will do", code="path.stdout")
    if named is None or named == "-":
        return None
    path = Path(named).absolute()
    try:
        if path.is_dir():
            raise refused(option, named, "is a folder; name a file in it", code=code)
        if path.exists():
            path.open("a", encoding="utf-8").close()
        else:
            tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        why = f"cannot be written ({error.strerror}); name a file in a folder that is there"
        raise refused(option, named, why, code=code) from None
    return path


def one_result_on_stdout(option: str, *, also: bool, as_json: bool) -> None:
    """Refuse an option that wants standard output beside `--json`. Raises SettingsError."""
    if also and as_json:
        why = "and --json both want standard output; leave one of the two out, or name a file"
        raise refused(option, "", why, code="path.stdout")


def keep_out_of_git(option: str, path: Path) -> None:
    """Refuse to put a secret where it would be committed. Raises SettingsError."""
    # Links are followed: what counts is where the bytes come to lie.
    path = path.resolve()
    inside = path.is_relative_to(PROJECT_DIR) and not path.is_relative_to(_LOCAL)
    tracked = any((folder / ".git").exists() for folder in path.parents) and not _ignored(path)
    if inside or tracked:
        where = "in the project's folder" if inside else "in a Git work tree that does not ignore it"
        why = f"would hold the client secret {where}; name a file outside of it, or under {_LOCAL}"
        raise refused(option, str(path), why, code="handover.git")


def _ignored(path: Path) -> bool:
    """Whether Git ignores the file; without Git nobody knows, and it counts as not ignored."""
    # Its folder may be one that is still to be made: Git is asked from the nearest that is there.
    there = next(folder for folder in path.parents if folder.is_dir())
    command = ["git", "-C", str(there), "check-ignore", "--quiet", str(path)]
    try:
        return subprocess.run(command, check=False, capture_output=True, env=_plain()).returncode == 0
    except OSError:
        return False


def _plain() -> dict[str, str]:
    """The environment without a hook's own idea of the repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def records_folder(named: str | None, *, write: bool = False) -> Path:
    """The records' folder named, or the project's own; made where the verb will *write* into it.

    Raises SettingsError for one that is no folder, or cannot be written.
    """
    path = Path(named).absolute() if named else PROJECT_DIR / DEFAULT_FOLDER
    try:
        there = next(one for one in (path, *path.parents) if one.exists())
        if not there.is_dir():
            raise refused("--records", str(named or path), "is no folder", code="path.folder")
        if write:
            path.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        why = f"cannot be written ({error.strerror}); name another folder"
        raise refused("--records", str(named or path), why, code="path.folder") from None
    return path
