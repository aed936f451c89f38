"""A version of the reference safety information is issued in the browser, whole, with what it lists as expected."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.aggregates.trial import ReferenceSafetyInformationIssued, Trial
from safety.home import Home
from safety.journal.states import folded
from tests.web_homes import Homes, sent, signed_in, with_a_trial, with_people

PATH = "/trials/T1/reference"
SAID = {
    "version": "ib-3",
    "effective_on": "2026-02-01",
    "approved_on": "2026-02-15",
    "listed": "Pyrexia\n\nAnaphylactic reaction ; life_threatening\n",
    "text": "Investigator's brochure, section 6: pyrexia.",
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    homes = Homes(tmp_path)
    people = {
        "CHEN": {"roles": ["safety_officer"], "trials": ["T1"]},
        "ZHAO": {"roles": ["auditor"]},
    }
    yield with_people(with_a_trial(homes.open()), **people)
    homes.close()


def issued(home: Home) -> tuple[ReferenceSafetyInformationIssued, ...]:
    return folded(home.journal.stream("T1/trial")).slice(Trial).reference_safety_information


def test_a_version_is_issued_with_what_it_lists(home: Home) -> None:
    officer = signed_in(home, "CHEN")
    assert "Issue a version" in officer.get("/trials/T1/definition").text
    assert sent(officer, PATH, SAID).headers["location"] == "/trials/T1/definition"
    (found,) = issued(home)
    assert (found.version, found.in_force_from.isoformat(), found.file) == ("IB-3", "2026-02-15", SAID["text"])
    assert [(one.preferred_term, one.worst_listed) for one in found.listed] == [
        ("Pyrexia", "serious"),
        ("Anaphylactic reaction", "life_threatening"),
    ]
    page = officer.get("/trials/T1/definition").text
    assert "IB-3" in page
    assert "15 Feb 2026" in page


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"version": " "}, "version", "A version is a short code"),
        ({"version": "no code!"}, "version", "does not fit"),
        ({"effective_on": "soon"}, "effective_on", "Write the day as"),
        ({"approved_on": "31/12/2026"}, "approved_on", "Write the day as"),
        ({"listed": "Pyrexia; awful"}, "listed", "one preferred term a line"),
        ({"listed": "; fatal"}, "listed", "one preferred term a line"),
        ({"text": ""}, "upload", "Choose a file, or paste its text"),
    ],
)
def test_what_does_not_fit_issues_nothing(home: Home, wrong: dict[str, str], field: str, says: str) -> None:
    answer = sent(signed_in(home, "CHEN"), PATH, {**SAID, **wrong})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert says in answer.text
    assert issued(home) == ()


def test_a_version_is_issued_once_and_by_whom_the_policy_lets(home: Home) -> None:
    officer = signed_in(home, "CHEN")
    sent(officer, PATH, SAID)
    assert "was issued already" in sent(officer, PATH, {**SAID, "text": "another"}).text
    auditor = signed_in(home, "ZHAO")
    assert auditor.get(PATH).status_code == 404
    assert "Issue a version" not in auditor.get("/trials/T1/definition").text
