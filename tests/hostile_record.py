"""A home in which every field that takes text holds every payload once, and what a page may and may not be made of."""

import csv
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

from safety.aggregates import obligation
from safety.aggregates.deciding import Form
from safety.directory import Person
from safety.home import Home
from safety.regulation.periodic import period_ending
from safety.reports.issuing import issue_all, locked
from safety.reports.rendering import Rendered, render
from tests import builders as b
from tests.hostile_events import changes, coding, duties, governing, stated
from tests.payloads import Payload, payloads
from tests.periodic_home import Desk, owing
from tests.rule_packs import PACK
from tests.web_homes import Homes, with_people

ALL = "ALL"
"""The subject that has every payload: adverse event n and dose n hold payload n, and adverse event 1 each as a follow-up too."""
GOES, STAYS = 1_001, 1_002
"""Two adverse events more of that subject, of which one is merged into the other."""
PEOPLE = {
    "LIN": {"roles": ["investigator"], "trials": ["T1"]},
    "CHEN": {"roles": ["safety_officer"]},
    "ZHAO": {"roles": ["auditor"]},
    "EACH": {"roles": ["safety_officer", "auditor", "operator"]},
}
WRITTEN = datetime(2026, 2, 27, tzinfo=UTC)
PERIOD = "2026-02-28"
"""Of the first report that is issued on this record, a day after it was written."""


def hostile_home(homes: Homes) -> Home:
    """Put every payload into a home of a demonstration, and issue a report on them."""
    now, homes.now = homes.now, WRITTEN
    home = homes.open("demo")
    ids = itertools.count(1)
    home.doors = replace(home.doors, new_id=lambda: f"MADE-{next(ids)}")
    with_people(home, **PEOPLE)
    governs = owing(b.definition(arms=("A", "B")), dsur={"dibd": "2025-03-01"})
    b.append(home.journal, b.registered(governs), b.enrolled(ALL, site="01"))
    for number, payload in enumerate(payloads(), 1):
        b.append(home.journal, *governing(number, payload, governs))
    b.append(home.journal, b.pack_adopted(hostile_pack()))
    for number, payload in enumerate(payloads(), 1):
        b.append(home.journal, *entries(number, payload), reason=payload.text[:500])
        person = Person(f"P-{number}", payload.text, None, ("auditor",))
        if person.fault() is None:
            home.directory.put(person)
    b.append(home.journal, *(b.reported(ALL, number, term="Headache") for number in (GOES, STAYS)))
    b.append(home.journal, b.merged(ALL, GOES, STAYS), reason=payloads()[0].text)
    homes.now = now
    assert issue_all(home.desk, home.views, homes.now) >= 1
    return home


RULE = """
[[rule]]
id = "H-{number}"
from = "sponsor"
to = [{said}]
when = "serious"
limit = 15
unit = "calendar_day"
citation = {said}
note = {said}
confidence = "high"
basis = "law"
effective_to = 2011-01-01
"""


def hostile_pack() -> str:
    """Write a rule pack that says every payload, of rules that are no longer in force."""
    said = (" ".join(payload.text[:200].split()) or "." for payload in payloads())
    return PACK + "".join(RULE.format(number=number, said=quoted(text)) for number, text in enumerate(said, 1))


def quoted(text: str) -> str:
    """A text as TOML writes it in one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def entries(number: int, payload: Payload) -> Iterator[Form]:
    """Every event of the record that takes text, with a payload in all of its fields."""
    short, long, text = payload.text[:64], payload.text[:200], stated(payload)
    governs = b.definition(title=text, sponsor=text, protocol=text, provenance=payload.text)
    yield b.registered(governs, code=f"T-{number}").model_copy(update={"file": text})
    yield b.enrolled(f"S-{number}", country=short, arm=long, actual_arm=long)
    said = {"term": text, "narrative": text, "causality": text[:64].strip(), **coding(payload)}
    yield b.reported(ALL, number, serious="Y", **said)
    yield b.given(ALL, number, treatment=long, unit=short, route=short, visit=long, lot=short, interruption=text)
    yield b.withheld(ALL, 1_000 + number, reason=text)
    yield b.causality_assessed(ALL, number, causality=text[:64].strip(), product=long, method=short)
    yield from changes(ALL, number, payload)
    yield from duties(ALL, number, payload)
    duty = f"GOLD-{number}/1"
    yield b.obligation_opened(ALL, 1, obligation=duty, to=(long.strip() or ".",), citation=long, unit=short)
    named = {"trial": b.TRIAL, "subject": ALL, "number": 1, "obligation": duty}
    yield obligation.Rejected.model_validate(
        {**named, "recipient": long.strip() or ".", "rejected_at": b.T0, "reason": text}
    )
    if number % 2:
        yield obligation.Cancelled.model_validate(
            {**named, "reason": "opened_in_error", "explanation": text, "printed_name": short.strip() or "."}
        )
    if number % 5 == 0:
        yield b.nullified(ALL, number, explanation=text)
    yield b.alert_raised(f"A-{number}", concerning=(f"{ALL}/{number}",))


def hostile_report(folder: Path) -> Rendered:
    """Render a periodic report of serious adverse reactions each of which is coded as a payload."""
    desk = Desk(folder / "home", begins="2017-12-01T00:00Z")
    governs = owing(b.definition(), dsur={"dibd": "2018-01-01"})
    desk.append("2018-01-05T00:00Z", b.registered(governs), b.enrolled("S1", country="<b>=1"), b.given("S1"))
    said = {"serious": "Y", "hospitalisation": "Y", "causality": "POSSIBLE"}
    for number, payload in enumerate(payloads(), 1):
        text = payload.text[:200]
        coded = {"term": payload.text.strip() or ".", "preferred_term": text, "body_system": text}
        desk.append("2018-03-10T00:00Z", b.reported("S1", number, **said, **coded))
    period = period_ending(governs.periodic, "dsur", "Asia/Shanghai", date(2018, 12, 31))
    with desk.connection() as connection:
        found = render(connection, "T1", locked(desk.journal, period, "Asia/Shanghai"), ())
    desk.close()
    return found


STANDING = re.compile(r"/(?!/)[^\\]*|#.*|otpauth://totp/Vigilog:[A-Z]+\?\S*|", re.DOTALL)
"""What a link of this desk may be: an address on it, a place on the page, or what an authenticator takes."""


class Page(HTMLParser):
    """What a page is made of: its tags in order, what runs in it, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.runs: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.runs += [
            f"{tag} {name}" for name in said if name.startswith(("on", "hx-on")) or name in {"style", "srcdoc"}
        ]
        self.runs += [
            f"{tag} {said[name]}" for name in said if name in ADDRESSED and not STANDING.fullmatch(said[name])
        ]
        self.runs += (
            [tag] if tag in FOREIGN or (tag == "script" and not said.get("src", "").startswith("/static/")) else []
        )
        self._in_script = tag == "script"

    def handle_data(self, data: str) -> None:
        self.runs += ["script text"] if self._in_script and data.strip() else []
        self._in_script = False


ADDRESSED = {"href", "src", "action", "formaction", "data", "xlink:href", "hx-get", "hx-post", "poster"}
FOREIGN = {"style", "iframe", "object", "embed", "base", "meta http-equiv", "img", "video", "audio", "template", "math"}
"""Tags that no template of the desk has."""
STARTS = tuple("=+-@\t\r\n\0＝＋－＠")
"""What a spreadsheet takes for the start of a formula (OWASP, CSV injection), in full width too."""
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal may obey, of which no plain text holds any."""
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What no page shows as it is: controls, and what turns the order of letters round for all that follows."""


def runs(page: str) -> list[str]:
    """Everything on a page that would run, or lead elsewhere, or hide what stands there; empty for a page of the desk."""
    found = Page(page)
    return found.runs + [hex(ord(letter)) for letter in sorted(set(UNSEEN.findall(page)))]


def unlike(pages: Iterable[str]) -> int:
    """How many pages are made of other tags than the first one."""
    first, *others = (Page(page).tags for page in pages)
    return sum(tags != first for tags in others)


def formulas(table: str) -> list[str]:
    """The cells of a table of CSV that a spreadsheet would work out; raises AssertionError where a text began a cell of its own."""
    rows = list(csv.reader(io.StringIO(table.removeprefix("\ufeff"), newline="")))
    about, rows = [row for row in rows if row[0].startswith("# ")], [row for row in rows if not row[0].startswith("# ")]
    assert {len(row) for row in about} <= {2}
    assert len({len(row) for row in rows}) == 1, "no payload begins a cell or a row of its own"
    cells = (cell.lstrip(" ") for row in (*about, *rows) for cell in row)
    return [cell for cell in cells if cell.startswith(STARTS) and not re.fullmatch(r"-\d+(\.\d+)?", cell)]
