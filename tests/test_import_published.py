"""The published trials through the program, from raw rows: CDISC pilot 01 whole and in parts, and NCT03265613."""

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import SHARED, TRIALS, CommandLine
from tests.oracle_incidence import Row, incidence

PILOT, FIRST = SHARED / "cdiscpilot01", SHARED / "nct03265613"
ARMS = ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]
FILES = {"dm": "subjects.csv", "ex": "exposures.csv", "ae": "adverse_events.csv"}
CRITERIA = ("AESCAN", "AESCONG", "AESDISAB", "AESDTH", "AESHOSP", "AESLIFE", "AESOD")
CDISC = ["--trial", "CDISCPILOT01"]
Tables = dict[str, list[Row]]
Counts = dict[tuple[str, ...], tuple[int, int]]
pytestmark = pytest.mark.skipif(not PILOT.exists(), reason="the outside data are not beside the project")


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The pilot's rows by domain."""

    def rows(file: str) -> list[Row]:
        with (PILOT / file).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    return {name: rows(file) for name, file in FILES.items()}


@pytest.fixture(scope="module")
def expected() -> Any:  # noqa: ANN401, the published figures
    return json.loads((PILOT / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    """What the import of the whole pilot answered."""
    return {}


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory, summary: dict[str, Any]) -> CommandLine:
    """A home with the whole pilot."""
    cli = CommandLine(tmp_path_factory.mktemp("pilot") / "home")
    cli("trial", "create", TRIALS / "cdiscpilot01.toml")
    summary |= cli.json("import", PILOT, *CDISC)
    return cli


# --- CDISC pilot 01, whole -------------------------------------------------------------------------------------------


def test_every_published_figure_follows_from_the_raw_rows(pilot: CommandLine, expected: Any) -> None:  # noqa: ANN401
    answer = pilot.json("incidence", *CDISC, "--compare", "Placebo")
    groups = {group["arm"]: group for group in answer["groups"]}
    assert {arm: group["subjects"] for arm, group in groups.items()} == expected["population"]
    for name, arms in expected["overview"].items():
        for arm, figure in arms.items():
            found = groups[arm]["measures"][name.replace("_teae", "")]
            assert (found["subjects"], found["events"]) == (figure["n_subjects"], figure["n_events"])
            assert round(100 * found["proportion"], 1) == figure["pct"]
            assert [100 * end for end in found["ci95"]] == pytest.approx(figure["ci95_clopper_pearson"], abs=1e-3)
    pairs = {(pair["measure"], pair["arms"][1]): pair["p"] for pair in answer["comparisons"]}
    for name, p in expected["fisher_exact_two_sided"].items():
        measure, _, arm = name.replace("_teae", "").replace("|Placebo vs ", "|").partition("|")
        assert pairs[measure, arm] == pytest.approx(p, abs=1e-6)
    assert len(pairs) == len(expected["fisher_exact_two_sided"])


def test_the_summary_counts_the_rows_and_finds_each_query_in_its_row(
    pilot: CommandLine, summary: dict[str, Any], tables: Tables
) -> None:
    assert summary["added"] == {"subjects": 306, "exposures": 591, "adverse_events": 1191}
    assert (summary["unchanged"], summary["corrected"]) == (0, 0)
    flagged = [query for query in summary["queries"] if query["rule"] == "SERIOUS_FLAG"]
    contradicted = {
        line: ["AESER", *sorted(name for name in CRITERIA if row[name] == "Y")]
        for line, row in enumerate(tables["ae"], 2)
        if row["AESER"] != "Y" and any(row[name] == "Y" for name in CRITERIA)
    }
    assert len(contradicted) == 36
    assert {query["row"]: [query["fields"][0], *sorted(query["fields"][1:])] for query in flagged} == contradicted
    assert {query["file"] for query in summary["queries"]} == {"adverse_events.csv"}
    listed = {(query["rule"], query["subject"], query["number"]) for query in summary["queries"]}
    asked = pilot.json("queries", *CDISC)["queries"]
    assert {(query["rule"], query["subject"], query["number"]) for query in asked} == listed


def test_what_the_data_lack_is_listed_as_it_was_given(pilot: CommandLine, expected: Any) -> None:  # noqa: ANN401
    rows = pilot.json("listing", *CDISC)["rows"]
    onsets = Counter(len(row["onset"]) for row in rows)
    quality = expected["data_quality"]
    assert (onsets[7], onsets[4]) == (quality["AE start YYYY-MM only"], quality["AE start YYYY only"])
    assert sum(row["causality"] is None for row in rows) == quality["rows with missing AEREL"]
    fatal = [row for row in rows if "results_in_death" in row["criteria"] and row["serious"] == "N"]
    assert len(fatal) == quality["fatal events with AESER=N"]


def test_the_same_data_again_adds_nothing(pilot: CommandLine, summary: dict[str, Any]) -> None:
    again = pilot.json("import", PILOT, *CDISC)
    assert again["added"] == {"subjects": 0, "exposures": 0, "adverse_events": 0}
    # The three deaths that the demographics state are facts of rows that are counted as subjects.
    assert (again["unchanged"], again["corrected"], again["vanished"]) == (306 + 591 + 1191, 0, 0)
    assert again["queries"] == summary["queries"]
    assert again["position"] == pilot.head


RULES = [
    ("missing counts as related", 'missing = "not_related"', 'missing = "related"', "related", [43, 73, 70]),
    ("REMOTE is related", '"POSSIBLE", "PROBABLE"]\nnot_related = ["NONE", "REMOTE"]',
     '"REMOTE", "POSSIBLE", "PROBABLE"]\nnot_related = ["NONE"]', "related", [52, 74, 71]),
    ("any criterion is serious", 'reading = "stated"', 'reading = "any_criterion"', "serious", [6, 10, 9]),
    ("by the actual arm", 'arm = "planned"', 'arm = "actual"', "teae", [65, 84, 69]),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule[0])
def test_other_stated_rules_give_the_other_known_answers(
    pilot: CommandLine, tmp_path: Path, rule: tuple[str, str, str, str, list[int]]
) -> None:
    _, was, now, measure, subjects = rule
    text = (TRIALS / "cdiscpilot01.toml").read_text(encoding="utf-8")
    assert text.count(was) == 1
    other = CommandLine(shutil.copytree(pilot.home, tmp_path / "home"))
    position = other.head
    file = tmp_path / "cdiscpilot01.toml"
    file.write_text(text.replace(was, now), encoding="utf-8")
    other("trial", "amend", file, "--reason", "another rule")
    groups = other.json("incidence", *CDISC)["groups"]
    assert [group["measures"][measure]["subjects"] for group in groups] == subjects
    before = other.json("incidence", *CDISC, "--as-of", position)
    assert before["groups"] == pilot.json("incidence", *CDISC)["groups"]


def test_by_grade_a_subject_counts_once_at_the_worst(pilot: CommandLine, tables: Tables) -> None:
    grades = pilot.json("incidence", *CDISC, "--by", "grade")["grades"]
    for arm in ARMS:
        of_arm = [grade["measure"] for grade in grades if grade["arm"] == arm]
        counted = incidence([(name, row) for name, rows in tables.items() for row in rows], ARMS, "AESEV")
        events = {name[1]: count[1] for name, count in counted.items() if name[0] == arm}
        assert {grade["grade"]: grade["measure"]["events"] for grade in grades if grade["arm"] == arm} == events
        teae = incidence([(name, row) for name, rows in tables.items() for row in rows], ARMS)[arm, "teae"]
        assert sum(measure["subjects"] for measure in of_arm) == teae[0]


# --- CDISC pilot 01, in parts ----------------------------------------------------------------------------------------


def part(folder: Path, tables: Tables, subjects: Iterable[str], domains: Iterable[str] = FILES) -> tuple[Path, Tables]:
    """Write the rows of some subjects as a folder without a trial's name in it."""
    chosen = set(subjects)
    kept = {name: [row for row in tables[name] if row["USUBJID"] in chosen] for name in domains}
    folder.mkdir(parents=True)
    for name, rows in kept.items():
        columns = [column for column in tables[name][0] if column != "STUDYID"]
        with (folder / FILES[name]).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    return folder, kept


def counts(cli: CommandLine, trial: str) -> Counts:
    """What the program counts, as the oracle gives it."""
    answer = cli.json("incidence", "--trial", trial, "--by", "pt")
    found: Counts = {("size", group["arm"]): (group["subjects"], 0) for group in answer["groups"]}
    for group in answer["groups"]:
        for name, measure in group["measures"].items():
            found[group["arm"], name] = (measure["subjects"], measure["events"])
    for term in answer["terms"]:
        key = (term["arm"], term["soc"], term["pt"])
        found[key] = (term["measure"]["subjects"], term["measure"]["events"])
    return found


def recounted(kept: Tables) -> Counts:
    """The same by the slow recomputation from the rows."""
    rows = [(name, row) for name, of_domain in kept.items() for row in of_domain]
    measures = incidence(rows, ARMS)
    names = ("teae", "related", "serious", "related_serious", "fatal", "related_fatal", "severe")
    nothing: Counts = {(arm, name): (0, 0) for arm in ARMS for name in names}
    return nothing | measures | incidence(rows, ARMS, "AEBODSYS", "AEDECOD")


@pytest.fixture(scope="module")
def parts_home(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(tmp_path_factory.mktemp("parts") / "home")


def registered(cli: CommandLine, folder: Path, name: str) -> str:
    """Register the pilot's trial file under another name."""
    file = folder / f"{name}.toml"
    shutil.copy(TRIALS / "cdiscpilot01.toml", file)
    cli("trial", "create", file)
    return name.upper()


def sites() -> list[str]:
    return re.findall(r'id = "(\d+)"', (TRIALS / "cdiscpilot01.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("site", sites())
def test_each_site_alone(parts_home: CommandLine, tmp_path: Path, tables: Tables, site: str) -> None:
    subjects = [row["USUBJID"] for row in tables["dm"] if row["SITEID"] == site]
    folder, kept = part(tmp_path / "data", tables, subjects)
    trial = registered(parts_home, tmp_path, f"site{site}")
    parts_home("import", folder, "--trial", trial)
    assert counts(parts_home, trial) == recounted(kept)


def test_half_the_subjects_then_all_and_first_without_adverse_events(
    parts_home: CommandLine, tmp_path: Path, tables: Tables, pilot: CommandLine
) -> None:
    everybody = [row["USUBJID"] for row in tables["dm"]]
    trial = registered(parts_home, tmp_path, "halves")
    half, kept = part(tmp_path / "half", tables, everybody[::2], ("dm", "ex"))
    parts_home("import", half, "--trial", trial)
    assert counts(parts_home, trial) == recounted({**kept, "ae": []})
    half, events = part(tmp_path / "events", tables, everybody[::2], ("ae",))
    parts_home("import", half, "--trial", trial)
    assert counts(parts_home, trial) == recounted({**kept, **events})
    position = parts_home.head
    parts_home("import", part(tmp_path / "whole", tables, everybody)[0], "--trial", trial)
    assert counts(parts_home, trial) == counts(pilot, "CDISCPILOT01") == recounted(tables)
    then = parts_home.json("incidence", "--trial", trial, "--as-of", position)["groups"]
    half_again = recounted({**kept, **events})
    assert [group["measures"]["teae"]["events"] for group in then] == [half_again[arm, "teae"][1] for arm in ARMS]


# --- NCT03265613 -----------------------------------------------------------------------------------------------------


def test_nct03265613_primary_outcome_and_the_whole_record(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "home")
    cli("trial", "create", TRIALS / "nct03265613.toml")
    trial = ["--trial", "NCT03265613"]
    summary = cli.json("import", FIRST, *trial)
    assert summary["added"] == {"subjects": 7, "exposures": 21, "adverse_events": 17}
    assert (summary["queries"], summary["not_kept"]) == ([], {})

    answer = cli.json("incidence", *trial, "--window", "primary")
    (group,) = answer["groups"]
    primary = group["measures"]
    assert (group["subjects"], primary["teae"]["events"], primary["related"]["events"]) == (7, 16, 5)
    assert primary["related_serious"] == {"subjects": 0, "events": 0, "proportion": 0.0, "ci95": [0.0, 0.409616]}
    assert primary["serious"]["subjects"] == 0
    assert "reconstructed" in answer["provenance"]
    figures = json.loads((FIRST / "expected.json").read_text(encoding="utf-8"))
    computed = figures["computed_from_this_fixture(subject allocation is INVENTED)"]["subjects_related_AE_12wk"]
    assert primary["related"]["subjects"] == computed["n"]
    assert [100 * end for end in primary["related"]["ci95"]] == pytest.approx(computed["ci95"], abs=1e-4)

    (whole,) = cli.json("incidence", *trial)["groups"]
    assert (whole["measures"]["teae"]["events"], whole["measures"]["serious"]["subjects"]) == (17, 1)
    (alert,) = cli.json("alerts", *trial)["alerts"]
    assert (alert["rule"], alert["state"]) == ("SAE-IMPORTED", "sent")
