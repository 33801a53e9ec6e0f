"""Nothing about one SaaS stands in code: a third profile is YAML alone."""

from __future__ import annotations

from tests.unit.settings_samples import PROJECT


def test_no_word_of_a_product_stands_in_the_connector() -> None:
    """Its names, tables and URIs live in profiles/ and nowhere else."""
    found = [
        str(path.relative_to(PROJECT))
        for path in (PROJECT / "connector").rglob("*.py")
        if any(word in path.read_text(encoding="utf-8").lower() for word in ("marketo", "bizible"))
    ]
    assert found == []
