"""A demonstration that is served as a process of its own, for tests in a real browser: its address, links and passphrases."""

import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from safety.home import Doors, Home, open_home
from safety.settings import Settings
from tests.command_line import VIGILOG, CommandLine
from tests.manual_clock import counted_salt
from tests.screens import LANGUAGES, WIDTHS

PATIENCE = 60_000
"""Milliseconds: only a page that never comes to what is awaited takes them."""
expect.set_options(timeout=PATIENCE)
TOLD = re.compile(r"as (\S+) \([\w, ]+\): (http\S+) and sign with the passphrase (\S+)")


@dataclass
class Served:
    """A desk that runs: where, and how each of its people signs in and signs."""

    address: str
    links: Mapping[str, str]
    passphrases: Mapping[str, str]
    process: subprocess.Popen[str]

    def stop(self) -> int:
        """Tell it to stop, and wait for it."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def served(home: Home, port: int = 0, **settings: str) -> Iterator[Served]:
    """Serve a home that is a demonstration, under settings by their whole name; this process may go on writing into it."""
    people = len(home.directory.people())
    process = subprocess.Popen(
        [VIGILOG, "serve", "--port", str(port), "--into-demo"],
        env=CommandLine(home.settings.home, **settings).environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        told: dict[str, tuple[str, str]] = {}
        found = re.match(r"The desk runs at (http\S+) until", process.stderr.readline())
        assert found is not None, process.stderr.read()
        address = found[1].replace("127.0.0.1", "localhost")
        for line in process.stderr:
            if found := TOLD.search(line.replace("127.0.0.1", "localhost")):
                told[found[1]] = (found[2], found[3])
            if len(told) == people:
                break
        links = {name: link for name, (link, _) in told.items()}
        yield Served(address, links, {name: word for name, (_, word) in told.items()}, process)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def demonstration(folder: Path) -> Iterator[Home]:
    """Live through the demonstration trial into a folder, and open what comes of it."""
    told = subprocess.run(
        [VIGILOG, "demo", "--headless"],
        env=CommandLine(folder).environment(),
        capture_output=True,
        check=False,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    ids = (f"TEST-{number}" for number in count())
    doors = Doors(clock=lambda: datetime.now(UTC), salt=counted_salt(), new_id=lambda: next(ids))
    home = open_home(Settings(home=folder), doors, into_demo=True)
    try:
        yield home
    finally:
        home.close()


class Person:
    """Somebody at a browser of their own; what the pages complain of is collected."""

    def __init__(
        self, browser: Browser, desk: Served, width: str = "wide", language: str = "en", **more: object
    ) -> None:
        wide, high = WIDTHS[width]
        size = {"width": wide, "height": high}
        self.desk, self.language, self.complaints = desk, language, list[str]()
        self.context: BrowserContext = browser.new_context(
            base_url=desk.address,
            locale=LANGUAGES[language],
            viewport=size,  # type: ignore[arg-type]  # a dict of the two it takes
            **more,  # type: ignore[arg-type]  # options of playwright's own
        )
        self.page = self.window()

    def window(self) -> Page:
        """Open one more window."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", self.hear)
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        return page

    def hear(self, said: ConsoleMessage) -> None:
        """Keep what the browser warns of; that a form was refused is no fault of the page."""
        if said.type in {"error", "warning"} and "422 (Unprocessable" not in said.text:
            self.complaints.append(said.text)

    def sign_in(self, account: str) -> "Person":
        """Follow the first link of an account, which in a demonstration works as often as it is followed."""
        self.page.goto(self.desk.links[account])
        self.page.click("form.body button")
        self.page.wait_for_selector("tr[data-row]")
        self.page.wait_for_load_state()  # its scripts have run
        return self


def until(page: Page, expression: str) -> None:
    """Wait for something to be so in a page; playwright's own way needs eval, which the desk's policy forbids."""
    for _ in range(PATIENCE // 50):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never so: {expression}")


def sign_out(page: Page) -> None:
    """Sign out, by the menu."""
    page.locator(".menu summary").click()
    page.locator(".menu form[action='/sign-out'] button").click()
