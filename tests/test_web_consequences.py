"""Before a judgement or a report is signed the page says what it would set off: exactly what it then does, and nothing is written."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.adverse_event import Reported
from safety.aggregates.alert import Raised
from safety.aggregates.obligation import Cancelled, Opened, Submitted, Superseded
from safety.home import Home
from safety.journal import decode
from tests.builders import append, definition, enrolled, given, pack_adopted, registered, rsi_issued
from tests.rule_packs import PACK
from tests.test_web_case import words
from tests.web_homes import PASSPHRASE, Homes, signed_in, token, with_people

CASE = "/trials/T1/cases/S1/1"
SERIOUS = {"serious": "Y", "hospitalisation": "Y"}


@pytest.fixture
def home(homes: Homes) -> Home:
    """A trial that a pack governs, with one adverse event that nobody calls serious or related yet."""
    home = homes.open()
    append(home.journal, registered(definition()), pack_adopted(PACK), rsi_issued("1"), enrolled("S1"))
    append(home.journal, given("S1", 1, "2026-01-05"))
    people = {"LIN": "investigator", "CHEN": "safety_officer", "ZHAO": "auditor"}
    return with_people(home, **{name: {"roles": [role], "trials": ["T1"]} for name, role in people.items()})


def filed(home: Home, **said: Any) -> None:  # noqa: ANN401, a report's fields
    form = Reported.model_validate({"trial": "T1", "subject": "S1", "term": "Sepsis", **said})
    home.desk.do("adverse_event.report", form, by="LIN", command_id=f"F-{home.journal.head().position}")


def posted(browser: TestClient, path: str, said: Mapping[str, Any], **query: str) -> Response:
    page = browser.get(f"{CASE}/{path}", params=query)
    assert page.status_code == 200, page.text
    act = re.search(r'name="act" value="([^"]+)"', page.text)
    assert act is not None
    return browser.post(f"{CASE}/{path}", data={"csrf": token(page), "act": act[1], **query, **said})


def effect(page: Response) -> str:
    """The text of the part that says what it sets off."""
    section = page.text.partition('id="setoff"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).split())


def since(home: Home, position: int) -> list[object]:
    head = home.journal.head().position
    return [decode(row).event for row in home.journal.page(position, head, head - position)]


SIGNED = {"meaning": "assessment", "account": "CHEN", "passphrase": PASSPHRASE}
JUDGED = [
    ("seriousness", {"serious": "Y", "criteria": "life_threatening", "takes_back": ""}, {}),
    ("seriousness", {"serious": "N", "takes_back": "medical_review"}, SERIOUS | {"causality": "POSSIBLE"}),
    ("causality", {"causality": "PROBABLE", "takes_back": ""}, SERIOUS | {"causality": "NONE"}),
    (
        "expectedness",
        {"expected": "Y", "against": "1", "takes_back": "medical_review"},
        SERIOUS | {"causality": "POSSIBLE"},
    ),
    ("expectedness", {"expected": "N", "against": "1", "takes_back": ""}, SERIOUS | {"causality": "POSSIBLE"}),
]


@pytest.mark.parametrize(("path", "said", "before"), JUDGED)
def test_what_a_judgement_would_set_off_is_what_it_then_sets_off(
    home: Home, path: str, said: dict[str, str], before: dict[str, str]
) -> None:
    filed(home, **before)
    chen, head = signed_in(home, "CHEN"), home.journal.head().position
    told = effect(posted(chen, path, {**said, "do": "check"}))
    assert home.journal.head().position == head, "asking writes nothing"
    assert posted(chen, path, {**said, **SIGNED}).status_code == 200
    events = since(home, head)
    assert events
    opened = [event for event in events if isinstance(event, Opened)]
    assert told.count("Opens: report to") == len(opened)
    for event in events:
        match event:
            case Opened():
                assert event.obligation in told
            case Superseded():
                assert f"Gives way: {event.obligation} to {event.by}" in told
            case Cancelled():
                assert f"Struck through: {event.obligation}" in told
            case Raised(urgency="urgent"):
                assert "Alerted at once" in told
            case _:
                pass
    ends = any(isinstance(event, Opened | Superseded | Cancelled) for event in events)
    assert ("No clock starts or stops." in told) is not ends


def test_judgements_of_every_kind_were_among_those_compared(home: Home) -> None:
    """The comparison above would prove nothing of clocks if none of its judgements moved one."""
    moved: set[str] = set()
    for number, (path, said, before) in enumerate(JUDGED, start=1):
        filed(home, **before)
        chen, head = signed_in(home, "CHEN"), home.journal.head().position
        page = chen.get(f"/trials/T1/cases/S1/{number}/{path}")
        act = re.search(r'name="act" value="([^"]+)"', page.text)
        assert act is not None
        data = {"csrf": token(page), "act": act[1], **said, **SIGNED}
        assert chen.post(f"/trials/T1/cases/S1/{number}/{path}", data=data).status_code == 200
        moved |= {type(event).__name__ for event in since(home, head)}
    assert {"Opened", "Raised"} <= moved


def test_a_judgement_taken_back_says_which_clocks_it_strikes_through(homes: Homes, home: Home) -> None:
    filed(home, causality="POSSIBLE")
    homes.now += timedelta(days=1)
    chen = signed_in(home, "CHEN")
    posted(chen, "seriousness", {"serious": "Y", "criteria": "hospitalisation", "takes_back": "", **SIGNED})
    homes.now += timedelta(minutes=2)
    taken_back = {"serious": "N", "takes_back": "medical_review"}
    told, head = effect(posted(chen, "seriousness", {**taken_back, "do": "check"})), home.journal.head().position
    posted(chen, "seriousness", {**taken_back, "meaning": "assessment", "passphrase": PASSPHRASE})
    struck = [event.obligation for event in since(home, head) if isinstance(event, Cancelled)]
    assert struck
    assert re.findall(r"Struck through: (\S+)", told) == struck


def test_before_anything_is_chosen_each_answer_says_what_it_would_come_to(home: Home) -> None:
    filed(home, **SERIOUS, causality="NONE")
    chen = signed_in(home, "CHEN")
    told = effect(chen.get(f"{CASE}/causality"))
    related, unrelated = told.split("If the answer is: ")[1:]
    assert related.startswith("Possibly related or Probably related Opens: report to Authority")
    assert unrelated.startswith("Not related at all or Remotely related No clock starts or stops.")
    told = effect(chen.get(f"{CASE}/expectedness", headers={"accept-language": "zh-CN"}))
    assert "若回答：非预期" in told


def test_a_judgement_that_is_itself_the_sites_report_says_so(home: Home) -> None:
    filed(home, causality="POSSIBLE")
    lin = signed_in(home, "LIN")
    page = lin.get(f"{CASE}/seriousness")
    assert page.status_code == 200
    assert "stops: this filing is that report With sponsor." in effect(page)
    said = {"serious": "Y", "criteria": "hospitalisation", "takes_back": ""}
    told, head = effect(posted(lin, "seriousness", {**said, "do": "check"})), home.journal.head().position
    posted(lin, "seriousness", {**said, "meaning": "assessment", "account": "LIN", "passphrase": PASSPHRASE})
    made = [event.obligation for event in since(home, head) if isinstance(event, Submitted)]
    assert made
    assert re.findall(r"(\S+) stops: this filing is that report", told) == made


def test_a_report_that_is_sent_stops_its_clock_or_says_who_still_lacks_it(home: Home) -> None:
    filed(home, **SERIOUS, causality="POSSIBLE")
    chen = signed_in(home, "CHEN")
    duty = re.search(r'id="duty-(T-1[^"]+)"', chen.get(CASE).text)
    assert duty is not None, chen.get(CASE).text
    told = effect(chen.get(f"{CASE}/submit", params={"obligation": duty[1]}))
    assert f"{duty[1]} stops" in told
    assert "Nobody is alerted." in told
    told = effect(chen.get(f"{CASE}/cancel", params={"obligation": duty[1]}))
    assert f"Struck through: {duty[1]}" in told
    late = {"do": "check", "sent_at": "2031-01-01T10:00"}
    told = effect(posted(chen, "submit", late, obligation=duty[1]))
    assert "The desk would not take this now." in told
    assert "lies in the future" in told


def test_a_report_is_offered_only_to_the_party_that_owes_it(home: Home) -> None:
    # What a site owes the sponsor is discharged by its filing; what it owes somebody else is not.
    append(home.journal, pack_adopted(PACK.replace('to = ["sponsor"]', 'to = ["Ethics committee"]')))
    filed(home, **SERIOUS, causality="POSSIBLE")
    lin, chen = signed_in(home, "LIN"), signed_in(home, "CHEN")
    for browser, role in ((lin, "investigator"), (chen, "sponsor")):
        page = browser.get(CASE)
        for name, party in parties(home).items():
            offered = f"{CASE}/submit?obligation={name.replace('/', '%2F')}" in page.text
            assert offered is (party == ("site" if role == "investigator" else "sponsor")), (role, name)
    assert "The site sends this one" in words(chen.get(CASE))
    assert set(parties(home).values()) == {"site", "sponsor"}, "both parties owe something here"


def parties(home: Home) -> dict[str, str]:
    """The party of each obligation of the case."""
    rows = [decode(row).event for row in home.journal.stream("T1/subject/S1")]
    return {event.obligation: event.party for event in rows if isinstance(event, Opened)}
