"""Certificates in settings: which file is one, and where they belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.settings import load_settings
from tests.support.certificate import Certificate
from tests.unit.settings_samples import PROJECT

RAW: dict[str, object] = {
    "profile": "nightly-export",
    "tenantId": "11111111-1111-4111-8111-111111111111",
    "dynamicsUrl": "https://contoso.crm4.dynamics.com",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the profiles of the real one."""
    (tmp_path / "profiles").symlink_to(PROJECT / "profiles")
    return tmp_path


def refusal(folder: Path, **changes: object) -> list[tuple[str, str, str]]:
    """Rule, key and message of each problem."""
    with pytest.raises(SettingsError) as caught:
        load_settings(RAW | changes, stack="dev", project_dir=folder)
    return [(p.rule, p.key, p.message) for p in caught.value.problems]


def test_a_certificate_is_read_with_thumbprint_and_end(folder: Path) -> None:
    """The public certificate, its SHA-1 thumbprint in capitals and when it ends."""
    (folder / "a.pem").write_bytes(Certificate(days=30).public)
    settings = load_settings(RAW | {"certificates": {"a": "a.pem"}}, stack="dev", project_dir=folder)
    certificate = settings.certificates["a"]
    assert len(certificate.thumbprint) == 40
    assert certificate.thumbprint == certificate.thumbprint.upper()


def test_a_private_key_is_kept_out_of_the_project(folder: Path) -> None:
    """A file with a key in it is refused, and the message does not quote it."""
    (folder / "a.pem").write_bytes(Certificate().pem())
    ((rule, key, message),) = refusal(folder, certificates={"a": "a.pem"})
    assert (rule, key) == ("settings.certificate", "certificates.a")
    assert "private key" in message
    assert "BEGIN" not in message


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), (b"\x30\x82", "is not PEM"), (b"hello", "no PEM certificate")],
)
def test_what_is_no_certificate_is_said(folder: Path, content: bytes | None, words: str) -> None:
    """A missing file, DER and anything else get a sentence each."""
    if content is not None:
        (folder / "a.pem").write_bytes(content)
    ((rule, _, message),) = refusal(folder, certificates={"a": "a.pem"})
    assert rule == "settings.certificate"
    assert words in message


def test_a_name_that_no_file_can_have_is_said(folder: Path) -> None:
    """A NUL in the name is one sentence, and no ValueError of the operating system's."""
    ((rule, key, message),) = refusal(folder, certificates={"a": "a\0b"})
    assert (rule, key) == ("settings.certificate", "certificates.a")
    assert "no name of a file" in message


def test_a_certificate_that_has_ended_is_refused(folder: Path) -> None:
    """An end in the past is no certificate to deploy."""
    (folder / "a.pem").write_bytes(Certificate(days=0).public)
    ((_, _, message),) = refusal(folder, certificates={"a": "a.pem"})
    assert "ended on" in message


def test_each_slot_has_a_certificate_of_its_own(folder: Path) -> None:
    """A slot without a file and a file without a slot are both said."""
    (folder / "b.pem").write_bytes(Certificate().public)
    found = {(rule, key) for rule, key, _ in refusal(folder, certificates={"b": "b.pem"})}
    assert found == {("settings.credential", "certificates.a"), ("settings.credential", "certificates.b")}


def test_certificates_belong_to_profiles_that_take_them(folder: Path) -> None:
    """A profile with a secret takes no certificates."""
    (folder / "a.pem").write_bytes(Certificate().public)
    found = refusal(folder, profile="marketo-measure", certificates={"a": "a.pem"})
    assert ("settings.credential", "certificates") in {(rule, key) for rule, key, _ in found}
