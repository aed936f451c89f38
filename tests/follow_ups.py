"""An adverse event that is followed up in the tests: its record, the form filled in with it, and what came of pressing."""

import html
import re

from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.adverse_event import AdverseEvent, AdverseEvents
from safety.aggregates.deciding import Form
from safety.home import Home
from safety.journal import decode
from safety.journal.states import folded
from tests.builders import (
    append,
    definition,
    enrolled,
    given,
    pack_adopted,
    registered,
    reported,
)
from tests.rule_packs import PACK
from tests.web_homes import Homes, with_people

CASE = "/trials/T1/cases/S1/1"
FOLLOW_UP, CORRECT, NULLIFY = f"{CASE}/follow-up", f"{CASE}/correct", f"{CASE}/nullify"
RECORD = {
    "started_on": "2026-02-20T09:30",
    "grade": "2",
    "severity": "MILD",
    "causality": "POSSIBLE",
    "serious": "N",
    "narrative": "First\nsecond",
}


def with_an_event(homes: Homes) -> Home:
    """A home with an event of one site and one of another, and people who may and may not add to them."""
    opened = homes.open()
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(two), pack_adopted(PACK), enrolled("S1"), enrolled("THEIRS", site="02"))
    append(opened.journal, given("S1", 1, "2026-01-05", lot="L-1"), given("S1", 2, "2026-02-02"))
    append(opened.journal, reported("S1", 1, **RECORD), reported("THEIRS", 1))
    return with_people(
        opened,
        LIN={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        WANG={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        CHEN={"roles": ["safety_officer"]},
        ZHAO={"roles": ["auditor"]},
    )


Said = dict[str, str | list[str]]


def filled_in(page: Response) -> Said:
    """What a browser would send of a form that nobody touched."""
    form = page.text[page.text.index('id="ae"') : page.text.index("</form>", page.text.index('id="ae"'))]
    said: Said = {}
    for tag in re.finditer(r"<input[^>]*>", form):
        name, value = re.search(r'name="(\w+)"', tag[0]), re.search(r'value="([^"]*)"', tag[0])
        if name is None or (('type="radio"' in tag[0] or 'type="checkbox"' in tag[0]) and "checked" not in tag[0]):
            continue
        text = html.unescape(value[1]) if value else ""
        if name[1] == "criteria":
            said["criteria"] = [*said.get("criteria", []), text]
        else:
            said[name[1]] = text
    for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', form):
        said[name] = html.unescape(text).replace("\n", "\r\n")
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        said[name] = html.unescape(chosen[1]) if chosen else ""
    return said


def pressed(
    browser: TestClient, page: Response, path: str, do: str | list[str] = "file", **typed: str | list[str]
) -> Response:
    return browser.post(path, data={**filled_in(page), "do": do, **typed}, follow_redirects=False)


def stands(home: Home, number: int = 1) -> AdverseEvent:
    return folded(home.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number[number]


def last(home: Home, of: type[Form]) -> Form:
    head = home.journal.head()[0]
    came = [decode(row).event for row in home.journal.page(0, head, head)]
    return next(event for event in reversed(came) if isinstance(event, of))
