"""The page and the text of a report: well-formed, escaped, in a hundred columns, with every empty state in words."""

import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len

from safety.aggregates.deciding import Form
from safety.regulation.periodic import Kind, period_ending
from safety.reports.issuing import locked
from safety.reports.plain import WIDTH, pairs, table, wrapped
from safety.reports.rendering import Rendered, render
from safety.reports.wording import NOTES
from tests import builders as b
from tests.periodic_home import Desk, owing

CHINESE = "移植物抗宿主病伴多器官功能衰竭及严重感染性休克" * 6
HOSTILE = '<script>alert("1")</script> & </td> {{ 7 * 7 }} \x1b[2J'
IN_CHINA = [{"id": "01", "zone": "Asia/Shanghai", "country": "CHN"}]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "home", begins="2017-12-01T00:00Z")
    yield made
    made.close()


def governed(**changes: Any) -> Form:  # noqa: ANN401, anything of a definition
    return b.registered(owing(b.definition(**changes), dsur={"dibd": "2018-01-01"}))


def rendered(desk: Desk, kind: Kind = "dsur", clocks: tuple[dict[str, Any], ...] = ()) -> Rendered:
    owed = owing(b.definition(), dsur={"dibd": "2018-01-01"}).periodic
    period = period_ending(owed, kind, "Asia/Shanghai", date(2018, 12, 31))
    with desk.connection() as connection:
        return render(connection, "T1", locked(desk.journal, period, "Asia/Shanghai"), clocks)


def full(desk: Desk, **sae: object) -> Desk:
    """A record in which every section of a report has something to say."""
    desk.append("2018-01-05T00:00Z", governed(sites=IN_CHINA))
    desk.append("2018-01-06T00:00Z", b.rsi_issued("IB-1", effective_on=date(2018, 1, 1)))
    desk.append("2018-02-01T00:00Z", b.enrolled("S1", age=51, sex="F"), b.enrolled("S2", arm="Screen Failure"))
    desk.append("2018-03-01T00:00Z", b.given("S1", ended_on="2018-03-02", total_cells="36000000.5"), b.given("S2"))
    said = {"serious": "Y", "hospitalisation": "Y", "causality": "POSSIBLE", "outcome": "FATAL", **sae}
    desk.append("2018-03-10T00:00Z", b.reported("S1", 1, **said))  # type: ignore[arg-type]  # any field of the form
    desk.append(
        "2018-03-11T00:00Z", b.reported("S2", 1, serious="Y", preferred_term=None, action_taken="DRUG WITHDRAWN")
    )
    desk.append("2018-04-01T00:00Z", b.withdrawn("S1", "treatment", because_of_adverse_event=1, withdrawn_on="2018-03"))
    desk.append("2018-05-01T00:00Z", b.amended(owing(b.definition(sites=IN_CHINA), dsur={"dibd": "2018-01-01"})))
    desk.append("2018-06-01T00:00Z", b.died("S1", died_on="2018-05-31"))
    return desk


def tree(page: str) -> ET.Element:
    return ET.fromstring(page)


def texts(page: str) -> str:
    return "".join(tree(page).itertext())


def test_the_page_is_well_formed_loads_nothing_and_has_every_section(desk: Desk) -> None:
    page = rendered(full(desk)).html
    root = tree(page)
    assert page.startswith("<!DOCTYPE html>")
    headings = [heading.text for heading in root.iter("h2")]
    assert headings[0] == "Executive summary"
    assert [heading[:2] for heading in headings[1:10] if heading] == [f"{n}." for n in range(1, 10)]
    assert headings[-1] == "Appendix: China"
    loads = {name for element in root.iter() for name in element.attrib} & {"src", "href", "action"}
    assert loads == set()
    assert not re.search(r"url\(|@import|https?://", page)


class Balanced(HTMLParser):
    """Sees to it that each element that is opened is closed, as HTML reads the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        assert tag in {"meta", "col", "wbr"}, "HTML closes no other element by a slash"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_reads_the_page_as_xml_does(desk: Desk) -> None:
    parser = Balanced()
    parser.feed(rendered(full(desk)).html)
    assert parser.open == []


def test_a_hostile_preferred_term_is_text_on_the_page_and_in_the_plain_form(desk: Desk) -> None:
    report = rendered(full(desk, preferred_term=HOSTILE, body_system=HOSTILE))
    root = tree(report.html)
    assert list(root.iter("script")) == []
    shown = HOSTILE.replace("\x1b", " ")
    assert shown in texts(report.html)
    assert "&lt;script&gt;" in report.html
    assert '<script>alert("1")</script> & </td>' in " ".join(report.text.split())
    assert "\x1b" not in report.html + report.text
    assert "49" not in re.sub(r"\d{4}-\d\d-\d\d|[0-9a-f]{64}", "", report.text)


def test_no_reported_term_and_no_narrative_reaches_a_report(desk: Desk) -> None:
    report = rendered(full(desk, term="Mr Smith fell", narrative="He lives in Baker Street"))
    assert "Smith" not in report.html + report.text + str(report.document)
    assert "Baker" not in report.html + report.text + str(report.document)


@pytest.mark.parametrize("term", ["Pyrexia", CHINESE, "x" * 200, HOSTILE, "发热 and chills " * 12])
def test_the_text_fits_a_hundred_columns_and_loses_no_character(desk: Desk, term: str) -> None:
    arms = ("A", "移植物抗宿主病治疗组" * 6, *(f"Arm {n}" for n in range(9)))
    full(desk, preferred_term=term, body_system=term)
    desk.append("2018-07-01T00:00Z", b.amended(owing(b.definition(arms=arms), dsur={"dibd": "2018-01-01"})))
    lines = rendered(desk).text.splitlines()
    assert max(map(cell_len, lines)) <= WIDTH
    assert all(line == line.rstrip() for line in lines)
    letters = "".join("".join(lines).split())
    assert "".join(wanted for wanted in term.split() if wanted.isprintable())[:12] in letters


def test_empty_sections_say_so_in_words(desk: Desk) -> None:
    desk.append("2018-01-05T00:00Z", governed())
    report = rendered(desk)
    said = " ".join(report.text.split())
    empty = ["no_reference", "no_reference_changes", "no_demographics", "no_reactions", "no_events", "no_deaths"]
    for name in [*empty, "no_drop_outs", "no_clocks", "no_amendments"]:
        assert NOTES[name] in said
        assert NOTES[name] in texts(report.html)
    assert report.document["china"] is None
    annual = rendered(desk, "china_annual")
    for name in ("no_cumulative_reactions", "no_china_deaths", "no_china_drop_outs", "not_held"):
        assert NOTES[name] in " ".join(annual.text.split())
        assert NOTES[name] in texts(annual.html)
    assert NOTES["dsmb"] in " ".join(rendered(desk, "dsmb").text.split())


def test_what_is_recorded_is_said(desk: Desk) -> None:
    document = rendered(full(desk)).document
    assert [row["case"] for row in document["reactions"]] == ["S1/1", "S2/1"]
    first, second = document["reactions"]
    assert (first["country"], first["age"], first["sex"], first["arm"]) == ("CHN", 51, "F", "A")
    assert first["dose"] == "AD-MSC 35 10^6 CELLS; planned weeks: 0, 4, 8"
    assert first["treated"] == "2018-03-01 to 2018-03-02, 1 dose"
    assert first["time_to_onset"] == "study day 5; 4 days after dose 1"
    assert "causality, which counts as related" in second["comments"][0]
    assert second["preferred_term"] == "not coded"
    assert document["cumulative_events"]["arms"] == ["A", "B", "No treatment arm"]
    assert [row["subject"] for row in document["drop_outs"]] == ["S1", "S2"]
    assert document["drop_outs"][0]["cases"] == [{"number": 1, "term": "Pyrexia"}]
    assert [(row["subject"], row["on"], row["in_period"]) for row in document["deaths"]] == [("S1", "2018-05-31", True)]
    assert document["exposure"]["outside"] == 1
    assert document["exposure"]["arms"][0]["total_cells"] == "36000000.5"
    assert len(document["amendments"]) == 1
    assert document["reference_safety_information"]["in_force"]["version"] == "IB-1"


def test_nullified_and_merged_events_are_in_no_table(desk: Desk) -> None:
    full(desk)
    desk.append("2018-07-01T00:00Z", b.reported("S1", 2, serious="Y", causality="PROBABLE"), b.merged("S1", 2, 1))
    desk.append("2018-07-02T00:00Z", b.nullified("S2", 1))
    document = rendered(desk).document
    assert [row["case"] for row in document["reactions"]] == ["S1/1"]
    assert sum(count["events"] for count in document["cumulative_events"]["total"]) == 1
    assert [row["subject"] for row in document["drop_outs"]] == ["S1"]


@pytest.mark.parametrize(
    ("investigator", "sponsor", "listed"),
    [
        ("POSSIBLE", None, True),
        ("NONE", None, False),
        ("NONE", "PROBABLE", True),
        ("POSSIBLE", "NONE", True),
        ("NONE", "REMOTE", False),
        (None, None, True),
        (None, "NONE", True),
    ],
)
def test_e2f_a_reaction_is_related_by_either_party_and_silence_counts_as_related(
    desk: Desk, investigator: str | None, sponsor: str | None, *, listed: bool
) -> None:
    desk.append("2018-01-05T00:00Z", governed(), b.enrolled(), b.given())
    desk.append("2018-03-10T00:00Z", b.reported(serious="Y", causality=investigator))
    if sponsor:
        desk.append("2018-03-11T00:00Z", b.causality_assessed("S1", 1, "sponsor", sponsor))
    assert bool(rendered(desk).document["reactions"]) is listed
    assert rendered(desk).document["cumulative_events"]["total"][0] == {"subjects": 1, "events": 1}


def test_clocks_are_shown_where_there_are_any(desk: Desk) -> None:
    desk.append("2018-01-05T00:00Z", governed())
    clock = {"rule": "E2A-15", "subject": "S1", "number": 1, "due_on": "2018-03-25"}
    sent, at_once = {"state": "submitted", "timeliness": "met_late"}, {"state": "open", "timeliness": "due_now"}
    report = rendered(desk, clocks=({**clock, **sent}, {**clock, "rule": "CN-INV", "due_on": None, **at_once}))
    assert report.document["obligations"]["counts"] == {"due now": 1, "met late": 1}
    assert NOTES["no_clocks"] not in " ".join(report.text.split())
    for words in ("E2A-15", "S1/1", "met late", "at once"):
        assert words in report.text
        assert words in texts(report.html)


def test_the_same_lock_gives_the_same_bytes_and_another_position_others(desk: Desk) -> None:
    full(desk)
    once, again = rendered(desk), rendered(desk)
    assert (once.html, once.text) == (again.html, again.text)
    desk.append("2019-01-01T00:00Z", b.reported("S1", 9, serious="Y"))
    assert rendered(desk).html == once.html
    desk.append("2018-12-31T00:00Z", b.reported("S1", 10, serious="Y"))
    assert rendered(desk).html == once.html, "times rise: nothing is ever recorded before what stands there"


# --- plain text ----------------------------------------------------------------------------------------------------------


def test_lines_break_between_words_and_inside_what_is_too_long() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("发热发热发热", 5) == ["发热", "发热", "发热"]
    assert wrapped("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"]
    assert wrapped("", 10) == [""]


def test_a_table_of_many_columns_is_printed_in_parts() -> None:
    head = ["Term", *(f"Arm {n}" for n in range(10))]
    printed = table(head, [["a", *map(str, range(10))]])
    assert printed.count("Term") == 2
    assert re.findall(r"\d+", printed.splitlines()[2]) == list("012345")


def test_pairs_leave_out_what_nothing_is_known_of() -> None:
    assert pairs({"A": None, "Long": "x", "B": 0}) == "Long  x\nB     0"
