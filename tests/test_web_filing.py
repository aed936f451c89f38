"""Filing an adverse event: what it would set off is what it then sets off, nothing missing blocks it, and it happens once."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from httpx2 import Response

from safety.aggregates.adverse_event import AdverseEvents, Reported
from safety.aggregates.alert import Raised
from safety.aggregates.obligation import Opened, Submitted
from safety.directory import Person
from safety.home import Home
from safety.journal import decode
from safety.journal.states import folded
from tests.builders import append, definition, enrolled, given, pack_adopted, registered, reported
from tests.rule_packs import PACK
from tests.test_web_pages import CHINESE
from tests.web_homes import Homes, signed_in, token, with_people, words

FILE = "/trials/T1/file"
SERIOUS = {
    "subject": "S1",
    "term": "Sepsis",
    "on_y": "2026",
    "on_m": "2",
    "serious": "y",
    "criteria": "hospitalisation",
    "grade": "3",
    "causality": "POSSIBLE",
}


@pytest.fixture
def home(homes: Homes) -> Home:
    return prepared(homes.open())


def prepared(opened: Home) -> Home:
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(two), pack_adopted(PACK), enrolled("S1"), enrolled("THEIRS", site="02"))
    append(opened.journal, given("S1", 1, "2026-01-05", lot="L-1"), given("S1", 2, "2026-02-02"))
    opened = with_people(
        opened,
        LIN={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        CHEN={"roles": ["safety_officer"]},
        ZHAO={"roles": ["auditor"]},
    )
    opened.directory.put(Person("CHEN", "Dr CHEN", "chen@example.org", ("safety_officer",)))
    return opened


def pressed(home: Home, do: str, who: str = "LIN", **typed: str) -> Response:
    browser = signed_in(home, who)
    page = browser.get(FILE)
    act = re.search(r'name="act" value="([^"]+)"', page.text)
    assert act is not None
    data = {"csrf": token(page), "act": act[1], "do": do, **typed}
    return browser.post(FILE, data=data, follow_redirects=False)


def events(home: Home, since: int) -> list[object]:
    head = home.journal.head()[0]
    return [decode(row).event for row in home.journal.page(since, head, head - since)]


def filed(home: Home, subject: str = "S1") -> AdverseEvents:
    return folded(home.journal.stream(f"T1/subject/{subject}")).slice(AdverseEvents)


def test_what_it_would_set_off_is_told_before_and_nothing_is_written(home: Home) -> None:
    head = home.journal.head()[0]
    told = words(pressed(home, "check", **SERIOUS))
    assert home.journal.head()[0] == head
    assert "Alerted at once, 1 person" in told
    hears = "Safety officer (CHEN) a serious adverse event is reported."
    assert f"{hears} Into the mail folder of this machine only: tell this person yourself." in told
    home.settings = home.settings.model_copy(update={"smtp_url": "smtp://mail.example"})
    assert f"{hears} By e-mail." in words(pressed(home, "check", **SERIOUS))
    assert "a clock runs out" not in told, "filing is the report that the investigator owes"
    assert "Clocks started, 2" in told
    assert "Report to sponsor: Mon 2 Mar 2026, 17:00 1 day left, owed by the investigator, T-SITE" in told
    assert "Report to Authority: Mon 16 Mar 2026, 24:00" in told
    assert "UNSURE" in told
    assert "none 4" in told, "the clause that the clock rests on"
    assert "You tick death or life-threatening Report to Authority: Sun 8 Mar 2026, 24:00; 1 person alerted" in told
    assert "File and alert 1 person" in told


class Ticking(Homes):
    """Homes whose clock is a millisecond later at each look, as real ones are."""

    @property
    def now(self) -> datetime:
        self._at += timedelta(milliseconds=1)
        return self._at

    @now.setter
    def now(self, at: datetime) -> None:
        self._at = at


def test_another_answer_is_told_with_the_clocks_that_only_it_would_start(tmp_path: Path) -> None:
    ticking = Ticking(tmp_path)
    told = words(pressed(prepared(ticking.open()), "check", **SERIOUS))
    assert "You tick death or life-threatening Report to Authority: Sun 8 Mar 2026, 24:00; 1 person alerted" in told
    ticking.close()


@pytest.mark.parametrize("changed", [{}, {"criteria": "life_threatening"}, {"serious": "n", "criteria": ""}])
def test_what_is_filed_sets_off_exactly_what_was_told(home: Home, changed: dict[str, str]) -> None:
    typed = {**SERIOUS, **changed}
    told = words(pressed(home, "check", **typed))
    head = home.journal.head()[0]
    answer = pressed(home, "file", **typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/trials/T1/subjects/S1?filed=1")
    came = events(home, head)
    opened = [event for event in came if isinstance(event, Opened)]
    urgent = {event.role for event in came if isinstance(event, Raised) and event.urgency == "urgent"}
    assert f"Clocks started, {len(opened)}" in told
    assert f"Alerted at once, {len(urgent)} " in told
    for clock in opened:
        assert clock.rule in told
    made = [event for event in came if isinstance(event, Submitted)]
    assert told.count("this filing is that report") == len(made)


def test_a_partial_onset_a_grade_and_the_infusion_are_kept_as_given(home: Home) -> None:
    pressed(home, "file", **SERIOUS, after_dose="2", narrative="Course.", outcome="UNKNOWN")
    said = filed(home).by_number[1].particulars
    assert said["started_on"] == "2026-02"
    assert (said["grade"], said["after_dose"], said["serious"], said["hospitalisation"]) == ("3", 2, "Y", "Y")
    assert said["causality"] == "POSSIBLE"
    assert said["aware"].party == "site"


def test_the_infusion_is_worked_out_from_the_dosing_record(home: Home) -> None:
    told = words(pressed(home, "check", **SERIOUS, on_d="4"))
    assert "As the dosing record says Infusion 2 2 days after" in told
    assert "Infusion 1 5 Jan 2026 · lot L-1 · 35 10^6 CELLS 30 days after" in told
    assert "Kept as 2026-02-04." in told


def test_nothing_that_is_missing_keeps_it_from_being_filed(home: Home) -> None:
    told = words(pressed(home, "check", subject="S1"))
    assert "Minimum for a valid report: 3 of 4" in told
    assert "an adverse event missing; you can file without it" in told
    assert "The regulator's form will still lack 7" in told
    assert pressed(home, "file", subject="S1").status_code == 303
    assert filed(home).by_number[1].particulars.keys() == {"trial", "subject", "number", "aware"}


WRONG = [
    ({"on_m": "13"}, "This is no date of the calendar."),
    ({"on_y": "", "on_m": "2"}, "A day needs its month, and a month its year."),
    ({"off_y": "2026", "off_m": "1"}, "The event ends (Jan 2026) before it begins (Feb 2026). Change one."),
    ({"off_y": "2026", "off_m": "3", "ongoing": "1"}, "You say that it still goes on, and when it ended."),
    ({"serious": "n"}, "You answer no, and a criterion is ticked."),
    ({"subject": ""}, "Choose a subject of your site"),
    ({"subject": "THEIRS"}, "Choose a subject of your site"),
    ({"subject": "NOBODY"}, "Choose a subject of your site"),
    ({"aware_day": "tomorrow"}, "Write the date as 2018-09-21"),
    ({"aware_day": "2026-03-02"}, "This lies in the future."),
    ({"after_dose": "9"}, "Dose 9 of subject S1 is not recorded"),
    ({"causality": "MAYBE"}, "AEREL of subject S1 is not on the causality scale"),
    ({"grade": "9"}, "This cannot be taken as it is"),
    ({"narrative": "x" * 20_001}, "This is 20001 characters long; 20000 are taken. Shorten it."),
    ({"narrative": "x" * 400_000}, "This is 400000 characters long; 20000 are taken."),
]


@pytest.mark.parametrize(("typed", "says"), WRONG)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    home: Home, typed: dict[str, str], says: str
) -> None:
    head = home.journal.head()[0]
    page = pressed(home, "file", **{**SERIOUS, "term": "<b>Sepsis</b>", **typed})
    assert page.status_code == 422
    assert home.journal.head()[0] == head
    assert says in words(page)
    assert 'value="&lt;b&gt;Sepsis&lt;/b&gt;"' in page.text, "what was typed is there again, as text"
    assert 'value="hospitalisation" checked' in page.text
    assert pressed(home, "check", **{**SERIOUS, **typed}).status_code == 200


def test_sent_twice_it_is_filed_once(home: Home) -> None:
    browser = signed_in(home, "LIN")
    page = browser.get(FILE)
    act = re.search(r'name="act" value="([^"]+)"', page.text)
    assert act is not None
    data = {"csrf": token(page), "act": act[1], "do": "file", **SERIOUS}
    answers = [browser.post(FILE, data=data, follow_redirects=False) for _ in range(3)]
    assert {(one.status_code, one.headers["location"]) for one in answers} == {(303, "/trials/T1/subjects/S1?filed=1")}
    assert list(filed(home).by_number) == [1]
    other = browser.post(FILE, data={**data, "term": "Chills"}, follow_redirects=False)
    assert other.status_code == 422
    assert "was used before for something else" in words(other)
    assert list(filed(home).by_number) == [1]


def test_the_site_learned_of_it_at_a_time_and_the_clock_starts_there(home: Home, homes: Homes) -> None:
    homes.now += timedelta(hours=30)
    told = words(pressed(home, "check", **SERIOUS, aware_day="2026-03-01", aware_time="9:15"))
    assert "Report to sponsor: Mon 2 Mar 2026, 09:15 overdue already" in told
    head = home.journal.head()[0]
    pressed(home, "file", **SERIOUS, aware_day="2026-03-01")
    report = next(event for event in events(home, head) if isinstance(event, Reported))
    assert report.aware is not None
    assert report.aware.at.isoformat() == "2026-02-28T16:00:00+00:00", "the start of the day at the site"


def test_a_narrative_beyond_what_any_form_holds_is_refused_in_a_sentence_and_nothing_is_stored(home: Home) -> None:
    head = home.journal.head()[0]
    answer = pressed(home, "file", **{**SERIOUS, "narrative": "x" * 10_000_000})
    assert answer.status_code == 413
    assert "nothing was stored" in words(answer)
    assert home.journal.head()[0] == head


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"on_y": "2026", "on_m": "2", "on_d": "4"}, "Late entry: it began 25 days before this is filed."),
        ({"aware_day": "2026-02-20"}, "Late entry: it was learned of 9 days"),
        ({"on_y": "2026", "on_m": "2", "on_d": "28"}, ""),
        ({"on_y": "2026", "on_m": "2", "on_d": ""}, ""),
    ],
)
def test_a_late_entry_is_marked_as_one_before_it_is_filed_and_is_taken(
    home: Home, typed: dict[str, str], says: str
) -> None:
    told = words(pressed(home, "check", **{**SERIOUS, **typed}))
    assert says in told
    assert ("Late entry" in told) is bool(says)
    assert pressed(home, "file", **{**SERIOUS, **typed}).status_code == 303


def test_each_grade_stands_with_the_general_text_of_ctcae(home: Home) -> None:
    told = words(signed_in(home, "LIN").get(FILE))
    assert "Grade 3, severe Severe or medically significant but not immediately life-threatening; hosp" in told
    assert "Grade 5, death Death related to AE." in told


def test_the_enter_key_checks_and_never_files(home: Home) -> None:
    page = signed_in(home, "LIN").get(FILE).text
    buttons = re.findall(r'<button[^>]*name="do" value="(\w+)"', page)
    assert buttons[0] == "check", "Enter presses the first button of the form"
    assert pressed(home, "", **SERIOUS).status_code == 200
    assert not filed(home).by_number


def test_a_safety_officer_files_without_the_investigators_causality(home: Home) -> None:
    page = signed_in(home, "CHEN").get(f"{FILE}?subject=S1")
    assert 'name="causality"' not in page.text
    typed = {name: value for name, value in SERIOUS.items() if name != "causality"}
    assert pressed(home, "file", "CHEN", **typed).status_code == 303
    assert filed(home).by_number[1].particulars["aware"].party == "sponsor"


def test_another_sites_subjects_are_not_offered_and_an_auditor_has_no_form(home: Home) -> None:
    assert "THEIRS" not in signed_in(home, "LIN").get(FILE).text
    assert "THEIRS" in signed_in(home, "CHEN").get(FILE).text
    hinted = words(signed_in(home, "LIN").get(f"{FILE}?subject=THEIRS"))
    assert hinted.replace("THEIRS", "") == words(signed_in(home, "LIN").get(f"{FILE}?subject=NEVER")).replace(
        "NEVER", ""
    )
    assert signed_in(home, "ZHAO").get(FILE).status_code == 404
    assert signed_in(home, "LIN").get(f"{FILE}?as_of=5").status_code == 409


def test_terms_are_suggested_from_ones_own_sites(home: Home) -> None:
    append(home.journal, reported("S1", 1, term="Chills"), reported("THEIRS", 1, term="Theirterm"))
    page = signed_in(home, "LIN").get(FILE).text
    assert '<option value="Chills">' in page
    assert "Theirterm" not in page


def test_it_is_said_in_chinese(home: Home) -> None:
    told = words(signed_in(home, "LIN").get(f"{FILE}?subject=S1", headers=CHINESE))
    assert "提交不良事件" in told
    assert "有效报告的最低要求：4 项中的 3 项" in told
    assert "不立即提醒任何人。" in told
