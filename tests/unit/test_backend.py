"""Which backend the engine will use: found as the engine finds it, without starting it."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from connector.cli.engine.backend import backend_url, root_of

LOGIN = '{"current": "file:///login", "accessTokens": {}}'


def test_the_environment_comes_first_then_the_project_then_the_login(tmp_path: Path) -> None:
    """The order of the engine; without any of them nothing is known."""
    environ = {"PULUMI_HOME": str(tmp_path / "home")}
    assert backend_url(tmp_path, environ) == ""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "credentials.json").write_text(LOGIN)
    assert backend_url(tmp_path, environ) == "file:///login"
    project = tmp_path / "Pulumi.yaml"
    project.write_text("name: x\n")
    assert backend_url(tmp_path, environ) == "file:///login"
    project.write_text("name: x\nbackend: {url: 'azblob://state'}\n")
    assert backend_url(tmp_path, environ) == "azblob://state"
    assert backend_url(tmp_path, environ | {"PULUMI_BACKEND_URL": "file:///set"}) == "file:///set"


@pytest.mark.parametrize("text", ["[]", "{", "", "- x", '{"current": null}'])
def test_files_that_say_nothing_are_no_backend(tmp_path: Path, text: str) -> None:
    """The engine refuses them itself, in its own words."""
    for name in ("Pulumi.yaml", "credentials.json"):
        (tmp_path / name).write_text(text)
    assert backend_url(tmp_path, {"PULUMI_CREDENTIALS_PATH": str(tmp_path)}) == ""


def test_folders_are_found_as_the_engine_finds_them(tmp_path: Path) -> None:
    """Relative to where it runs, `~` by the list of users and not by HOME, a query and escapes left aside."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    for url, path in {
        "file:///a/b?no_tmp_dir=true": Path("/a/b"),
        "file:///a/b%20c": Path("/a/b c"),
        "file://./state": tmp_path / "state",
        "file://state": tmp_path / "state",
        "file://.": tmp_path,
        "file://~": home,
        "file://~/state": home / "state",
    }.items():
        assert root_of(url, tmp_path) == path / ".pulumi", url
    for url in ("s3://bucket", "azblob://state", "https://api.pulumi.com", ""):
        assert root_of(url, tmp_path) is None
