"""What only looks like a date, an instant, a number or a code, given to each field that takes one: refused in one clear sentence, or kept as it was meant."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import typer
from pydantic import TypeAdapter, ValidationError

from safety import written
from safety.aggregates.register import COMMANDS
from safety.cli import absences, asking
from safety.home import Home
from safety.web.looking_back import NoMoment
from safety.web.looking_back import instant as looked_for
from tests.api_programs import API, Asks, head, told, two_sites, with_passphrase
from tests.command_line import TRIAL, CommandLine, with_trial
from tests.web_homes import Homes

NASTY = (
    *("1772355600", "1772355600000", "0", "-1", "+1", "1e3", "1_000", "12.0", "12.50", "0x10", "0o7", "1,5", "1 000"),
    *(
        "１２",
        "١٢",
        "²",
        "Ⅻ",
        "½",
        "",
        " ",
        " 12 ",
        "\t12",
        "12\n",
        "1\u00a0000",
        "NaN",
        "Infinity",
        "-0",
        "true",
        "null",
    ),
    *("0001-01-01", "0000-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "2024-02-29", "2026-13-01", "2026-00-10"),
    *("24:00", "2026-01-01T24:00", "2026-01-01T24:00:00Z", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60"),
    *(
        "2026-01-01T00:00:00+14:00",
        "2026-01-01T00:00:00-12:00",
        "2026-01-01T00:00:00+15:00",
        "2026-01-01T00:00:00+24:00",
    ),
    *("2026-01-01T00:00:00", "2026-W01-1", "2026-W01-1T00:00:00Z", "2026-001", "20260101", "20260101T000000Z"),
    *("2026-01-01 00:00:00Z", "2026-01-01t00:00:00z", "2026-01-01_00:00:00Z", "2026-01-01T00:00:00,5Z", "2026-1-1"),
    *("01/02/2026", "２０２６-０１-０１", "٢٠٢٦-٠١-٠١", "2026\u201001\u201001", "2026-01-01\0", "0001-01-01T00:00:00Z"),
    *("9999-12-31T23:59:59Z", "1" + "0" * 400, "A" * 65, "-A", "a b", "..", "now", "today", "P1D"),
)
"""Texts; a program may also send them as what they look like."""
JSON = ("1772355600", "12.0", "-0", "true", "null ", "1e400", "1" + "0" * 400, "[]", "{}", '["2026"]')
"""What else JSON can hold in the place of a text, written as it is sent."""
BROKEN = ('"\\ud800"', '"\\udc00\\ud800"', "NaN", "Infinity", "'x'", '"\x01"')
"""What no JSON may hold."""

KEPT_DAYS = {"0001-01-01", "9999-12-31", "2024-02-29"}
KEPT: dict[str, dict[str, str]] = {
    "instant": {
        "2026-01-01T00:00:00+14:00": "2025-12-31T10:00:00Z",
        "2026-01-01T00:00:00-12:00": "2026-01-01T12:00:00Z",
        "2026-01-01 00:00:00Z": "2026-01-01T00:00:00Z",
    },
    "day": {text: text for text in KEPT_DAYS},
    "partial": {text: text for text in (*KEPT_DAYS, "2026-01-01T00:00:00")},
    "whole": {"0": "0", " 12 ": "12", "\t12": "12", "12\n": "12", "20260101": "20260101", "1772355600": "1772355600"}
    | {"1772355600000": "1772355600000"},
    "decimal": {text: text for text in ("1772355600", "1772355600000", "0", "12.0", "12.50", "20260101")},
}
"""By hand: what of all that is taken, and what it is kept as; a whole number has its own limits besides."""


def as_code(text: str) -> str | None:
    """The stored form of a code, by its description: NFKC, upper case, 1 to 64 of A-Z 0-9 . _ -, a letter or digit first."""
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    return folded if re.fullmatch(r"[A-Z0-9][A-Z0-9._-]{0,63}", folded, re.ASCII) else None


KEPT["code"] = {text: stored for text in NASTY if (stored := as_code(text)) is not None}


def described(schema: dict[str, Any]) -> str | None:
    """Which of these a field is, by what the description of its form promises."""
    parts = [part for part in (schema, *schema.get("anyOf", ())) if "type" in part]
    for part in parts:
        if part.get("format") in {"date-time", "date"}:
            return "instant" if part["format"] == "date-time" else "day"
        if part["type"] == "integer":
            return "whole"
        pattern = part.get("pattern", "")
        if "02-29" in pattern:
            return "partial"
        if pattern.startswith("^[0-9]{1,20}"):
            return "decimal"
        if pattern == "^[A-Z0-9][A-Z0-9._-]{0,63}$":
            return "code"
    return None


def fields() -> Iterator[tuple[str, str, TypeAdapter[Any]]]:
    """Every field of every command that is one of these, with what reads it."""
    for command in COMMANDS.values():
        properties = command.form.model_json_schema()["properties"]
        for name, field in command.form.model_fields.items():
            kind = described(properties[field.alias or name])
            if kind is not None:
                yield kind, f"{command.form.__name__}.{name}", TypeAdapter(field.rebuild_annotation())


EVERY = list(fields())


def test_the_forms_have_fields_of_each_kind() -> None:
    kinds = [kind for kind, _, _ in EVERY]
    assert {kind: kinds.count(kind) >= least for kind, least in LEAST.items()} == dict.fromkeys(LEAST, True)


LEAST = {"instant": 8, "day": 3, "partial": 10, "whole": 25, "decimal": 8, "code": 100}


@pytest.mark.parametrize("kind", sorted(LEAST))
def test_each_field_of_each_form_keeps_what_was_meant_or_says_what_it_takes(kind: str) -> None:
    for known, place, reader in EVERY:
        for text in NASTY if known == kind else ():
            try:
                found = reader.dump_python(reader.validate_json(json.dumps(text)), mode="json")
            except ValidationError as refused:
                (said, *_) = [fault["msg"] for fault in refused.errors(include_input=False)]
                in_range = kind == "whole" and text in KEPT[kind]
                assert in_range or text not in KEPT[kind], (place, text)
                assert re.search(r"must (be|lie) |should be (less|greater) than", said), (place, said)
                assert len(text) < 4 or text not in said, "the sentence does not echo"
            else:
                assert str(found) == KEPT[kind].get(text), (place, text, found)


# --- through the API -----------------------------------------------------------------------------------------------------

AE = {"STUDYID": "T1", "USUBJID": "A1"}
AWAY = {"account": "LIN", "from_at": "2026-01-01T00:00:00Z", "until_at": "2026-01-02T00:00:00Z"}


class Sent(NamedTuple):
    """A field of a command, what it is, and the rest of the form."""

    kind: str
    field: str
    command: str
    form: dict[str, Any]


SENT = [Sent(*one) for one in (
    ("instant", "until_at", "account.set_absence", AWAY),
    ("instant", "aware/at", "adverse_event.report", {**AE, "aware": {"zone": "Asia/Shanghai", "party": "site"}}),
    ("partial", "AESTDTC", "adverse_event.report", AE),
    ("partial", "DTHDTC", "subject.record_death", AE),
    ("day", "effective_on", "trial.issue_reference_safety_information", {"STUDYID": "T1", "version": "1", "file": "x"}),
    ("whole", "AESEQ", "adverse_event.follow_up", AE),
    ("whole", "AGE", "subject.enrol", {"STUDYID": "T1", "USUBJID": "N1", "SITEID": "01"}),
    ("decimal", "WEIGHT", "subject.enrol", {"STUDYID": "T1", "USUBJID": "N1", "SITEID": "01"}),
    ("code", "USUBJID", "subject.enrol", {"STUDYID": "T1", "SITEID": "01"}),
)]  # fmt: skip
OTHERWISE = {"whole": {"1772355600", "-0", "null "}, "partial": {"null "}, "decimal": {"null "}, "code": set[str]()}
"""Of JSON: what is a number where one is asked for, or nothing where nothing is needed; both have tests of their own."""


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    opened = two_sites(homes_of_today.open())
    with_passphrase(opened, "CHEN")
    return opened


@pytest.fixture(scope="module")
def officer(home: Home) -> Asks:
    return Asks(home, "CHEN")


def body(form: dict[str, Any], field: str, raw: str) -> str:
    """The form as JSON with one field in it as it is sent."""
    above, _, name = field.rpartition("/")
    inner = json.dumps({**form.get(above, form), name: "HERE"}).replace('"HERE"', raw)
    return json.dumps({"form": {**form, above: "INNER"}}).replace('"INNER"', inner) if above else f'{{"form": {inner}}}'


@pytest.mark.parametrize("one", SENT, ids=[f"{one.command} {one.field}" for one in SENT])
def test_a_program_is_told_the_field_and_the_form_and_nothing_is_stored(home: Home, officer: Asks, one: Sent) -> None:
    before, (kind, field, command, form) = head(home), one
    meant = KEPT[kind].keys() | {text for text in NASTY if text.strip() == "12" and kind == "decimal"}
    texts = [json.dumps(text) for text in NASTY if text not in meant or kind == "whole"]
    others = [raw for raw in JSON if raw not in OTHERWISE.get(kind, {"null "} if field == "until_at" else set())]
    for number, raw in enumerate((*texts, *others, *BROKEN)):
        headers = {
            "Idempotency-Key": f"{command}-{field}-{number}".replace("/", "-"),
            "Content-Type": "application/json",
        }
        sent = body(form, field, raw).encode("utf-8", "surrogatepass")
        answer = officer.client.post(f"{API}/commands/{command}", content=sent, headers=headers)
        problem = told(answer, 422)
        places = [fault["field"] for fault in problem["errors"]]
        assert f"/form/{field}" in places or (raw in BROKEN and places == ["/"]), (raw, problem)
        assert raw.strip('"') not in problem["detail"] or len(raw) < 6, raw
    assert head(home) == before


def test_a_bare_number_in_a_text_is_no_moment(officer: Asks) -> None:
    problem = told(officer("account.set_absence", {**AWAY, "from_at": "1772355600"}), 422)
    assert problem["errors"] == [{"field": "/form/from_at", "message": written.INSTANT_FORM}]


ENDS = {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}
"""Nothing can be recorded then; to ask what had been by then is no fault."""
ASKED = [
    (
        "/trials/T1/cases",
        "as_of",
        KEPT["partial"].keys() | KEPT["instant"].keys() | {"", " ", " 12 ", "\t12", "12\n"} | ENDS,
    ),
    ("/trials/T1/cases", "page", {"12", " 12 ", "\t12", "12\n"}),
    ("/trials/T1/history", "after", KEPT["whole"].keys()),
    ("/trials/T1/history", "number", {" 12 ", "\t12", "12\n", "20260101"}),
]


@pytest.mark.parametrize(("path", "name", "taken"), ASKED, ids=[one[1] for one in ASKED])
def test_a_parameter_takes_its_form_alone(officer: Asks, path: str, name: str, taken: set[str]) -> None:
    for text in NASTY:
        answer = officer.client.get(f"{API}{path}", params={name: text})
        assert answer.status_code < 500, (text, answer.text)
        if text not in taken:
            assert answer.status_code in {400, 404, 422}, (text, answer.text[:200])
            assert answer.json()["detail"]


# --- through the command line, and the pages' addresses ------------------------------------------------------------------


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    found = with_trial(tmp_path_factory.mktemp("written"))
    found.do("subject.enrol", {"STUDYID": TRIAL, "USUBJID": "S01", "SITEID": "01"})
    return found


def test_a_form_of_the_command_line_says_the_same(cli: CommandLine) -> None:
    before = cli.head
    for text in ("1772355600", "2026-02-30T00:00:00Z", "2026-W01-1", "20260101T000000Z", "１２", "1" + "0" * 400):
        form = {"STUDYID": TRIAL, "USUBJID": "S01", "aware": {"at": text, "zone": "Asia/Shanghai", "party": "site"}}
        status, sentence = cli.refused("do", "adverse_event.report", stdin=json.dumps(form))
        assert (status, sentence) == (1, f"aware.at: {written.INSTANT_FORM}; correct it and try again")
    for raw in BROKEN:
        status, sentence = cli.refused(
            "do", "adverse_event.report", stdin=f'{{"STUDYID": "{TRIAL}", "USUBJID": {raw}}}'
        )
        assert status == 1
        assert "JSON" in sentence or sentence.startswith("USUBJID: must be 1 to 64 letters"), (raw, sentence)
    assert cli.head == before


DATED = KEPT_DAYS - {"0001-01-01", "9999-12-31"}
"""A date whose end is in the calendar in every zone."""
OF_A_MOMENT = {*DATED, *KEPT["instant"], *ENDS}


@pytest.mark.parametrize("text", NASTY)
def test_an_option_takes_its_form_alone(text: str) -> None:
    def taken(read: Any) -> bool:  # noqa: ANN401, a reader
        try:
            read()
        except typer.Exit:
            return False
        return True

    assert taken(lambda: asking.day(text, "--by-date")) == (text in KEPT_DAYS)
    at = taken(lambda: asking.moment_of(text, "Asia/Shanghai", "--at"))
    assert at == (text in OF_A_MOMENT) or text in {"0001-01-01", "9999-12-31"}
    away = taken(lambda: absences.moment(text, "Asia/Shanghai", "--from"))
    assert away == (text in {*OF_A_MOMENT, "2026-01-01T00:00:00"} - ENDS) or text in {"0001-01-01", "9999-12-31"}


@pytest.mark.parametrize("text", NASTY)
def test_the_address_of_a_page_takes_its_form_alone(text: str) -> None:
    try:
        looked_for(text, "Asia/Shanghai")
    except NoMoment:
        assert text not in {*OF_A_MOMENT, "2026-01-01T00:00:00"}
    else:
        assert text in {*OF_A_MOMENT, "2026-01-01T00:00:00", "0001-01-01"}
