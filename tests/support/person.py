"""A person at a browser: opens the address it is given, picks an account, and stays for the answer.

Run as the BROWSER of a command: `python -m tests.support.person URL`. PERSON_PICKS names the
account, PERSON_PICTURES a folder for pictures, PERSON_CHANGES a `old=new` in the address.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"


def main(url: str) -> None:
    """Play the person."""
    if change := os.environ.get("PERSON_CHANGES"):
        old, _, new = change.partition("=>")
        url = url.replace(old, new)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        page = browser.new_page(ignore_https_errors=True, viewport={"width": 900, "height": 700})
        page.goto(url)
        _picture(page, "1-sign-in")
        choice = page.get_by_role("button", name=os.environ.get("PERSON_PICKS", "Adele Vance"))
        if choice.count():
            with page.expect_navigation():
                choice.click()
        _picture(page, "2-answer")
        print(page.inner_text("main"), file=sys.stderr)
        browser.close()


def _picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PERSON_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


if __name__ == "__main__":
    main(sys.argv[1])
