"""Sealing: only the key that was named opens it, with Debian's age too; files are the owner's alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from connector.errors import SettingsError
from connector.records.handover import seal, write_new

TEXT = "Client Secret  abc~the-secret\n"
AGE = shutil.which("age")
needs_age = pytest.mark.skipif(AGE is None, reason="Debian's age is not installed (scripts/setup --dev)")


def key_file(folder: Path, name: str) -> tuple[str, Path]:
    """A new age key: its public half, and the file that `age -i` takes."""
    identity = pyrage.x25519.Identity.generate()
    path = folder / name
    path.write_text(f"{identity}\n")
    return str(identity.to_public()), path


def opened(sealed: str, key: Path) -> subprocess.CompletedProcess[str]:
    """What `age --decrypt` makes of it."""
    return subprocess.run(
        ["age", "--decrypt", "-i", str(key)], input=sealed, capture_output=True, text=True, check=False
    )


@needs_age
def test_debians_age_opens_it_with_the_key_and_with_no_other(tmp_path: Path) -> None:
    """An age key, also out of a file with a comment."""
    public, own = key_file(tmp_path, "own")
    _, other = key_file(tmp_path, "other")
    recipients = tmp_path / "recipients"
    recipients.write_text(f"# Adele\n{public}\n")
    for given in (public, f" {public}\n", str(recipients)):
        sealed = seal(TEXT, given)
        assert "abc~" not in sealed
        assert opened(sealed, own).stdout == TEXT
        refused = opened(sealed, other)
        assert (refused.returncode, refused.stdout) == (1, "")


@needs_age
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_an_ssh_key_opens_it(tmp_path: Path, kind: str) -> None:
    """The public key as people have it in ~/.ssh, with its comment, as text or as a file."""
    key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    own = tmp_path / "id"
    own.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() + " adele@laptop"
    (tmp_path / "id.pub").write_text(public)
    for given in (public, str(tmp_path / "id.pub")):
        assert opened(seal(TEXT, given), own).stdout == TEXT


@pytest.mark.parametrize("given", ["", "age1nonsense", "ssh-ed25519 AAAA", "adele@contoso.example", "/none"])
def test_what_is_no_public_key_is_refused(given: str) -> None:
    """One clear error with exit 2."""
    with pytest.raises(SettingsError, match="public key") as caught:
        seal(TEXT, given)
    assert (caught.value.code, caught.value.exit_code) == ("handover.recipient", 2)


def test_a_private_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """Somebody pastes the wrong half: the message does not hold it."""
    private = str(pyrage.x25519.Identity.generate())
    with pytest.raises(SettingsError) as caught:
        seal(TEXT, private)
    assert private[:20] not in str(caught.value)


def test_a_file_is_the_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    """Mode 0600; a file, a link or a folder of that name stops it."""
    path = tmp_path / "handover"
    write_new(path, TEXT)
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for there in (path, tmp_path, tmp_path / "link"):
        with pytest.raises(SettingsError) as caught:
            write_new(there, "other")
        assert caught.value.code == "handover.file"
    assert path.read_text() == TEXT
    with pytest.raises(SettingsError, match="No such file"):
        write_new(tmp_path / "none" / "x", TEXT)
    assert not (tmp_path / "elsewhere").exists()
