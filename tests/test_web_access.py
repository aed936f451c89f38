"""The access log: what is noted of whom, what never is, and who may read it."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest

from safety.home import Home
from safety.journal import Decision, Unavailable
from safety.journal.access_entries import noted as row_of
from safety.web.access import A_PAGE, AGAIN, AccessLog
from safety.web.policy import RULES, Grant
from tests.api_programs import Asks
from tests.builders import append, definition, enrolled, obligation_opened, registered, reported
from tests.web_homes import (
    NARRATIVE,
    PASSPHRASE,
    SUBJECT,
    TERM,
    Homes,
    client,
    sent,
    signed_in,
    with_a_trial,
    with_people,
)


@pytest.fixture
def home(homes: Homes) -> Home:
    people = {"CHEN": "safety_officer", "LIN": "investigator", "ZHAO": "auditor"}
    return with_people(
        with_a_trial(homes.open()), **{name: {"roles": [role], "trials": ["T1"]} for name, role in people.items()}
    )


def noted(home: Home) -> Sequence[tuple[str, str, str | None]]:
    """Kind, account and thing of every entry, oldest first."""
    return [(entry.kind, entry.account, entry.thing) for entry in AccessLog(home).entries(1_000)][::-1]


def test_passphrases_sign_ins_refusals_and_sign_outs_are_noted(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    sent(browser, "/sign-out")
    for account, passphrase in (
        ("CHEN", "a wrong guess"),
        (PASSPHRASE, "typed into the wrong field"),
        ("CHEN", PASSPHRASE),
    ):
        sent(browser, "/sign-in", {"account": account, "passphrase": passphrase}, page="/sign-in")
    assert noted(home) == [
        ("passphrase_set", "CHEN", None),
        ("signed_in", "CHEN", None),
        ("signed_out", "CHEN", None),
        ("refused", "CHEN", None),
        ("refused", "-", None),
        ("signed_in", "CHEN", None),
    ]


def test_what_was_typed_is_not_in_it(home: Home) -> None:
    sent(client(home), "/sign-in", {"account": "Secret Person", "passphrase": "secret words"}, page="/sign-in")
    written = str([tuple(row) for row in home.access.rows()]).lower()
    assert "refused" in written
    assert "secret" not in written


def test_who_asks_for_what_is_not_theirs_is_noted_with_the_path_and_no_query(home: Home) -> None:
    signed_in(home, "LIN").get("/admin/access?name=somebody")
    assert noted(home)[-1] == ("denied", "LIN", "/admin/access")


SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]


def test_who_asks_for_a_thing_of_another_site_is_noted_like_who_asks_for_none(home: Home) -> None:
    append(home.journal, registered(definition(sites=SITES), code="T2"), enrolled("THEIRS", trial="T2", site="02"))
    with_people(home, WANG={"roles": ["investigator"], "trials": ["T2"], "sites": ["01"]})
    browser, ask = signed_in(home, "WANG"), Asks(home, "WANG")
    paths = [f"/trials/T2/subjects/{code}" for code in ("THEIRS", "NOBODY")]
    for path in paths:
        assert browser.get(path).status_code == 404
        assert [entry for entry in noted(home) if entry[0] == "denied"][-1] == ("denied", "WANG", path)
    for subject in ("THEIRS", "NOBODY"):
        ask("dose.give", {"STUDYID": "T2", "USUBJID": subject, "EXSEQ": 1})
    ask("dose.give", {"STUDYID": "T1", "USUBJID": SUBJECT, "EXSEQ": 1})
    denied = [entry for entry in noted(home) if entry[0] == "denied"]
    assert denied[2:] == [("denied", "WANG", "/api/v1/commands/dose.give")] * 3


def test_what_somebody_typed_into_an_address_is_not_in_it(home: Home) -> None:
    browser = signed_in(home, "LIN")
    for typed in ("Secret Person", "x" * 400):
        browser.get(f"/trials/T1/subjects/{typed}")
        assert noted(home)[-1] == ("denied", "LIN", "/trials/{trial}/subjects/{subject}")


def test_a_refusal_that_cannot_be_noted_is_told_as_the_machines_fault(home: Home) -> None:
    browser = signed_in(home, "LIN")
    home.access.close()
    assert browser.get("/admin/access").status_code == 503


def test_reading_free_text_is_noted_once_in_a_while_and_exports_each_time(home: Home, homes: Homes) -> None:
    log = AccessLog(home)
    grants = {action: RULES[action].grants["safety_officer"] for action in ("case.read", "case.list", "listing.export")}

    def reads(action: str) -> None:
        grant: Grant = grants[action]
        log.given("CHEN", "1.2.3.4", grant, action, f"/{action}")

    for action in ("case.read", "case.read", "case.list", "listing.export", "listing.export"):
        reads(action)
    once = ("read_sealed", "CHEN", "/case.read")
    assert noted(home) == [once, *[("exported", "CHEN", "/listing.export")] * 2]
    homes.now += timedelta(microseconds=AGAIN)
    reads("case.read")
    assert noted(home)[-1] == once
    assert len(noted(home)) == 4


def sealed(home: Home) -> list[tuple[str, str | None]]:
    """Who read free text where, oldest first."""
    return [(account, thing) for kind, account, thing in noted(home) if kind == "read_sealed"]


def test_a_list_that_shows_reported_terms_is_noted_once_a_page_and_not_once_a_row(home: Home, homes: Homes) -> None:
    officer = signed_in(home, "CHEN")
    for page in ("cases", "cases?serious=1", "cases"):
        assert TERM in officer.get(f"/trials/T1/{page}").text
    assert sealed(home) == [("CHEN", "/trials/T1/cases")]
    homes.now += timedelta(microseconds=AGAIN)
    officer.get("/trials/T1/cases")
    assert sealed(home) == [("CHEN", "/trials/T1/cases")] * 2


def test_the_worklist_is_noted_where_it_shows_a_reported_term_and_only_there(home: Home) -> None:
    officer = signed_in(home, "CHEN")
    append(home.journal, obligation_opened(SUBJECT, 1))
    assert TERM not in officer.get("/trials/T1/worklist").text
    assert sealed(home) == [], "a coded term is not sealed"
    append(home.journal, reported(SUBJECT, 3, term=TERM, preferred_term=None), obligation_opened(SUBJECT, 3))
    assert TERM in officer.get("/trials/T1/worklist").text
    assert sealed(home) == [("CHEN", "/trials/T1/worklist")]


def test_who_is_shown_no_free_text_reads_none(home: Home) -> None:
    with_people(home, OPS={"roles": ["operator"], "trials": ["T1"]})
    page = signed_in(home, "OPS").get("/trials/T1/cases")
    assert (page.status_code, TERM in page.text, sealed(home)) == (200, False, [])


def test_of_what_is_not_there_nothing_was_read(home: Home) -> None:
    officer = signed_in(home, "CHEN")
    for path in ("/trials/T1/cases/NOBODY/1", "/api/v1/trials/T1/subjects/NOBODY"):
        assert officer.get(path).status_code == 404
        assert noted(home)[-1] == ("denied", "CHEN", path)
    assert sealed(home) == []
    path = f"/trials/T1/cases/{SUBJECT}/1/follow-up"
    assert NARRATIVE in officer.get(path).text
    assert sealed(home) == [("CHEN", path)]


@pytest.mark.parametrize("path", [f"/trials/T1/cases/{SUBJECT}/1", "/trials/T1/cases"])
def test_what_cannot_be_noted_is_not_read_at_the_second_try_either(home: Home, path: str) -> None:
    officer = signed_in(home, "CHEN")
    home.access.close()
    for _ in range(2):
        answer = officer.get(path)
        assert (answer.status_code, NARRATIVE in answer.text, TERM in answer.text) == (503, False, False)


def test_the_page_of_a_form_that_shows_free_text_is_a_reading_and_sending_it_is_none(home: Home) -> None:
    officer, path = signed_in(home, "CHEN"), f"/trials/T1/cases/{SUBJECT}/1/follow-up"
    sent(officer, path, {})
    assert sealed(home) == []
    assert NARRATIVE in officer.get(path).text
    assert sealed(home) == [("CHEN", path)]


def test_two_cases_beside_each_other_are_a_reading(home: Home) -> None:
    path = f"/trials/T1/cases/{SUBJECT}/1/merge"
    assert TERM in signed_in(home, "CHEN").get(f"{path}?with=2").text
    assert sealed(home) == [("CHEN", path)]


def test_it_is_append_only_and_apart_from_the_record(home: Home) -> None:
    head = home.journal.head().position
    signed_in(home, "CHEN")
    assert home.journal.head().position == head
    assert [row.position for row in home.access.rows()] == [1, 2]
    assert (home.settings.home / "access.db").exists()


def test_nobody_signs_in_unnoted(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    sent(browser, "/sign-out")
    home.access.close()
    answer = sent(browser, "/sign-in", {"account": "CHEN", "passphrase": PASSPHRASE}, page="/sign-in")
    assert answer.status_code == 503
    assert browser.get("/", follow_redirects=False).status_code == 303
    with pytest.raises(Unavailable):
        home.access.head()


def test_operators_and_auditors_read_it_and_nobody_else(home: Home) -> None:
    page = signed_in(home, "ZHAO").get("/admin/access")
    assert page.status_code == 200
    told = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
    assert "The last 2 entries, newest first" in told
    assert "#2 ZHAO signed in testclient" in told
    assert signed_in(home, "OPERATOR").get("/admin/access").status_code == 200
    assert signed_in(home, "CHEN").get("/admin/access").status_code == 404


def test_refused_sign_ins_of_the_last_minute_are_counted_for_who_watches(home: Home, homes: Homes) -> None:
    def count() -> str:
        return next(line for line in client(home).get("/metrics").text.splitlines() if line.startswith("vigilog_sign"))

    for _ in range(2):
        sent(client(home), "/sign-in", {"account": "CHEN", "passphrase": "a wrong guess"}, page="/sign-in")
    assert count() == "vigilog_sign_ins_refused_last_minute 2"
    said = {"kind": "token_refused", "account": "-", "source": "1.2.3.4", "action": None, "thing": None}
    many = [row_of(f"N-{number}", homes.now.isoformat(), said) for number in range(A_PAGE + 1)]
    home.access.append(Decision(many, "N", digest=""))
    assert count() == "vigilog_sign_ins_refused_last_minute 2", "however much else was noted"
    homes.now += timedelta(seconds=61)
    assert count() == "vigilog_sign_ins_refused_last_minute 0"
