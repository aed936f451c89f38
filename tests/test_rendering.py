"""What a mail says: what happened, which clock and how long is left, where on the ladder, who was asked before; codes only."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from notifications.owed_report import Limit, OwedReport
from notifications.rendering import Addressee, Content, Letterhead, OwedAlert, rendered
from notifications.wording import spelled
from safety.values import microseconds

RAISED = datetime(2026, 11, 20, 15, 40, tzinfo=UTC)
TO = Addressee("LIU", "Liu Yang", "liu@hospital.org", vacant=False)
HEAD = Letterhead("desk@trial.org", "https://desk.trial.org")
ALERT = OwedAlert("ALERT-1", "T1", "SAE-REPORTED", "safety_officer", ("S04/3",), microseconds(RAISED))


@dataclass
class Told:
    """A rendered message."""

    subject: str
    text: str
    body: str


def told(
    *alerts: OwedAlert, to: Addressee = TO, head: Letterhead = HEAD, at: datetime = RAISED, zone: str = "UTC"
) -> Told:
    written, fault = rendered(Content("M-1", "T1", alerts, to, microseconds(at), zone), head, 1)
    assert fault is None
    return Told(str(written.mail["Subject"]), written.mail.get_content(), written.body)


def test_it_says_the_due_time_in_the_trials_zone_and_how_long_is_left() -> None:
    due_at = microseconds(RAISED + timedelta(days=7))
    found = told(ALERT._replace(due_at=due_at), at=RAISED + timedelta(hours=1), zone="Asia/Shanghai")
    assert "  due 2026-11-27 23:40 Asia/Shanghai (UTC+0800): 6 days 23 hours left\n" in found.text
    assert "  raised 2026-11-20 23:40 Asia/Shanghai (UTC+0800) by rule SAE-REPORTED\n" in found.text
    assert json.loads(found.body)["alerts"][0]["due_at"] == "2026-11-27T15:40:00Z"


def test_it_says_since_when_a_due_time_has_passed() -> None:
    due_at = microseconds(RAISED)
    assert ": OVERDUE by 1 day 1 hour\n" in told(ALERT._replace(due_at=due_at), at=RAISED + timedelta(hours=25)).text
    assert ": OVERDUE by less than a minute\n" in told(ALERT._replace(due_at=due_at)).text


def test_an_hour_that_the_clocks_repeat_is_two_moments() -> None:
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    said = {told(ALERT, at=at, zone="America/New_York").text for at in (first, first + timedelta(hours=1))}
    assert len(said) == 2
    assert any("2026-11-01 01:30 America/New_York (UTC-0400)" in text for text in said)
    assert any("2026-11-01 01:30 America/New_York (UTC-0500)" in text for text in said)


def test_it_says_where_on_the_ladder_it_stands_who_was_asked_and_what_changed() -> None:
    higher = ALERT._replace(rung=3, repeat=2, asked_before=("CHEN", "WANG"), changes=("followed up",))
    found = told(higher).text
    assert "  nobody has acknowledged it; asked before you: CHEN, WANG\n" in found
    assert "  since it was first told: followed up\n" in found
    assert "by rule SAE-REPORTED, rung 3, repeat 2\n" in found
    assert "rung" not in told(ALERT).text
    assert "asked before" not in told(ALERT).text


@pytest.mark.parametrize("purpose", ["drill", "demo"])
def test_what_is_no_alarm_says_so_first_and_in_the_subject(purpose: str) -> None:
    found = told(ALERT, head=HEAD._replace(purpose=purpose))
    assert found.subject.startswith(f"{purpose.upper()} [Vigilog] T1: ")
    assert found.text.startswith(f"*** {purpose.upper()} *** ")
    assert json.loads(found.body)["banner"].startswith(f"*** {purpose.upper()} *** ")


def test_a_real_one_has_no_banner() -> None:
    assert told(ALERT).text.startswith("Liu Yang,\n")
    assert json.loads(told(ALERT).body)["banner"] is None


def test_what_is_not_urgent_is_a_plain_digest() -> None:
    one = ALERT._replace(rule="SAE-DOWNGRADED", urgency="digest")
    found = told(one, one._replace(rule="SAE-NULLIFIED", concerning=("S05/1",)))
    assert "nothing here is urgent. Trial T1 has for you:\n" in found.text
    assert "- an adverse event is no longer serious: S04 AE 3\n" in found.text
    assert "- a serious adverse event was nullified: S05 AE 1\n" in found.text
    assert "nothing here is urgent" not in told(one, ALERT).text


def test_a_report_that_turned_out_late_is_told_by_its_codes() -> None:
    late = ALERT._replace(rule="OBLIGATION-LATE", urgency="digest", concerning=("S04/3", "EU-7:1"))
    found = told(late)
    assert "- a report that was sent turned out late: its party knew sooner: S04 AE 3, EU-7:1\n" in found.text
    forward = late._replace(rule="OBLIGATION-ANTEDATED", urgency="urgent")
    assert (
        "- a report that is still owed is due earlier than was told: its party knew sooner: S04" in told(forward).text
    )


@pytest.mark.parametrize("urgency", ["urgent", "digest"])
def test_who_covers_or_stands_in_is_told_why(urgency: str) -> None:
    alert = ALERT._replace(urgency=urgency)
    assert "CHEN is away, and you cover as safety officer.\n" in told(alert, to=TO._replace(instead_of="CHEN")).text
    assert "Nobody holds the role safety officer in this trial" in told(alert, to=TO._replace(vacant=True)).text


def test_a_rule_nobody_has_put_into_words_is_named() -> None:
    found = told(ALERT._replace(rule="SOME-RULE", concerning=("SOME-THING",)))
    assert "- SOME-RULE: SOME-THING\n" in found.text
    assert "- SOME-RULE\n" in told(ALERT._replace(rule="SOME-RULE", concerning=())).text


@pytest.mark.parametrize("urgency", ["urgent", "digest"])
def test_it_leads_to_what_it_is_about(urgency: str) -> None:
    alert = ALERT._replace(urgency=urgency)
    found = told(alert)
    assert "S04 AE 3\n  https://desk.trial.org/trials/T1/cases/S04/3\n" in found.text
    (said,) = json.loads(found.body)["alerts"]
    assert said["page"] == "/trials/T1/cases/S04/3"
    assert said["link"] == "https://desk.trial.org/trials/T1/cases/S04/3"
    unknown = told(alert, head=HEAD._replace(desk=None))
    assert "S04 AE 3\n  on the desk: /trials/T1/cases/S04/3\n" in unknown.text
    assert "http" not in unknown.text
    assert (json.loads(unknown.body)["link"], json.loads(unknown.body)["alerts"][0]["link"]) == (None, None)


def test_it_says_to_whom_the_report_goes_and_who_has_it() -> None:
    report = OwedReport(("CDE", "ethics_committee"), "sponsor", ("CDE",), unsure=True)
    due_at = microseconds(datetime(2026, 11, 27, 16, tzinfo=UTC))
    found = told(ALERT._replace(rule="OBLIGATION-OPENED", due_at=due_at, report=report), zone="Asia/Shanghai")
    assert "  report to CDE, ethics committee, owed by the sponsor; sent already to CDE (UNSURE: " in found.text
    assert "  due by the end of 2026-11-27 Asia/Shanghai (UTC+0800): 7 days 20 minutes left\n" in found.text
    (said,) = json.loads(found.body)["alerts"]
    assert (said["report"]["to"], said["report"]["sent_to"]) == (["CDE", "ethics_committee"], ["CDE"])


@pytest.mark.parametrize("urgency", ["urgent", "digest"])
def test_a_clock_without_a_date_says_that_and_since_when_it_runs(urgency: str) -> None:
    said = "due immediately: the text gives no number"
    report = OwedReport(("CDE",), "sponsor", limit=Limit("immediately"), runs_from=microseconds(RAISED))
    found = told(ALERT._replace(urgency=urgency, report=report), at=RAISED + timedelta(hours=26), zone="Asia/Shanghai")
    assert f"  {said}; its clock runs since 2026-11-20 23:40 Asia/Shanghai (UTC+0800): 1 day 2 hours\n" in found.text
    assert json.loads(found.body)["alerts"][0]["report"]["limit"] == said
    asked_for = told(ALERT._replace(report=OwedReport(("dsmb",), limit=Limit())))
    assert "  report to dsmb\n  no due time: its period is none of the schedule\n" in asked_for.text


def test_of_an_import_the_first_clock_is_said_and_where_the_others_stand() -> None:
    alert = ALERT._replace(rule="OBLIGATIONS-IMPORTED", concerning=("S04/3", "S05/1"), due_at=microseconds(RAISED))
    text = told(alert, at=RAISED - timedelta(hours=1)).text
    assert "  https://desk.trial.org/trials/T1/worklist\n  the first is due 2026-11-20 15:40 UTC" in text
    assert "  the page above says to whom each of them goes and by when\n" in text


def test_a_vacant_role_is_told_with_who_hears_meanwhile() -> None:
    alert = ALERT._replace(rule="ROLE-VACANT", role="operator", concerning=("SAFETY_OFFICER",))
    assert "now or soon: safety officer\n" in told(alert).text
    assert "  its alerts go to the operator as long as that is so;" in told(alert).text
    nobody = told(
        alert._replace(concerning=("OPERATOR",)), to=Addressee("OPERATOR", "Operator", "o@localhost", vacant=True)
    )
    assert "  its alerts go to the desk's own account, OPERATOR, as long as that is so;" in nobody.text
    assert (
        "No person holds the role operator in this trial, so this goes to the desk's own account, OPERATOR:"
        in nobody.text
    )
    assert "to the operator" not in nobody.text


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=1, seconds=-1), "59 minutes"),
        (timedelta(hours=1, minutes=2), "1 hour 2 minutes"),
        (timedelta(days=1, hours=3, minutes=5), "1 day 3 hours"),
        (timedelta(days=15), "15 days"),
        (timedelta(days=2, minutes=7), "2 days 7 minutes"),
    ],
)
def test_a_span_in_words(span: timedelta, words: str) -> None:
    assert spelled(span) == words
