"""Profiles: what the shipped one says, and how a bad file is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.settings import load_profile
from connector.settings.profile import find_profile
from connector.settings.values import Basis, Depth, Right
from tests.unit.settings_samples import PROJECT


def test_the_marketo_profile_forbids_delete_on_standard_tables() -> None:
    """Only the solution's own tables may be deleted from, and everything reaches the organization."""
    lines = load_profile(PROJECT / "profiles" / "marketo-measure.yaml").role.tables
    may_delete = {line.table for line in lines if Right.DELETE in line.rights}
    assert len(may_delete) == 5
    assert all(table.startswith("bizible2_") for table in may_delete)
    assert {line.depth for line in lines} == {Depth.ORGANIZATION}


def test_the_marketo_profile_marks_every_line() -> None:
    """A reviewer sees which lines the vendor documents and which are derived."""
    text = (PROJECT / "profiles" / "marketo-measure.yaml").read_text(encoding="utf-8")
    assert text.count("{table:") == text.count("basis:") - 1  # the heading's own word
    lines = load_profile(PROJECT / "profiles" / "marketo-measure.yaml").role.tables
    assert {line.basis for line in lines} == {Basis.DOCUMENTED, Basis.DERIVED}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("title: [unclosed", "is not good YAML"),
        ("title: a\ntitle: b", "given twice"),
        ("a: &x 1\nb: *x", "aliases are not allowed"),
        ("\ttitle: a", "line 1"),
        ("", "holds none"),
        ("- a", "holds none"),
        ("titel: a", "did you mean 'title'?"),
        ("title: a\nrole: {tables: [{table: lead, rights: [reed]}]}", "role.tables[0].rights[0]"),
        ("title: a\npermissions: [grph/openid]", "did you mean 'graph'?"),
        ("title: a\nsolution: {uniqueName: x, minimumVersion: new}", "numbers and dots"),
        ("title: a\nname: b", "name: is the file's own"),
        ("title: a\ncredential: federated", "bad.yaml: federated: is needed by credential: federated"),
        ("title: a\nfederated: {issuer: x, subject: y}", "federated: is for credential: federated"),
        ("title: a\nconnectForm: [{label: T, value: certificateThumbprint}]", "connectForm[0]"),
        (
            "title: a\ncredential: certificate\nconnectForm: [{label: S, value: clientSecret}]",
            "connectForm[0]",
        ),
    ],
)
def test_a_bad_profile_is_one_clear_error(tmp_path: Path, text: str, part: str) -> None:
    """The message names the file and what is wrong, and no traceback of the parser escapes."""
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"bad\.yaml") as caught:
        load_profile(path)
    assert part in caught.value.message


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A file in another encoding gets a sentence, not a decode error."""
    path = tmp_path / "bad.yaml"
    path.write_bytes(b"title: \xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_profile(path)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    """Files saved by Windows editors work."""
    path = tmp_path / "windows.yaml"
    path.write_bytes("\ufefftitle: A\r\n".encode())
    assert load_profile(path).title == "A"


def test_a_profile_that_changed_is_read_again(tmp_path: Path) -> None:
    """It is kept between reads, and a change of the file counts at once."""
    path = tmp_path / "profiles" / "some.yaml"
    path.parent.mkdir()
    for number, title in enumerate(("First", "Second"), start=1):
        path.write_text(f"title: {title}\n")
        os.utime(path, ns=(number, number))
        assert find_profile("some", tmp_path).title == title
        assert find_profile("some", tmp_path) is find_profile("some", tmp_path)


@pytest.mark.parametrize(
    ("credential", "asked"),
    [
        ("", ["tenantId", "clientId", "clientSecret", "dynamicsUrl"]),
        ("credential: certificate", ["tenantId", "clientId", "certificateThumbprint", "dynamicsUrl"]),
        (
            "credential: federated\nfederated: {issuer: https://i.example, subject: s}",
            ["tenantId", "clientId", "dynamicsUrl"],
        ),
    ],
)
def test_a_profile_without_a_form_hands_over_what_its_credential_has(
    tmp_path: Path, credential: str, asked: list[str]
) -> None:
    """Nobody is told of a hidden secret where there is none."""
    path = tmp_path / "some.yaml"
    path.write_text(f"title: A\n{credential}\n")
    assert [field.value.value for field in load_profile(path).connect_form] == asked
