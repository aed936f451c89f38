"""Stored and loaded again is the same, for every event class there is and whatever a person may have typed into it."""

from datetime import date, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from annotated_types import MaxLen
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from safety.aggregates.deciding import Form
from safety.aggregates.register import TOPICS
from safety.aggregates.trial import Definition
from safety.journal import Decision, NewEvent, Stored, decode, leaf, open_journal
from safety.values import REDACTED, FieldClass
from tests.conftest import Store, new_database
from tests.journal_rows import opening, redacting, report, reporting, row
from tests.manual_clock import ManualClock, counted_salt
from tests.postgres_server import PostgresServer

DEFINITION = Definition.from_toml((Path(__file__).parent / "golden" / "trial.toml").read_text(encoding="utf-8"))

TYPED = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
"""Whatever a keyboard gives: quotes, line ends, controls, other scripts; not half a character."""

CODES = st.from_regex(r"[A-Za-z0-9Ａ-Ｚ０-９][A-Za-z0-9._-]{0,8}", fullmatch=True)
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))
PARTIAL_DATES = st.builds(
    lambda day, second, cut: datetime.combine(day, datetime.min.time()).replace(second=second).isoformat()[:cut],
    DATES,
    st.integers(0, 59),
    st.sampled_from([4, 7, 10, 16, 19]),
)
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "definition": st.just(DEFINITION),
    "sha256": st.from_regex("[0-9a-f]{64}", fullmatch=True),
    "digests": st.dictionaries(CODES, st.from_regex("[0-9a-f]{64}", fullmatch=True), max_size=3),
    "birth_year": st.integers(1880, 2200),
    "configuration": st.dictionaries(st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True), st.booleans(), max_size=3),
    **dict.fromkeys(
        ("obligation", "by"), st.from_regex(r"[A-Z0-9][A-Za-z0-9._-]{0,8}/[1-9]([.][1-9])?", fullmatch=True)
    ),
    **dict.fromkeys(("rule", "pack"), st.from_regex("[A-Z0-9][A-Z0-9._-]{0,8}", fullmatch=True)),
    "pack_sha256": st.from_regex("[0-9a-f]{64}", fullmatch=True),
    "zone": st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC"]),
}
"""What a type does not say by itself."""


def values(annotation: Any, field: FieldInfo) -> st.SearchStrategy[Any]:  # noqa: ANN401, any annotation
    """What may be filled in where a type stands."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return st.one_of(*(st.none() if part is NoneType else values(part, field) for part in parts))
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple:
        return st.lists(values(parts[0], field), min_size=1, max_size=3).map(tuple)
    if hasattr(annotation, "__metadata__"):
        return text(annotation.__metadata__) if parts[0] is str else values(parts[0], field)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return forms(annotation)
    return {
        str: text(tuple(field.metadata)),
        int: st.integers(1, 130),
        bool: st.booleans(),
        date: DATES,
        datetime: st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()),  # noqa: DTZ001, drawn
    }[annotation]


def text(marks: tuple[Any, ...]) -> st.SearchStrategy[str]:
    """Texts that the marks of a type let in."""
    said = repr(marks)
    if "CodeSchema" in said:
        return CODES
    if "PartialDateSchema" in said:
        return PARTIAL_DATES
    marks = tuple(chain.from_iterable(mark.metadata if isinstance(mark, FieldInfo) else [mark] for mark in marks))
    pattern = next((mark.pattern for mark in marks if getattr(mark, "pattern", None)), None)
    if pattern is not None:
        return st.from_regex(pattern, fullmatch=True).map(str.strip)
    longest = min((mark.max_length for mark in marks if isinstance(mark, MaxLen)), default=40)
    return TYPED.filter(lambda typed: len(typed) <= longest)


@cache
def forms(of: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Filled-in forms of a class, some fields left out; what the class refuses is not drawn."""
    fields = of.model_fields
    filled = {
        name: BY_NAME[name] if name in BY_NAME else values(fields[name].annotation, fields[name]) for name in fields
    }
    needed = {name: filled.pop(name) for name, field in of.model_fields.items() if field.is_required()}

    def fill_in(answers: dict[str, Any]) -> Any:  # noqa: ANN401, an instance of the class
        try:
            return of.model_validate(answers)
        except ValidationError as fault:
            # A blank text is stripped to nothing, and nothing is no text: the form says so, and that is right.
            assume(not all(error["type"] == "string_too_short" for error in fault.errors()))
            raise

    return st.fixed_dictionaries(needed, optional=filled).map(fill_in)


def same(happened: Form, loaded: Form) -> bool:
    """Equal, of the same types all the way down, and written the same way again."""
    kinds = [[type(value) for value in form.__dict__.values()] for form in (happened, loaded)]
    return happened == loaded and kinds[0] == kinds[1] and happened.model_dump_json() == loaded.model_dump_json()


@pytest.mark.parametrize("topic", sorted(TOPICS))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_event_is_read_back_as_it_was_written(topic: str, data: st.DataObject) -> None:
    happened = data.draw(forms(TOPICS[topic]))
    new = row(happened, 1, "c1", counted_salt())
    stored = Stored(1, *new, 1)
    loaded = decode(stored)
    assert same(happened, loaded.event)
    assert loaded.about().command == "c1"
    for name in happened.SEALED.values():
        said = happened.__dict__[name]
        assert decode(stored._replace(sealed=None)).event.__dict__[name] == (None if said is None else REDACTED)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_each_database_gives_back_what_it_was_given(store: Store, data: st.DataObject) -> None:
    """Text that no form lets in is stored as well: what a form forbids later may stand in an old log."""
    anything = data.draw(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=4)
    )
    happened = [data.draw(forms(TOPICS[topic])) for topic in ("adverse_event.reported.v1", "dose.given.v1")]
    journal = open_journal(store, ManualClock())
    begin = journal.head().position
    streams = [f"{begin}/{number}" for number in range(len(anything))]
    news = [NewEvent(stream, 1, "any.v1", said, said, said) for stream, said in zip(streams, anything, strict=True)]
    news += [row(event, 1, "c", counted_salt())._replace(stream=f"{begin}/{event.TOPIC}") for event in happened]
    journal.append(Decision(news, f"command {begin}", "d"))
    read = list(journal.rows(begin))
    journal.close()
    assert [NewEvent(*stored[1:7]) for stored in read] == news
    assert [decode(stored).event for stored in read[-2:]] == happened


def test_there_is_something_to_seal() -> None:
    """Every field marked as text is sealed, or the properties above prove nothing."""
    marked = {
        (topic, name)
        for topic, form in TOPICS.items()
        for name, field in form.model_fields.items()
        if any(isinstance(mark, FieldClass) for mark in field.metadata) or "FieldClass" in repr(field.annotation)
    }
    assert marked == {(topic, name) for topic, form in TOPICS.items() for name in form.SEALED.values()}
    assert len(marked) >= 6


def test_the_same_decisions_give_the_same_rows_and_leaves(tmp_path: Path, postgres_server: PostgresServer) -> None:
    """Under one clock and one salt both databases hold the same bytes."""

    def told(store: Store) -> list[tuple[object, ...]]:
        clock, salt = ManualClock(), counted_salt()
        journal = open_journal(store, clock)
        journal.append(opening(salt))
        odd = 'Kopfweh "stark" \\ \n\t\x01  \u2028 頭痛 \U0001f912 é e\u0301 %_ {}'
        journal.append(Decision([row(report(1, term=odd, causality="ß"), 1, "c1", salt)], "c1", "d"))
        clock.set(5)
        journal.append(redacting(salt, position=2, version=2, command_id="c2"))
        journal.append(reporting(salt, 2, "c3"))
        found: list[tuple[object, ...]] = [(*stored, leaf(stored)) for stored in journal.rows()]
        assert decode(journal.page(3, 4, 1)[0]).event == report(2)
        journal.close()
        return found

    on_sqlite, on_postgresql = told(tmp_path / "log.db"), told(new_database(postgres_server))
    assert len(on_sqlite) == 4
    assert on_sqlite == on_postgresql
