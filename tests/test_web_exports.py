"""Exports: what is on the screen and no more, no cell a formula, each noted in the access log with who and what."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from httpx2 import Response

from safety.home import Home
from safety.web.access import AccessLog
from safety.web.exporting import cell
from tests.builders import (
    append,
    causality_assessed,
    corrected,
    definition,
    enrolled,
    followed_up,
    given,
    obligation_opened,
    registered,
    reported,
)
from tests.web_homes import Homes, signed_in, with_people

SCREENS = ["worklist", "cases", "listing", "incidence", "history"]
FORMULAS = [
    "=1+1",
    "＝1+1",
    "＠SUM(A1)",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=HYPERLINK(1)",
    '  =cmd|"/c calc"!A0',
    "\n=1",
]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    homes = Homes(tmp_path)
    opened = homes.open()
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(two), enrolled("S1"), given("S1"), enrolled("THEIRS", site="02"), given("THEIRS"))
    append(opened.journal, reported("S1", 1, term="Secret fever", preferred_term="=cmd()", serious="Y"))
    append(opened.journal, reported("S1", 2, preferred_term="Chills", started_on="2018-02-20"))
    append(opened.journal, reported("THEIRS", 1, preferred_term="Rash"), causality_assessed("S1", 1))
    append(opened.journal, obligation_opened("S1", 1), obligation_opened("THEIRS", 1))
    people = {
        "LIN": ("investigator", ["01"]),
        "CHEN": ("safety_officer", []),
        "ZHAO": ("auditor", []),
        "OPS": ("operator", []),
    }
    yield with_people(
        opened, **{n: {"roles": [role], "trials": ["T1"], "sites": sites} for n, (role, sites) in people.items()}
    )
    homes.close()


def exported(home: Home, who: str, screen: str, query: str = "", language: str = "en") -> Response:
    path = f"/trials/T1/{screen}/export{query}"
    return signed_in(home, who).get(path, headers={"accept-language": language})


def table(answer: Response) -> tuple[list[str], list[dict[str, str]]]:
    """The lines that say of what a file is, and its rows by their heads."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8-sig")
    lines = list(csv.reader(StringIO(text, newline="")))
    about = [": ".join(line) for line in lines if line and line[0].startswith("# ")]
    heads, *rows = [line for line in lines if not line[0].startswith("# ")]
    return about, [dict(zip(heads, row, strict=True)) for row in rows]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula_and_numbers_stay_numbers(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert [cell(-1), cell(2.5), cell(None), cell("a=b"), cell("")] == [-1, 2.5, "", "a=b", ""]


@pytest.mark.parametrize("screen", SCREENS)
def test_each_screen_says_of_what_it_is_and_is_noted(home: Home, screen: str) -> None:
    answer = exported(home, "ZHAO", screen, "?window=all")
    about, rows = table(answer)
    head = home.journal.head().position
    assert {": T1" in line for line in about[:1]} == {True}
    assert f"# Log position: {head}" in about
    assert "# Exported by: ZHAO" in about
    assert "# Narrowed by: window=all" in about
    assert answer.headers["content-disposition"] == f'attachment; filename="T1-{screen}-{head}.csv"'
    assert not any(value.lstrip(" ").startswith(("=", "@", "+")) for row in rows for value in row.values())
    noted = next(iter(AccessLog(home).entries(1)))
    action = f"{screen}.export" if screen in {"listing", "incidence"} else "screen.export"
    assert (noted.kind, noted.account, noted.action) == ("exported", "ZHAO", action)
    assert noted.thing == f"/trials/T1/{screen}/export"


def test_cases_are_those_of_the_screen_with_their_terms_neutralised(home: Home) -> None:
    _, rows = table(exported(home, "CHEN", "cases"))
    assert [(row["Subject"], row["Number"]) for row in rows] == [("S1", "1"), ("S1", "2"), ("THEIRS", "1")]
    first, second, _ = rows
    assert first["Preferred term"] == "'=cmd()"
    assert (first["Term as reported"], first["Serious"], first["Unexpected"]) == ("Secret fever", "yes", "not stated")
    assert second["Study day"] == "-9", "a number is no formula"
    _, rows = table(exported(home, "CHEN", "cases", "?serious=1"))
    assert [row["Number"] for row in rows] == ["1"]
    _, rows = table(exported(home, "CHEN", "listing"))
    assert {row["Term as reported"] for row in rows} == {""}, "the listing does not show it"
    assert "严重" in table(exported(home, "CHEN", "cases", language="zh-CN"))[1][0]


def test_a_site_exports_its_own_and_nothing_of_the_whole_trial(home: Home) -> None:
    for screen in ("worklist", "cases", "listing", "history"):
        answer = exported(home, "LIN", screen)
        about, rows = table(answer)
        assert "THEIRS" not in answer.text
        assert {row["Subject"] for row in rows} <= {"S1"}
        assert "# Sites: 01" in about
    browser = signed_in(home, "LIN")
    nowhere = browser.get("/nowhere").text
    assert browser.get("/trials/T1/incidence/export").text == nowhere
    assert browser.get("/trials/T1/listing/export?arm=A").text == nowhere
    operator = signed_in(home, "OPS")
    assert {operator.get(f"/trials/T1/{screen}/export").status_code for screen in SCREENS} == {404}


def test_incidence_is_a_row_an_arm_and_what_stands_behind_a_number_is_its_listing(home: Home) -> None:
    _, rows = table(exported(home, "CHEN", "incidence", "?window=all"))
    serious = next(row for row in rows if row["Row"] == "Serious adverse event")
    assert (serious["Subjects"], serious["Of"], serious["Events"]) == ("1", "2", "1")
    assert 0 < float(serious["Low"]) < 0.5 < float(serious["High"])
    _, behind = table(exported(home, "CHEN", "listing", f"?arm={serious['Arm']}&measure=serious"))
    assert [(row["Subject"], row["Number"]) for row in behind] == [("S1", "1")]


def test_history_is_what_the_page_shows(home: Home) -> None:
    before = home.journal.head().position
    append(home.journal, followed_up("S1", 1, outcome="FATAL"), corrected("S1", 1, "AESTDTC", started_on="2018-03-06"))
    query = f"?a={before}&b={home.journal.head().position}"
    _, rows = table(exported(home, "CHEN", "history", query))
    assert [(row["Kind"], row["Field"], row["Old"], row["New value"]) for row in rows] == [
        ("followed_up", "outcome", "", "FATAL"),
        ("corrected", "began on", "2018-03-05", "2018-03-06"),
    ]
    _, rows = table(exported(home, "CHEN", "history", "?subject=s1&number=1&field=outcome"))
    assert [(row["Old"], row["New value"], row["Who"]) for row in rows] == [("", "FATAL", "OPERATOR")]
    _, rows = table(exported(home, "CHEN", "history", f"?as_of={before}"))
    assert ("began on", "2018-03-06", "Not yet known") in {
        (row["Field"], row["What had happened by then"], row["What the sponsor knew by then"]) for row in rows
    }


def test_in_the_past_the_file_is_of_the_past(home: Home) -> None:
    before = home.journal.head().position
    append(home.journal, reported("S1", 3))
    about, rows = table(exported(home, "CHEN", "cases", f"?as_of={before}"))
    assert len(rows) == 3
    assert f"# Log position: {before}" in about


def test_each_screen_links_to_its_file(home: Home) -> None:
    chen = signed_in(home, "CHEN")
    for screen in SCREENS:
        assert f"/trials/T1/{screen}/export" in chen.get(f"/trials/T1/{screen}").text, screen
    assert "/cases/export?serious=1" in chen.get("/trials/T1/cases?serious=1").text
    assert "/worklist/export?serious=1" in chen.get("/trials/T1/worklist?serious=1").text
