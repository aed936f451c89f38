"""What leaves the desk by other ways than its pages: tables, CSV, mails, webhooks, reports and logs take the payloads as text."""

import csv
import io
import json
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from notifications.rendering import Addressee, Content, Letterhead, OwedAlert, rendered
from safety.directory import Person
from safety.home import Home
from safety.reports.rendering import Rendered
from safety.web.access import AccessLog
from tests import builders as b
from tests.command_line import CommandLine
from tests.hostile_record import ALL, CONTROLS, UNSEEN, Page, formulas, hostile_home, hostile_report
from tests.payloads import Payload, payloads
from tests.web_homes import Homes, client, sent, signed_in, token, with_a_trial, with_people

pytestmark = pytest.mark.uncovered

EVERY = pytest.mark.parametrize("payload", payloads(), ids=lambda payload: payload.family)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The program on a home that holds every payload."""
    homes = Homes(tmp_path_factory.mktemp("hostile"))
    home = hostile_home(homes)
    homes.close()
    return CommandLine(home.settings.home)


READS = {
    "listing": ("listing", "--trial", "T1"),
    "queries": ("queries", "--trial", "T1"),
    "incidence": ("incidence", "--trial", "T1", "--by", "pt"),
    "obligations": ("obligations", "--trial", "T1"),
    "alerts": ("alerts", "--trial", "T1"),
    "timeline": ("timeline", ALL, "--trial", "T1"),
    "history": ("history", ALL),
    "trials": ("trial", "list"),
}
reads = pytest.mark.parametrize("arguments", READS.values(), ids=READS.keys())


@reads
def test_a_table_obeys_none(program: CommandLine, arguments: tuple[str, ...]) -> None:
    shown = program(*arguments, "--into-demo").out
    assert len(shown) > 200
    assert CONTROLS.findall(shown) == []


@reads
def test_a_cell_of_csv_is_no_formula_and_loses_nothing(program: CommandLine, arguments: tuple[str, ...]) -> None:
    shown = program(*arguments, "--into-demo", "--format", "csv").out
    assert formulas(shown) == []


@reads
def test_json_is_one_document(program: CommandLine, arguments: tuple[str, ...]) -> None:
    assert json.loads(program(*arguments, "--into-demo", "--format", "json").out)


def test_a_listing_holds_each_term_behind_its_apostrophe(program: CommandLine) -> None:
    shown = program("listing", "--trial", "T1", "--into-demo", "--format", "csv").out
    held = {row["number"]: row["term"] for row in csv.DictReader(io.StringIO(shown, newline=""))}
    for number, payload in enumerate(payloads(), 1):
        if number > 1:  # the first is followed up by all others
            text = (payload.text.strip() or ".").replace("\r\n", "\n")  # which the runner of the tests makes of it
            assert held[str(number)].removeprefix("'") == text.removeprefix("'")


# --- mails and webhooks -----------------------------------------------------------------------------------------------


def content(payload: Payload) -> Content:
    """A message in which everything that is text holds a payload."""
    alert = OwedAlert("A-1", "T1", payload.text, "safety_officer", (payload.text,), 0, changes=(payload.text,))
    to = Addressee("CHEN", payload.text, "chen@example.org", vacant=True, instead_of=payload.text)
    return Content("M-1", "T1", [alert], to, 0)


@EVERY
def test_a_mail_keeps_its_headers_and_one_plain_part(payload: Payload) -> None:
    one_line = payload._replace(text=" ".join(payload.text.split()))
    written, _ = rendered(content(one_line), Letterhead("desk@example.org", "https://desk.example/"), 1)
    mail = message_from_bytes(bytes(written.mail), policy=policy.default)
    named = [name.lower() for name, _ in mail.items()]
    assert sorted(set(named)) == sorted(named)
    assert set(named) <= {
        "subject", "from", "to", "date", "message-id", "x-vigilog-attempt", "content-type", "content-transfer-encoding",
        "mime-version",
    }  # fmt: skip
    assert (mail["to"], mail.get_content_type(), mail.is_multipart()) == ("chen@example.org", "text/plain", False)
    assert json.loads(written.body)["alerts"][0]["rule"] == one_line.text


@EVERY
def test_a_name_or_an_address_that_could_leave_its_header_is_refused(payload: Payload) -> None:
    name, address = Person("P", payload.text, None, ()), Person("P", "P", payload.text, ())
    assert address.fault() is not None
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", payload.text):
        assert name.fault() is not None


# --- reports ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return hostile_report(tmp_path_factory.mktemp("periodic"))


def test_the_page_of_a_report_runs_nothing_and_shows_nothing_hidden(report: Rendered) -> None:
    page = Page(report.html)
    assert set(page.runs) == {"style"}, "its own, and nothing else"
    assert page.tags.count("style") == 1
    assert UNSEEN.findall(report.html) == []
    assert len(page.tags) > 500


def test_the_text_of_a_report_obeys_none(report: Rendered) -> None:
    assert CONTROLS.findall(report.text) == []


# --- logs -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    homes = Homes(tmp_path)
    yield with_people(with_a_trial(homes.open()), LIN={"roles": ["investigator"]}, ZHAO={"roles": ["auditor"]})
    homes.close()


def test_what_was_typed_forges_no_entry_of_the_access_log(home: Home) -> None:
    browser = signed_in(home, "LIN")
    before, log = len(list(AccessLog(home).entries(10_000))), AccessLog(home)
    for payload in payloads()[::4]:
        sent(client(home), "/sign-in", {"account": payload.text, "passphrase": payload.text}, page="/sign-in")
        browser.get("/admin/access", params={"x": payload.text[:500]})
    found = list(log.entries(10_000))[: -before or None]
    assert {(one.kind, one.account, one.thing) for one in found} == {
        ("refused", "-", None),
        ("denied", "LIN", "/admin/access"),
    }
    page = signed_in(home, "ZHAO").get("/admin/access")
    assert Page(page.text).runs == []


def test_neither_the_console_nor_the_log_of_the_program_repeats_what_was_typed(
    home: Home, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    browser = signed_in(home, "LIN")
    for payload in payloads()[::16]:
        sent(client(home), "/sign-in", {"account": payload.text, "passphrase": payload.text}, page="/sign-in")
        sent(browser, "/trials/T1/file", {"subject": payload.text, "term": payload.text, "do": "file"})
    told = "".join(capfd.readouterr()) + "".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("httpx")
    )
    assert told == ""


# --- both databases ---------------------------------------------------------------------------------------------------


def test_no_text_stops_a_table_on_postgresql(tmp_path: Path, fresh_postgres_url: str) -> None:
    homes = Homes(tmp_path)
    home = with_a_trial(homes.open(database_url=fresh_postgres_url))
    for number, payload in enumerate(payloads(), 10):
        stated = payload.text.strip() or "."
        said = {"term": stated, "narrative": stated, "preferred_term": payload.text[:200]}
        b.append(home.journal, b.reported("CANARYSUBJECT", number, **said))
        b.append(home.journal, b.withheld("CANARYSUBJECT", number, reason=stated), reason=payload.text[:500])
    home.views.catch_up(home.journal)
    assert home.views.faults() == []
    browser = signed_in(with_people(home, LIN={"roles": ["investigator"]}), "LIN")
    assert browser.get("/trials/T1/subjects/CANARYSUBJECT").status_code == 200
    assert browser.get("/trials/T1/cases", params={"subject": "\x00"}).status_code == 400
    csrf = token(browser.get("/"))
    for payload in payloads()[::8]:
        said = {"csrf": csrf, "act": payload.text, "subject": "CANARYSUBJECT", "term": "x", "do": "file"}
        status = browser.post("/trials/T1/file", data=said, follow_redirects=False).status_code
        assert status == (303 if re.fullmatch(r"[!-~]{1,200}", payload.text.strip()) else 400), payload
    homes.close()
