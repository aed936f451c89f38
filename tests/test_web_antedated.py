"""A follow-up that states an earlier awareness says before it is saved, and the case says after, that a sent report was due earlier."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.home import Home
from tests.builders import append, definition, enrolled, pack_adopted, registered
from tests.desks import heard
from tests.rule_packs import PACK
from tests.test_web_follow_up import FOLLOW_UP, Said, pressed
from tests.test_web_pages import words
from tests.web_homes import Homes, signed_in, with_people

CASE = "/trials/T1/cases/S1/1"


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    opened = Homes(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def home(homes: Homes) -> Home:
    opened = homes.open()
    sited = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(sited), pack_adopted(PACK), enrolled("S1"))
    return with_people(opened, LIN={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]})


def test_a_sent_report_turns_out_to_have_been_due_earlier(home: Home) -> None:
    home.desk.do("adverse_event.report", heard(serious="Y"), by="LIN", command_id="reported")
    browser = signed_in(home, "LIN")
    told = "Obligation T-SITE/1 was due earlier than first thought: Day 0 is"
    typed: Said = {"criteria": ["hospitalisation"], "aware_day": "2026-02-20", "aware_time": "17:00"}
    page = browser.get(FOLLOW_UP)
    assert told not in words(page)
    assert f"{told} 20 Feb 2026" in words(pressed(browser, page, FOLLOW_UP, "check", **typed))
    assert pressed(browser, page, FOLLOW_UP, **typed).status_code == 303
    case = words(browser.get(CASE))
    assert f"{told} 20 Feb 2026" in case
    assert "Alert to Investigator: Sent report turned out late" in case
    chinese = words(browser.get(CASE, headers={"accept-language": "zh-CN"}))
    assert "向研究者发出警报：已发出的报告实为逾期" in chinese
