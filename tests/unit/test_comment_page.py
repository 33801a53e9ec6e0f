"""The text of a comment: joined, marked, and cut at a heading."""

from __future__ import annotations

import pytest

from connector.comments.page import comment, joined, marker, sections

PAGE = "# Fleet\n\nlead\n\n## acme\n\ntext\n\n```text\n# no heading\n```\n\n## beta\n\nmore\n"


def test_pages_are_joined_under_one_title() -> None:
    """Each page stands on its own, empty ones are left out."""
    assert joined("Preview", ["a\n", "\n", "b\n\n"]) == "# Preview\n\na\n\nb"


def test_a_comment_begins_with_the_marker_of_its_title() -> None:
    """The marker is hidden, the same in each run, and another for another title."""
    assert comment("Preview", ["x"], limit=1000).startswith("<!-- dynamics-connect:preview -->\n# Preview")
    assert marker("Canary: Preview") == "<!-- dynamics-connect:canary-preview -->"
    assert marker("--> **") == "<!-- dynamics-connect:comment -->"


def test_sections_begin_with_headings_outside_of_code() -> None:
    """A line with # in a code block divides nothing, and nothing is lost."""
    parts = list(sections(PAGE))
    assert [part.splitlines()[0] for part in parts] == ["# Fleet", "## acme", "## beta"]
    assert "".join(parts) == PAGE


@pytest.mark.parametrize("limit", range(230, 380, 7))
def test_a_cut_comment_fits_and_says_how_much_is_left_out(limit: int) -> None:
    """Whole sections are kept, from the first on; the run that has the rest is linked."""
    page = "".join(f"## s{n}\n\n{'x' * 20}\n\n" for n in range(12))
    text = comment("T", [page], limit=limit, link="https://r.example/1")
    kept = [n for n in range(12) if f"## s{n}\n" in text]
    assert len(text) <= limit
    assert kept == list(range(len(kept)))
    assert text.count("x" * 20) == len(kept)
    assert f"{12 - len(kept)} section" in text
    assert "[this run's artefacts](https://r.example/1)" in text


def test_one_section_that_is_too_long_is_cut_at_a_line() -> None:
    """Where even the first section does not fit, whole lines are kept and an open code block is closed."""
    page = "```text\n" + "".join(f"line {n}\n" for n in range(100)) + "```\n"
    text = comment("T", [page], limit=400)
    body, _, note = text.partition("\n\n---\n")
    assert len(text) <= 400
    assert body.endswith("\n```")
    assert body.splitlines()[-2].startswith("line ")
    assert "the rest is left out" in note


def test_length_is_counted_as_the_services_do() -> None:
    """A character beyond the basic plane counts twice."""
    page = "## a\n\n" + "\N{GRINNING FACE}" * 150 + "\n\n## b\n"
    assert "Cut here" in comment("T", [page], limit=340)
    assert "Cut here" not in comment("T", [page], limit=360)
