"""Take the data of a commit under review into this checkout of the target branch, and nothing that runs.

    scripts/take-data COMMIT [PAGE]

A preview decrypts the state, so the code that it runs is the target branch's. Git merges the commit
in its object store (`git merge-tree`), and regular files that are settings are written from there:
no checkout of the branch, so no link of it, no hook and no filter. PAGE is written when the merge
changes anything else, which is previewed once it is merged.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import SettingsError
from connector.settings.stack_file import own_key
from connector.settings.yaml_text import SIZE_LIMIT, read_mapping
from connector.text import plain

ROOT = Path(__file__).resolve().parent.parent

_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_STACK = re.compile(rf"Pulumi\.{_NAME}\.yaml")
#: What is data; Pulumi.yaml is not, because it names what runs.
_DATA = re.compile(
    rf"Pulumi\.{_NAME}\.yaml|fleet\.yaml|profiles/{_NAME}\.yaml"
    rf"|policies/config/{_NAME}\.json|certificates/{_NAME}\.pem"
)
_REGULAR = ("100644", "100755")
_FILES, _BYTES = 5_000, 32_000_000
#: Where the state is and who decrypts it: a token and a key's answers go there.
_FLEET_KEYS = ("backend", "secretsProvider")
_OWN_KEYS, _PROVIDER = frozenset({"encryptedkey", "encryptionsalt"}), "secretsprovider"
_SHOWN = 20


class RefusedDataError(Exception):
    """What is data by its name and cannot be taken; one line for each problem."""


@dataclass(frozen=True)
class Entry:
    """A file of a tree: its mode, the id of its content, its bytes."""

    mode: str
    id: str
    size: int


Tree = Mapping[str, Entry]


def main(arguments: list[str]) -> int:
    """Take the data; 2 when it is refused, with everything that is wrong."""
    if len(arguments) not in (1, 2) or not re.fullmatch(r"[0-9a-f]{40,64}", arguments[0]):
        print("usage: scripts/take-data COMMIT [PAGE], where COMMIT is a full commit id", file=sys.stderr)
        return 2
    try:
        taken, code = take(arguments[0])
    except RefusedDataError as error:
        print(plain(f"take-data: nothing was taken:\n{error}"), file=sys.stderr)
        return 2
    _say(taken, code)
    if code and len(arguments) == 2:
        page = Path(arguments[1])
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_page(code), encoding="utf-8")
    return 0


def take(commit: str) -> tuple[list[str], list[str]]:
    """Write what *commit* changes in data; returns those paths, and the changed ones that are left.

    Raises RefusedDataError, and then nothing was written.
    """
    before, after = _tree("HEAD"), _tree(_merged(commit))
    changed = [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    data = [path for path in changed if _DATA.fullmatch(path)]
    problems = [*_unfit(data, after), *_misplaced(data)]
    if not problems:
        problems = [line for path in data if path in after for line in _held_back(path, before, after)]
    if problems:
        raise RefusedDataError("\n".join(f"  - {line}" for line in problems))
    for path in data:
        _put(ROOT / path, after.get(path))
    return data, [path for path in changed if path not in data]


def _merged(commit: str) -> str:
    """The tree of the target branch and the commit together, which no checkout ever sees."""
    if _git("cat-file", "-e", f"{commit}^{{commit}}", check=False).returncode != 0:
        raise RefusedDataError(f"  - there is no commit {commit} here; fetch the branch, with its history")
    done = _git("merge-tree", "--write-tree", "--no-messages", "HEAD", commit, check=False)
    if done.returncode == 1:
        raise RefusedDataError("  - the branch conflicts with the target branch; bring it up to date first")
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip()
        raise RefusedDataError(f"  - git (2.38 or newer) cannot merge {commit}: {_plain(words)}")
    return done.stdout.decode().split()[0]


def _tree(name: str) -> Tree:
    listed = _git("ls-tree", "-r", "-l", "-z", "--full-tree", name).stdout
    return dict(_entry(line) for line in listed.decode("utf-8", "surrogateescape").split("\0") if line)


def _entry(line: str) -> tuple[str, Entry]:
    facts, _, path = line.partition("\t")
    mode, _, id, size = facts.split()
    return path, Entry(mode, id, int(size) if size.isdigit() else 0)


def _unfit(data: list[str], after: Tree) -> Iterator[str]:
    """Links and submodules, and more than settings ever need."""
    kept = [(path, after[path]) for path in data if path in after]
    for path, entry in kept:
        if entry.mode not in _REGULAR:
            yield f"{path} is a link or a submodule; settings are regular files"
        elif entry.size > SIZE_LIMIT:
            yield f"{path} is larger than {SIZE_LIMIT} bytes; no settings need that"
    if len(kept) > _FILES or sum(entry.size for _, entry in kept) > _BYTES:
        yield f"the branch changes more than {_FILES} files of data or {_BYTES} bytes; split it"


def _misplaced(data: list[str]) -> Iterator[str]:
    """Here everything is the target branch's; still nothing is written through a link."""
    for path in data:
        target = ROOT / path
        if any(one.is_symlink() for one in (target, *target.parents) if one.is_relative_to(ROOT)):
            yield f"{path} would be written through a link of this checkout"


def _held_back(path: str, before: Tree, after: Tree) -> Iterator[str]:
    """What is data and still decides where a token, a key or a request goes: the target branch's alone."""
    if path != "fleet.yaml" and not _STACK.fullmatch(path):
        return
    try:
        new, old = _guarded(path, after), _guarded(path, before)
        if path != "fleet.yaml" and not old.keys() & {*_OWN_KEYS, _PROVIDER}:
            new = _without_first_key(new, _guarded("fleet.yaml", before).get("secretsProvider"))
    except SettingsError as error:
        yield from (f"{one.key} {one.message}" for one in error.problems)
        return
    for key in sorted({*new, *old}):
        if new.get(key) != old.get(key):
            yield f"{path}: {_plain(key)} decides where tokens and keys go; merge its change before the rest"


def _without_first_key(new: Mapping[str, Any], provider: object) -> dict[str, Any]:
    """A stack that was made for this branch brings its key, of the provider that the target branch names."""
    leave = {*_OWN_KEYS, _PROVIDER} if new.get(_PROVIDER) in (None, provider) else _OWN_KEYS
    return {key: value for key, value in new.items() if key not in leave}


def _guarded(path: str, tree: Tree) -> dict[str, Any]:
    """The part of fleet.yaml or a stack's file that is no setting: what is around them, ciphertext."""
    held = _mapping(path, tree)
    if path == "fleet.yaml":
        return _present({key: held.get(key) for key in _FLEET_KEYS})
    config = held.pop("config", None)
    settings = config if isinstance(config, dict) else {}
    foreign = {f"config.{key}": value for key, value in settings.items() if not _is_setting(key, value)}
    return {str(key): value for key, value in held.items()} | foreign


def _is_setting(key: object, value: object) -> bool:
    return isinstance(key, str) and own_key(key) is not None and not _is_encrypted(value)


def _is_encrypted(value: object) -> bool:
    """Whether ciphertext is in it, which the engine would decrypt and show as the setting."""
    if isinstance(value, dict):
        return "secure" in value or any(_is_encrypted(one) for one in value.values())
    return isinstance(value, list) and any(_is_encrypted(one) for one in value)


def _mapping(path: str, tree: Tree) -> dict[str, Any]:
    """A YAML file of a tree, read as the tool's own settings are; empty where there is none."""
    if path not in tree:
        return {}
    with tempfile.TemporaryDirectory(prefix="take-data-") as folder:
        file = Path(folder) / "file.yaml"
        file.write_bytes(_content(tree[path]))
        return read_mapping(file, name=path, empty=True)


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _put(target: Path, entry: Entry | None) -> None:
    if entry is None:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(_content(entry))


def _content(entry: Entry) -> bytes:
    return _git("cat-file", "blob", entry.id).stdout


def _git(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=check)  # noqa: S607


def _say(taken: list[str], code: list[str]) -> None:
    print(f"take-data: data taken: {_some(taken)}", file=sys.stderr)
    if code:
        print(f"take-data: left, and run only after the merge: {_some(code)}", file=sys.stderr)


def _page(code: list[str]) -> str:
    return (
        "## Code is changed, too\n\n"
        "This pull request changes more than settings. What follows was previewed with the code of the "
        "target branch; the changed code is run after its merge, never before with a right to decrypt.\n\n"
        + "".join(f"- `{_plain(path)}`\n" for path in code[:_SHOWN])
        + (f"- and {len(code) - _SHOWN} more\n" if len(code) > _SHOWN else "")
    )


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return (", ".join(_plain(path) for path in paths[:_SHOWN]) or "none") + more


def _plain(text: str) -> str:
    """A name out of the branch as text: no command of a pipeline's log, no Markdown."""
    return re.sub(r"[^A-Za-z0-9 _./,:'-]", "?", text)[:200]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
