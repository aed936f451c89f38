"""The figures of a report at three lock points, one on 29 February: those of the commands at that position, and the rows' own."""

import csv
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from safety.aggregates.deciding import Form
from tests import builders as b
from tests import pilot
from tests.command_line import CommandLine
from tests.oracle_incidence import Row
from tests.periodic_home import Desk, owing, shuffled
from tests.test_incidence import NCT, NCT_DATA, nct_events

CRITERIA = ("AESCAN", "AESCONG", "AESDISAB", "AESDTH", "AESHOSP", "AESLIFE", "AESOD")
LOCKS = ("2014-02-28", "2015-02-28", "2016-02-29")
FILED = ("2013-09-01T00:00Z", "2014-09-01T00:00Z", "2015-09-01T00:00Z")
PILOT = owing(pilot.definition(), dsur={"dibd": "2013-03-01"})


def pilot_events() -> list[Form]:
    return [pilot.form(table, row) for table in pilot.TABLES for row in pilot.rows(table)]


def pilot_desk(folder: Path, url: str | None = None) -> Desk:
    """The pilot filed by subjects in three years, and its reports issued as they fall due; then more happens."""
    desk = Desk(folder, url)
    desk.append("2013-03-02T00:00Z", pilot.registered(PILOT))
    for moment, lock, part in zip(FILED, LOCKS, shuffled(pilot_events(), 3), strict=True):
        desk.append(moment, *part)
        assert desk.tick(f"{lock}T23:00-08:00") == 1
    return desk


def rows_of(part: int) -> list[Row]:
    """The adverse events that were filed by the end of a part, as rows."""
    order = {row["USUBJID"]: n % 3 for n, row in enumerate(pilot.rows("dm"))}
    return [row for row in pilot.rows("ae") if order[row["USUBJID"]] <= part]


def is_serious(row: Row) -> bool:
    return row["AESER"] == "Y" or any(row[name] == "Y" for name in CRITERIA)


def slow_tabulation(rows: list[Row]) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Subjects and events by class, term and planned arm: one look at each row, for each cell anew."""
    arm = {row["USUBJID"]: row["ARM"] for row in pilot.rows("dm")}
    cells = {(row["AEBODSYS"], row["AEDECOD"], arm[row["USUBJID"]]) for row in rows if is_serious(row)}
    counted = {}
    for soc, term, name in cells:
        found = [
            row["USUBJID"]
            for row in rows
            if is_serious(row) and (row["AEBODSYS"], row["AEDECOD"], arm[row["USUBJID"]]) == (soc, term, name)
        ]
        counted[soc, term, name] = (len(set(found)), len(found))
    return counted


def tabulated(table: dict[str, Any]) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {
        (row["soc"], row["pt"], arm): (count["subjects"], count["events"])
        for row in table["rows"]
        if row["pt"] is not None
        for arm, count in zip(table["arms"], row["counts"], strict=True)
        if count["events"]
    }


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    folder = tmp_path_factory.mktemp("pilot") / "home"
    desk = pilot_desk(folder)
    desk.append("2016-06-01T00:00Z", b.enrolled("LATER", trial=pilot.TRIAL, arm="Placebo"))
    desk.close()
    return CommandLine(folder)


@pilot.needs_data
@pytest.mark.parametrize("lock", LOCKS)
def test_the_numbers_are_those_of_the_incidence_and_listing_commands_at_the_lock_point(
    cli: CommandLine, lock: str
) -> None:
    report = cli.json("report", "periodic", "--trial", pilot.TRIAL, "--lock", lock)
    assert report["period"]["ends_on"] == lock
    assert report["period"]["due_on"] is not None
    for as_of in (lock, report["position"]):
        assert (
            report["incidence"]["all"].items()
            <= cli.json("incidence", "--trial", pilot.TRIAL, "--as-of", as_of).items()
        )
        listing = cli.json("listing", "--trial", pilot.TRIAL, "--serious", "--as-of", as_of)
        assert report["position"] == listing["position"]
        counting = [row for row in listing["rows"] if not row["nullified"] and row["merged_into"] is None]
        assert sum(count["events"] for count in report["cumulative_events"]["total"]) == len(counting)
        assert sum(count["subjects"] for count in report["cumulative_events"]["total"]) == len(
            {row["subject"] for row in counting}
        )


@pilot.needs_data
@pytest.mark.parametrize(("part", "lock"), list(enumerate(LOCKS)))
def test_the_cumulative_tabulation_is_what_a_slow_count_of_the_rows_gives(
    cli: CommandLine, part: int, lock: str
) -> None:
    report = cli.json("report", "periodic", "--trial", pilot.TRIAL, "--lock", lock)
    expected = slow_tabulation(rows_of(part))
    assert len(expected) > 5
    assert tabulated(report["cumulative_events"]) == expected
    whole = {
        (row["soc"], arm): (count["subjects"], count["events"])
        for row in report["cumulative_events"]["rows"]
        if row["pt"] is None
        for arm, count in zip(report["cumulative_events"]["arms"], row["counts"], strict=True)
    }
    assert sum(events for _, events in whole.values()) == sum(events for _, events in expected.values())
    related = [row for row in rows_of(part) if is_serious(row) and row["AEREL"] in {"POSSIBLE", "PROBABLE", ""}]
    assert tabulated(report["cumulative_reactions"]) == slow_tabulation(related)


@pilot.needs_data
def test_each_reaction_is_listed_in_one_period_and_all_of_them_are(cli: CommandLine) -> None:
    reports = [cli.json("report", "periodic", "--trial", pilot.TRIAL, "--lock", lock) for lock in LOCKS]
    listed = [(row["subject"], row["number"]) for report in reports for row in report["reactions"]]
    rows = [row for row in rows_of(2) if is_serious(row) and row["AEREL"] in {"POSSIBLE", "PROBABLE", ""}]
    assert sorted(listed) == sorted((row["USUBJID"], int(row["AESEQ"])) for row in rows)
    assert all(report["reactions"] for report in reports)
    for part, report in enumerate(reports):
        before = {(row["USUBJID"], int(row["AESEQ"])) for row in (rows_of(part - 1) if part else [])}
        assert not before & {(row["subject"], row["number"]) for row in report["reactions"]}


@pilot.needs_data
def test_exposure_demographics_and_deaths_are_those_of_the_rows(cli: CommandLine) -> None:
    report = cli.json("report", "periodic", "--trial", pilot.TRIAL, "--lock", LOCKS[2])
    for arm in report["exposure"]["arms"]:
        subjects = {row["USUBJID"] for row in pilot.rows("dm") if row["ARM"] == arm["arm"]}
        doses = [row for row in pilot.rows("ex") if row["USUBJID"] in subjects]
        assert (arm["subjects"], arm["doses"]) == (len(subjects), len(doses))
        assert arm["dosed"] == len({row["USUBJID"] for row in doses})
        assert sum(float(each["amount"]) for each in arm["amounts"]) == sum(float(row["EXDOSE"]) for row in doses)
    for n, arm_name in enumerate(report["demographics"]["arms"]):
        people = [row for row in pilot.rows("dm") if row["ARM"] == arm_name]
        counts = {row["group"]: row["counts"][n] for row in report["demographics"]["rows"]}
        assert counts["Female"] == sum(row["SEX"] == "F" for row in people)
        assert counts["75 to 84"] == sum(75 <= int(row["AGE"]) <= 84 for row in people)
    died = {row["USUBJID"] for row in pilot.rows("ae") if row["AESDTH"] == "Y" or row["AEOUT"] == "FATAL"}
    died |= {row["USUBJID"] for row in pilot.rows("dm") if row["DTHFL"] == "Y"}
    assert {row["subject"] for row in report["deaths"]} == died
    assert len(died) == 3
    assert report["china"] is None


@pilot.needs_data
def test_what_was_issued_is_what_is_rendered_again_after_more_has_happened(cli: CommandLine) -> None:
    reports = cli.json("report", "list", "--trial", pilot.TRIAL)["reports"]
    assert [row["period"] for row in reports] == list(LOCKS)
    for row in reports:
        for form in ("html", "text"):
            out = cli("report", "periodic", "--trial", pilot.TRIAL, "--lock", row["period"], "--format", form).out
            assert sha256(out.encode()).hexdigest() == row[f"{form}_sha256"]


@pilot.needs_data
def test_postgresql_gives_the_same_bytes(tmp_path: Path, fresh_postgres_url: str) -> None:
    one, other = pilot_desk(tmp_path / "one"), pilot_desk(tmp_path / "other", fresh_postgres_url)
    issued, on_postgresql = one.of("periodic_report.issued"), other.of("periodic_report.issued")
    assert len(issued) == 3
    assert issued == on_postgresql
    one.close()
    other.close()


# --- NCT03265613 -------------------------------------------------------------------------------------------------------

NCT_LOCKS = ("2018-02-28", "2019-02-28", "2020-02-29")


def nct_desk(folder: Path) -> Desk:
    """The trial is registered, its record comes in the second year; in the third the sponsor calls the SAE related."""
    desk = Desk(folder)
    governs = owing(pilot.definition("nct03265613"), dsur={"dibd": "2017-03-01"})
    desk.append("2017-06-01T00:00Z", pilot.registered(governs, NCT))
    assert desk.tick("2018-03-01T00:00Z") == 1
    desk.append("2018-10-01T00:00Z", *nct_events())
    desk.append("2018-10-02T00:00Z", b.rsi_issued("IB-1", trial=NCT, effective_on="2018-10-02"))
    assert desk.tick("2019-03-01T00:00Z") == 1
    desk.append(
        "2019-05-01T00:00Z",
        b.causality_assessed("S04", 17, "sponsor", "POSSIBLE", trial=NCT),
        b.amended(governs, NCT),
        b.rsi_issued("IB-2", trial=NCT, effective_on="2019-06-01", listed=({"preferred_term": "Pyrexia"},)),
    )
    assert desk.tick("2020-03-01T00:00Z") == 1
    return desk


@pytest.fixture(scope="module")
def nct(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    folder = tmp_path_factory.mktemp("nct") / "home"
    nct_desk(folder).close()
    return CommandLine(folder)


needs_nct = pytest.mark.skipif(
    not NCT_DATA.exists(), reason="the outside data of NCT03265613 is not beside the project"
)


@needs_nct
@pytest.mark.parametrize("lock", NCT_LOCKS)
def test_nct03265613_at_three_lock_points_equals_its_commands(nct: CommandLine, lock: str) -> None:
    report = nct.json("report", "periodic", "--trial", NCT, "--lock", lock)
    asked = ("--trial", NCT, "--as-of", lock)
    assert report["incidence"]["all"].items() <= nct.json("incidence", *asked).items()
    assert report["incidence"]["primary"].items() <= nct.json("incidence", *asked, "--window", "primary").items()
    listing = nct.json("listing", *asked, "--serious")
    assert sum(count["events"] for count in report["cumulative_events"]["total"]) == len(listing["rows"])


@needs_nct
def test_nct03265613_year_by_year(nct: CommandLine) -> None:
    first, second, third = (nct.json("report", "periodic", "--trial", NCT, "--lock", lock) for lock in NCT_LOCKS)
    with (NCT_DATA / "adverse_events.csv").open(newline="") as file:
        serious = [row for row in csv.DictReader(file) if row["serious"] == "Y"]
    (sae,) = serious
    assert [report["exposure"]["arms"][0]["dosed"] for report in (first, second, third)] == [0, 7, 7]
    assert [len(report["cumulative_events"]["rows"]) for report in (first, second, third)] == [0, 2, 2]
    assert [len(report["reactions"]) for report in (first, second, third)] == [0, 0, 1]
    (reaction,) = third["reactions"]
    assert (reaction["subject"], reaction["preferred_term"]) == (sae["subject"], sae["term"])
    assert "sponsor: POSSIBLE" in reaction["comments"][0]
    in_force = [report["reference_safety_information"]["in_force"] for report in (first, second, third)]
    assert [version and version["version"] for version in in_force] == [None, None, "IB-1"]
    changes = [report["reference_safety_information"]["changes"] for report in (first, second, third)]
    assert [[version["version"] for version in each] for each in changes] == [[], ["IB-1"], ["IB-2"]]
    assert [len(report["amendments"]) for report in (first, second, third)] == [0, 0, 1]
    assert third["china"]["subjects"] == 7
    assert len(third["china"]["reactions"]["rows"]) == 2
    assert [report["exposure"]["arms"][0]["without_amount"] for report in (first, second)] == [0, 21]
