"""Pages: the server's time for each page of a trial of 10,000 subjects and 50,000 AEs, against the bare queries behind it.

`python -m bench.f_pages [SUBJECTS]`: 10,000 if left out. One round asks each page through the whole door (session, policy,
access log, views, template), and sends the very statements that it sent to the views through the driver alone, rows fetched.
Before them comes what no page is without: an empty answer through the same door, and the frame of every page with nothing in it.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from fastapi import Response
from sqlalchemy import event
from starlette.types import Message

from bench.alternating import alternating
from bench.trial_at_hand import DOORS, TRIAL, home_at, serious_event, stream
from safety.aggregates.account import Added
from safety.aggregates.adverse_event import Reported
from safety.aggregates.deciding import Act, Form
from safety.aggregates.obligation import Opened
from safety.home import Home, open_home
from safety.journal import Decision
from safety.settings import Settings
from safety.values import microseconds as moment_of
from safety.web.asking import Ask
from safety.web.declaring import Pages
from safety.web.door import door
from safety.web.pace import Pace

TERMS = ("Pyrexia", "Headache", "Nausea", "Rash", "Fatigue", "Arthralgia", "Pruritus", "Diarrhoea", "Cough", "Chills")
OF_A_SUBJECT = 7
"""Enrolment, a dose and five adverse events."""
A_BLOCK = 500
CLOCKS = 1_000
"""Subjects with a serious event more, and a clock that runs for it."""
COOKIE = "vigilog-bench"
SUBJECT = "S001-007"
SLOW = 0.5
"""Seconds from which a page is asked for fewer times."""


def filled(folder: Path, subjects: int) -> Home:
    """A home with the trial, its clocks, and an auditor's view of it."""
    home = home_at(folder)
    act = Act("OPERATOR", "operator", DOORS.clock())
    for block in range(subjects // A_BLOCK):
        codes, command = [f"S{block:03}-{n:03}" for n in range(A_BLOCK)], DOORS.new_id()
        writes = [home.desk.encoded(form, n, act, command) for code in codes for n, form in enumerate(told(code), 1)]
        home.journal.append(Decision(writes, command, digest=""))
    command = DOORS.new_id()
    codes = [f"S{n // A_BLOCK:03}-{n % A_BLOCK:03}" for n in range(min(CLOCKS, subjects))]
    writes = [home.desk.encoded(form, OF_A_SUBJECT + n, act, command) for code in codes for n, form in clock_of(code)]
    home.journal.append(Decision(writes, command, digest=""))
    officer = Added.model_validate({"account": "CHEN", "roles": ["safety_officer"], "trials": [TRIAL]})
    home.desk.do("account.add", officer, by="OPERATOR", command_id="bench-officer")
    home.views.catch_up(home.journal)
    home.close()
    # A trial is looked at long after most of it was recorded: what may still be told of the last minutes is little.
    return open_home(Settings(home=folder), replace(DOORS, clock=an_hour_later))


def an_hour_later() -> datetime:
    """The clock of who looks."""
    return DOORS.clock() + timedelta(hours=1)


def told(code: str) -> Iterator[Form]:
    """One subject's enrolment, dose and adverse events; few of them are alike."""
    for form in stream(code, OF_A_SUBJECT, TRIAL):
        number = form.__dict__.get("number") if isinstance(form, Reported) else None
        if number is None:
            yield form
            continue
        place = (sum(map(ord, code)) + 3 * number) % len(TERMS)
        began = f"2018-{3 + place % 6:02}-{1 + (5 * number + place) % 28:02}"
        said = {"term": TERMS[place], "preferred_term": TERMS[place], "started_on": began, "ended_on": None}
        yield form.model_copy(update=said)


def clock_of(code: str) -> Iterator[tuple[int, Form]]:
    """A serious event, and the report owed for it."""
    began = datetime.now(UTC)
    yield 1, serious_event(code, OF_A_SUBJECT - 1)
    yield (
        2,
        Opened.model_validate({
            "trial": TRIAL, "subject": code, "number": OF_A_SUBJECT - 1, "obligation": "BENCH-15/1", "rule": "BENCH-15",
            "ordinal": 1, "pack": "BENCH", "pack_version": "1", "pack_sha256": "0" * 64, "owed_by": "sponsor",
            "to": ["Authority"], "limit": 15, "unit": "calendar_day", "party": "sponsor", "starts_at": began, "zone": "UTC",
            "day0": began.date(), "due_on": (began + timedelta(days=15)).date(), "due_at": began + timedelta(days=15),
            "citation": "none", "confidence": "high", "basis": "law", "because": ["serious: true"], "facts": [1],
        }),
    )  # fmt: skip


floor = Pages()


@floor.shows("/trials/{trial}/empty", "case.read")
def empty(ask: Ask) -> Response:
    """Answer with nothing to who may read a case: session, account, access log and trial are settled by then."""
    return Response(str(ask.at.position))


@floor.shows("/trials/{trial}/frame", "case.read")
def frame(ask: Ask) -> Response:
    """Answer with what stands around every page."""
    return ask.render("base.html.j2")


class Browser:
    """Asks the door in this process, as a server would hand it on."""

    def __init__(self, home: Home) -> None:
        """Sign in."""
        self._app = door(home, Pace(burst=1e9, a_second=1e9))
        self._app.router.routes[:0] = floor.routes
        secret = DOORS.new_id() * 3
        home.sessions.begin(secret, "CHEN", now=moment_of(an_hour_later()))
        self._cookie = f"vigilog={secret}; __Host-vigilog={secret}"

    async def get(self, path: str) -> int:
        """Ask for a page, and give how long it is."""
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(b"host", b"localhost"), (b"cookie", self._cookie.encode())], "scheme": "http", "root_path": "",
            "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("localhost", 80),
        }  # fmt: skip
        status, size = 0, 0

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))

        await self._app(scope, receive, send)
        if status != 200:
            raise SystemExit(f"{path}: {status}")
        return size


PAGES = {
    "worklist": "/worklist",
    "worklist, narrowed": "/worklist?serious=1&unexpected=1&related=1",
    "case page": f"/cases/{SUBJECT}/6",
    "cases": "/cases",
    "listing": "/listing",
    "queries": "/queries",
    "behind a number": "/listing?arm=AD-MSC&measure=serious&window=all",
    "incidence": "/incidence?window=all",
    "history": "/history",
    "duplicates": "/duplicates",
    "worklist, as of": "/worklist?as_of={before}",
    "case page, as of": f"/cases/{SUBJECT}/3?as_of={{before}}",
    "incidence, as of": "/incidence?window=all&as_of={before}",
    "history, as of": "/history?as_of={before}",
}


def through_the_door(browser: Browser, path: str, repeats: int) -> Callable[[], float]:
    """Give what asks for a page and says in how many milliseconds it was answered."""

    async def asked() -> float:
        took = []
        for _ in range(repeats):
            begun = perf_counter()
            await browser.get(path)
            took.append(perf_counter() - begun)
        return median(took) * 1e3

    return lambda: asyncio.run(asked())


def sent_bare(home: Home, browser: Browser, path: str, repeats: int) -> Callable[[], float]:
    """Give what sends a page's statements through the driver, fetches their rows and says how many milliseconds it took."""
    statements: list[tuple[str, Any]] = []

    def noted(*sent: Any) -> None:  # noqa: ANN401, what the library tells before a statement
        if sent[2].startswith(("SELECT", "WITH")):
            statements.append((sent[2], sent[3]))

    with home.views.connect() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", noted)
    asyncio.run(browser.get(path))
    event.remove(engine, "before_cursor_execute", noted)

    def bare() -> float:
        with home.views.connect() as connection:
            cursor, took = connection.connection.cursor(), []
            for _ in range(repeats):
                begun = perf_counter()
                for statement in statements:
                    cursor.execute(*statement).fetchall()
                took.append(perf_counter() - begun)
        return median(took) * 1e3

    return bare


def measured(home: Home, browser: Browser, name: str, path: str, least: float) -> str:
    """Measure a page against its queries; what it takes beyond the empty answer (`least`, in milliseconds) too."""
    begun = perf_counter()
    asyncio.run(browser.get(path))
    slow = perf_counter() - begun > SLOW
    repeats, rounds = (1, 3) if slow else (5, 7)
    asked, bare = through_the_door(browser, path, repeats), sent_bare(home, browser, path, repeats)
    found = alternating(f"F9 {name}, ms / its queries bare", asked, bare, rounds)
    beyond = found.ours - least
    return f"{found}; {found.ours:.2f} / {found.other:.2f} ms; beyond the empty answer {beyond:.2f} ms = {beyond / found.other:.2f}"


def main(subjects: int, only: str = "") -> None:
    """Measure every page, or those whose name holds a word."""
    with tempfile.TemporaryDirectory() as folder:
        home = filled(Path(folder), subjects)
        before = home.journal.head().position - CLOCKS
        browser = Browser(home)
        print(f"{before:,} entries are filled in", file=sys.stderr, flush=True)
        try:
            nothing, around = (through_the_door(browser, f"/trials/{TRIAL}/{what}", 20) for what in ("empty", "frame"))
            least = alternating("F9 empty answer / the frame alone, ms", nothing, around)
            print(f"{least}; {least.ours:.2f} / {least.other:.2f} ms", flush=True)
            for name, path in PAGES.items():
                if only in name:
                    whole = f"/trials/{TRIAL}{path.format(before=before)}"
                    print(measured(home, browser, name, whole, least.ours), flush=True)
        finally:
            home.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2] if len(sys.argv) > 2 else "")
