"""A session that ends mid-form: what was typed waits for its account, counts once, and is nobody else's."""

import re
from datetime import timedelta

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.adverse_event import CausalityAssessed, Reported
from safety.home import Home
from safety.journal import decode
from tests.hostile_record import runs
from tests.web_homes import PASSPHRASE, SUBJECT, Homes, client, sent, signed_in, token, with_a_trial, with_people

TYPED = {
    "subject": SUBJECT,
    "term": "Swelling of the left knee",
    "narrative": "line one\n<b>line two</b>",
    "do": "file",
}


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(
        with_a_trial(homes.open()),
        LIN={"roles": ["investigator"]},
        WANG={"roles": ["investigator"]},
        CHEN={"roles": ["safety_officer"]},
    )


def form_of(browser: TestClient) -> dict[str, str]:
    """The form to file, filled in."""
    page = browser.get("/trials/T1/file")
    return {"csrf": token(page), "act": page.text.partition('name="act" value="')[2].partition('"')[0], **TYPED}


def too_late(browser: TestClient, homes: Homes, form: dict[str, str], path: str = "/trials/T1/file") -> Response:
    """Send a form half an hour later."""
    homes.now += timedelta(minutes=31)
    return browser.post(path, data=form, follow_redirects=False)


def signs_in(browser: TestClient, account: str, onward: str = "/kept") -> Response:
    said = {"account": account, "passphrase": PASSPHRASE, "next": onward}
    return sent(browser, "/sign-in", said, page="/sign-in?next=/kept")


def again(browser: TestClient) -> Response:
    """Press the button of the page on which the form is kept."""
    page = browser.get("/kept")
    fields = dict(part.partition('" value="')[::2] for part in page.text.split('<input type="hidden" name="')[1:])
    said = {name: value.partition('">')[0] for name, value in fields.items()}
    said["narrative"] = TYPED["narrative"]  # as a browser reads it back, without its escapes
    return browser.post("/trials/T1/file", data=said, follow_redirects=False)


def filed(home: Home) -> list[Reported]:
    events = (decode(row).event for row in home.journal.rows())
    return [event for event in events if isinstance(event, Reported) and event.term == TYPED["term"]]


def test_it_is_kept_through_the_sign_in_and_sent_once(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "LIN")
    form = form_of(browser)
    answer = too_late(browser, homes, form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fkept")
    assert "What you typed is kept for an hour" in browser.get(answer.headers["location"]).text
    assert filed(home) == []
    assert signs_in(browser, "LIN").headers["location"] == "/kept"
    page = browser.get("/kept").text
    assert "Swelling of the left knee" in page
    assert "&lt;b&gt;line two&lt;/b&gt;" in page
    assert runs(page) == []
    for _ in range(2):
        assert again(browser).status_code == 303
    (only,) = filed(home)
    assert only.narrative == TYPED["narrative"]


def test_a_preview_that_a_script_asks_for_keeps_it_too(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "LIN")
    form = form_of(browser)
    homes.now += timedelta(minutes=31)
    answer = browser.post("/trials/T1/file", data={**form, "do": "check"}, headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=%2Fkept")
    signs_in(browser, "LIN")
    assert "Swelling of the left knee" in browser.get("/kept").text


def test_another_account_at_the_same_browser_sees_nothing_of_it(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "LIN")
    form = form_of(browser)
    signed_in(home, "WANG")
    too_late(browser, homes, form)
    assert signs_in(browser, "WANG").headers["location"] == "/kept"
    answer = browser.get("/kept", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Swelling" not in answer.text
    other = client(home)
    signs_in(other, "LIN")
    assert "Swelling of the left knee" in other.get("/kept").text, "its own account has it, at any browser"


def test_a_page_of_before_another_sign_in_keeps_what_was_typed_too(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "LIN")
    form = form_of(browser)
    homes.now += timedelta(minutes=31)
    signs_in(browser, "LIN")  # in another window
    answer = browser.post("/trials/T1/file", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/kept")
    assert filed(home) == [], "it is sent again by hand, or not at all"
    assert again(browser).status_code == 303
    assert len(filed(home)) == 1
    form = form_of(browser)
    signed_in(home, "WANG")
    assert signs_in(browser, "WANG").status_code == 303
    assert browser.post("/trials/T1/file", data=form, follow_redirects=False).status_code == 403
    assert home.left_off.kept_form("WANG", now=0) is None, "what LIN typed is not WANG's"


def test_it_is_gone_after_an_hour_or_when_it_is_thrown_away(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "LIN")
    too_late(browser, homes, form_of(browser))
    signs_in(browser, "LIN")
    homes.now += timedelta(minutes=29)
    assert browser.get("/kept", follow_redirects=False).status_code == 200
    homes.now += timedelta(minutes=29)
    browser.get("/")
    homes.now += timedelta(minutes=2)
    assert browser.get("/kept", follow_redirects=False).status_code == 303
    form = form_of(browser)
    too_late(browser, homes, form)
    signs_in(browser, "LIN")
    assert sent(browser, "/kept/drop", page="/kept").status_code == 303
    assert browser.get("/kept", follow_redirects=False).status_code == 303


def test_the_sign_in_of_somebody_else_does_not_sweep_it_away(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "LIN")
    form = form_of(browser)
    homes.now += timedelta(hours=5)
    signed_in(home, "CHEN")
    assert too_late(browser, homes, form).headers["location"] == "/sign-in?next=%2Fkept"


def test_nothing_is_kept_of_who_signed_out_was_never_in_or_has_no_token(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "LIN")
    form = form_of(browser)
    sent(browser, "/sign-out")
    assert browser.post("/trials/T1/file", data=form, follow_redirects=False).status_code == 403
    stranger = client(home)
    said = {**form, "csrf": token(stranger.get("/sign-in"))}
    assert stranger.post("/trials/T1/file", data=said, follow_redirects=False).headers["location"] == "/sign-in"
    late = signed_in(home, "LIN")
    homes.now += timedelta(minutes=31)
    assert late.post("/trials/T1/file", data={**form, "csrf": "x"}, follow_redirects=False).status_code == 403
    assert home.left_off.kept_form("LIN", now=0) is None


def test_what_proves_somebody_is_not_kept_and_is_asked_for_again(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "CHEN")
    path = f"/trials/T1/cases/{SUBJECT}/1/causality"
    proof = {"meaning": "assessment", "account": "CHEN", "passphrase": PASSPHRASE, "code": "123456"}
    said = {"csrf": token(browser.get(path)), "act": "A-1", "causality": "PROBABLE", "why": "seen again", **proof}
    too_late(browser, homes, said, path)
    kept = home.left_off.kept_form("CHEN", now=0)
    assert kept is not None
    assert PASSPHRASE not in kept[1]
    assert "123456" not in kept[1]
    signs_in(browser, "CHEN")
    page = browser.get("/kept").text
    assert "seen again" in page
    back = {
        "csrf": token(browser.get("/kept")),
        "act": "A-1",
        "causality": "PROBABLE",
        "why": "seen again",
        "meaning": "assessment",
    }
    answer = browser.post(path, data=back)
    assert answer.status_code == 422, "the page asks for the signature again"
    assert "seen again" in answer.text
    assert not [row for row in home.journal.rows() if isinstance(decode(row).event, CausalityAssessed)]


def test_a_change_of_ones_own_account_is_never_kept(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "LIN")
    said = {
        "csrf": token(browser.get("/me")),
        "present": PASSPHRASE,
        "passphrase": "x" * 20,
        "again": "x" * 20,
        "z": "1",
    }
    too_late(browser, homes, said, "/me/passphrase")
    assert home.left_off.kept_form("LIN", now=0) is None


def test_what_is_kept_is_named_as_the_form_names_it_in_the_readers_language(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "CHEN")
    path = f"/trials/T1/cases/{SUBJECT}/1/follow-up"
    date = {"on_y": "2026", "on_m": "2", "on_d": ""}
    chosen = {
        "serious": "y",
        "criteria": ["hospitalisation", "life_threatening"],
        "outcome": "FATAL",
        "meaning": "review",
    }
    said = {"csrf": token(browser.get(path)), "act": "A-1", "read_at": "7", "narrative": "y", **date, **chosen}
    homes.now += timedelta(minutes=31)
    browser.post(path, data=said)
    signs_in(browser, "CHEN")
    page = browser.get("/kept")
    told = re.findall(r"<dt>(.+?)</dt><dd class=\"pre\">(.+?)</dd>", page.text)
    assert told == [
        ("narrative", "y"),
        ("date", "2026-2"),
        ("seriousness", "yes"),
        ("criteria of seriousness", "hospitalisation, life-threatening"),
        ("outcome", "fatal"),
        ("meaning", "review"),
    ]
    assert f'<h2 id="kept">{SUBJECT} · AE 1: Follow up</h2>' in page.text
    assert "your signature is asked for once more" in page.text
    chinese = browser.get("/kept", headers={"accept-language": "zh-CN"}).text
    for words in ("随访", "<dt>日期</dt>", "是</dd>", "严重性标准"):
        assert words in chinese, words
