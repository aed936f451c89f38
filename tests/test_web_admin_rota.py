"""The rota says who hears in what order, what would keep an alert from anybody, who is away; and a drill climbs the real ladder."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from safety.aggregates.account import AbsenceSet, Account
from safety.aggregates.alert import Acknowledged
from safety.aggregates.ladder import Ladder
from safety.home import Home
from safety.journal.states import folded
from tests.api_programs import program
from tests.builders import amended, append, built, definition
from tests.web_homes import START, Homes, sent, signed_in, with_a_trial, with_people

AWAY = {"absent": "CHEN", "from_at": "2026-03-05T09:00", "until_at": "2026-03-09T09:00", "cover": "XU"}


@pytest.fixture
def home(homes: Homes) -> Home:
    people = {
        "OPER": {"roles": ["operator"]},
        "CHEN": {"roles": ["safety_officer"], "trials": ["T1"]},
        "XU": {"roles": ["safety_officer"], "trials": ["T1"]},
        "LIN": {"roles": ["investigator"], "trials": ["T1"]},
        "ELSE": {"roles": ["safety_officer"], "trials": ["T2"]},
    }
    return with_people(with_a_trial(homes.open()), **people)


@pytest.fixture
def browser(home: Home) -> TestClient:
    return signed_in(home, "OPER")


def absences(home: Home, account: str) -> int:
    return len(folded(home.journal.stream(f"-/account/{account}")).slice(Account).absences)


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_ladder_says_who_would_hear_now(browser: TestClient) -> None:
    page = text(browser.get("/trials/T1/rota").text)
    assert (
        "at once Safety officer or whose duty it is CHEN Dr CHEN, ONE" not in page
    )  # ONE stands in the directory alone
    assert "at once Safety officer or whose duty it is CHEN Dr CHEN, XU Dr XU" in page
    assert "after 30 min Operator OPER Dr OPER" in page
    assert "No e-mail address is known of anybody who is Safety officer now" in page
    assert "digest at 08:00" in page


def test_an_absence_is_set_with_its_cover_and_taken_back(home: Home, browser: TestClient) -> None:
    assert sent(browser, "/trials/T1/rota/absences", AWAY).status_code == 303
    page = browser.get("/trials/T1/rota").text
    assert "XU covers" in page
    assert "Thu 5 Mar 2026, 09:00" in page
    begins = re.search(r'name="from_at" value="(2026[^"]+)"', page)
    assert begins is not None
    assert sent(browser, "/trials/T1/rota/absences/back", {"absent": "CHEN", "from_at": begins[1]}).status_code == 303
    assert absences(home, "CHEN") == 0


def test_who_is_away_is_covered_on_the_ladder(homes: Homes, browser: TestClient) -> None:
    sent(browser, "/trials/T1/rota/absences", {**AWAY, "from_at": "2026-03-01T08:00"})
    homes.now += timedelta(minutes=10)
    page = text(browser.get("/trials/T1/rota").text)
    assert "at once Safety officer or whose duty it is XU Dr XU after" in page


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"cover": ""}, "cover", "choose who covers"),
        ({"cover": "LIN"}, "cover", "has not every role of the other"),
        ({"cover": "GHOST"}, "cover", "Choose one of these"),
        ({"absent": "ELSE"}, "absent", "Choose one of these"),
        ({"until_at": "2026-03-01T09:00"}, "until_at", "ends before it begins"),
        ({"from_at": "tomorrow"}, "from_at", "Write the date and time as"),
    ],
)
def test_an_absence_that_leaves_a_gap_is_refused(
    home: Home, browser: TestClient, wrong: dict[str, str], field: str, says: str
) -> None:
    answer = sent(browser, "/trials/T1/rota/absences", {**AWAY, **wrong})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert says in answer.text
    assert absences(home, "CHEN") == 0


def test_a_safety_officer_says_only_their_own_absence(home: Home) -> None:
    officer = signed_in(home, "CHEN")
    page = officer.get("/trials/T1/rota").text
    assert "<option>CHEN</option>" in page.partition('id="cover"')[0]
    assert "<option>XU</option>" not in page.partition('id="cover"')[0]
    assert "/rota/drill" not in page
    assert sent(officer, "/trials/T1/rota/absences", {**AWAY, "absent": "XU", "cover": "CHEN"}).status_code == 422
    assert sent(officer, "/trials/T1/rota/absences", AWAY).status_code == 303
    assert sent(officer, "/trials/T1/rota/drill").status_code == 404


def test_an_investigator_reads_the_rota_and_changes_nothing(home: Home) -> None:
    page = signed_in(home, "LIN").get("/trials/T1/rota")
    assert page.status_code == 200
    assert "Dr CHEN" not in page.text
    assert "/rota/absences" not in page.text
    assert sent(signed_in(home, "LIN"), "/trials/T1/rota/absences", AWAY).status_code == 404


def test_a_vacant_role_is_told_before_it_matters(homes: Homes) -> None:
    home = with_people(with_a_trial(homes.open()), OPER={"roles": ["operator"]})
    page = text(signed_in(home, "OPER").get("/trials/T1/rota").text)
    assert "Nobody holds the role Safety officer; its alerts go to the operator. Give somebody the role" in page
    assert "OPER Dr OPER instead: nobody holds the role" in page


def test_operators_who_are_all_away_are_told_without_saying_that_the_operator_hears(homes: Homes) -> None:
    home = with_people(with_a_trial(homes.open()), OPER={"roles": ["operator"]})
    span = {"from_at": START + timedelta(days=4), "until_at": START + timedelta(days=8)}
    append(home.journal, built(AbsenceSet, account="OPER", **span))
    page = text(signed_in(home, "OPER").get("/trials/T1/rota").text)
    assert (
        "every operator is away without cover; what comes to the operator then goes to the desk's own account" in page
    )
    assert "everybody who is Operator is away" not in page


def test_a_drill_is_raised_once_and_shows_how_long_it_took(homes: Homes, home: Home, browser: TestClient) -> None:
    for _ in range(2):
        assert sent(browser, "/trials/T1/rota/drill", {"act": "THE-FORM"}).status_code == 303
    raised = [row.stream for row in home.journal.rows() if row.topic == "alert.raised.v1" and '"DRILL"' in row.body]
    assert len(raised) == 1
    assert "not delivered yet" in browser.get("/trials/T1/rota").text
    homes.now += timedelta(minutes=7)
    form = Acknowledged(trial="T1", alert=raised[0].rpartition("/")[2])
    home.desk.do("alert.acknowledge", form, by="CHEN", command_id="ack")
    assert "CHEN acknowledged after 7 min" in browser.get("/trials/T1/rota").text


def test_the_past_shows_the_ladder_alone(browser: TestClient) -> None:
    page = browser.get("/trials/T1/rota?as_of=5").text
    assert "after 30 min" in page
    assert "Who hears now" not in page
    assert "/rota/" not in page


def test_the_investigators_of_several_sites_are_listed_by_site(home: Home, browser: TestClient) -> None:
    ladder = Ladder.model_validate({"urgent": [{"role": "investigator", "after_minutes": 7}]})
    sites = [{"id": site, "zone": "Asia/Shanghai"} for site in ("01", "02", "03")]
    append(home.journal, amended(definition(sites=sites, ladder=ladder)))
    with_people(
        home,
        ONE={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        TWO={"roles": ["investigator"], "trials": ["T1"], "sites": ["01", "02"]},
    )
    page = text(browser.get("/trials/T1/rota").text)
    rows = ("at site 01 ONE , TWO", "at site 02 TWO", "at site 03 nobody", "of no site LIN")
    assert [row for row in rows if f"Investigator {row}" not in page] == []
    chinese = text(browser.get("/trials/T1/rota", headers={"accept-language": "zh-CN"}).text)
    assert "中心 02 的研究者 TWO" in chinese
    told = program(home, "OPER").get("/api/v1/trials/T1/rota").json()["roles"]
    assert [(one["site"], one["holders"]) for one in told if one["role"] == "investigator"] == [
        ("01", ["ONE", "TWO"]),
        ("02", ["TWO"]),
        ("03", []),
        (None, ["LIN"]),
    ]
