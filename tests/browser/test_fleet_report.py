"""The fleet's report in a real Chromium: read, sorted, filtered, in the dark, printed, without JavaScript."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page, sync_playwright

from connector.fleet.report import report_page
from tests.support.emulator import PROJECT
from tests.support.person import CHROMIUM
from tests.unit.report_samples import NOW, read_row, stack, varied

PICTURES = PROJECT / ".local" / "pictures"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """The page of two dozen stacks in every state."""
    return written(tmp_path, 24)


def written(folder: Path, count: int) -> Path:
    """The page of so many stacks, on disk."""
    path = folder / "report.html"
    path.write_text(report_page("agency", varied(count), NOW), encoding="utf-8")
    return path


def opened(browser: Browser, report: Path, **options: Any) -> Page:
    """The page in a window of its own; whatever it asked the network for would be an error."""
    page = browser.new_page(viewport={"width": 1280, "height": 1200}, **options)
    page.route("http*://**", lambda route: pytest.fail(f"asked for {route.request.url}"))
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    page.goto(report.as_uri())
    return page


def names(page: Page) -> list[str]:
    """The stacks of the rows that are shown, in their order."""
    heads = page.locator("tbody tr:not([hidden]) th")
    return [text.split("\n")[0] for text in heads.all_inner_texts()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, report: Path, scheme: Any) -> None:
    """No violation of any rule of axe-core, colours of both schemes among them."""
    page = opened(browser, report, color_scheme=scheme)
    page.add_script_tag(path=str(AXE_FILE_PATH))
    found = page.evaluate("axe.run({resultTypes: ['violations', 'incomplete']})")
    told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]]
    assert told == []
    assert [one["id"] for one in found["incomplete"]] == []
    picture(page, f"fleet-report-{scheme}.png")
    page.close()


def picture(page: Page, name: str) -> None:
    """Keep a picture as an artefact of the run."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(PICTURES / name))


def test_a_click_on_a_heading_sorts_and_says_so(browser: Browser, report: Path) -> None:
    """Days left up and down; what has none stays last; aria-sort tells it, and the keyboard does it too."""
    page = opened(browser, report)
    assert page.locator("[aria-sort]").count() == 0
    button = page.get_by_role("button", name="Days left")
    button.click()
    head = page.locator("th", has=button)
    assert head.get_attribute("aria-sort") == "ascending"
    days = [text.split("\n")[0] for text in page.locator("tbody td:nth-child(3)").all_inner_texts()]
    known = [int(one) for one in days if one.isdigit()]
    assert (known, days[-3:]) == (sorted(known), ["not known"] * 3)
    button.focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    days = [text.split("\n")[0] for text in page.locator("tbody td:nth-child(3)").all_inner_texts()]
    assert (days[0], days[-3:]) == (str(max(known)), ["not known"] * 3)
    page.get_by_role("button", name="Stack").click()
    assert names(page) == sorted(names(page))
    page.close()


def test_text_and_choices_filter_and_the_count_is_told(browser: Browser, report: Path) -> None:
    """Words anywhere in a row, a state, a ring, an owner, all at once."""
    page = opened(browser, report)
    total = len(names(page))
    assert page.get_by_role("status").inner_text() == f"{total} of {total} stacks"
    page.get_by_label("State").select_option("Unknown")
    assert page.get_by_role("status").inner_text() == f"2 of {total} stacks"
    page.get_by_label("Find").fill("aadsts7000222")
    assert names(page) == ["cobalt-test"]
    page.get_by_label("State").select_option("")
    page.get_by_label("Find").fill("")
    page.get_by_label("Ring").select_option("canary")
    page.get_by_label("Owner").select_option("ben@agency.example")
    assert len(names(page)) == 1
    page.close()


def test_without_javascript_everything_is_there(browser: Browser, report: Path) -> None:
    """No control that would do nothing; people first, every row, in the order of need."""
    page = browser.new_page(java_script_enabled=False)
    page.goto(report.as_uri())
    assert page.locator(".controls").is_hidden()
    assert page.locator("thead button").count() == 0
    first = [heading.inner_text() for heading in page.locator("h2").all()]
    assert first == ["Needs a person", "All stacks"]
    assert page.locator(".people h3").count() == 3
    assert page.locator("tbody tr").count() == 24
    page.close()


def test_printed_it_is_on_white_without_controls(browser: Browser, report: Path, tmp_path: Path) -> None:
    """Also where the screen is dark."""
    page = opened(browser, report, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator(".controls").is_hidden()
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert (background, ink) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
    page.pdf(path=str(tmp_path / "report.pdf"), prefer_css_page_size=True)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    page.close()


def test_other_peoples_text_is_text(browser: Browser, tmp_path: Path) -> None:
    """A script as an owner is shown and not run."""
    evil = "<script>document.title='taken'</script>\"'><img src=x onerror=\"document.title='taken'\">"
    path = tmp_path / "report.html"
    path.write_text(report_page(evil, [read_row(stack(1, owner=evil), 9)], NOW), encoding="utf-8")
    page = opened(browser, path)
    assert page.title() == f"Fleet {evil}: status"
    assert page.locator("tbody td").nth(4).inner_text() == evil
    page.get_by_label("Owner").select_option(evil)
    assert len(names(page)) == 1
    page.close()


def test_a_thousand_stacks_open_in_time(browser: Browser, tmp_path: Path) -> None:
    """Under 3 MB, and under 2 s until it can be used: the quickest of three on a busy machine."""
    report = written(tmp_path, 1000)
    assert report.stat().st_size < 3e6
    page = opened(browser, report)
    assert min(seconds_to_open(page) for _ in range(3)) < 2
    page.get_by_role("button", name="Days left").click()
    assert page.locator("[aria-sort='ascending']").count() == 1
    page.close()


def seconds_to_open(page: Page) -> float:
    """From the request for the page until its script has told the count."""
    started = time.monotonic()
    page.reload()
    page.get_by_text("1000 of 1000 stacks").wait_for()
    return time.monotonic() - started


def test_a_narrow_screen_scrolls_the_table_and_not_the_page(browser: Browser, report: Path) -> None:
    """On a telephone the page keeps its width."""
    page = opened(browser, report)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_on_a_phone_the_names_and_the_caption_stay_in_sight(browser: Browser, report: Path) -> None:
    """The table alone scrolls sideways; what a row is about stays beside what it says."""
    page = opened(browser, report)
    page.set_viewport_size({"width": 390, "height": 844})
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert page.evaluate(wide) is False
    page.locator(".scroll").evaluate("one => { one.scrollLeft = one.scrollWidth }")
    for place in ("caption span", "tbody tr:not([hidden]) th"):
        box = page.locator(place).first.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    name = page.locator("tbody tr:not([hidden]) th").first.bounding_box()
    said = page.locator("tbody tr:not([hidden]) .what").first.bounding_box()
    assert name is not None
    assert said is not None
    assert name["x"] + name["width"] <= said["x"] + 1
    page.locator(".scroll").scroll_into_view_if_needed()
    picture(page, "fleet-report-phone.png")
    page.close()
