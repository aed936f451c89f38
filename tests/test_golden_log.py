"""History is for ever: what a release has written loads, folds and keeps its leaf, whatever the program has become."""

import json
from pathlib import Path

import pytest

from safety.aggregates.deciding import NOTHING, StreamState, fold
from safety.aggregates.register import TOPICS
from safety.journal import Decision, NewEvent, Stored, decode, leaf, open_journal
from safety.projections.views import Views
from tests import golden_log

WRITTEN = golden_log.written()


@pytest.mark.parametrize(("row", "was"), WRITTEN, ids=[f"{row.position}-{row.topic}" for row, _ in WRITTEN])
def test_a_written_event_loads_and_keeps_its_leaf(row: Stored, was: str) -> None:
    assert leaf(row) == was
    event = decode(row).event
    assert row.topic == event.TOPIC
    assert event.stream == row.stream


def test_every_event_version_stands_in_the_golden_log() -> None:
    assert set(TOPICS).issubset(row.topic for row, _ in WRITTEN)


def test_a_written_event_says_every_field_of_its_class() -> None:
    said: dict[str, set[str]] = {}
    for row, _ in WRITTEN:
        said.setdefault(row.topic, set()).update(json.loads(row.body))
    for topic, form in TOPICS.items():
        names = {described.alias or name for name, described in form.model_fields.items()}
        assert said[topic] == names, topic


def test_today_writes_the_same_bytes_as_then() -> None:
    # The latest version of each event is still written as it was; an older one only has to load.
    today = {row.position: row for row in golden_log.encoded()}
    assert [row for row, _ in WRITTEN] == [today[row.position] for row, _ in WRITTEN]


def test_the_golden_log_folds_into_states_and_views(tmp_path: Path) -> None:
    states: dict[str, StreamState] = {}
    for row, _ in WRITTEN:
        states[row.stream] = fold(states.get(row.stream, NOTHING), decode(row).event)
    assert states["GOLDEN/subject/S01"].version > 20

    times = iter([row.recorded_at for row, _ in WRITTEN])
    journal = open_journal(tmp_path / "log.db", lambda: next(times))
    for row, _ in WRITTEN:
        journal.append(Decision([NewEvent(*row[1:7])], f"golden-{row.position}", digest=""))
    assert [leaf(row) for row in journal.rows()] == [was for _, was in WRITTEN]

    views = Views(tmp_path)
    views.catch_up(journal)
    assert views.faults() == []
    assert views.check(journal) == []
    views.close()
    journal.close()
