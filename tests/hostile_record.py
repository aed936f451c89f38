"""A home in which every field that takes text holds every payload once, and what a page may and may not be made of."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

from safety.aggregates import obligation
from safety.aggregates.deciding import Form
from safety.directory import Person
from safety.home import Home
from safety.regulation.periodic import period_ending
from safety.reports.issuing import locked
from safety.reports.rendering import Rendered, render
from tests import builders as b
from tests.payloads import Payload, payloads
from tests.periodic_home import Desk, owing
from tests.web_homes import SUBJECT, Homes, with_people

ALL = "ALL"
"""The subject that has every payload: adverse event n and dose n hold payload n, and adverse event 1 each as a follow-up too."""
PEOPLE = {
    "LIN": {"roles": ["investigator"], "trials": ["T1"]},
    "CHEN": {"roles": ["safety_officer"]},
    "ZHAO": {"roles": ["auditor"]},
}


def hostile_home(homes: Homes) -> Home:
    """Put every payload into a home of a demonstration."""
    home = homes.open("demo")
    ids = itertools.count(1)
    home.doors = replace(home.doors, new_id=lambda: f"MADE-{next(ids)}")
    with_people(home, **PEOPLE)
    b.append(home.journal, b.registered(b.definition(arms=("A", "B"))), b.enrolled(ALL, site="01"))
    for number, payload in enumerate(payloads(), 1):
        b.append(home.journal, *entries(number, payload), reason=payload.text[:500])
        person = Person(f"P-{number}", payload.text, None, ("auditor",))
        if person.fault() is None:
            home.directory.put(person)
    return home


def entries(number: int, payload: Payload) -> Iterator[Form]:
    """Every event of the record that takes text, with a payload in all of its fields."""
    short, long = payload.text[:64], payload.text[:200]
    stated = payload.text.strip() or "."
    yield b.registered(
        b.definition(title=stated, sponsor=stated, protocol=stated, provenance=payload.text), code=f"T-{number}"
    )
    yield b.enrolled(f"S-{number}", country=short, arm=long, actual_arm=long)
    said = {"term": stated, "narrative": stated, "preferred_term": long, "body_system": long, "dictionary": short}
    coded = {"preferred_term_code": short[:20], "dictionary_version": short[:32]}
    yield b.reported(ALL, number, serious="Y", **said, **coded)
    yield b.given(ALL, number, treatment=long, unit=short, route=short, visit=long, lot=short, interruption=stated)
    yield b.withheld(ALL, 1_000 + number, reason=stated)
    yield b.causality_assessed(ALL, number, causality=short.strip() or ".", product=long, method=short)
    yield b.followed_up(ALL, 1, term=stated, narrative=stated)
    yield b.coded(ALL, 1, preferred_term=long, body_system=long)
    duty = f"GOLD-{number}/1"
    yield b.obligation_opened(ALL, 1, obligation=duty, to=(long.strip() or ".",), citation=long, unit=short)
    named = {"trial": b.TRIAL, "subject": ALL, "number": 1, "obligation": duty}
    yield obligation.Rejected.model_validate(
        {**named, "recipient": long.strip() or ".", "rejected_at": b.T0, "reason": stated}
    )
    yield obligation.Cancelled.model_validate(
        {**named, "reason": "opened_in_error", "explanation": stated, "printed_name": short.strip() or "."}
    )
    if number % 5 == 0:
        yield b.nullified(ALL, number, explanation=stated)
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


EVERY_PAGE = (
    "/",
    "/me",
    "/trials/T1/worklist",
    "/trials/T1/subjects",
    f"/trials/T1/subjects/{ALL}",
    "/trials/T1/subjects/S-7",
    "/trials/T1/cases",
    f"/trials/T1/cases/{ALL}/1",
    "/trials/T1/queries",
    "/trials/T1/incidence",
    "/trials/T1/incidence?by=pt",
    "/trials/T1/listing",
    "/trials/T1/history",
    f"/trials/T1/history?subject={ALL}&number=1",
    f"/trials/T1/history?subject={ALL}",
    "/trials/T1/history?a=10&b=2000",
    f"/trials/T1/file?subject={ALL}",
    "/admin/access",
)
"""With all payloads on them, as far as the page shows text at all."""

TAKEN = (
    "/sign-in?next=@",
    "/trials/@/cases",
    "/trials/T1/cases?subject=@",
    "/trials/T1/cases?serious=@&related=@&page=@",
    "/trials/T1/cases?as_of=@",
    "/trials/T1/subjects/@",
    f"/trials/T1/subjects/{SUBJECT}?filed=@",
    "/trials/T1/cases/@/1",
    f"/trials/T1/cases/{SUBJECT}/@",
    f"/trials/T1/cases/{SUBJECT}/1?only=@",
    "/trials/T1/listing?arm=@&measure=teae&of=@&soc=@&pt=@&window=@",
    "/trials/T1/listing?arm=@&measure=@",
    "/trials/T1/listing?arm=A&scale=@&of=grade&grade=@",
    "/trials/T1/incidence?by=@&window=@&page=@",
    "/trials/T1/history?a=@&b=1",
    "/trials/T1/history?subject=@&number=@&field=@",
    f"/trials/T1/history?subject={SUBJECT}&number=1&field=@",
    "/trials/T1/queries?page=@",
    "/trials/T1/file?subject=@",
    "/first/@",
    "/@",
)
"""Addresses that take what somebody types, at each `@`."""

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
