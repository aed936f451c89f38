"""No page shows a person the codes that the record holds: each is said in words, in the reader's language, in one way."""

import re

import pytest

from safety.home import Home
from safety.web.showing import CODED
from tests.builders import (
    append,
    causality_assessed,
    enrolled,
    given,
    obligation_opened,
    registered,
    reported,
    withdrawn,
)
from tests.web_homes import Homes, signed_in, with_people

pytestmark = pytest.mark.uncovered

CASE = "/trials/T1/cases/S1/1"
PAGES = (
    "/trials/T1/worklist",
    "/trials/T1/subjects",
    "/trials/T1/subjects/S1",
    "/trials/T1/cases",
    CASE,
    f"{CASE}/causality",
    f"{CASE}/correct",
    f"{CASE}/follow-up",
    f"{CASE}/narrative",
    "/trials/T1/listing",
    "/trials/T1/duplicates",
    "/trials/T1/history?subject=S1",
    "/trials/T1/history?subject=S1&number=1",
    "/trials/T1/history?a=3&b=9",
)
CODES = re.compile("|".join(rf"\b{re.escape(code)}\b" for code in CODED if len(code) > 1))


@pytest.fixture
def home(homes: Homes) -> Home:
    """A subject with two events alike, judged by both parties, and a clock that runs."""
    home = homes.open()
    said = {"severity": "SEVERE", "outcome": "FATAL", "action_taken": "DRUG WITHDRAWN", "serious": "Y"}
    append(
        home.journal,
        registered(),
        enrolled("S1", sex="F"),
        given("S1"),
        reported("S1", 1, causality="POSSIBLE", **said),
        reported("S1", 2, causality="PROBABLE", **said),
        causality_assessed("S1", 1, "sponsor", "PROBABLE"),
        withdrawn("S1", "data_collection"),
        obligation_opened("S1", 1),
    )
    return with_people(home, CHEN={"roles": ["safety_officer"]}, LIN={"roles": ["investigator"]})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_shows_a_code_of_the_record(home: Home, language: str) -> None:
    for account in ("CHEN", "LIN"):
        browser = signed_in(home, account)
        for address in PAGES:
            page = browser.get(address, headers={"accept-language": language})
            if address.endswith("b=9") and account == "LIN":
                continue
            assert page.status_code == 200, (account, address)
            text = re.sub(r"<script.*?</script>|<[^>]+>", " ", page.text, flags=re.DOTALL)
            assert CODES.findall(text) == [], (account, address)


def test_what_the_record_holds_is_said_in_the_readers_words(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    chinese = {"accept-language": "zh"}
    case = browser.get(CASE, headers=chinese).text
    for said in ("可能有关", "很可能有关", "重度", "致死"):
        assert said in case
    assert "依据类别：中心规定" in case, "on what a clause rests"
    history = browser.get("/trials/T1/history?subject=S1", headers=chinese).text
    assert "女" in history
    assert "数据收集" in history
    assert "(申办者)" in browser.get("/trials/T1/history?subject=S1&number=1", headers=chinese).text
