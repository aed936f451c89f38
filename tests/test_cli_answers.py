"""Every answer of `--format json` is what its schema in schemas/ says, and the schemas leave nothing of it out."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.command_line import AE, TRIAL, CommandLine, with_trial, write

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
TRIAL_OPTION = ("--trial", TRIAL)
BOTH_PACKS = ("--pack", "US-FDA-IND", "--pack", "CN-NMPA-DRUG")
ANSWERS: list[tuple[str, tuple[str, ...]]] = [
    ("trial-list", ("trial", "list")),
    *[
        ("incidence", ("incidence", *TRIAL_OPTION, *options))
        for options in (
            (),
            ("--by", "soc"),
            ("--by", "pt", "--window", "primary"),
            ("--by", "grade", "--compare", "B"),
            ("--as-of", "4"),
            ("--known-to", "sponsor", "--by-date", "2018-01-01"),
        )
    ],
    ("listing", ("listing", *TRIAL_OPTION)),
    ("alerts", ("alerts", *TRIAL_OPTION)),
    ("obligations", ("obligations", *TRIAL_OPTION)),
    ("obligations", ("obligations", *TRIAL_OPTION, "--due-within", "20", "--at", "2018-03-01")),
    ("what-if", ("obligations", *TRIAL_OPTION, "--what-if", "US-FDA-IND")),
    ("alerts", ("alerts", "--trial", "-")),
    ("alerts-ladder", ("alerts", "ladder", *TRIAL_OPTION)),
    ("alerts-faults", ("alerts", "faults")),
    ("queries", ("queries", *TRIAL_OPTION)),
    ("timeline", ("timeline", "S01", *TRIAL_OPTION)),
    ("timeline", ("timeline", "S02", *TRIAL_OPTION)),
    ("history", ("history", "S01")),
    ("history", ("history", "T1/trial")),
    ("regulation-packs", ("regulation", "packs")),
    ("regulation-evaluate", ("regulation", "evaluate", "--pack", "CN-ADMSC-DEMO", "{data}/facts.json")),
    ("regulation-evaluate", ("regulation", "evaluate", *BOTH_PACKS, "{data}/facts.json")),
    ("regulation-facts", ("regulation", "facts", "S01/3", *TRIAL_OPTION)),
    ("report-periodic", ("report", "periodic", *TRIAL_OPTION, "--lock", "2030-02-28")),
    ("report-periodic", ("report", "periodic", *TRIAL_OPTION, "--lock", "9", "--kind", "china_annual")),
    ("report-list", ("report", "list", *TRIAL_OPTION)),
    ("report-due", ("report", "due", *TRIAL_OPTION)),
    ("account-list", ("account", "list")),
    ("rebuild", ("rebuild",)),
    ("rebuild", ("rebuild", "--check")),
    ("verify", ("verify",)),
    ("drill", ("drill", *TRIAL_OPTION)),
    ("deliver", ("deliver",)),
    ("import", ("import", "{data}", *TRIAL_OPTION)),
    ("import", ("import", "{other}", *TRIAL_OPTION, "--dry-run")),
]


def strict(schema: Any) -> Any:  # noqa: ANN401, any part of a schema
    """The same schema, with everything refused that it does not describe."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema and schema.get("type") == "object" else {}
    return {**closed, **{name: strict(part) for name, part in schema.items()}}


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(strict(schema), format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("answers")


@pytest.fixture(scope="module")
def cli(folder: Path) -> CommandLine:
    """A record with something of every kind in it."""
    found = with_trial(folder)
    found("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen Wei")
    found("regulation", "adopt", *TRIAL_OPTION, "--pack", "EU-CTR", "--by", "CHEN")
    ended = (f"{AE[0]},AEENDTC,SHOE", f"{AE[1]},2018-01-01,42", *(f"{line},," for line in AE[2:]))
    found("import", write(folder / "data", ae=ended), *TRIAL_OPTION)
    write(folder / "other", ae=ended[:2])
    fact = {"at": "2018-05-06T09:30:00+08:00", "serious": True, "anticipated": True, "submitted": "CN07-24H"}
    (folder / "data" / "facts.json").write_text(json.dumps({"zone": "Asia/Shanghai", "facts": [fact]}))
    subject = {"STUDYID": TRIAL, "USUBJID": "S01"}
    graded = {"AETERM": "Sepsis", "AESTDTC": "2018-03", "AETOXGR": "4", "AESER": "N", "AEDECOD": "Sepsis"}
    found.do("adverse_event.report", {**subject, **graded, "AEBODSYS": "Infections"})
    assessed = {**subject, "AESEQ": 3, "assessor": "sponsor", "AEREL": "PROBABLE", "product": "AD-MSC"}
    found.do("adverse_event.assess_causality", assessed)
    found.do("adverse_event.assess_seriousness", {**subject, "AESEQ": 3, "assessor": "sponsor", "AESER": "Y"})
    found.do("dose.withhold", {**subject, "EXSEQ": 2})
    found.do("subject.withdraw", {**subject, "mode": "treatment"}, "--reason", "moved away")
    found.do("subject.record_death", {"STUDYID": TRIAL, "USUBJID": "S02", "DTHDTC": "2018-06"})
    return found


@pytest.mark.parametrize(("name", "command"), ANSWERS, ids=[" ".join(command) for _, command in ANSWERS])
def test_an_answer_is_what_its_schema_says(cli: CommandLine, folder: Path, name: str, command: tuple[str, ...]) -> None:
    given = [part.format(data=folder / "data", other=folder / "other") for part in command]
    answer = cli.json(*given)
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator(name).iter_errors(answer)]
    assert faults == []
    assert answer != {}


def test_what_was_done_is_what_its_schema_says(cli: CommandLine) -> None:
    form = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Cough"}
    (position,) = cli.do("adverse_event.report", form)["positions"]
    told = [cli.do("adverse_event.report", form, "--command-id", "ACT-2") for _ in range(2)]
    told.append(json.loads(cli("redact", position, "--reason", "legal_duty").out))
    assert [answer["repeated"] for answer in told] == [False, True, False]
    for answer in told:
        validator("done").validate(answer)


def test_every_schema_is_held_against_an_answer() -> None:
    held = {name for name, _ in ANSWERS} | {"done"}
    assert {file.name.removesuffix(".schema.json") for file in SCHEMAS.iterdir()} == held


def test_a_schema_refuses_what_it_does_not_describe(cli: CommandLine) -> None:
    answer = cli.json("alerts", *TRIAL_OPTION)
    answer["alerts"][0]["state"] = "lost"
    answer["shoe"] = 42
    assert len(list(validator("alerts").iter_errors(answer))) == 2
