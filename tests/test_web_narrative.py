"""The narrative: every sentence stands in the entries it names, what is missing is said, and nothing is told to whom it is not shown."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.home import Home
from safety.journal import decode
from tests.builders import (
    append,
    causality_assessed,
    corrected,
    definition,
    dose_corrected,
    enrolled,
    expectedness_assessed,
    followed_up,
    given,
    obligation_opened,
    registered,
    reported,
    seriousness_assessed,
)
from tests.test_web_case import words
from tests.web_homes import Homes, signed_in, with_people

PAGE = "/trials/T1/cases/S1/1/narrative"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    homes = Homes(tmp_path)
    opened = homes.open()
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(two), enrolled("S1", sex="F", age=61), given("S1", 1, "2018-03-01", lot="L-1"))
    append(opened.journal, enrolled("S2", site="02"), reported("S2", 1))
    append(opened.journal, reported("S1", 1, term="Bad fever", narrative="She <b>shivered</b>.", hospitalisation="Y"))
    people = {"LIN": ("investigator", ["01"]), "CHEN": ("safety_officer", []), "OPS": ("operator", [])}
    yield with_people(
        opened, **{n: {"roles": [role], "trials": ["T1"], "sites": sites} for n, (role, sites) in people.items()}
    )
    homes.close()


def sentences(text: str) -> dict[str, list[int]]:
    """Each sentence of a page, with the positions it names."""
    body = text.partition("<article")[2].partition("</article>")[0]
    found = {}
    for paragraph in re.findall(r"<p>(.*?)</p>", body):
        said = re.sub(r"<[^>]+>", " ", re.sub(r"<a .*?</a>", "", paragraph))
        found[" ".join(said.split())] = [int(at) for at in re.findall(r">#(\d+)<", paragraph)]
    return found


def topics(home: Home, positions: list[int]) -> list[str]:
    return [decode(row).topic.rpartition(".v")[0] for at in positions for row in home.journal.page(at - 1, at, 1)]


def test_each_sentence_names_the_entry_that_says_it(home: Home) -> None:
    append(home.journal, dose_corrected("S1", 1, "EXLOT", lot="L-2"), followed_up("S1", 1, outcome="FATAL"))
    append(home.journal, corrected("S1", 1, "AESTDTC", started_on="2018-03-04"))
    append(home.journal, seriousness_assessed("S1", 1, "sponsor", serious="Y"))
    append(home.journal, causality_assessed("S1", 1, "investigator", "PROBABLE"), expectedness_assessed("S1", 1))
    append(home.journal, causality_assessed("S1", 1, "sponsor", "NONE"), obligation_opened("S1", 1))
    found = sentences(signed_in(home, "CHEN").get(PAGE).text)
    said_by = {
        "Subject S1 takes part at site 01.": ["subject.enrolled"],
        "Reported as: Bad fever": ["adverse_event.reported"],
        "Coded as Pyrexia, General disorders.": ["adverse_event.reported"],
        "It began: 4 Mar 2018.": ["adverse_event.corrected"],
        "It began 3 days after infusion 1.": ["dose.given", "adverse_event.corrected"],
        "Criteria of seriousness that are ticked: Admission to hospital, or a longer stay.": ["adverse_event.reported"],
        "Outcome: fatal.": ["adverse_event.followed_up"],
        "The investigator calls it serious: no.": ["adverse_event.reported"],
        "The sponsor calls it serious: yes.": ["adverse_event.seriousness_assessed"],
        "Causality in the investigator's view: Probably related.".replace("'", "&#39;"): [
            "adverse_event.causality_assessed"
        ],
        "Causality in the sponsor's view: Not related at all.".replace("'", "&#39;"): [
            "adverse_event.causality_assessed"
        ],
        "Expected, by the reference safety information: no.": ["adverse_event.expectedness_assessed"],
    }
    for sentence, by in said_by.items():
        assert topics(home, found[sentence]) == by, sentence
    infusion = next(text for text in found if text.startswith("Infusion 1 of"))
    assert "Lot: L-2." in infusion
    assert topics(home, found[infusion]) == ["dose.given", "dose.corrected"]
    quoted = next(text for text in found if "reporter&#39;s words" in text)
    assert quoted.endswith("She &lt;b&gt;shivered&lt;/b&gt;."), "what was written freely is shown as it was written"
    owed = next(text for text in found if text.startswith("A report to Authority, Ethics committee is still owed"))
    assert topics(home, found[owed]) == ["obligation.opened"]


def test_what_is_missing_is_said_and_never_made_up(home: Home) -> None:
    append(
        home.journal, enrolled("S3", site="01"), reported("S3", 1, None, term=None, preferred_term=None, serious=None)
    )
    text = signed_in(home, "LIN").get(PAGE.replace("S1", "S3")).text
    found = sentences(text)
    for said in (
        "Sex: not recorded. Age: not recorded. Planned arm: A.",
        "No dose of the treatment is on record.",
        "It is not coded.",
        "It began: not recorded.",
        "Grade or severity: not recorded.",
        "Outcome: not recorded.",
        "No reporter has described it in words of their own.",
        "The investigator calls it serious: not stated.",
        "The sponsor calls it serious: not stated.",
        "Nothing has been made due by it.",
    ):
        assert said in found, (said, list(found))


def test_in_the_past_it_says_what_was_known_then(home: Home) -> None:
    before = home.journal.head().position
    append(home.journal, followed_up("S1", 1, outcome="FATAL"))
    assert "Outcome: not recorded." in sentences(signed_in(home, "CHEN").get(f"{PAGE}?as_of={before}").text)


def test_in_chinese_as_plain_text_and_not_for_who_may_not_read_it(home: Home) -> None:
    lin = signed_in(home, "LIN")
    page = lin.get(PAGE, headers={"accept-language": "zh-CN"})
    assert "发生于第 1 次输注后 4 天。" in words(page)
    plain = lin.get(PAGE).text.partition("<textarea")[2].partition("</textarea>")[0]
    assert "It began 4 days after infusion 1. [#" in plain
    assert "“Bad fever” [#" in plain
    nowhere = lin.get("/nowhere").text
    assert lin.get("/trials/T1/cases/S2/1/narrative").text == nowhere
    assert signed_in(home, "OPS").get(PAGE).status_code == 404
