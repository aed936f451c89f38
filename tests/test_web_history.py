"""History: known beside happened, two moments compared with each change attributed, and who changed a field and why."""

import re
from datetime import timedelta

import pytest

from safety.home import Home
from tests import builders as b
from tests.test_web_pages import CHINESE, Links
from tests.web_homes import START, Homes, signed_in, with_people, words

SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]


@pytest.fixture
def home(homes: Homes) -> Home:
    """Positions 3 to 7 on 1 March 2026, and from 8 on a change a day: new, late, corrected, recoded, reassessed."""
    opened = homes.open()
    b.append(opened.journal, b.registered(b.definition(sites=SITES)), b.enrolled("S1"), b.given("S1"))
    b.append(opened.journal, b.enrolled("S9", site="02"), b.reported("S1", 1, grade="1", causality="POSSIBLE"))
    told = [
        b.reported("S1", 2, "2026-02-20", preferred_term="Headache", causality="PROBABLE", grade="2"),
        b.corrected("S1", 1, "AETOXGR", grade="2"),
        b.coded("S1", 1, preferred_term="Chills"),
        b.causality_assessed("S1", 1, causality="NONE"),
        b.causality_assessed("S1", 1, "sponsor", causality="NONE"),
        b.reported("S9", 1, "2026-03-07", preferred_term="Rash"),
        b.nullified("S9", 1),
    ]
    for event in told:
        homes.now += timedelta(days=1)
        b.append(opened.journal, event, by="LIN", reason="clinic record re-read")
    homes.now += timedelta(days=1)
    return with_people(
        opened,
        CHEN={"roles": ["safety_officer"]},
        ZHAO={"roles": ["auditor"], "trials": ["T1"]},
        LIN={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        OPS={"roles": ["operator"]},
    )


def of(home: Home, account: str, query: str = "") -> str:
    answer = signed_in(home, account).get(f"/trials/T1/history{query}")
    assert answer.status_code == 200, answer.text
    return re.sub(r" (?=[:,;.])", "", words(answer))


def test_what_the_sponsor_knew_stands_beside_what_had_happened(home: Home) -> None:
    told = of(home, "ZHAO", "?as_of=7")
    assert (
        "As of Sun 1 Mar 2026, 17:00: 2 events had begun; the sponsor did not know of 1 of them, "
        "and held 3 values that are others now."
    ) in told
    assert "Adverse event 2 events in 1 subject 1 event in 1 subject" in told
    assert "S1 · AE 2 · Headache Began 20 Feb 2026 Not yet known entered Mon 2 Mar 2026, 17:00 #8" in told
    assert "S1 · AE 1 · Chills: grade 2 1 changed Tue 3 Mar 2026, 17:00 #9" in told
    assert "S1 · AE 1 · Chills: causality Not related at all Possibly related changed Thu 5 Mar 2026, 17:00 #11" in told


def test_what_came_later_leads_to_its_entry_from_the_past_too(home: Home) -> None:
    browser = signed_in(home, "ZHAO")
    page = browser.get("/trials/T1/history?as_of=7&subject=S1").text
    links = dict(re.findall(r'<a class="mono" href="([^"]+)">#(\d+)', page))
    assert {int(position) > 7 for position in links.values()} == {True, False}
    for link, position in links.items():
        assert browser.get(link).status_code == 200, link
        assert ("as_of=7" in link) is (int(position) <= 7), "who looks at the past stays in it where that can be"


def test_now_the_sponsor_knows_all(home: Home) -> None:
    told = of(home, "ZHAO")
    assert "2 events had begun; the sponsor knew of all of them" in told
    assert "Not yet known" not in told


def test_what_the_sponsor_was_aware_of_before_the_log_was_told_counts_as_known(homes: Homes) -> None:
    opened = homes.open()
    b.append(opened.journal, b.registered(), b.enrolled("S1"), b.given("S1"))
    homes.now += timedelta(days=5)
    b.append(opened.journal, b.reported("S1", 1, aware=b.aware(START + timedelta(days=1), "sponsor")))
    with_people(opened, ZHAO={"roles": ["auditor"]})
    assert "1 event had begun; the sponsor did not know of 1 of them" in of(opened, "ZHAO", "?as_of=2026-03-01")
    assert "1 event had begun; the sponsor knew of all of them" in of(opened, "ZHAO", "?as_of=2026-03-02")


def test_what_has_no_onset_and_was_told_later_stands_apart_and_counts_in_nothing(homes: Homes) -> None:
    opened, governs = homes.open(), b.registered(b.definition(emergent={"unknown": "emergent"}))
    b.append(opened.journal, governs, b.enrolled("S1"), b.given("S1"), b.reported("S1", 1), b.reported("S1", 2, None))
    homes.now += timedelta(days=5)
    early = b.aware(START + timedelta(days=1), "sponsor")
    b.append(opened.journal, b.reported("S1", 3, None, preferred_term="Rash"), b.reported("S1", 4, None, aware=early))
    with_people(opened, ZHAO={"roles": ["auditor"]})
    told = of(opened, "ZHAO", "?as_of=2026-03-02")
    apart = "1 more has no onset date: it may have begun by then"
    assert f"3 events had begun; the sponsor knew of all of them. {apart}." in told
    assert "Adverse event 3 events in 1 subject 3 events in 1 subject" in told
    assert f"{apart} Fact What the sponsor knew by then S1 · AE 3 · Rash Not yet known entered" in told
    browser = signed_in(opened, "ZHAO")
    answer = browser.get("/api/v1/trials/T1/knowledge?as_of=2026-03-02").json()
    assert {name: answer[name] for name in ("happened", "missing", "undated", "rows")} == {
        "happened": 3, "missing": 0, "undated": 1, "rows": [],
    }  # fmt: skip
    assert [(row["subject"], row["number"], row["onset"]) for row in answer["undated_rows"]] == [("S1", 3, None)]
    file = browser.get("/trials/T1/history/export?as_of=2026-03-02").text.splitlines()
    assert [line for line in file if "No onset date: it may have begun by then,Not yet known" in line] == file[-1:]
    assert "4 events had begun; the sponsor knew of all of them." in of(opened, "ZHAO")


def test_two_moments_are_compared_with_each_change_attributed(home: Home) -> None:
    told = of(home, "ZHAO", "?a=14&b=7")
    assert "Log 7 with log 14: 8 changes, every one attributed." in told
    for line in (
        (
            "Late entry S1 · AE 2 term as reported Pyrexia; preferred term Headache; body system General disorders; "
            "began on 20 Feb 2026; grade 2; seriousness no; causality (investigator) Probably related LIN Operator"
        ),
        "Corrected S1 · AE 1: grade 1 2 LIN Operator, Tue 3 Mar 2026, 17:00 #9 clinic record re-read",
        "Recoded S1 · AE 1: preferred term Pyrexia Chills LIN",
        "Reassessed S1 · AE 1: causality (investigator) Possibly related Not related at all LIN",
        "Assessed S1 · AE 1: causality (sponsor) none Not related at all LIN",
        "New S9 · AE 1",
        "Status S9 · AE 1: nullified no yes LIN",
    ):
        assert line in told, line
    assert "Related adverse event 1/2 1 event" in told
    assert "Nothing changed" in of(home, "ZHAO", "?a=7&b=7")
    page = signed_in(home, "ZHAO").get("/trials/T1/history?a=14&b=7").text
    assert {f'<a href="/trials/T1/cases/{case}">' in page for case in ("S1/1", "S1/2", "S9/1")} == {True}


def test_the_history_of_a_field_says_who_when_old_new_and_why(home: Home) -> None:
    told = of(home, "ZHAO", "?subject=s1&number=1&field=grade")
    assert "S1 · AE 1 2 entries, none removed." in told
    assert (
        "Tue 3 Mar 2026, 17:00:00 #9 LIN Operator S1 · AE 1: grade 1 2 clinic record re-read "
        "Sun 1 Mar 2026, 17:00:00 #7 OPERATOR Operator S1 · AE 1: grade none 1 first entry"
    ) in told
    assert "1 entry, none removed." in of(home, "ZHAO", "?subject=S1&number=1&field=grade&as_of=8")
    assert "never held a value" in of(home, "ZHAO", "?subject=S1&number=1&field=disability")


def test_an_investigator_sees_the_own_site_alone_and_compares_nothing(home: Home) -> None:
    told = of(home, "LIN", "?as_of=13")
    assert "S9" not in told
    assert "2 events had begun" in told
    assert "Compare two moments" not in told
    browser = signed_in(home, "LIN")
    for query in ("a=7&b=14", "subject=S9", "subject=NOBODY", "subject=S1&number=77"):
        assert browser.get(f"/trials/T1/history?{query}").status_code == 404, query
    assert signed_in(home, "OPS").get("/trials/T1/history").status_code == 404


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("a=soon&b=7", "Write the moment as a log position"),
        ("a=1&b=7", "The trial was not registered yet at that moment"),
        ("a=7&b=999", "The log has positions 1 to"),
        ("subject=S1&number=one", "A record is a subject"),
        ("subject=%20a%20b%21", "A record is a subject"),
    ],
)
def test_what_cannot_be_understood_is_said_in_a_sentence(home: Home, query: str, says: str) -> None:
    page = signed_in(home, "ZHAO").get(f"/trials/T1/history?{query}")
    assert page.status_code == 400
    assert says in words(page)


def test_the_time_bar_leads_to_the_entries_beside_and_every_page_leads_to_it(home: Home) -> None:
    browser = signed_in(home, "ZHAO")
    page = browser.get("/trials/T1/history?as_of=8")
    assert 'href="/trials/T1/history?as_of=7"' in page.text
    assert 'href="/trials/T1/history?as_of=9"' in page.text
    assert 'type="range" name="as_of"' in page.text
    assert Links(page.text).inline == []
    assert 'href="/trials/T1/history?as_of=8"' in browser.get("/trials/T1/cases?as_of=8").text


def test_it_speaks_chinese(home: Home) -> None:
    page = signed_in(home, "ZHAO").get("/trials/T1/history?as_of=7&a=7&b=14&subject=S1", headers=CHINESE)
    assert "已有 2 例事件发生； 其中 1 例申办者尚未知悉" in words(page)
    b.append(home.journal, b.reported("S1", 3, None))
    page = signed_in(home, "ZHAO").get("/trials/T1/history?as_of=7", headers=CHINESE)
    assert "另有 1 例未记录发生日期：届时可能已经发生" in words(page)
