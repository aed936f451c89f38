"""At the bedside: a subject enrolled, doses given, withheld and corrected, a course that ends; for one's own sites alone."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.dose import Doses
from safety.aggregates.subject import Subject
from safety.home import Home
from safety.journal import decode
from safety.journal.states import folded
from tests.builders import append, definition, dose_corrected, enrolled, given, registered, reported, withdrawn
from tests.test_web_pages import CHINESE, words
from tests.web_homes import Homes, signed_in, with_people

ENROL, S1 = "/trials/T1/enrol", "/trials/T1/subjects/S1"
PLAN = [
    {"treatment": "AD-MSC", "amount": "500000", "unit": "cells/kg", "route": "IV", "weeks": [0, 4, 8], "per_kg": True}
]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    homes = Homes(tmp_path)
    opened = homes.open()
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}], dosing=PLAN)
    append(
        opened.journal,
        registered(two),
        enrolled("S1", weight_kg="60", enrolled_on="2026-01-01"),
        enrolled("THEIRS", site="02"),
    )
    append(
        opened.journal,
        given("S1", 1, "2026-02-02T09:30:15", lot="L-1", amount="500000", unit="cells/kg", treatment="AD-MSC"),
    )
    append(opened.journal, reported("S1", 1), reported("S1", 2, outcome="FATAL"))
    yield with_people(
        opened,
        LIN={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        CHEN={"roles": ["safety_officer"]},
        ZHAO={"roles": ["auditor"]},
    )
    homes.close()


def filled_in(page: Response) -> dict[str, str]:
    """What a browser would send of the form of a page that nobody touched."""
    form = page.text[page.text.index('id="act"') : page.text.index("</form>", page.text.index('id="act"'))]
    said = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("radio" not in tag or "checked" in tag):
            said[name[1]] = html.unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        said[name] = chosen[1] if chosen else ""
    return said


def pressed(browser: TestClient, path: str, page: Response | str = "", **typed: str) -> Response:
    page = browser.get(path) if isinstance(page, str) else page
    return browser.post(path.partition("?")[0], data={**filled_in(page), **typed}, follow_redirects=False)


def subject(home: Home, code: str = "S1") -> Subject:
    return folded(home.journal.stream(f"T1/subject/{code}")).slice(Subject)


def doses(home: Home) -> Doses:
    return folded(home.journal.stream("T1/subject/S1")).slice(Doses)


def test_a_subject_is_enrolled_at_ones_own_site_with_what_is_known(home: Home) -> None:
    browser = signed_in(home, "LIN")
    page = browser.get(ENROL)
    assert 'value="02"' not in page.text
    answer = pressed(browser, ENROL, page, subject="s77", on_y="2026", on_m="2", sex="F", weight_kg="61.5", arm="A")
    assert (answer.status_code, answer.headers["location"]) == (303, "/trials/T1/subjects/S77")
    said = subject(home, "S77").particulars
    assert (said["site"], said["enrolled_on"], said["sex"], said["weight_kg"]) == ("01", "2026-02", "F", "61.5")
    assert "S77" in words(browser.get("/trials/T1/subjects"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"subject": ""}, "A code is 1 to 64 letters"),
        ({"subject": "S9", "site": "02"}, "Choose one of these."),
        ({"subject": "S9", "on_m": "2"}, "A day needs its month, and a month its year."),
        ({"subject": "S9", "on_y": "2026", "on_m": "13"}, "This is no date of the calendar."),
        ({"subject": "S9", "age": "131"}, "This does not fit here"),
        ({"subject": "S1"}, "This code cannot be given in this trial"),
        ({"subject": "THEIRS"}, "This code cannot be given in this trial"),
    ],
)
def test_an_enrolment_that_does_not_fit_says_why_and_keeps_what_was_typed(
    home: Home, typed: dict[str, str], says: str
) -> None:
    head = home.journal.head()[0]
    answer = pressed(signed_in(home, "LIN"), ENROL, weight_kg="61.5", **typed)
    assert answer.status_code == 422
    assert says in words(answer)
    assert 'value="61.5"' in answer.text
    assert home.journal.head()[0] == head


def test_whose_code_is_taken_is_not_told(home: Home) -> None:
    mine, theirs = (
        words(pressed(signed_in(home, "LIN"), ENROL, subject=code)).replace(code, "") for code in ("S1", "THEIRS")
    )
    assert mine == theirs


def test_a_dose_is_filled_in_as_the_file_plans_it_and_recorded_with_its_cells(home: Home) -> None:
    browser = signed_in(home, "LIN")
    page = browser.get(f"{S1}/dose?number=2")
    said = filled_in(page)
    assert (said["number"], said["treatment"], said["amount"], said["unit"], said["route"]) == (
        "2",
        "AD-MSC",
        "500000",
        "cells/kg",
        "IV",
    )
    assert (said["on_y"], said["on_m"], said["on_d"]) == ("2026", "03", "01"), "today is the planned day but one"
    answer = pressed(browser, f"{S1}/dose", page, lot="L-2", on_t="9:30")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{S1}?recorded=dose")
    dose = doses(home).by_number[2]
    assert (dose["started_on"], dose["lot"], dose["total_cells"]) == ("2026-03-01T09:30", "L-2", "30000000")
    assert "The dose is recorded." in words(browser.get(f"{S1}?recorded=dose"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"number": "x"}, "Write the number of the dose"),
        ({"number": "1"}, "Dose 1 of subject S1 is recorded already".lower()),
        ({"on_t": "25:00"}, "Write the time as 16:40"),
        ({"on_d": ""}, "A day needs its month"),
        ({"on_y": "2025"}, "lies before the enrolment"),
        ({"amount": "much"}, "This does not fit here"),
        ({"total_cells": "1"}, "check all three"),
    ],
)
def test_a_dose_that_does_not_fit_says_why(home: Home, typed: dict[str, str], says: str) -> None:
    if typed == {"on_d": ""}:
        typed = {"on_m": "", "on_d": "3"}
    head = home.journal.head()[0]
    answer = pressed(signed_in(home, "LIN"), f"{S1}/dose", lot="KEPT", **typed)
    assert answer.status_code == 422
    assert says.lower() in words(answer).lower()
    assert 'value="KEPT"' in answer.text
    assert home.journal.head()[0] == head


def test_a_planned_dose_is_recorded_as_withheld_with_its_reason(home: Home) -> None:
    browser = signed_in(home, "LIN")
    assert pressed(browser, f"{S1}/withhold?number=2", reason="AE 1").status_code == 303
    assert doses(home).withheld == {2}


def test_a_dose_is_corrected_old_beside_new_and_what_was_left_alone_stays(home: Home) -> None:
    browser = signed_in(home, "LIN")
    path = f"{S1}/doses/1/correct"
    page = browser.get(path)
    assert "On record: L-1" in words(page)
    assert "You changed nothing" in words(pressed(browser, path, page, why="x"))
    assert "Say why the record was wrong" in words(pressed(browser, path, page, lot="L-9"))
    assert pressed(browser, path, page, lot="L-9", why="label misread").status_code == 303
    dose = doses(home).by_number[1]
    assert (dose["lot"], dose["started_on"]) == ("L-9", "2026-02-02T09:30:15"), "the second is not lost"
    assert decode(home.journal.stream("T1/subject/S1")[-1]).about().reason == "label misread"


def test_two_who_correct_one_dose_lose_nothing(home: Home) -> None:
    browser = signed_in(home, "LIN")
    path = f"{S1}/doses/1/correct"
    page = browser.get(path)
    append(home.journal, dose_corrected("S1", 1, "EXLOT", "EXROUTE", lot="L-5", route="ORAL"), by="WANG")
    answer = pressed(browser, path, page, lot="L-9", why="label misread")
    assert answer.status_code == 409
    assert "lot L-1 L-5 WANG" in words(answer)
    said = filled_in(answer)
    assert (said["lot"], said["route"]) == ("L-9", "ORAL")
    assert pressed(browser, path, answer).status_code == 303
    assert (doses(home).by_number[1]["lot"], doses(home).by_number[1]["route"]) == ("L-9", "ORAL")


def test_a_withdrawal_is_of_one_mode_and_may_be_because_of_an_event(home: Home) -> None:
    browser = signed_in(home, "LIN")
    path = f"{S1}/withdraw"
    assert "Choose one of these." in words(pressed(browser, path))
    assert pressed(browser, path, mode="treatment", because_of="1", on_y="2026").status_code == 303
    assert subject(home).withdrawn == {"treatment"}
    assert 'value="treatment"' not in browser.get(path).text, "each mode once"


def test_a_form_about_a_subject_who_withdrew_meanwhile_is_told_so(home: Home) -> None:
    browser = signed_in(home, "LIN")
    pages = {path: browser.get(path) for path in (f"{S1}/complete", f"{S1}/dose?number=2", f"{S1}/death")}
    append(home.journal, withdrawn("S1", "treatment"), by="WANG")
    for path, page in pages.items():
        answer = pressed(browser, path, page, on_y="2026", on_m="", on_d="")
        assert answer.status_code == 409
        assert "withdrawn from not recorded the treatment WANG" in words(answer)
        assert 'value="2026"' in answer.text
    assert pressed(browser, f"{S1}/complete").status_code == 303


def test_a_death_is_recorded_and_leads_to_the_event_behind_it(home: Home) -> None:
    browser = signed_in(home, "LIN")
    page = browser.get(f"{S1}/death")
    assert f'href="{S1.replace("subjects", "cases")}/2/follow-up"' in page.text
    assert pressed(browser, f"{S1}/death", page, on_y="2026", on_m="2", on_d="27").status_code == 303
    assert (subject(home).died, subject(home).died_on) == (True, "2026-02-27")
    assert "is recorded already" in words(pressed(browser, f"{S1}/death"))


def test_a_query_is_answered_by_the_form_with_its_field_in_focus(home: Home) -> None:
    append(home.journal, reported("S1", 3, started_on="2026-02-10", ended_on="2026-02-01"))
    page = signed_in(home, "LIN").get("/trials/T1/queries").text
    assert f'href="{S1}/death"' in page
    assert 'href="/trials/T1/cases/S1/3/correct?field=ended_on"' in page
    assert ">Answer<" not in signed_in(home, "ZHAO").get("/trials/T1/queries").text


@pytest.mark.parametrize("path", ["dose", "withhold", "withdraw", "complete", "death", "doses/1/correct"])
def test_another_sites_subject_is_not_there_and_an_auditor_records_nothing(home: Home, path: str) -> None:
    for who, code in (("LIN", "THEIRS"), ("LIN", "NOBODY"), ("ZHAO", "S1")):
        assert signed_in(home, who).get(f"/trials/T1/subjects/{code}/{path}").status_code == 404
    assert signed_in(home, "LIN").get(f"{S1}/{path}?as_of=5").status_code == 409
    assert signed_in(home, "CHEN").get(f"{S1}/{path}", headers=CHINESE).status_code == 200


@pytest.mark.parametrize("number", ["0", "9", "x", "1" * 40])
def test_a_dose_that_is_not_on_record_is_not_there(home: Home, number: str) -> None:
    assert signed_in(home, "LIN").get(f"{S1}/doses/{number}/correct").status_code == 404


def test_they_are_said_in_chinese(home: Home) -> None:
    browser = signed_in(home, "LIN")
    assert "受试者入组" in words(browser.get(ENROL, headers=CHINESE))
    assert "记录已给药" in words(browser.get(f"{S1}/dose", headers=CHINESE))
    assert "受试者退出什么？" in words(browser.get(f"{S1}/withdraw", headers=CHINESE))
