"""People are added, changed, revoked and given a way in by an operator; names and addresses never come into the log."""

import re

import pytest
from starlette.testclient import TestClient

from safety.aggregates.account import Account
from safety.home import Home
from safety.journal.states import folded
from safety.tokens import Token
from tests.web_homes import PASSPHRASE, Homes, administered, client, sent, signed_in, token

XU: dict[str, str | list[str]] = {
    "account": "xu",
    "name": "Dr Xu Kestrel",
    "email": "xu@hospital.example",
    "roles": ["safety_officer", "auditor"],
    "where": "only",
    "trials": ["T1"],
    "why": "joins the team",
}


@pytest.fixture
def home(homes: Homes) -> Home:
    return administered(homes)


@pytest.fixture
def browser(home: Home) -> TestClient:
    return signed_in(home, "OPER")


def state(home: Home, account: str) -> Account:
    return folded(home.journal.stream(f"-/account/{account}")).slice(Account)


def in_the_log(home: Home) -> str:
    return "".join(f"{row.body}{row.meta}{row.sealed}" for row in home.journal.rows())


def test_a_person_is_added_and_only_the_directory_knows_their_name(home: Home, browser: TestClient) -> None:
    answer = sent(browser, "/admin/people/new", XU)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/people/XU?done=added")
    assert "Nobody can use it before it has a way in." in browser.get(answer.headers["location"]).text
    assert state(home, "XU") == Account(("safety_officer", "auditor"), ("T1",))
    person = home.directory.find("XU")
    assert person is not None
    assert (person.name, person.email, person.roles) == (
        "Dr Xu Kestrel",
        "xu@hospital.example",
        ("safety_officer", "auditor"),
    )
    assert "Kestrel" not in in_the_log(home)
    assert "hospital.example" not in in_the_log(home)
    assert "joins the team" in in_the_log(home)
    page = browser.get("/admin/people").text
    assert "Dr Xu Kestrel" in page
    assert "no way in yet" in page


def test_the_only_trial_and_site_are_chosen_already_and_the_site_binds_an_investigator_alone(
    home: Home, browser: TestClient
) -> None:
    page = browser.get("/admin/people/new").text
    for chosen in (
        'name="where" value="only" checked',
        'name="trials" value="T1" checked',
        'name="sites" value="01" checked',
    ):
        assert chosen in page
    where = {"where": "only", "trials": "T1", "sites": "01"}
    for account, role in (("SONG", "auditor"), ("TANG", "investigator")):
        said = {"account": account, "name": account, "roles": role, **where}
        assert sent(browser, "/admin/people/new", said).status_code == 303
    assert (state(home, "SONG").sites, state(home, "TANG").sites) == ((), ("01",))


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"account": "no such code!"}, "account", "An account is a short code"),
        ({"name": " "}, "name", "one line of text"),
        ({"email": "nobody"}, "email", "chen@hospital.org"),
        ({"language": "fr"}, "language", "English or Chinese"),
        ({"roles": []}, "roles", "Choose one role or more"),
        ({"trials": []}, "where", "Choose the trials"),
        ({"trials": []} | {"where": ""}, "where", "Choose the trials"),
        ({"account": "CHEN"}, "act", "Account CHEN exists already"),
    ],
)
def test_who_cannot_be_written_down_is_not_let_in(
    home: Home, browser: TestClient, wrong: dict[str, str | list[str]], field: str, says: str
) -> None:
    before = home.journal.head()
    answer = sent(browser, "/admin/people/new", {**XU, **wrong})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert says in answer.text
    assert 'name="why" value="joins the team"' in answer.text, "what was typed stays"
    assert home.journal.head() == before
    assert home.directory.find("XU") is None


def test_a_first_link_is_shown_once_and_lets_the_person_in(home: Home, browser: TestClient) -> None:
    page = sent(browser, "/admin/people/CHEN/link", page="/admin/people/CHEN")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    found = re.search(r'id="link">(http://localhost/first/\S+?)<', page.text)
    assert found is not None
    secret = found[1].rpartition("/")[2]
    assert secret not in browser.get("/admin/people/CHEN").text
    assert "first link not used yet" in browser.get("/admin/people/CHEN").text
    theirs = client(home)
    said = {"csrf": token(theirs.get(f"/first/{secret}")), "passphrase": PASSPHRASE, "again": PASSPHRASE}
    assert theirs.post(f"/first/{secret}", data=said).url.path == "/"
    assert theirs.get(f"/first/{secret}").status_code == 404
    shown = browser.get("/admin/people/CHEN").text
    assert "signed in now, in 1 place" in shown
    assert "made a first link for somebody" in browser.get("/admin/access").text


HOST = "desk.example.org"
BESIDE = {"sec-fetch-site": "same-origin"}


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ({"host": HOST, "origin": f"https://{HOST}"}, f"https://{HOST}/first/"),
        ({"host": "web:8000", "origin": f"https://{HOST}:8443", **BESIDE}, f"https://{HOST}:8443/first/"),
        ({"host": HOST, "x-forwarded-host": "evil.example", "x-forwarded-proto": "https"}, "/first/"),
        ({"host": HOST, "origin": "null", **BESIDE}, "/first/"),
    ],
    ids=["by its own name", "through a proxy that changes Host", "by what anybody may write", "by no address at all"],
)
def test_a_first_link_leads_to_where_the_operators_browser_reached_the_desk_or_says_that_it_does_not_know(
    browser: TestClient, said: dict[str, str], begins: str
) -> None:
    form = {"csrf": token(browser.get("/admin/people/CHEN"))}
    over_tls = {**said, "cookie": f"__Host-vigilog={browser.cookies['vigilog']}"}
    page = TestClient(browser.app, base_url="http://inside").post(
        "/admin/people/CHEN/link", data=form, headers=over_tls
    )
    found = re.search(r'id="link">(\S+?first/)\S+<', page.text)
    assert found is not None, page.text
    assert found[1] == begins
    assert ("does not know the address" in page.text) == (begins == "/first/")
    assert "own machine only" not in page.text


def test_a_first_link_for_this_machine_alone_says_so(browser: TestClient) -> None:
    page = sent(browser, "/admin/people/CHEN/link", page="/admin/people/CHEN")
    assert "opens on the desk's own machine only" in page.text


def test_a_second_link_voids_the_first(home: Home, browser: TestClient) -> None:
    links = [sent(browser, "/admin/people/CHEN/link").text for _ in range(2)]
    first, second = (re.search(r"/first/(\S+?)<", text)[1] for text in links)  # type: ignore[index]  # each page has one
    assert client(home).get(f"/first/{first}").status_code == 404
    assert client(home).get(f"/first/{second}").status_code == 200


def test_sessions_are_ended(home: Home, browser: TestClient) -> None:
    theirs = signed_in(home, "CHEN")
    assert theirs.get("/", follow_redirects=False).status_code == 200
    assert sent(browser, "/admin/people/CHEN/sessions").status_code == 303
    assert theirs.get("/", follow_redirects=False).status_code == 303
    assert "ended somebody&#39;s sessions" in browser.get("/admin/access").text


def test_roles_are_changed_and_the_directory_follows(home: Home, browser: TestClient) -> None:
    answer = sent(browser, "/admin/people/CHEN/roles", {"roles": ["auditor"], "where": "all"})
    assert answer.status_code == 303
    assert state(home, "CHEN") == Account(("auditor",))
    assert [person.account for person in home.directory.holders("auditor", "T9")] == ["CHEN"]
    again = sent(browser, "/admin/people/CHEN/roles", {"roles": ["auditor"], "where": "all"})
    assert (again.status_code, "nothing to change" in again.text) == (422, True)


def test_who_is_revoked_is_out_at_once_and_can_be_let_in_again(home: Home, browser: TestClient) -> None:
    theirs = signed_in(home, "CHEN")
    assert sent(browser, "/admin/people/CHEN/revoke", {"why": "left"}).status_code == 303
    assert theirs.get("/", follow_redirects=False).status_code == 303
    said = {"account": "CHEN", "passphrase": PASSPHRASE}
    assert sent(client(home), "/sign-in", said, page="/sign-in").status_code == 401
    shown = browser.get("/admin/people/CHEN").text
    assert "revoked" in shown
    assert "Make a first link" not in shown
    assert sent(browser, "/admin/people/CHEN/link").status_code == 404
    assert home.directory.holders("safety_officer", "T1") == [home.directory.find("ONE")]
    assert (
        sent(browser, "/admin/people/CHEN/roles", {"roles": ["auditor"], "where": "only", "trials": ["T1"]}).status_code
        == 303
    )
    assert state(home, "CHEN") == Account(("auditor",), ("T1",))


def test_the_programs_hand_keeps_its_role_and_nobody_revokes_oneself(home: Home, browser: TestClient) -> None:
    page = browser.get("/admin/people/OPERATOR").text
    assert "own hand" in page
    assert "Revoke OPERATOR" not in page
    assert sent(browser, "/admin/people/OPERATOR/revoke").status_code == 422
    assert sent(browser, "/admin/people/OPER/revoke").status_code == 422
    assert "Revoke OPER" not in browser.get("/admin/people/OPER").text


def test_a_name_is_changed_without_a_word_in_the_log(home: Home, browser: TestClient) -> None:
    before = home.journal.head()
    said = {"name": "Dr Chen the Canary", "email": ""}
    assert sent(browser, "/admin/people/CHEN/contact", said).status_code == 303
    assert "Dr Chen the Canary" in browser.get("/admin/people/CHEN").text
    assert home.journal.head() == before
    wrong = sent(browser, "/admin/people/CHEN/contact", {"name": "Dr Chen", "email": "x"})
    assert (wrong.status_code, "chen@hospital.org" in wrong.text) == (422, True)


def test_the_language_of_mails_is_chosen_with_the_name_and_stays_where_a_form_says_none(
    home: Home, browser: TestClient
) -> None:
    assert sent(browser, "/admin/people/new", {**XU, "language": "zh"}).status_code == 303
    assert home.directory.language("XU") == "zh"
    page = browser.get("/admin/people/XU").text
    assert "mails in 中文" in page
    assert '<option value="zh" selected>中文' in page
    contact = "/admin/people/XU/contact"
    assert sent(browser, contact, {"name": "Dr Xu", "email": ""}).status_code == 303
    assert home.directory.language("XU") == "zh"
    assert sent(browser, "/admin/people/XU/roles", {"roles": ["auditor"], "where": "all"}).status_code == 303
    assert home.directory.language("XU") == "zh"
    wrong = sent(browser, contact, {"name": "Dr Xu", "email": "", "language": "fr"})
    assert (wrong.status_code, "Choose the language of the mails" in wrong.text) == (422, True)
    assert sent(browser, contact, {"name": "Dr Xu", "email": "", "language": "en"}).status_code == 303
    assert home.directory.language("XU") == "en"


def test_the_past_shows_who_there_was_and_offers_nothing(home: Home, browser: TestClient) -> None:
    past = home.journal.head().position
    sent(browser, "/admin/people/CHEN/revoke")
    page = browser.get(f"/admin/people/CHEN?as_of={past}").text
    assert "revoked" not in page
    assert '<form method="post" action="/admin' not in page
    assert sent(browser, f"/admin/people/CHEN/roles?as_of={past}").status_code == 409


@pytest.mark.parametrize("path", ["/admin/people/NOBODY", "/admin/people/no%20code"])
def test_who_is_not_there_is_not_there(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_the_tokens_of_who_is_revoked_open_nothing(home: Home, browser: TestClient) -> None:
    home.tokens.put(Token("digest", "TOKEN-1", "CHEN", "a script", (), 0, 2**62))
    sent(browser, "/admin/people/CHEN/revoke")
    assert home.tokens.find("digest", now=2**61) is None


@pytest.mark.parametrize(
    ("path", "said", "place"),
    [
        ("/admin/people/new", XU, "why"),
        ("/admin/people/CHEN/roles", {"roles": ["auditor"], "where": "all"}, "why"),
        ("/admin/people/CHEN/revoke", {}, "why-revoked"),
    ],
)
def test_a_reason_that_is_too_long_is_refused_and_stays_typed(
    home: Home, browser: TestClient, path: str, said: dict[str, str | list[str]], place: str
) -> None:
    head = home.journal.head()
    page = sent(browser, path, {**said, "why": "y" * 501})
    assert page.status_code == 422
    assert f'<a href="#{place}">The reason may hold 500 characters and holds 501. Shorten it.</a>' in page.text
    assert re.findall(r'id="([^"]+)" name="why" value="y{501}"', page.text) == [place]
    assert (home.journal.head(), home.directory.find("XU")) == (head, None)
    assert sent(browser, path, {**said, "why": "y" * 500}).status_code == 303
    assert "y" * 500 in in_the_log(home)


def test_what_became_of_an_account_is_told_with_its_reasons(home: Home, browser: TestClient) -> None:
    sent(browser, "/admin/people/CHEN/roles", {"roles": ["auditor"], "where": "all", "why": "changes sides"})
    sent(browser, "/admin/people/CHEN/revoke", {"why": "left the hospital"})
    page = browser.get("/admin/people/CHEN").text.partition("What became of this account")[2]
    told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "revoked OPER left the hospital" in told
    assert "changed: Auditor, reads only; all trials OPER changes sides" in told
    assert told.index("revoked") < told.index("changed:") < told.index("added: Safety officer; T1")
