"""One entry of the log, whole: what it says to whom it may, who decided it, how it is bound; another site's is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.aggregates.record import Redacted, RedactionRequested
from safety.home import Home
from safety.journal.row import leaf
from tests.builders import alert_raised, append, composed, data_imported, definition, enrolled, registered, reported
from tests.builders import sent as taken
from tests.web_homes import PASSPHRASE, Homes, signed_in, token, with_people, words


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    homes = Homes(tmp_path)
    opened = homes.open()
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(two), enrolled("S1"), enrolled("S2", site="02"))  # 3 to 5
    append(opened.journal, reported("S1", 1, term="Secret fever", narrative="<script>alert(1)</script>"))  # 6
    append(opened.journal, reported("S2", 1, term="Their fever"))  # 7
    append(opened.journal, alert_raised("A-1", concerning=("S1/1",)), alert_raised("A-2", concerning=("S1/1", "S2/1")))
    append(opened.journal, composed("M-1", ("A-1",)), taken("M-1"), composed("M-2", ("A-2",)))  # 10, 11, 12
    append(opened.journal, registered(code="T9"), enrolled("S9", trial="T9"), data_imported())  # 13, 14, 15
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


def test_it_says_what_who_when_and_how_it_is_bound(home: Home) -> None:
    (row,) = home.journal.page(5, 6, 1)
    page = signed_in(home, "CHEN").get("/log/6")
    told = words(page)
    for said in (
        "Log entry 6",
        "adverse_event.reported.v1",
        "T1/subject/S1 version 2",
        "term as reported AETERM Secret fever sealed in the log",
        "began on AESTDTC 2018-03-05",
        f"Leaf of the log {leaf(row)}",
        "SHA-256 of the content",
    ):
        assert said in told, said
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<script>alert" not in page.text
    assert "/trials/T1/cases/S1/1" in page.text
    assert "/trials/T1/cases/S1/1" in signed_in(home, "CHEN").get("/log/8").text, "an alert leads to what it concerns"
    assert "报告术语" in words(signed_in(home, "ZHAO").get("/log/6", headers={"accept-language": "zh-CN"}))


SEEN = {
    "LIN": {5 - 1, 6, 8, 10, 11},
    "CHEN": {*range(3, 13), 15},
    "ZHAO": {1, 2, *range(3, 13), 15},
    "OPS": set[int](),
}


@pytest.mark.parametrize("who", SEEN)
def test_an_entry_is_there_for_whom_its_trial_and_every_subject_of_it_are(home: Home, who: str) -> None:
    browser = signed_in(home, who)
    nowhere, seen = browser.get("/nowhere").text, set[int]()
    for position in range(1, 16):
        answer = browser.get(f"/log/{position}")
        if answer.status_code == 200:
            seen.add(position)
        else:
            assert (answer.status_code, answer.text) == (404, nowhere), position
    assert seen == SEEN[who]


@pytest.mark.parametrize("path", ["0", "999", "x", "-1", "9" * 30, "１"])
def test_what_is_no_position_is_not_there(home: Home, path: str) -> None:
    chen = signed_in(home, "CHEN")
    assert chen.get(f"/log/{path}").text == chen.get("/nowhere").text


def test_in_the_past_a_later_entry_is_not_there(home: Home) -> None:
    chen = signed_in(home, "CHEN")
    assert chen.get("/log/6?as_of=6").status_code == 200
    assert chen.get("/log/7?as_of=6").status_code == 404


def test_a_redacted_text_is_shown_as_redacted_and_a_signature_stands_with_its_entry(home: Home) -> None:
    with_people(home, BOB={"roles": ["operator"]})
    request = RedactionRequested(at_position=6, reason="identifies_a_person")
    home.desk.do("log.request_redaction", request, by="CHEN", command_id="R-1")
    home.desk.do("log.redact", Redacted(at_position=6), by="BOB", command_id="R-2")
    told = words(signed_in(home, "ZHAO").get("/log/6"))
    assert "AETERM [redacted]" in told
    assert "Secret" not in told
    chen = signed_in(home, "CHEN")
    case = "/trials/T1/cases/S1/1/causality"
    page = chen.get(case)
    act = re.search(r'name="act" value="([^"]+)"', page.text)
    assert act is not None
    judged = {"causality": "PROBABLE", "takes_back": "", "meaning": "assessment", "account": "CHEN"}
    chen.post(case, data={"csrf": token(page), "act": act[1], "passphrase": PASSPHRASE, **judged})
    signed = home.journal.stream("T1/subject/S1")[-1].position
    assert "Signed by Dr CHEN" in words(chen.get(f"/log/{signed}"))
    assert "Meaning: Assessment." in words(chen.get(f"/log/{signed}"))
