"""Photographs pages in the system's own Chromium, at desktop and phone width and in both languages, into an ignored folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FOLDER = Path(__file__).parent.parent / "screens"
WIDTHS = {"wide": (1280, 800), "phone": (390, 844)}
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
EACH_LOOK = [(width, language) for width in WIDTHS for language in LANGUAGES]
ONE_LOOK, OTHER_LOOK = [("wide", "en"), ("phone", "zh")], [("phone", "en")]
"""A width and a language: each that there is; the two in which every page is looked at; another, of longer words on a phone."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser that the system has; playwright's own is not fetched."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def photograph(page: Page, name: str) -> Path:
    """Take the whole page."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.png"
    page.evaluate("scrollTo(0, 0)")  # what sticks to the window's edges would stand in the middle of the page
    page.screenshot(path=path, full_page=True)
    return path


def sideways(page: Page) -> int:
    """How many pixels a page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
