"""The table of claims in docs/emulator-dataverse.md."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def _claims() -> list[str]:
    text = (PROJECT / "docs" / "emulator-dataverse.md").read_text(encoding="utf-8")
    table = text.partition("## What it does\n")[2].partition("\n## ")[0]
    return [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| Claim")]


def test_each_claim_names_tests_that_exist() -> None:
    """Every claim has a source and at least one witnessing test, and each named test is there."""
    sources = "\n".join(path.read_text() for path in (PROJECT / "tests" / "emulator").glob("test_*.py"))
    there = set(re.findall(r"def (test_\w+)\(", sources))
    for claim in _claims():
        _, _, source, tests, _ = claim.split("|")
        names = re.findall(r"`(?:…_|test_)(\w+)`", tests)
        assert source.strip()
        assert names, claim
        assert all(any(known.endswith(name) for known in there) for name in names), claim
