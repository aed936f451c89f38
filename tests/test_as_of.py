"""As of any position: rows equal a replay to it, later events change nothing, and every way to build them gives the same."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from safety.aggregates.adverse_event import AdverseEvent, AdverseEvents
from safety.aggregates.alert import Alert
from safety.aggregates.deciding import NOTHING, Form, StreamState, fold
from safety.aggregates.dose import Doses
from safety.aggregates.subject import Subject
from safety.aggregates.trial import Trial
from safety.journal import Journal, open_journal
from safety.projections import At, Views
from safety.projections.adverse_event import ADVERSE_EVENT, SAID_IN_WORDS
from safety.projections.alert import ALERT
from safety.projections.assessment import ASSESSMENT
from safety.projections.building import build
from safety.projections.exposure import EXPOSURE
from safety.projections.exposure import PARTICULARS as OF_DOSE
from safety.projections.folding import PROJECTIONS
from safety.projections.incidence import incidence
from safety.projections.rows import OPEN, Versioned
from safety.projections.subject import PARTICULARS as OF_SUBJECT
from safety.projections.subject import SUBJECT
from safety.projections.trial import TRIAL
from safety.values import microseconds, span
from tests import builders as b
from tests.conftest import Store
from tests.histories import History

TABLES = [table for projection in PROJECTIONS for table in projection.tables]
Rows = dict[tuple[Any, ...], dict[str, Any]]


def standing(connection: Connection, of: Versioned, at: At) -> Rows:
    """The rows that stand at a moment, by key, without their positions."""
    found = connection.execute(select(of.table).where(at.stands(of.table))).mappings()
    return {tuple(row[key] for key in of.keys): plain(dict(row)) for row in found}


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"from_position", "to_position"}}


def everything(connection: Connection) -> list[list[tuple[Any, ...]]]:
    """Every version of every row."""
    tables = [of.table for of in TABLES]
    return [[tuple(row) for row in connection.execute(select(t).order_by(*t.primary_key.columns))] for t in tables]


def folded(events: Sequence[Form]) -> dict[str, StreamState]:
    states: dict[str, StreamState] = {}
    for happened in events:
        states[happened.stream] = fold(states.get(happened.stream, NOTHING), happened)
    return states


def as_text(value: object) -> str | None:
    return None if value is None else str(value)


def of_adverse_event(key: tuple[str, str, int], ae: AdverseEvent) -> dict[str, Any]:
    """What the table should hold of an adverse event, from the aggregate's state."""
    says = ae.particulars
    row: dict[str, Any] = dict(zip(ADVERSE_EVENT.keys, key, strict=True))
    row |= {name: as_text(says.get(name)) for name in SAID_IN_WORDS}
    for name, bounds in {"started_on": ("onset_low", "onset_high"), "ended_on": ("end_low", "end_high")}.items():
        row |= dict(zip(bounds, span(says[name]) if name in says else (None, None), strict=True))
    aware = says.get("aware")
    row["aware_at"] = None if aware is None else microseconds(aware.at)
    row["aware_on"] = None if aware is None else aware.on.isoformat()
    row["aware_party"] = None if aware is None else aware.party
    row |= {"after_dose": says.get("after_dose"), "merged_into": ae.merged_into, "expected": ae.expected}
    row["infection_transmission"] = ae.reportability.get("infection_transmission")
    row |= {"nullified": int(ae.nullified), "vanished": int(ae.vanished)}
    return row


def expected_rows(states: dict[str, StreamState]) -> dict[str, Rows]:
    """What the tables of a trial's subjects should hold, from the aggregates' states."""
    rows: dict[str, Rows] = {"subject": {}, "exposure": {}, "adverse_event": {}, "assessment": {}}
    for stream, state in states.items():
        trial, kind, code = (*stream.split("/"), "")[:3]
        if kind != "subject":
            continue
        who = state.slice(Subject)
        rows["subject"][trial, code] = {
            "trial": trial,
            "subject": code,
            **{name: who.particulars.get(name) for name in OF_SUBJECT},
            "died": int(who.died),
            "died_on": as_text(who.died_on),
            "completed": int(who.completed),
            "withdrawn": ",".join(sorted(who.withdrawn)) or None,
            "vanished": int(who.vanished),
        }
        doses = state.slice(Doses)
        for number in set(doses.by_number) | doses.withheld:
            rows["exposure"][trial, code, number] = of_dose((trial, code, number), doses)
        for number, ae in state.slice(AdverseEvents).by_number.items():
            rows["adverse_event"][trial, code, number] = of_adverse_event((trial, code, number), ae)
            for (assessor, product, method), causality in ae.causality.items():
                key = (trial, code, number, assessor, product or "", method or "")
                rows["assessment"][key] = {**dict(zip(ASSESSMENT.keys, key, strict=True)), "causality": causality}
    return rows


def of_dose(key: tuple[str, str, int], doses: Doses) -> dict[str, Any]:
    number = key[2]
    says = doses.by_number.get(number, {})
    row: dict[str, Any] = dict(zip(EXPOSURE.keys, key, strict=True)) | {
        name: as_text(says.get(name)) for name in OF_DOSE
    }
    for name, bounds in {"started_on": ("start_low", "start_high"), "ended_on": ("end_low", "end_high")}.items():
        row |= dict(zip(bounds, span(says[name]) if name in says else (None, None), strict=True))
    return row | {"withheld": int(number in doses.withheld), "vanished": int(number in doses.vanished)}


def check_rows(connection: Connection, events: Sequence[Form], at: At) -> None:
    states = folded(events[: at.position])
    expected = expected_rows(states)
    for of in (SUBJECT, EXPOSURE, ADVERSE_EVENT, ASSESSMENT):
        found = standing(connection, of, at)
        if of is ASSESSMENT:
            found = {key: row for key, row in found.items() if row["causality"] is not None}
        if of is ADVERSE_EVENT:
            for (trial, code, number), row in found.items():
                state = states[f"{trial}/subject/{code}"].slice(AdverseEvents).by_number[number]
                assert (row.pop("serious_for_sponsor") == "Y") == state.serious_for_sponsor
        assert found == expected[of.name], of.name
    trial = states.get(f"{b.TRIAL}/trial", NOTHING).slice(Trial)
    assert [row["sha256"] for row in standing(connection, TRIAL, at).values()] == [trial.sha256] * bool(trial.id)
    assert len(standing(connection, ALERT, at)) == sum(
        state.slice(Alert).raised is not None for state in states.values()
    )


@pytest.mark.parametrize("seed", range(4))
def test_rows_as_of_any_position_are_what_the_aggregates_came_to_by_then(
    journal: Journal, views: Views, seed: int
) -> None:
    events = list(History(seed).events(400))
    b.append(journal, *events)
    views.catch_up(journal)
    assert views.faults() == []
    with views.connect() as connection:
        for position in [*sorted(Random(seed).sample(range(1, len(events)), 12)), len(events)]:
            check_rows(connection, events, At(position))


@pytest.mark.parametrize("seed", [11, 12])
def test_live_catch_up_and_rebuild_give_the_same_versions(
    journal: Journal, views: Views, store: Store, seed: int
) -> None:
    """Live: an event, a read, an event; in pages of any size; and built anew from the whole log."""
    events = list(History(seed).events(250))
    live = Views.in_memory()
    live.catch_up(journal)
    left = list(events)
    sizes = Random(seed)
    while left:
        size = sizes.choice((1, 1, 2, 40))
        b.append(journal, *left[:size])
        del left[:size]
        live.catch_up(journal)
        if sizes.random() < 0.1:
            views.catch_up(journal)
    views.catch_up(journal)
    anew = Views.in_memory()
    assert anew.rebuild(journal) == len(events)
    found = []
    for each in (live, views, anew):
        with each.connect() as connection:
            found.append(everything(connection))
    assert found[0] == found[1] == found[2]
    assert live.check(journal) == views.check(journal) == []
    live.close()
    anew.close()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 120), more=st.integers(1, 60), part=st.floats(0, 1))
def test_later_events_never_change_an_earlier_answer(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, more: int, part: float
) -> None:
    folder = tmp_path_factory.mktemp("log")
    journal, views = open_journal(folder / "log.db", lambda: 1), Views.in_memory()
    events = list(History(seed).events(count + more))
    b.append(journal, *events[: 3 + count])
    at = At(3 + round(part * count))
    views.catch_up(journal)
    with views.connect() as connection:
        before = [standing(connection, of, at) for of in TABLES], incidence(connection, b.TRIAL, at, by="pt")
    b.append(journal, *events[3 + count :])
    views.catch_up(journal)
    with views.connect() as connection:
        after = [standing(connection, of, at) for of in TABLES], incidence(connection, b.TRIAL, at, by="pt")
        check_rows(connection, events, at)
    assert before == after
    replayed = Views.in_memory()
    with replayed.place.building() as connection:
        build(connection, journal.read(upto=at.position))
    with replayed.connect() as connection:
        assert [standing(connection, of, At(OPEN - 1)) for of in TABLES] == before[0]
    journal.close()
    views.close()
    replayed.close()


def test_the_versions_of_a_row_name_the_events_behind_it(journal: Journal, views: Views) -> None:
    b.append(
        journal,
        b.opened(),
        b.registered(),
        b.enrolled(),
        b.reported(severity="MILD"),
        b.followed_up(severity="SEVERE"),
        b.nullified(),
    )
    views.catch_up(journal)
    with views.connect() as connection:
        table = ADVERSE_EVENT.table
        ask = select(table.c.from_position, table.c.to_position, table.c.severity, table.c.nullified)
        versions = [tuple(row) for row in connection.execute(ask.order_by(table.c.from_position))]
    assert versions == [(4, 5, "MILD", 0), (5, 6, "SEVERE", 0), (6, OPEN, "SEVERE", 1)]
