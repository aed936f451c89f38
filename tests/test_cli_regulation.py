"""`vigilog regulation`: the contract of its answers, and one sentence for everything that it cannot use."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from safety.packaged import pack_texts
from tests.command_line import CommandLine

AT = "2026-10-06T09:30:00+08:00"
SUSAR = {"at": AT, "serious": True, "related_investigator": True}
PACK = """
id = "TEST"
version = "1"
title = "A pack to test with"
authority = "Nobody"
related = "either"
effective_from = 2020-01-01
sources = ["nowhere"]
[[rule]]
id = "T-7"
from = "sponsor"
to = ["regulator"]
when = "serious"
limit = 7
unit = "calendar_day"
citation = "clause 1"
confidence = "high"
basis = "law"
"""


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """No home: these commands need none."""
    return CommandLine(tmp_path / "no-home")


def facts(folder: Path, *entries: Any, zone: Any = "Asia/Shanghai", **more: Any) -> Path:  # noqa: ANN401, right or wrong
    file = folder / "facts.json"
    file.write_text(json.dumps({"zone": zone, "facts": entries, **more}), encoding="utf-8")
    return file


def pack_file(folder: Path, text: str, name: str = "pack.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def evaluated(cli: CommandLine, pack: object, file: Path) -> Any:  # noqa: ANN401, the answer
    return cli.json("regulation", "evaluate", "--pack", pack, file)


# --- the contract --------------------------------------------------------------------------------------------------------


def test_the_packs_need_no_home_and_are_signed_by_nobody(cli: CommandLine) -> None:
    answer = cli.json("regulation", "packs")
    assert not cli.home.exists()
    (first,) = [pack for pack in answer["packs"] if pack["id"] == "EU-CTR"]
    assert {"id", "version", "sha256", "authority", "effective_from", "signed_by"} <= first.keys()
    assert (first["effective_from"], first["signed_by"]) == ("2022-01-31", None)
    assert answer["profiles"][0]["packs"] == ["CN-NMPA-DRUG", "CN-STEMCELL-2015", "SITE-EC"]
    table = cli("regulation", "packs").out
    assert "US-FDA-IND" in table
    assert re.search(r"KR-MFDS.*2026-11-22 UNSURE", table)


def test_an_evaluation_as_the_contract_has_it(cli: CommandLine, tmp_path: Path) -> None:
    given = facts(
        tmp_path,
        SUSAR,
        {"at": "2026-10-10T08:00:00Z", "fatal": True},
        {"at": "2026-10-12T08:00:00Z", "submitted": "EU-7UP"},
    )
    answer = evaluated(cli, "EU-CTR", given)
    assert not cli.home.exists()
    assert answer["pack"] == "EU-CTR"
    assert [
        (one["rule"], one["to"], one["day0"], one["due_on"], one["due_at"], one["state"])
        for one in answer["obligations"]
    ] == [
        ("EU-7UP", ["EudraVigilance"], "2026-10-10", "2026-10-17", "2026-10-17T16:00:00Z", "submitted"),
        ("EU-7F", ["EudraVigilance"], "2026-10-12", "2026-10-20", "2026-10-20T16:00:00Z", "open"),
        ("EU-15", ["EudraVigilance"], "2026-10-06", "2026-10-21", "2026-10-21T16:00:00Z", "superseded"),
    ]
    because = answer["obligations"][0]["because"]
    assert because[0] == "EU-15 was opened at 2026-10-06T09:30:00+08:00: an upgrade"
    assert (
        because[1]
        == "minimum_criteria: not stated in the file, taken as met from the first fact, 2026-10-06T09:30:00+08:00 by the sponsor"
    )
    assert "unexpected: not stated, counts as true" in because
    assert (
        because[-5:]
        == [
            "Day 0 is 2026-10-10: the clock starts 2026-10-10T16:00:00+08:00, local date in Asia/Shanghai",
            "due by the end of 2026-10-17 in Asia/Shanghai; too late from 2026-10-17T16:00:00Z",
            "replaces EU-15, one combined report",
            "submitted at 2026-10-12T16:00:00+08:00",
        ][-5:]
        or because[-4:]
    )
    assert answer["obligations"][0]["citation"] == "Reg. (EU) 536/2014 Art. 42(2)(c)"
    assert answer["obligations"][0]["confidence"] == "high"
    assert answer["earliest"] == [{"to": "EudraVigilance", "rule": "EU-7F", "due_at": "2026-10-20T16:00:00Z"}]


def test_what_has_no_number_is_sorted_first(cli: CommandLine, tmp_path: Path) -> None:
    owed = evaluated(cli, "CN-ADMSC-DEMO", facts(tmp_path, SUSAR))["obligations"]
    due = [one["due_at"] for one in owed]
    assert due == sorted(due, key=lambda at: (at is not None, at))
    assert due[0] is None
    assert {one["pack"] for one in owed} == {"CN-NMPA-DRUG", "CN-STEMCELL-2015", "SITE-EC"}


def test_the_file_may_state_what_the_trial_is(cli: CommandLine, tmp_path: Path) -> None:
    at_site = {**SUSAR, "party": "site"}
    apart = evaluated(cli, "EU-CTR", facts(tmp_path, at_site))["obligations"]
    one = evaluated(cli, "EU-CTR", facts(tmp_path, at_site, sponsor_investigator=True))["obligations"]
    assert [[o["rule"] for o in owed] for owed in (apart, one)] == [["EU-INV"], ["EU-INV", "EU-15"]]
    unbound = facts(tmp_path, SUSAR, configuration={"cde_standard_binds": False})
    assert [o["rule"] for o in evaluated(cli, "CN-NMPA-DRUG", unbound)["obligations"]] == ["CN-REC-26"]
    early = facts(tmp_path, SUSAR, authority_zone=True)
    assert evaluated(cli, "US-FDA-IND", early)["obligations"][0]["day0"] == "2026-10-05"


def test_minimum_criteria_are_taken_as_met_only_where_no_fact_states_them(cli: CommandLine, tmp_path: Path) -> None:
    later = facts(tmp_path, SUSAR, {"at": "2026-10-08T09:30:00+08:00", "minimum_criteria": True})
    assert [one["day0"] for one in evaluated(cli, "EU-CTR", later)["obligations"]] == ["2026-10-08"]
    never = facts(tmp_path, {**SUSAR, "minimum_criteria": None})
    assert evaluated(cli, "EU-CTR", never)["obligations"] == []


def test_packs_may_be_joined_and_read_from_files(cli: CommandLine, tmp_path: Path) -> None:
    mine = pack_file(tmp_path, PACK)
    profile = 'id = "P"\nversion = "1"\ntitle = "T"\nauthority = "A"\npacks = ["SITE-EC"]\neffective_from = 2020-01-01\nrules_of = "today"\nsources = ["s"]\n'
    also = pack_file(tmp_path, profile, "profile.toml")
    given = facts(tmp_path, {**SUSAR, "at": "2001-10-06T09:30:00+08:00"}, {"at": AT, "party": "site", "serious": True})
    answer = cli.json("regulation", "evaluate", "--pack", mine, "--pack", also, "--pack", "ich-e2a", given)
    assert answer["pack"] == "TEST, P, ICH-E2A"
    assert {one["rule"] for one in answer["obligations"]} == {"T-7", "CN-EC-SITE", "E2A-15"}
    assert all(
        one["because"][0].startswith("today's rules replayed on a historic event") for one in answer["obligations"]
    )


def test_a_table_tells_what_is_due_and_why(cli: CommandLine, tmp_path: Path) -> None:
    table = cli("regulation", "evaluate", "--pack", "CN-ADMSC-DEMO", facts(tmp_path, SUSAR)).out
    assert "CN-SC-HALT" in table
    assert "UNSURE" in table
    held = cli(
        "regulation",
        "evaluate",
        "--pack",
        "US-FDA-IND",
        facts(tmp_path, {**SUSAR, "anticipated": True, "submitted": "US-7"}),
    ).out
    assert "Nothing is due." in held
    assert "held back" in held
    assert "nothing changed" in held
    rows = cli("regulation", "evaluate", "--pack", "EU-CTR", facts(tmp_path, SUSAR), "--format", "csv").out
    assert rows.startswith("rule,pack,from,to,day0")


# --- what cannot be used ---------------------------------------------------------------------------------------------------

BAD_FACTS = [
    ("an unknown fact", {**SUSAR, "seriuos": True}, "facts[0].seriuos: unknown fact; did you mean serious?"),
    ("a fact on two lines", {**SUSAR, "seri\nous": True}, "facts[0].seri?ous: unknown fact; did you mean serious"),
    ("a rule on two lines", {**SUSAR, "submitted": "EU-\n15"}, "facts[0].submitted: there is no rule EU-?15; did you"),
    ("a grade is no fact", {**SUSAR, "grade": 4}, "facts[0].grade: unknown fact; "),
    ("a state of text", {**SUSAR, "fatal": "yes"}, "facts[0].fatal: must be true, false or null"),
    ("an act that did not happen", {**SUSAR, "nullified": False}, "facts[0].nullified: is an act and can only be true"),
    ("an unknown rule", {**SUSAR, "submitted": "EU-8"}, "facts[0].submitted: there is no rule EU-8; did you mean EU-"),
    ("a submission of nothing", {**SUSAR, "submitted": True}, "facts[0].submitted: must be the id of a rule"),
    ("a naive time", {**SUSAR, "at": "2026-10-06T09:30:00"}, "facts[0].at: has no zone; say +08:00 or Z"),
    ("no time", {"serious": True}, "facts[0].at: must be an instant with its zone"),
    ("a time of no calendar", {**SUSAR, "at": "2026-02-30T09:30:00Z"}, "facts[0].at: must be an instant with its zone"),
    ("a time at the end of all", {**SUSAR, "at": "9999-12-31T23:30:00Z"}, "facts[0].at: must lie within the years"),
    (
        "a due date beyond the calendar",
        {**SUSAR, "at": "9999-12-25T23:30:00Z"},
        "15 calendar_days from 9999-12-26 lie beyond",
    ),
    ("an unknown party", {**SUSAR, "party": "patient"}, "facts[0].party: must be site or sponsor"),
    ("a version of no stream", {**SUSAR, "ref": 0}, "facts[0].ref: must be a version of its stream"),
    ("a fact that is none", "serious", "facts[0].at: missing; a fact is an object"),
]


@pytest.mark.parametrize(("entry", "sentence"), [case[1:] for case in BAD_FACTS], ids=[case[0] for case in BAD_FACTS])
def test_a_fact_that_cannot_be_used_is_named(cli: CommandLine, tmp_path: Path, entry: object, sentence: str) -> None:
    told = cli.refused("regulation", "evaluate", "--pack", "EU-CTR", facts(tmp_path, entry))
    assert told[0] == 2
    assert sentence in told[1]


BAD_FILES = [
    ("no JSON", '{"zone": ', "the file is not JSON"),
    ("nested", "[" * 100_000, "the file nests too deep"),
    ("a list", "[]", "the file must hold one object"),
    ("no zone", '{"facts": [{"at": "2026-10-06T09:30:00Z"}]}', "zone: must be an IANA time zone"),
    (
        "an unknown zone",
        '{"zone": "Asia/Gotham", "facts": [{"at": "2026-10-06T09:30:00Z"}]}',
        "zone: must be an IANA time zone",
    ),
    ("a zone of no text", '{"zone": 8, "facts": [{"at": "2026-10-06T09:30:00Z"}]}', "zone: must be an IANA time zone"),
    ("no facts", '{"zone": "UTC"}', "facts: must be a list of one fact or more"),
    ("too many facts", json.dumps({"zone": "UTC", "facts": [{}] * 10_001}), "facts: more than 10000 are not one case"),
    ("an unknown key", '{"zone": "UTC", "fact": [], "facts": [{}]}', "fact: unknown key; did you mean facts"),
    (
        "a key twice",
        '{"zone": "UTC", "facts": [{"serious": true, "serious": false}]}',
        "the key 'serious' stands twice",
    ),
    ("no truth", '{"zone": "UTC", "facts": [{}], "authority_zone": 1}', "authority_zone: must be true or false"),
    (
        "a configuration of text",
        '{"zone": "UTC", "facts": [{}], "configuration": "x"}',
        "configuration: must be an object",
    ),
    (
        "a configured text",
        '{"zone": "UTC", "facts": [{}], "configuration": {"a": "x"}}',
        "configuration.a: must be true, false",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), [case[1:] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES])
def test_a_file_that_cannot_be_used_is_told(cli: CommandLine, tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "facts.json"
    file.write_text(text)
    told = cli.refused("regulation", "evaluate", "--pack", "EU-CTR", file)
    assert told[0] == 2
    assert sentence in told[1]


def test_what_no_rule_asks_for_is_not_taken(cli: CommandLine, tmp_path: Path) -> None:
    given = facts(tmp_path, SUSAR, configuration={"cde_standard_bind": True})
    for pack, sentence in (("CN-NMPA-DRUG", "did you mean cde_standard_binds?"), ("EU-CTR", "no rule asks for it")):
        told = cli.refused("regulation", "evaluate", "--pack", pack, given)
        assert told[0] == 2
        assert sentence in told[1]


EU_15_LATER = pack_texts()["EU-CTR"].replace("limit = 15", "limit = 16")
CONTRADICTION = PACK + PACK[PACK.index("[[rule]]") :].replace("T-7", "T-8").replace("limit = 7", "limit = 8")
BAD_PACKS = [
    ("a typo", PACK.replace('"serious"', '"seriuos"'), "rule[0].when: unknown fact 'seriuos'; did you mean serious?"),
    ("an impossible limit", PACK.replace("limit = 7", "limit = 0"), "rule[0].limit: 0 is no limit a report can have"),
    ("rules that contradict", CONTRADICTION, "rule[1].limit: T-8 contradicts T-7"),
    ("packs that contradict", EU_15_LATER, "two packs EU-CTR version 2 have different texts"),
    ("no TOML", "id = ", "the file is not TOML"),
    ("a profile of nothing there", 'id = "P"\nversion = "1"\ntitle = "T"\nauthority = "A"\npacks = ["EU-CTC"]\neffective_from = 2020-01-01\nsources = ["s"]\n', "there is no pack EU-CTC; did you mean EU-CTR"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), [case[1:] for case in BAD_PACKS], ids=[case[0] for case in BAD_PACKS])
def test_a_pack_that_cannot_govern_is_named(cli: CommandLine, tmp_path: Path, text: str, sentence: str) -> None:
    told = cli.refused("regulation", "evaluate", "--pack", pack_file(tmp_path, text), facts(tmp_path, SUSAR))
    assert told[0] == 2
    assert sentence in told[1]


def test_more_faults_are_counted(cli: CommandLine, tmp_path: Path) -> None:
    told = cli.refused("regulation", "evaluate", "--pack", "EU-CTR", facts(tmp_path, {"fatal": 1}, {"at": 1}))[1]
    assert (
        told
        == "the facts file: facts[0].at: must be an instant with its zone, such as 2018-03-06T09:30:00+08:00 (and 2 more)"
    )


@pytest.mark.parametrize(
    ("pack", "file", "sentence"),
    [
        ("EU-CTC", "facts.json", "--pack: there is no pack EU-CTC; did you mean EU-CTR"),
        ("EU CTR", "facts.json", "--pack must be 1 to 64 letters"),
        ("/nowhere.toml", "facts.json", "the pack /nowhere.toml cannot be read"),
        ("EU-CTR", "nowhere.json", "the facts file "),
    ],
)
def test_what_is_not_there_is_told(cli: CommandLine, tmp_path: Path, pack: str, file: str, sentence: str) -> None:
    facts(tmp_path, SUSAR)
    told = cli.refused("regulation", "evaluate", "--pack", pack, tmp_path / file)
    assert told[0] == 2
    assert sentence in told[1]
