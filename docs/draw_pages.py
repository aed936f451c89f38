"""Photographs the three pages of the README from the demonstration, in the system's Chromium. `python -m docs.draw_pages`."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from safety.cli.door import system_doors
from tests.screens import chromium
from tests.served_desk import Person, Served, demonstration, served

FOLDER = Path(__file__).parent
TRIAL = "/trials/NCT03265613"


def filing(page: Page) -> None:
    """A serious adverse event, typed and not yet filed, with what it would set off."""
    page.goto(f"{TRIAL}/file?subject=S04")
    day = system_doors().clock() - timedelta(days=1)
    typed = {"term": "Pneumonia", "on_y": str(day.year), "on_m": str(day.month), "on_d": str(day.day)}
    for name, text in typed.items():
        page.fill(f"#{name}", text)
    for what in ("[name=serious][value=y]", "[value=hospitalisation]", "[name=causality][value=PROBABLE]"):
        page.locator(f"label:has({what})").first.click()
    page.wait_for_selector("#setoff details.why")


def case(page: Page) -> None:
    """The serious adverse event of the demonstration: what it made due, and that all of it was sent in time."""
    page.goto(f"{TRIAL}/cases/S04/3")


def incidence(page: Page) -> None:
    """The primary outcome, with exact intervals."""
    page.goto(f"{TRIAL}/incidence")


PICTURES = {"filing": ("LIN", filing), "case": ("CHEN", case), "incidence": ("CHEN", incidence)}


def draw(desk: Served) -> None:
    """Take each picture, as high as a screen."""
    with chromium() as browser:
        for name, (who, shown) in PICTURES.items():
            person = Person(browser, desk).sign_in(who)
            shown(person.page)
            person.page.screenshot(path=FOLDER / f"{name}.png")
            person.context.close()


if __name__ == "__main__":
    with TemporaryDirectory() as folder, demonstration(Path(folder)) as home, served(home) as desk:
        draw(desk)
