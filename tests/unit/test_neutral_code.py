"""Nothing about one SaaS stands in code: a third profile is YAML alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.settings import load_profile, load_settings

PROJECT = Path(__file__).resolve().parents[2]
WORDS = ("marketo", "bizible", "adobe", "nightly-export", "nightly export")


def sources() -> list[Path]:
    """Every file of the rooms that must be neutral."""
    rooms = ("connector", "components", "scripts")
    files = [path for room in rooms for path in (PROJECT / room).rglob("*") if path.is_file()]
    return [path for path in files if "__pycache__" not in path.parts]


def test_no_word_of_a_product_stands_in_code() -> None:
    """Connector, components and scripts name neither product."""
    assert len(sources()) > 50
    for path in sources():
        text = path.read_text(encoding="utf-8").lower()
        assert [word for word in WORDS if word in text] == [], path


THIRD = """
title: Third
permissions: [graph/openid]
credential: federated
federated: {issuer: https://issuer.example, subject: "tenant:1"}
role: {tables: [{table: lead, rights: [read]}]}
"""


def test_a_third_profile_is_a_file_alone(tmp_path: Path) -> None:
    """A new file in profiles/ is found by its name and gives whole settings."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "third.yaml").write_text(THIRD)
    raw = {
        "profile": "third",
        "tenantId": "11111111-1111-4111-8111-111111111111",
        "dynamicsUrl": "https://contoso.crm4.dynamics.com",
    }
    settings = load_settings(raw, stack="prod", project_dir=tmp_path)
    assert settings.role_name == "Third Integration (prod)"
    assert settings.profile.federated is not None


@pytest.mark.parametrize("path", sorted((PROJECT / "profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_profile_in_the_project_is_good(path: Path) -> None:
    """Each shipped profile loads and names where each line of its role comes from."""
    profile = load_profile(path)
    assert profile.title
    assert profile.role.tables
