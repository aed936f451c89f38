"""What each party came to know of an adverse event and when, as the evaluator is told it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from safety.aggregates.deciding import Form
from safety.aggregates.facts_of_record import FactsOfRecord, facts, present
from safety.aggregates.grounds import Grounds, grounds
from safety.aggregates.obligation import GroundsFound, Obligations
from safety.aggregates.trial import ReferenceSafetyInformationIssued
from safety.regulation.counting import Causality
from safety.regulation.facts import Fact
from safety.values import Awareness
from tests import builders as b
from tests.builders import T0, TRIAL
from tests.duties import DAY
from tests.given import Given, given
from tests.golden_log import story
from tests.test_obligation import submitted

STREAM = f"{TRIAL}/subject/S1"
CAUSALITY = Causality.model_validate(b.CAUSALITY)
SITE, SPONSOR = b.aware(T0), b.aware(T0, "sponsor")


def heard(at: datetime, filed_at: datetime, party: Any = "site") -> Awareness:  # noqa: ANN401, a party
    return b.aware(at, party).model_copy(update={"filed_at": filed_at})


def told(*history: Form, both: bool = False, rules: Iterable[str] = ("GOLD-15",)) -> list[Fact]:
    states: Given = given(b.registered(), b.enrolled(), *history)
    known = states(STREAM, FactsOfRecord).of(1)
    obligations = states(STREAM, Obligations).of(1)
    return facts(known, CAUSALITY, obligations, frozenset(rules), sponsor_investigator=both)


def said_by(party: str, *history: Form) -> list[dict[str, object]]:
    return [dict(fact.said) for fact in told(*history) if fact.party == party]


# Each party knows from its own moment on


def test_the_site_knows_from_its_awareness_and_the_sponsor_from_the_filing() -> None:
    found = told(b.reported(serious="Y", aware=heard(T0 - 3 * DAY, T0)))
    assert [(fact.party, fact.at, fact.ref) for fact in found] == [("site", T0 - 3 * DAY, 2), ("sponsor", T0, 2)]
    assert found[0].said == found[1].said == {"minimum_criteria": True, "serious": True}


def test_a_sponsor_investigator_is_told_each_fact_once() -> None:
    (fact,) = told(b.reported(serious="Y", aware=heard(T0 - 3 * DAY, T0)), both=True)
    assert (fact.at, fact.party) == (T0 - 3 * DAY, "site")


def test_what_the_sponsor_knows_the_site_is_not_told_by_it() -> None:
    assert [fact.party for fact in told(b.reported(serious="Y", aware=SPONSOR))] == ["sponsor"]


def test_an_event_of_before_there_was_an_awareness_tells_nothing() -> None:
    assert told(b.reported(serious="Y")) == []


def test_every_event_ever_written_is_heeded() -> None:
    history = [given_form for given_form in golden() if given_form.stream == "GOLDEN/subject/S01"]
    states = given(*history)("GOLDEN/subject/S01", FactsOfRecord)
    assert [one.version for one in states.of(1)][:1] == [
        next(n for n, form in enumerate(history, 1) if form.TOPIC == "adverse_event.reported.v1")
    ]


def golden() -> list[Form]:
    from safety.aggregates.register import TOPICS  # noqa: PLC0415, read once

    return [TOPICS[topic].model_validate(said) for topic, said in story()]


# What is said


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"serious": "N"}, {"serious": False}, id="not serious"),
        pytest.param({"serious": None}, {}, id="not stated"),
        pytest.param({"serious": "N", "hospitalisation": "Y"}, {"serious": True}, id="E2A II.B: any criterion"),
        pytest.param({"serious": "Y", "results_in_death": "N"}, {"serious": True, "fatal": False}, id="not fatal"),
        pytest.param({"serious": None, "results_in_death": "Y"}, {"serious": True, "fatal": True}, id="fatal"),
        pytest.param({"serious": "N", "outcome": "FATAL"}, {"serious": True, "fatal": True}, id="AEOUT fatal"),
        pytest.param({"serious": "N", "grade": "5"}, {"serious": True, "fatal": True}, id="CTCAE grade 5"),
        pytest.param({"serious": "N", "grade": "4"}, {"serious": False}, id="CTCAE grade 4"),
        pytest.param(
            {"serious": None, "life_threatening": "Y"}, {"serious": True, "life_threatening": True}, id="threatening"
        ),
        pytest.param({"serious": None, "causality": "PROBABLE"}, {"related_investigator": True}, id="related"),
        pytest.param({"serious": None, "causality": "REMOTE"}, {"related_investigator": False}, id="not related"),
    ],
)
def test_what_a_report_says(fields: dict[str, Any], says: dict[str, bool]) -> None:
    assert said_by("site", b.reported(aware=SITE, **fields)) == [{"minimum_criteria": True, **says}]


@pytest.mark.parametrize(
    ("fields", "met"),
    [
        ({"term": None, "preferred_term": None, "body_system": None}, False),
        ({"term": "Pyrexia", "preferred_term": None}, True),
        ({"term": None, "preferred_term": "Pyrexia"}, True),
        ({"term": None, "preferred_term": None, "outcome": "FATAL"}, True),
        ({"term": None, "preferred_term": None, "narrative": "Fever at night"}, True),
    ],
)
def test_the_minimum_criteria_need_an_event_or_an_outcome(fields: dict[str, Any], *, met: bool) -> None:
    (said,) = said_by("site", b.reported(aware=SITE, **fields))
    assert ("minimum_criteria" in said) == met


def test_each_assessor_speaks_for_itself() -> None:
    history = (
        b.reported(serious="N", causality="NONE", aware=SITE),
        b.seriousness_assessed(assessor="sponsor", serious="Y", aware=b.aware(T0 + DAY, "sponsor")),
        b.causality_assessed(assessor="sponsor", causality="POSSIBLE", aware=b.aware(T0 + 2 * DAY, "sponsor")),
        b.causality_assessed(causality="PROBABLE", product="Methotrexate", aware=b.aware(T0 + 3 * DAY)),
    )
    assert said_by("site", *history) == [
        {"minimum_criteria": True, "serious": False, "related_investigator": False},
        {"related_investigator": True},
    ]
    assert said_by("sponsor", *history)[1:] == [
        {"serious": True},
        {"related_sponsor": True},
        {"related_investigator": True},
    ]


def test_expectedness_as_assessed_before_what_the_listing_says() -> None:
    listed = b.built(
        GroundsFound, subject="S1", number=1, aware=SPONSOR, exposed="N", expected="Y", reference_safety_information="1"
    )
    history = (b.reported(serious="Y", aware=SPONSOR), listed)
    assert said_by("sponsor", *history)[1] == {"unexpected": False, "exposed": False}
    judged = b.expectedness_assessed(expected="N", aware=b.aware(T0 + DAY, "sponsor"))
    assert said_by("sponsor", *history, judged)[2] == {"unexpected": True}


def test_a_follow_up_is_new_information_and_a_nullification_voids() -> None:
    history = (
        b.reported(aware=SITE),
        b.followed_up(severity="MILD", aware=b.aware(T0 + DAY)),
        b.nullified(aware=b.aware(T0 + 2 * DAY)),
    )
    assert said_by("site", *history)[1:] == [{"new_information": True}, {"nullified": True}]


# What is taken back


@pytest.mark.parametrize(
    ("assessment", "downgrades"),
    [
        pytest.param(b.seriousness_assessed(serious="N", takes_back="medical_review"), True, id="no longer serious"),
        pytest.param(b.seriousness_assessed(serious="N"), False, id="without a reason"),
        pytest.param(b.seriousness_assessed(serious="Y", takes_back="medical_review"), False, id="nothing less"),
        pytest.param(
            b.causality_assessed(causality="NONE", takes_back="new_information"), True, id="missing causality counted"
        ),
        pytest.param(b.expectedness_assessed(expected="Y", takes_back="medical_review"), True, id="expected after all"),
        pytest.param(b.expectedness_assessed(expected="N", takes_back="medical_review"), False, id="unexpected"),
    ],
)
def test_a_downgrade_takes_something_back_and_says_why(assessment: Form, *, downgrades: bool) -> None:
    later = assessment.model_copy(update={"aware": b.aware(T0 + DAY)})
    *_, last = [{}, *said_by("site", b.reported(serious="Y", aware=SITE), later)[1:]]
    assert ("downgraded" in last) == downgrades


def test_a_correction_says_more_from_the_fact_it_puts_right_and_less_from_its_filing() -> None:
    history = (
        b.reported(serious="N", causality="PROBABLE", aware=heard(T0, T0 + timedelta(hours=1))),
        b.followed_up(severity="MILD", aware=b.aware(T0 + DAY)),
        b.corrected("S1", 1, "AESER", "AEREL", serious="Y", causality="NONE", aware=b.aware(T0 + 5 * DAY)),
    )
    found = {(fact.party, fact.at): dict(fact.said) for fact in told(*history)}
    assert found["site", T0 + 5 * DAY] == {"related_investigator": False}
    assert found["sponsor", T0 + 5 * DAY] == {"related_investigator": False}
    corrected = [fact for fact in told(*history) if fact.ref == 4 and fact.said.get("serious")]
    assert [(fact.party, fact.at) for fact in corrected] == [("site", T0), ("sponsor", T0 + timedelta(hours=1))]


# What was sent


def test_a_report_sent_is_told_once_to_who_owes_it_and_only_to_its_pack() -> None:
    history = (
        b.reported(serious="Y", aware=SPONSOR),
        b.obligation_opened(starts_at=T0),
        submitted("Authority", sent_at=T0 + DAY),
        submitted("Ethics committee", sent_at=T0 + 2 * DAY),
    )
    assert [fact.said for fact in told(*history)][1:] == [{"submitted": "GOLD-15"}]
    assert [fact.at for fact in told(*history)][1:] == [T0 + DAY]
    assert len(told(*history, rules=["OTHER-15"])) == 1


# What the record itself says


DOSES = ("2018-03-01", "2018-04-01")
RSI = {"listed": [{"preferred_term": "Pyrexia", "worst_listed": "life_threatening"}]}


def of_record(*history: Form, issued: Iterable[ReferenceSafetyInformationIssued] = ()) -> Grounds:
    from safety.aggregates.adverse_event import AdverseEvents  # noqa: PLC0415, one use
    from safety.aggregates.dose import Doses  # noqa: PLC0415, one use

    states = given(b.registered(), b.enrolled(), *history)
    particulars = states(STREAM, AdverseEvents).by_number[1].particulars
    said = present(states(STREAM, FactsOfRecord).of(1), CAUSALITY)
    return grounds(particulars, said, states(STREAM, Doses), issued)


@pytest.mark.parametrize(
    ("onset", "doses", "exposed"),
    [
        pytest.param("2018-03-05", DOSES, True, id="after the first dose"),
        pytest.param("2018-02-28", DOSES, False, id="before the first dose"),
        pytest.param("2018-03-01", DOSES, True, id="on the day: undecidable counts as exposed"),
        pytest.param("2018-03-01T08:00", ("2018-03-01T09:30",), False, id="an hour before it"),
        pytest.param("2018", DOSES, True, id="in the year: undecidable"),
        pytest.param("2018-02", DOSES, False, id="in the month before"),
        pytest.param(None, DOSES, True, id="no onset"),
        pytest.param("2018-02-28", (), True, id="no dose on record yet"),
        pytest.param("2018-02-28", ("2018-03-01", None), True, id="a dose without a date"),
    ],
)
def test_exposed_unless_every_dose_surely_came_later(
    onset: str | None, doses: tuple[str | None, ...], *, exposed: bool
) -> None:
    given_doses = [b.given(number=n, started_on=start) for n, start in enumerate(doses, 1)]
    assert of_record(*given_doses, b.reported(started_on=onset, aware=SITE)).exposed == exposed


@pytest.mark.parametrize(
    ("fields", "dates", "by"),
    [
        pytest.param({"started_on": "2018-01-01"}, ["2018-01-01"], "1", id="in force on the day of onset"),
        pytest.param({"started_on": "2017-12-31"}, ["2018-01-01"], None, id="not yet"),
        pytest.param({"started_on": "2018-03-05"}, ["2018-01-01", "2018-02-01"], "2", id="the latest in force"),
        pytest.param(
            {"started_on": "2018-01-15"}, ["2018-01-01", "2018-02-01"], "1", id="regulatory 1.5: not a later one"
        ),
        pytest.param({"started_on": "2018"}, ["2018-06-01"], None, id="perhaps before there was any"),
        pytest.param({"started_on": None}, ["2018-01-01"], None, id="no onset"),
        pytest.param({"preferred_term": "Chills"}, ["2018-01-01"], None, id="not listed"),
        pytest.param({"preferred_term": None}, ["2018-01-01"], None, id="not coded"),
        pytest.param({"preferred_term": "PYREXIA"}, ["2018-01-01"], "1", id="in any case"),
        pytest.param({"life_threatening": "Y"}, ["2018-01-01"], "1", id="as severe as listed"),
        pytest.param({"results_in_death": "Y"}, ["2018-01-01"], None, id="E2A II.C: more severe than listed"),
        pytest.param({}, [], None, id="E2F: no RSI, all is unexpected"),
    ],
)
def test_expected_by_what_was_in_force_at_onset(fields: dict[str, Any], dates: list[str], by: str | None) -> None:
    issued = [b.rsi_issued(str(n), effective_on=date, **RSI) for n, date in enumerate(dates, 1)]
    found = of_record(b.reported(**{"aware": SITE, **fields}), issued=issued)
    assert (found.expected, found.by) == (by is not None, by)


def test_expected_only_if_every_version_it_may_fall_under_lists_it() -> None:
    first = b.rsi_issued("1", effective_on="2018-01-01", **RSI)
    for listed, expected in ((RSI["listed"], True), ([], False)):
        second = b.rsi_issued("2", effective_on="2018-03-15", listed=listed)
        assert of_record(b.reported(started_on="2018-03", aware=SITE), issued=[first, second]).expected == expected


def test_nothing_is_expected_by_what_the_authority_has_not_approved() -> None:
    rsi = b.rsi_issued("1", effective_on="2018-01-01", approved_on="2018-04-01", **RSI)
    assert not of_record(b.reported(started_on="2018-03-31", aware=SITE), issued=[rsi]).expected
    assert of_record(b.reported(started_on="2018-04-01", aware=SITE), issued=[rsi]).expected


def test_nobody_files_by_hand_what_would_start_no_clock() -> None:
    states = given(b.registered(), b.enrolled())
    for basis in ("import", "history", "column", "filed"):
        early = {"basis": basis, "filed_at": datetime(2018, 1, 1, tzinfo=UTC)}
        form = b.reported(aware=b.aware(T0 - DAY).model_copy(update=early))
        (event,) = states.when("adverse_event.report", form.model_copy(update={"number": None}))
        aware: Awareness = event.__dict__["aware"]
        assert (aware.basis, aware.filed_at) == ("stated", T0)
