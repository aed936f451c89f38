"""Every class of event: its topic, its form, its place in a state, its way through the log, and what its errors tell."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from safety.aggregates.deciding import FOLDS, NOTHING, TOPICS, Act, Form, Refused, UnknownEvent, event, fold
from safety.aggregates.register import COMMANDS
from safety.desk import OtherContent
from safety.journal import Stored, decode, encode
from safety.journal.codec import open_body
from safety.values import REDACTED, Role
from tests.builders import (
    T0,
    causality_assessed,
    died,
    enrolled,
    obligation_opened,
    opened,
    registered,
    reported,
)
from tests.builders import given as dose_given
from tests.given import given
from tests.samples import FORMS, SAMPLES

CLASSES = [pytest.param(form, id=topic) for topic, form in sorted(TOPICS.items())]
every_class = pytest.mark.parametrize("form", CLASSES)


def sample(form: type[Form]) -> Form:
    return form.model_validate(SAMPLES[form.TOPIC])


def test_every_event_has_a_sample_and_every_sample_an_event() -> None:
    assert set(SAMPLES) == set(TOPICS)


# The form


@every_class
def test_a_topic_is_group_dot_verb_phrase_dot_version(form: type[Form]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*\.v[1-9][0-9]*", form.TOPIC)
    assert form.TOPIC.partition(".")[0] in FOLDS


@every_class
def test_an_event_is_frozen_and_takes_nothing_it_does_not_know(form: type[Form]) -> None:
    happened = sample(form)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(happened, next(iter(form.model_fields)), "S2")
    with pytest.raises(ValidationError, match="Extra inputs"):
        form.model_validate({**SAMPLES[form.TOPIC], "MORE": "S2"})


@every_class
def test_an_event_says_what_it_means(form: type[Form]) -> None:
    said = form.__dict__["__doc__"]
    assert said
    assert said.split("\n")[0].endswith(".")


@every_class
def test_an_optional_field_defaults_to_none(form: type[Form]) -> None:
    for name, described in form.model_fields.items():
        if type(None) in get_args(described.annotation):
            assert described.default is None, name


@every_class
def test_a_sample_fills_every_field(form: type[Form]) -> None:
    assert set(SAMPLES[form.TOPIC]) == {described.alias or name for name, described in form.model_fields.items()}


def types_in(annotation: Any) -> Iterator[Any]:  # noqa: ANN401, any annotation
    """Every type that an annotation is made of, through containers, unions and models."""
    yield annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for described in annotation.model_fields.values():
            yield from types_in(described.annotation)
    if get_origin(annotation) in {tuple, dict, list, set, frozenset, Annotated, Union, UnionType}:
        for part in get_args(annotation):
            yield from types_in(part)


def no_float(text: str) -> None:
    raise AssertionError(f"a float: {text}")


@every_class
def test_design_2_4_no_float_and_no_null_anywhere(form: type[Form]) -> None:
    assert not [kind for kind in types_in(form) if kind in (float, complex, Any, object)]
    body = sample(form).model_dump_json(by_alias=True, exclude_none=True)
    json.loads(body, parse_float=no_float, parse_constant=no_float)
    assert "null" not in body


STREAM = re.compile(r"(-|[A-Z0-9][A-Z0-9._-]{0,63})/[a-z]+(/[A-Z0-9][A-Z0-9._-]{0,63}){0,2}")


@every_class
def test_a_stream_has_parts_that_fit(form: type[Form]) -> None:
    assert STREAM.fullmatch(sample(form).stream)


@pytest.mark.parametrize(
    ("topic", "stream"),
    [
        ("account.added.v1", "-/account/LIN"),
        ("adverse_event.reported.v1", "T1/subject/S1"),
        ("alert.raised.v1", "T1/alert/A-1"),
        ("dose.given.v1", "T1/subject/S1"),
        ("log.opened.v1", "-/log"),
        ("message.sent.v1", "T1/message/M-1"),
        ("subject.died.v1", "T1/subject/S1"),
        ("trial.registered.v1", "T1/trial"),
    ],
)
def test_design_2_2_the_streams(topic: str, stream: str) -> None:
    assert TOPICS[topic].model_validate(SAMPLES[topic]).stream == stream


def test_a_form_without_a_stream_says_so() -> None:
    with pytest.raises(NotImplementedError):
        _ = Form().stream


def test_a_topic_is_given_once() -> None:
    with pytest.raises(ValueError, match=r"the topic subject\.died\.v1 is taken"):
        event("subject.died.v1")(type("Another", (Form,), {}))


# Into a state


@every_class
def test_every_event_has_its_case(form: type[Form]) -> None:
    happened = sample(form)
    owed = [obligation_opened(obligation=f"GOLD-15/{revision}") for revision in ("1", "1.2")]
    stands = [registered(), enrolled(), dose_given(), reported(), reported(number=2), *owed]
    before = NOTHING if form.TOPIC == "adverse_event.reported.v1" else given(*stands).state(happened.stream)
    after = fold(before, happened)
    group = FOLDS[form.TOPIC.partition(".")[0]][0]
    assert after.version == before.version + 1
    assert isinstance(after.slice(group), group)


@pytest.mark.parametrize("group", FOLDS)
def test_an_event_that_no_case_knows_is_never_skipped(group: str) -> None:
    of, evolve = FOLDS[group]
    unknown = type("Unheard", (Form,), {"TOPIC": f"{group}.unheard.v1"})()
    unknown.__dict__["number"] = 1
    state = given(reported())("T1/subject/S1", of) if group == "adverse_event" else of()
    with pytest.raises(UnknownEvent, match="no state knows what to do with Unheard"):
        evolve(state, unknown)


# Into the log and back


def stored(happened: Form) -> Stored:
    act = Act("LIN", "investigator", T0)
    new = encode(happened, 1, act, command_id="C", correlation="C", reason=None, salt=lambda: b"0" * 16)
    return Stored(1, *new, recorded_at=1)


@every_class
def test_what_is_stored_is_loaded(form: type[Form]) -> None:
    happened = sample(form)
    row = stored(happened)
    assert decode(row).event == happened
    assert json.loads(row.body).keys() == SAMPLES[form.TOPIC].keys()
    unsealed = {**json.loads(row.body), **{k: v for k, v in json.loads(row.sealed or "{}").items() if k != "salt"}}
    assert unsealed == SAMPLES[form.TOPIC]


SEALED = {
    "adverse_event.reported.v1": {"AETERM", "narrative"},
    "adverse_event.followed_up.v1": {"AETERM", "narrative"},
    "adverse_event.corrected.v1": {"AETERM", "narrative"},
    "adverse_event.nullified.v1": {"explanation"},
    "dose.given.v1": {"interruption"},
    "dose.corrected.v1": {"interruption"},
    "dose.withheld.v1": {"reason"},
    "obligation.cancelled.v1": {"explanation", "printed_name"},
    "obligation.rejected.v1": {"reason"},
    "obligation.taken.v1": {"reason"},
    "rule_pack.adopted.v1": {"printed_name"},
    "periodic_report.issued.v1": {"html", "text"},
}


@every_class
def test_design_2_4_free_text_stands_sealed_and_only_its_digest_in_the_body(form: type[Form]) -> None:
    assert set(form.SEALED) == SEALED.get(form.TOPIC, set())
    row = stored(sample(form))
    assert (row.sealed is not None) == bool(form.SEALED)
    for wire in form.SEALED:
        assert SAMPLES[form.TOPIC][wire] not in row.body + row.meta
    emptied = decode(row._replace(sealed=None)).event
    assert {emptied.__dict__[name] for name in form.SEALED.values()} <= {REDACTED}
    assert open_body(row.topic, row.body, row.sealed) == sample(form)


# What errors tell

CANARY = "Mr Li of 5 Garden Road, ０１３９"


@every_class
@pytest.mark.parametrize(
    "typed", [CANARY, [CANARY], {"at": CANARY}, CANARY * 2000, (CANARY, 1.5)], ids=["a", "b", "c", "d", "e"]
)
def test_an_error_names_the_field_and_never_what_was_typed(form: type[Form], typed: object) -> None:
    for name, described in form.model_fields.items():
        wire = described.alias or name
        said = refusal_of(partial(form.model_validate, {**SAMPLES[form.TOPIC], wire: typed}))
        assert said is None or wire in said
        assert "Garden" not in (said or "")


def refusal_of(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except (Refused, ValidationError) as refused:
        return str(refused)
    return None


def filled(form: type[Form]) -> Form:
    """A form with the canary in every field that takes it."""
    values = dict(SAMPLES[form.TOPIC] if form.TOPIC else FORMS[form])
    for name, described in form.model_fields.items():
        wire = described.alias or name
        if refusal_of(partial(form.model_validate, {**values, wire: CANARY})) is None:
            values[wire] = CANARY
    return form.model_validate(values)


ROLES: tuple[Role, ...] = ("operator", "investigator", "safety_officer")
HISTORIES: dict[str, list[Form]] = {
    "nothing": [],
    "a trial": [opened(), registered()],
    "a subject": [opened(), registered(), enrolled()],
    "an adverse event": [
        opened(),
        registered(),
        enrolled(weight_kg="70"),
        dose_given(),
        reported(),
        reported(number=2),
    ],
    "an end": [opened(), registered(), enrolled(), dose_given(), reported(), causality_assessed(), died()],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_refusal_never_tells_what_was_typed(command: str, history: list[Form]) -> None:
    form = filled(COMMANDS[command].form)
    misnamed = [form.model_copy(update={"variables": (CANARY,)})] if "variables" in type(form).model_fields else []
    for asked, role in itertools.product([form, *misnamed], ROLES):
        said = refusal_of(partial(given(*history).when, command, asked, role=role))
        assert "Garden" not in (said or "")


def subclasses(of: type[Refused]) -> Iterator[type[Refused]]:
    for one in of.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_refusal_is_a_sentence_that_says_what_to_do_or_why() -> None:
    for one in (*subclasses(Refused), OtherContent):
        said = one.__doc__ or ""
        assert "\n" not in said, one
        assert said.endswith((".", "}")), one
