"""What holds for every document: links, commands and test names are real, and nothing is private."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from emulator.seed import names
from emulator.seed.directory import deployers
from tests.docs.documents import DOCS, PROJECT, documents, read

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PRIVATE = re.compile(
    r"/(?:work|root|home|Users|tmp)/"  # paths of somebody's machine
    r"|--index-url|extra-index|index\.html|/simple\b|goproxy|artifactory"  # where packages were had
    r"|\b(?:author|authored|co-authored)\b"  # who wrote it
    r"|facts/|design\.md|style\.md|seed-steps|\.\./shared",  # papers that a reader does not have
    re.IGNORECASE,
)


def _slugs(path: Path) -> set[str]:
    """Anchors of a document's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", documents(), ids=lambda p: p.name)
def test_relative_links_resolve(path: Path) -> None:
    """Each relative link points to a file that is there, and its anchor to a heading of that file."""
    for link in _LINK.findall(path.read_text("utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name) if name else path
        assert target.exists(), link
        assert not anchor or anchor in _slugs(target), link


@pytest.mark.parametrize("path", documents(), ids=lambda p: p.name)
def test_documents_hold_nothing_private(path: Path) -> None:
    """No path of a machine, no index host, nobody's name, no paper that the reader does not have."""
    found = _PRIVATE.findall(path.read_text("utf-8"))
    assert found == []


def test_the_search_for_private_things_finds_them() -> None:
    """The pattern is no empty promise."""
    for text in ("see /home/anna/x", "pip --index-url", "as facts/entra.md says"):
        assert _PRIVATE.search(text)


def test_the_two_commands_exist() -> None:
    """The README's two commands are programs, as is every script that a document calls."""
    text = "\n".join(path.read_text("utf-8") for path in documents())
    called = set(re.findall(r"\./(scripts/[a-z]+)\b", text))
    assert {"scripts/demo", "scripts/test"} <= called
    assert [name for name in called if not os.access(PROJECT / name, os.X_OK)] == []


def test_documents_call_no_verb_that_is_not_there() -> None:
    """What a document calls by `python -m connector` can be called."""
    from connector.cli.main import app

    known = set(app.commands) | {"VERB"}  # type: ignore[attr-defined]
    text = "\n".join(path.read_text("utf-8") for path in documents())
    called = set(re.findall(r"(?:-m connector|scripts/connect) ([A-Za-z]+)", text))
    assert called <= known


def _test_names() -> set[str]:
    sources = (path.read_text("utf-8") for path in (PROJECT / "tests").rglob("test_*.py"))
    return {name for source in sources for name in re.findall(r"def (test_\w+)\(", source)}


def _cited(path: Path) -> list[str]:
    return re.findall(r"`(test_\w+|…_\w+)`", path.read_text("utf-8"))


@pytest.mark.parametrize("path", sorted(DOCS.glob("emulator*.md")), ids=lambda p: p.name)
def test_every_test_that_is_cited_exists(path: Path) -> None:
    """Names of witnessing tests, whole or shortened to their ending (…_ending), are those of tests."""
    there = _test_names()
    gone = [n for n in _cited(path) if not any(t == n or (n[0] == "…" and t.endswith(n[1:])) for t in there)]
    assert gone == []


def test_every_refusal_of_the_emulator_is_listed() -> None:
    """Each test of a refusal stands in one of the emulator's documents."""
    cited = {name for path in DOCS.glob("emulator*.md") for name in _cited(path)}
    assert {name for name in _test_names() if name.startswith("test_refusal_")} <= cited


def test_the_seed_is_documented() -> None:
    """Tenants, organizations and deployers stand in the emulator's document with their ids."""
    text = read("emulator.md")
    tenants = [names.Tenant(names.CONTOSO, "contoso"), names.Tenant(names.FABRIKAM, "fabrikam")]
    ids = [o.id for o in names.ORGANIZATIONS] + [t.id for t in tenants]
    ids += [deployer.app_id for tenant in tenants for deployer in deployers(tenant)]
    assert [one for one in ids if one not in text] == []


def test_the_readme_names_the_versions_in_use() -> None:
    """What was tested is what the pins say."""
    from toolchain import pins

    text = (PROJECT / "README.md").read_text("utf-8")
    tested = text.partition("## What was tested")[2].partition("\n## ")[0]
    for version in (pins.PULUMI, pins.AZUREAD, pins.AZUREAD_UPSTREAM):
        assert version in tested
    assert pins.GO in read("toolchain.md")
