"""The page of `fleet status --report` as text: what other people wrote stays text."""

from __future__ import annotations

from html.parser import HTMLParser

import jinja2
import pytest

from connector.fleet import report
from connector.fleet.report import report_page
from connector.fleet.rows import StatusRow
from connector.records.standing import Standing
from connector.report import Action, Cause, Change
from tests.unit.report_samples import NOW, read_row, stack

EVIL = """</title></script><script>alert(1)</script>"'><img src=x onerror="alert(1)"> {{ fleet }} &lt;"""


class Elements(HTMLParser):
    """Every element of a page with its attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Text, its escapes undone."""
        self.text += data

    def links(self) -> list[str | None]:
        """Where its links lead."""
        return [attributes["href"] for tag, attributes in self.found if tag == "a"]


def saying(text: str) -> StatusRow:
    """The row of a stack in which everything that others write says *text*."""
    cause = Cause("x.y", text, text, person=True)
    drift = (Change(Action.ADDED, text, text, text),)
    one = stack(1, owner=text).model_copy(
        update={"name": text, "ring": text, "dynamics_url": text, "profile": text}
    )
    standing = Standing(text, needs=(cause,), findings=(cause,), drift=drift)
    return read_row(one, 9, standing, verdict=text)


def test_markup_from_anywhere_adds_no_element_and_no_attribute() -> None:
    """Names, ring, owner, address, verdict and messages: the page has the elements that plain words make."""
    hostile, plain = (Elements(report_page(text, [saying(text)], NOW)) for text in (EVIL, "words"))
    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in plain.found]
    assert [list(has) for _, has in hostile.found] == [list(has) for _, has in plain.found]
    assert hostile.text.count("<script>alert(1)</script>") == plain.text.count("words")
    owners = [has["data-owner"] for tag, has in hostile.found if "data-owner" in has]
    assert owners == [EVIL]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "`javascript:alert(1)`",
        "JAVASCRIPT:https&#58;//x",
        "data:text/html,<script>alert(1)</script>",
        "http://plain.example/",
        '<a href="javascript:alert(1)">https</a>',
    ],
)
def test_nothing_but_an_https_address_is_a_link(text: str) -> None:
    """An address of any other kind is shown as it was said."""
    page = Elements(report_page("agency", [saying(text)], NOW))
    assert page.links() == []
    assert text.strip("`") in page.text


def test_a_link_ends_before_what_could_leave_its_attribute() -> None:
    """Quotes and brackets end it; an ampersand in it is kept."""
    text = """open https://a.example/x?y=1&z=2"onmouseover="alert(1) or 'https://b.example/<b>'."""
    page = Elements(report_page("agency", [saying(text)], NOW))
    assert set(page.links()) == {"https://a.example/x?y=1&z=2", "https://b.example/"}
    assert all(list(has) == ["href", "rel"] for tag, has in page.found if tag == "a")


def test_commands_are_code_and_escaped() -> None:
    """What stands between backquotes."""
    page = report_page("agency", [saying("run `rm <b>x</b>` now")], NOW)
    assert "run <code>rm &lt;b&gt;x&lt;/b&gt;</code> now" in page


def test_a_name_that_the_template_does_not_know_is_an_error() -> None:
    """A slip in the template fails, and does not leave a gap in the page."""
    with pytest.raises(jinja2.UndefinedError):
        report._templates().from_string("{{ row.owner }}").render(row=object())
