"""Packs are read rule by rule, compared with what was decided, and adopted by a safety officer's signature alone."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from safety.aggregates.rule_pack import RulePacks
from safety.home import Home
from safety.journal import decode
from safety.journal.states import folded
from safety.packaged import packaged_pack, packaged_packs
from safety.web.rules_in_words import condition, in_words
from safety.web.words import words
from tests.builders import append, aware, reported
from tests.web_homes import PASSPHRASE, SUBJECT, Homes, sent, signed_in, with_a_trial, with_people

ADOPT = "/trials/T1/packs/adopt"
SIGNED = {"meaning": "approval", "account": "CHEN", "passphrase": PASSPHRASE}


@pytest.fixture
def home(homes: Homes) -> Home:
    people = {
        "OPER": {"roles": ["operator"]},
        "CHEN": {"roles": ["safety_officer"], "trials": ["T1"]},
        "LIN": {"roles": ["investigator"], "trials": ["T1"]},
        "ELSE": {"roles": ["safety_officer"], "trials": ["T2"]},
    }
    return with_people(with_a_trial(homes.open()), **people)


@pytest.fixture
def browser(home: Home) -> TestClient:
    return signed_in(home, "CHEN")


def governing(home: Home) -> RulePacks:
    return folded(home.journal.stream("T1/trial")).slice(RulePacks)


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_every_pack_is_listed_with_what_is_unsure_of_it(browser: TestClient) -> None:
    page = browser.get("/admin/packs").text
    for pack in packaged_packs():
        assert pack.id in page
        assert browser.get(f"/admin/packs/{pack.id}").status_code == 200
    assert "1 UNSURE" in page
    assert browser.get("/admin/packs/CN-ADMSC-DEMO").text.count("CN-STEMCELL-2015") > 0
    assert browser.get("/admin/packs/NOWHERE").status_code == 404


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_rule_of_every_pack_can_be_said(language: str) -> None:
    said = words("zh" if language == "zh" else "en")
    for pack in packaged_packs():
        for one in in_words(said, pack):
            assert one.limit
            assert one.starts
            left = set(re.findall(r"[a-z]+_[a-z_]+", one.when))
            assert left <= set(pack.define), f"{pack.id} {one.rule.id} says {left}"


def test_a_rule_is_said_with_its_clause_its_limit_and_how_sure_it_is(browser: TestClient) -> None:
    page = text(browser.get("/admin/packs/CN-NMPA-DRUG").text)
    assert "“the CDE 2018 standard binds this trial" in page
    assert "and a SUSAR and fatal or life-threatening" in page
    assert "Sponsor → CDE" in page
    assert "7 calendar days" in page
    assert "8 calendar days, and no later than day 15" in page
    assert "when a report was sent: CN-7" in page
    assert "law · confidence high" in page
    assert packaged_pack("CN-NMPA-DRUG").sha256 in page


def test_a_condition_is_said_in_the_readers_words() -> None:
    english, chinese = words("en"), words("zh")
    asked = "serious and not (exempt or bound)"
    assert condition(english, asked, {"bound": "it binds"}) == (
        "serious and not (exempt from immediate reporting or “it binds”)"
    )
    assert "严重" in condition(chinese, asked, {"bound": "it binds"})
    assert condition(english, None, {}) == "whatever the event is"


def test_a_trial_without_packs_says_that_no_clock_runs(browser: TestClient) -> None:
    page = browser.get("/trials/T1/packs").text
    assert "No clock runs in this trial." in page
    assert "a safety officer signs for it" in page


def test_what_other_packs_would_change_is_counted_and_nothing_is_stored(homes: Homes, home: Home) -> None:
    append(home.journal, reported(SUBJECT, 3, serious="Y", aware=aware()))
    homes.now += timedelta(days=30)
    browser = signed_in(home, "CHEN")
    before = home.journal.head()
    page = browser.get("/trials/T1/packs/what-if?pack=CN-ADMSC-DEMO").text
    assert f"{SUBJECT} · AE 3" in page
    assert "would be late today" in page
    assert "Only under these" in page
    assert home.journal.head() == before
    none = browser.get("/trials/T1/packs/what-if?pack=KR-MFDS&as_of=4").text
    assert "Nothing is owed under either" in none
    for asked in ("", "?pack=NOWHERE", "?pack=CN-ADMSC-DEMO&pack=KR-MFDS"):
        assert browser.get(f"/trials/T1/packs/what-if{asked}").status_code == 400


def test_packs_are_adopted_by_a_signature_that_is_shown_with_them(home: Home, browser: TestClient) -> None:
    page = browser.get(f"{ADOPT}?pack=CN-ADMSC-DEMO").text
    assert packaged_pack("CN-STEMCELL-2015").sha256 in page
    assert "UNSURE" in page
    assert "Sign and adopt 3 packs" in page
    done = sent(browser, ADOPT, {"pack": ["CN-ADMSC-DEMO"], "answer-cde_standard_binds": "yes", **SIGNED})
    assert done.headers["location"] == "/trials/T1/packs"
    (found,) = governing(home).governing
    assert [pack.id for pack in found.packs] == ["CN-NMPA-DRUG", "CN-STEMCELL-2015", "SITE-EC"]
    assert (found.adoption.signed_by, found.adoption.printed_name) == ("CHEN", "Dr CHEN")
    assert found.adoption.configuration == {"cde_standard_binds": True}
    (row,) = [row for row in home.journal.rows() if row.topic == "rule_pack.adopted.v1"]
    signature = decode(row).about().signature
    assert signature is not None
    assert signature["meaning"] == "approval"
    shown = text(browser.get("/trials/T1/packs").text)
    assert "Signed by Dr CHEN (CHEN, Safety officer)" in shown
    assert "by the profile CN-ADMSC-DEMO" in shown
    sha = packaged_pack("SITE-EC").sha256
    assert browser.get(f"/trials/T1/packs/{sha}").status_code == 200
    assert browser.get(f"/trials/T1/packs/{'0' * 64}").status_code == 404
    past = browser.get(f"/trials/T1/packs?as_of={row.position - 1}").text
    assert "No clock runs in this trial." in past
    assert "Read and sign" not in past
    assert "T1" in browser.get("/admin/packs").text


def test_an_unanswered_question_is_shown_as_unsure(home: Home, browser: TestClient) -> None:
    sent(browser, ADOPT, {"pack": ["CN-NMPA-DRUG"], **SIGNED})
    assert governing(home).governing[0].adoption.configuration == {}
    assert "UNSURE not answered, counts as true" in text(browser.get("/trials/T1/packs").text)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"passphrase": "guessed"}, "This does not prove that it is you"),
        ({"meaning": "authorship"}, "Say what your signature means"),
        ({"account": "OPER"}, "This does not prove that it is you"),
    ],
)
def test_without_a_signature_nothing_governs(home: Home, browser: TestClient, wrong: dict[str, str], says: str) -> None:
    answer = sent(browser, ADOPT, {"pack": ["CN-NMPA-DRUG"], "answer-cde_standard_binds": "no", **SIGNED, **wrong})
    assert answer.status_code == 422
    assert says in answer.text
    assert re.search(r'name="answer-cde_standard_binds" value="no" checked', answer.text)
    assert governing(home).governing == ()


def test_what_governs_already_is_refused_before_anybody_signs(browser: TestClient) -> None:
    sent(browser, ADOPT, {"pack": ["SITE-EC"], **SIGNED})
    again = sent(browser, ADOPT, {"pack": ["SITE-EC"], "meaning": "approval"})
    assert (again.status_code, "governed by exactly this already" in again.text) == (422, True)


def test_only_a_safety_officer_of_the_trial_is_offered_the_signature(home: Home) -> None:
    operator = signed_in(home, "OPER")
    assert "A safety officer of the trial signs for packs" in operator.get("/trials/T1/packs").text
    for account in ("OPER", "LIN", "ELSE"):
        other = operator if account == "OPER" else signed_in(home, account)
        assert other.get(f"{ADOPT}?pack=SITE-EC").status_code == 404
        assert sent(other, ADOPT, {"pack": ["SITE-EC"], **SIGNED}).status_code == 404
    assert signed_in(home, "LIN").get("/admin/packs").status_code == 404
    assert signed_in(home, "ELSE").get("/trials/T1/packs").status_code == 404
