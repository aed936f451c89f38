"""The access log: what is noted of whom, what never is, and who may read it."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest

from safety.home import Home
from safety.journal import Unavailable
from safety.web.access import AGAIN, AccessLog
from safety.web.policy import RULES, Grant
from tests.web_homes import PASSPHRASE, Homes, client, sent, signed_in, with_a_trial, with_people


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


def test_reading_free_text_is_noted_once_in_a_while_and_exports_each_time(home: Home, homes: Homes) -> None:
    log = AccessLog(home)
    grants = {action: RULES[action].grants["safety_officer"] for action in ("case.read", "case.list", "listing.export")}

    def reads(action: str) -> None:
        grant: Grant = grants[action]
        log.let_through("CHEN", "1.2.3.4", grant, action, f"/{action}")

    for action in ("case.read", "case.read", "case.list", "listing.export", "listing.export"):
        reads(action)
    once = ("read_sealed", "CHEN", "/case.read")
    assert noted(home) == [once, *[("exported", "CHEN", "/listing.export")] * 2]
    homes.now += timedelta(microseconds=AGAIN)
    reads("case.read")
    assert noted(home)[-1] == once
    assert len(noted(home)) == 4


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
    homes.now += timedelta(seconds=61)
    assert count() == "vigilog_sign_ins_refused_last_minute 0"
