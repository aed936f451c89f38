"""A demonstration that is served as a process of its own, for tests in a real browser: its address, links and passphrases."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from safety.home import Home
from tests.screens import LANGUAGES, WIDTHS

PROGRAM = Path(sys.executable).with_name("vigilog")
TOLD = re.compile(r"as (\w+) \(\w+\): (http\S+) and sign with the passphrase (\S+)")


@dataclass
class Served:
    """A desk that runs: where, and how each of its people signs in and signs."""

    address: str
    links: Mapping[str, str]
    passphrases: Mapping[str, str]
    home: Path
    process: subprocess.Popen[str]

    def stop(self) -> int:
        """Tell it to stop, and wait for it."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def served(home: Path, people: int, port: int = 0) -> Iterator[Served]:
    """Serve a home that is a demonstration, of so many people."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGILOG_")}
    process = subprocess.Popen(
        [sys.executable, PROGRAM, "serve", "--port", str(port), "--into-demo"],
        env={**environment, "VIGILOG_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        told: dict[str, tuple[str, str]] = {}
        for line in process.stderr:
            if found := TOLD.search(line.replace("127.0.0.1", "localhost")):
                told[found[1]] = (found[2], found[3])
            if len(told) == people:
                break
        links = {name: link for name, (link, _) in told.items()}
        address = next(iter(links.values())).partition("first/")[0]
        yield Served(address, links, {name: word for name, (_, word) in told.items()}, home, process)
    finally:
        process.kill()
        process.communicate()


def left(home: Home) -> Path:
    """Let go of a home, so that another process may serve it."""
    folder = home.settings.home
    home.close()
    return folder


class Person:
    """Somebody at a browser of their own; what the pages complain of is collected."""

    def __init__(
        self, browser: Browser, desk: Served, width: str = "wide", language: str = "en", **more: object
    ) -> None:
        wide, high = WIDTHS[width]
        size = {"width": wide, "height": high}
        self.desk, self.complaints = desk, list[str]()
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
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        return page

    def sign_in(self, account: str) -> "Person":
        """Follow the first link of an account; it works once a start of the desk, so it is given with a session after that."""
        self.page.goto(self.desk.links[account])
        self.page.click("form.body button")
        self.page.wait_for_selector("tr[data-row]")
        return self
