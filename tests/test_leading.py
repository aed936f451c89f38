"""Where a mail leads: to the page of what it is about, which who hears of it may open, at an address that is true or not given."""

from pathlib import Path

import pytest

from notifications.composition import desk_of
from notifications.leading import desk_line, leads_to, page_of
from safety.home import Home
from safety.settings import Settings
from safety.values import Role
from safety.web.serving import taken_at
from tests.command_line import CommandLine
from tests.web_homes import SUBJECT, Homes, signed_in, with_a_trial, with_people

PEOPLE: dict[str, dict[str, object]] = {
    "OPER": {"roles": ["operator"]},
    "CHEN": {"roles": ["safety_officer"], "trials": ["T1"]},
    "XU": {"roles": ["deputy_safety_officer"], "trials": ["T1"]},
    "LIN": {"roles": ["investigator"], "trials": ["T1"]},
    "AUDIT": {"roles": ["auditor"], "trials": ["T1"]},
}
HEARS: dict[Role, str] = {
    "operator": "OPER", "safety_officer": "CHEN", "deputy_safety_officer": "XU", "investigator": "LIN", "auditor": "AUDIT",
}  # fmt: skip
A_CASE, A_REPORT = (f"{SUBJECT}/1",), ("dsur 2019-10-31",)
LEADS: list[tuple[str, tuple[Role, ...], tuple[str, ...], str]] = [
    ("SAE-REPORTED", tuple(HEARS), A_CASE, f"/trials/T1/cases/{SUBJECT}/1"),
    ("OBLIGATION-OPENED", tuple(HEARS), (*A_CASE, "T-7:1"), f"/trials/T1/cases/{SUBJECT}/1#duty-T-7/1"),
    ("DUE-REMINDER", tuple(HEARS), (*A_CASE, "T-7:1.2"), f"/trials/T1/cases/{SUBJECT}/1#duty-T-7/1.2"),
    ("SAE-IMPORTED", tuple(HEARS), (*A_CASE, f"{SUBJECT}/2"), "/trials/T1/worklist"),
    ("DRILL", tuple(HEARS), ("DRILL",), "/trials/T1/worklist"),
    ("ROLE-VACANT", tuple(HEARS), ("SAFETY_OFFICER",), "/trials/T1/rota"),
    ("PERIODIC-REPORT-FAILED", ("operator", "safety_officer"), (*A_REPORT, "OSError"), "/trials/T1/reports"),
    ("UNDELIVERABLE", ("operator",), ("MESSAGE/M-1", "ACCOUNT:CHEN"), "/admin/people/CHEN"),
    ("UNDELIVERABLE", ("operator",), ("MESSAGE/M-1",), "/admin/channels"),
    ("UNDELIVERABLE", ("safety_officer",), ("MESSAGE/M-1", "ACCOUNT:CHEN"), "/trials/T1/worklist"),
    ("TEMPLATE-FAILED", ("operator",), ("MESSAGE/M-1",), "/admin/channels"),
    ("A-RULE-TO-COME", tuple(HEARS), (), "/trials/T1/worklist"),
]


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(with_a_trial(homes.open()), **PEOPLE)


def test_each_kind_of_alert_leads_to_a_page_that_opens_for_everybody_who_hears_of_it(home: Home) -> None:
    browsers = {role: signed_in(home, account) for role, account in HEARS.items()}
    for rule, roles, concerning, page in LEADS:
        for role in roles:
            assert page_of("T1", rule, role, concerning) == page
            assert browsers[role].get(page).status_code == 200, (rule, role, page)


def test_what_is_about_the_log_itself_leads_to_the_desk(home: Home) -> None:
    assert page_of("-", "CLOCK-JUMPED", "operator", ()) == "/"
    assert signed_in(home, "OPER").get("/").status_code == 200


def test_a_report_that_was_issued_leads_to_its_page() -> None:
    assert page_of("T1", "PERIODIC-REPORT-ISSUED", "safety_officer", A_REPORT) == "/trials/T1/reports/dsur/2019-10-31"
    assert page_of("T1", "DUE-REMINDER", "safety_officer", A_REPORT) == "/trials/T1/reports/dsur/2019-10-31"


def test_what_was_stated_goes_before_where_the_desk_is_served(home: Home, tmp_path: Path) -> None:
    assert desk_of(home, None) is None
    assert desk_of(home, "http://127.0.0.1:8123/") == "http://127.0.0.1:8123/"
    home.settings = Settings(home=tmp_path, public_url="https://desk.example.org/")
    assert desk_of(home, "http://127.0.0.1:8123/") == "https://desk.example.org/"


def test_a_link_is_whole_or_says_that_the_address_is_not_known() -> None:
    assert leads_to("https://desk.example.org/", "/trials/T1/rota") == "https://desk.example.org/trials/T1/rota"
    assert leads_to("https://example.org/desk", "/") == "https://example.org/desk/"
    assert leads_to(None, "/trials/T1/rota") == "on the desk: /trials/T1/rota"
    assert "not known" in desk_line(None)
    assert "VIGILOG_PUBLIC_URL" in desk_line(None)


def test_a_door_says_where_it_really_is_and_nothing_of_a_port_at_every_address() -> None:
    with taken_at("127.0.0.1", 0) as place:
        port = place.port.getsockname()[1]
        assert place.reached == place.address == f"http://127.0.0.1:{port}/"
    with taken_at("localhost", 0) as place:
        assert place.reached == f"http://localhost:{place.port.getsockname()[1]}/"
    with taken_at("0.0.0.0", 0) as place:
        assert place.reached is None


@pytest.mark.parametrize("stated", ["desk.example.org", "ftp://desk.example.org", "https://", "https://[::1"])
def test_an_address_that_leads_nowhere_is_refused_at_the_start(tmp_path: Path, stated: str) -> None:
    status, err = CommandLine(tmp_path, VIGILOG_PUBLIC_URL=stated).refused("deliver")
    assert status == 2
    assert err.startswith("VIGILOG_PUBLIC_URL: ")
    assert not (tmp_path / "log.db").exists()


def test_a_setting_that_is_empty_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `docker compose` gives what nobody has set."""
    monkeypatch.setenv("VIGILOG_PUBLIC_URL", "")
    assert Settings(home=tmp_path).stated_url is None
    monkeypatch.setenv("VIGILOG_PUBLIC_URL", "https://desk.example.org")
    assert Settings(home=tmp_path).stated_url == "https://desk.example.org"
