"""Which alerts are owed for what: one each time an adverse event becomes serious, in the reading of duties."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from safety import duty
from safety.aggregates.adverse_event import AdverseEvent, AdverseEvents, RowReappeared, RowVanished
from safety.aggregates.alert import Raised, alert_id
from safety.aggregates.deciding import Form, fold
from safety.aggregates.ladder import Ladder
from tests.builders import (
    T0,
    TRIAL,
    account_added,
    alert_raised,
    built,
    causality_assessed,
    coded,
    corrected,
    data_imported,
    definition,
    died,
    enrolled,
    expectedness_assessed,
    followed_up,
    merged,
    nullified,
    obligation_opened,
    registered,
    reported,
    seriousness_assessed,
    unmerged,
)
from tests.builders import given as dose_given
from tests.given import given

STREAM = f"{TRIAL}/subject/S1"
SAE = reported(serious="Y")
ESCALATED = seriousness_assessed(serious="Y", hospitalisation="Y")
BY_SPONSOR = seriousness_assessed(assessor="sponsor", medically_important="Y")


def owed(*decided: Form, after: tuple[Form, ...] = ()) -> list[tuple[str, tuple[str, ...]]]:
    """Give rule and concern of the alerts owed for one decision after a history."""
    return [(str(alert.rule), alert.concerning) for alert in alerts(*decided, after=after)]


def alerts(*decided: Form, after: tuple[Form, ...] = ()) -> list[Raised]:
    found = duty.alerts(happened(*decided, after=after), given(*after), T0)
    return [alert for alert in found if isinstance(alert, Raised)]


def happened(*decided: Form, after: tuple[Form, ...] = ()) -> list[duty.Happened]:
    states = {event.stream: given(*after).state(event.stream) for event in decided}
    found = []
    for event in decided:
        before = states[event.stream]
        states[event.stream] = fold(before, event)
        found.append(duty.Happened(event, before, states[event.stream]))
    return found


REPORTED, UPGRADED, WORSENED = duty.SERIOUS_REPORTED, duty.SERIOUS_ESCALATED, duty.SERIOUS_WORSENED
DOWNGRADED, NULLIFIED = duty.SERIOUS_DOWNGRADED, duty.SERIOUS_NULLIFIED


@pytest.mark.parametrize(
    ("history", "event", "rule"),
    [
        pytest.param([], SAE, REPORTED, id="21 CFR 312.64(b) reported serious"),
        pytest.param([], reported(serious="N", results_in_death="Y"), REPORTED, id="AESER=N with AESDTH=Y"),
        pytest.param([], reported(serious="N", involves_cancer="Y"), REPORTED, id="AESER=N with AESCAN=Y"),
        pytest.param([], reported(serious="N"), None, id="reported not serious"),
        pytest.param([], reported(serious=None), None, id="seriousness not stated"),
        pytest.param([reported()], ESCALATED, UPGRADED, id="escalated"),
        pytest.param([reported()], BY_SPONSOR, UPGRADED, id="E2A serious in the sponsor's view"),
        pytest.param([reported()], followed_up(life_threatening="Y"), UPGRADED, id="serious by follow-up"),
        pytest.param([reported()], corrected("S1", 1, "AESER", serious="Y"), UPGRADED, id="serious by correction"),
        pytest.param([SAE], followed_up(results_in_death="Y"), WORSENED, id="E2A III.B.1 fatal now"),
        pytest.param([SAE], followed_up(outcome="FATAL"), WORSENED, id="E2A III.B.1 fatal by its outcome"),
        pytest.param([SAE], followed_up(life_threatening="Y"), WORSENED, id="E2A III.B.1 life-threatening now"),
        pytest.param([SAE, followed_up(life_threatening="Y")], followed_up(outcome="FATAL"), None, id="7 days already"),
        pytest.param([SAE], followed_up(disability="Y"), None, id="serious for one more reason"),
        pytest.param(
            [reported()], followed_up(outcome="FATAL"), None, id="a fatal outcome of what nobody calls serious"
        ),
        pytest.param([SAE], ESCALATED, None, id="serious already"),
        pytest.param([SAE], BY_SPONSOR, None, id="serious already, for the investigator"),
        pytest.param([SAE], seriousness_assessed(serious="N"), DOWNGRADED, id="no longer serious"),
        pytest.param([SAE], corrected("S1", 1, "AESER", serious="N"), DOWNGRADED, id="it never was serious"),
        pytest.param([reported()], nullified(), None, id="nullified what was not serious"),
        pytest.param([SAE, seriousness_assessed(serious="N")], ESCALATED, UPGRADED, id="and again"),
        pytest.param(
            [reported(), ESCALATED, BY_SPONSOR], seriousness_assessed(serious="N"), None, id="still for the sponsor"
        ),
        pytest.param([SAE], causality_assessed(), None, id="causality"),
        pytest.param([SAE], expectedness_assessed(), None, id="expectedness"),
        pytest.param([SAE], coded(), None, id="coding"),
        pytest.param([reported(), reported(number=2, serious="Y"), merged()], unmerged(), None, id="unmerged"),
        pytest.param([SAE], nullified(), NULLIFIED, id="E2B C.1.11 nullified"),
        pytest.param([SAE], built(RowVanished, subject="S1", number=1), None, id="a row that vanished"),
        pytest.param([SAE], built(RowReappeared, subject="S1", number=1), None, id="a row that is back"),
        pytest.param([], dose_given(), None, id="a dose"),
        pytest.param([], died(), None, id="a death: the AE that led to it is a fact of its own"),
        pytest.param([], account_added(), None, id="an account"),
        pytest.param([], alert_raised(), None, id="an alert owes no alert"),
    ],
)
def test_an_alert_is_owed_each_time_an_adverse_event_becomes_serious(
    history: list[Form], event: Form, rule: str | None
) -> None:
    background = (registered(), enrolled(), *history)
    assert owed(event, after=background) == ([] if rule is None else [(rule, ("S1/1",))])


def test_each_adverse_event_of_a_decision_has_an_alert_of_its_own() -> None:
    decided = [SAE, reported(number=2), reported(number=3, serious="Y"), seriousness_assessed(number=2, serious="Y")]
    assert owed(*decided) == [(REPORTED, ("S1/1",)), (REPORTED, ("S1/3",)), (UPGRADED, ("S1/2",))]


def test_an_alert_goes_to_the_safety_officer_and_is_known_by_the_fact_that_owes_it() -> None:
    (alert,) = alerts(SAE, after=(enrolled(), dose_given()))
    assert (alert.trial, alert.role, alert.rung, alert.due_at) == (TRIAL, "safety_officer", 1, None)
    assert alert.alert == alert_id(STREAM, 3, REPORTED, "safety_officer", 1)
    assert alert.stream == f"{TRIAL}/alert/{alert.alert}"


def test_e2b_c_1_11_a_serious_number_that_is_merged_is_told_in_the_digest() -> None:
    (alert,) = alerts(merged(), after=(registered(), enrolled(), reported(), reported(number=2, serious="Y")))
    assert (alert.rule, alert.urgency, alert.concerning) == ("SAE-MERGED", "digest", ("S1/2",))
    assert alerts(merged(), after=(registered(), enrolled(), reported(serious="Y"), reported(number=2))) == []


def test_the_same_adverse_event_serious_again_owes_another_alert() -> None:
    back_and_forth = [SAE, seriousness_assessed(serious="N"), ESCALATED, seriousness_assessed(serious="N"), ESCALATED]
    assert len({alert.alert for alert in alerts(*back_and_forth) if alert.urgency == "urgent"}) == 3


def test_an_import_owes_one_alert_a_role_for_all_its_news() -> None:
    assert of_import() == []
    (alert,) = of_import(("S1/1", (), (SAE,)), ("S2/3", (reported(),), (reported(), ESCALATED)))
    assert (alert.rule, alert.role, alert.concerning) == ("SAE-IMPORTED", "safety_officer", ("S1/1", "S2/3"))
    assert alert.alert == alert_id(f"{TRIAL}/trial", 4, "SAE-IMPORTED", "safety_officer", 1)
    assert alert.next_at == T0 + timedelta(minutes=15)


def of_import(*changed: tuple[str, tuple[Form, ...], tuple[Form, ...]], **fields: object) -> list[Raised]:
    """Give what an import owes of adverse events that these histories, before and after it, have come to."""
    found = [(name, *(event_of(history) for history in histories)) for name, *histories in changed]
    imported = duty.Imported(data_imported(**{"history": False, **fields}), 4, found, [])  # type: ignore[arg-type]  # the second is on record
    return duty.of_import(imported, given(), T0)


def event_of(history: tuple[Form, ...]) -> AdverseEvent | None:
    return given(*history)(STREAM, AdverseEvents).by_number.get(1)


WORSE = ("S1/1", (SAE,), (SAE, followed_up(results_in_death="Y")))


def test_an_import_that_says_worse_or_less_owes_what_a_persons_correction_does() -> None:
    less = ("S1/2", (SAE,), (SAE, corrected("S1", 1, "AESER", serious="N")))
    same = ("S1/3", (SAE,), (SAE, followed_up(severity="SEVERE")))
    told = [(alert.rule, alert.urgency, alert.concerning) for alert in of_import(WORSE, less, same)]
    assert told == [("SAE-WORSENED", "urgent", ("S1/1",)), ("SAE-DOWNGRADED", "digest", ("S1/2",))]


def test_of_history_nothing_new_is_news_but_what_is_worse_is_in_the_digest() -> None:
    found = of_import(WORSE, ("S1/4", (), (SAE,)), ("S1/5", (reported(),), (reported(), ESCALATED)), history=True)
    assert [(alert.rule, alert.urgency, alert.concerning) for alert in found] == [("SAE-WORSENED", "digest", ("S1/1",))]


def clocks_of_import(*opened: tuple[str, str | None, datetime | None, str], sites: int = 1) -> list[Raised]:
    """Give what an import owes of clocks: subject and its site, due time, and unit."""
    clocks = [
        duty.OpenedAt(obligation_opened(code, party="site", due_at=due_at, unit=unit), site)
        for code, site, due_at, unit in opened
    ]
    governs = definition(sites=[{"id": f"0{site}", "zone": "UTC"} for site in range(1, sites + 1)])
    return duty.of_import(duty.Imported(data_imported(), 4, [], clocks), given(registered(governs)), T0)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("due_at", "unit", "urgency"),
    [
        (T0 + 24 * HOUR, "hour", "urgent"),
        (T0 + 25 * HOUR, "hour", "digest"),
        (T0, "hour", "digest"),
        (None, "immediately", "urgent"),
        (None, "promptly", "digest"),
    ],
)
def test_an_imported_clock_that_cannot_wait_for_the_digest_is_told_at_once(
    due_at: datetime | None, unit: str, urgency: str
) -> None:
    (alert,) = clocks_of_import(("S1", "01", due_at, unit), ("S2", "01", T0 + 100 * HOUR, "hour"))
    assert (alert.urgency, alert.concerning) == (urgency, ("S1/1", "S2/1"))
    assert alert.alert == alert_id(f"{TRIAL}/trial", 4, "OBLIGATIONS-IMPORTED", "investigator", 1)


def test_of_several_sites_each_is_told_of_its_own_imported_clocks_alone() -> None:
    later = T0 + 100 * HOUR
    clocks = [("S1", "01", later, "hour"), ("S2", "02", T0 + HOUR, "hour"), ("S3", None, later, "hour")]
    found = clocks_of_import(*clocks, sites=2)
    assert [(alert.concerning, alert.urgency) for alert in found] == [
        (("S3/1",), "digest"),
        (("S1/1",), "digest"),
        (("S2/1",), "urgent"),
    ]
    assert len({alert.alert for alert in found}) == 3


def test_an_alert_has_its_next_rung_by_the_ladder_of_its_trial() -> None:
    own = Ladder.model_validate({"urgent": [{"role": "investigator", "after_minutes": 7}]})
    (alert,) = alerts(SAE, after=(registered(definition(ladder=own)), enrolled()))
    assert (alert.urgency, alert.next_at) == ("urgent", T0 + timedelta(minutes=7))


def test_what_is_not_urgent_waits_for_the_digest_in_the_zone_of_its_trial() -> None:
    (alert,) = alerts(nullified(), after=(registered(), enrolled(), SAE))
    assert alert.urgency == "digest"
    assert alert.next_at is not None
    assert alert.next_at.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M") == "08:00"
    assert T0 < alert.next_at <= T0 + timedelta(days=1)


def test_every_rule_is_of_one_line_and_says_why() -> None:
    assert len({rule.rule for rule in duty.RULES}) == len(duty.RULES)
    assert all(rule.why for rule in duty.RULES)
