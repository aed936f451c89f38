"""An import folder: which files it takes, what it says of them, and the map by which a foreign folder is read."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from safety.intake import FolderMap, Row, Table, Unreadable, mapping, read_folder

DATA = Path(__file__).parents[2] / "shared" / "data"
KNOWN: dict[Table, Sequence[str]] = {
    "subjects": ("USUBJID", "ARM", "AGE"),
    "exposures": ("USUBJID", "EXSEQ", "EXTRT", "EXSTDTC", "VISIT"),
    "adverse_events": (
        *("USUBJID", "AESPID", "AESEQ", "AETERM", "AEDECOD", "AETOXGR"),
        *("AESER", "AEREL", "AESTDTC"),
    ),
}
DM, EX, AE = "USUBJID,ARM\nS1,A\n", "USUBJID,EXSTDTC\nS1,2018\n", "USUBJID,AESEQ,AETERM\nS1,1,Rash\n"

# One file that feeds two tables.
TWICE = """
[import]
subjects = { columns = { USUBJID = "subject" } }
exposures = { file = "subjects.csv", columns = { USUBJID = "subject", EXSTDTC = "a" } }
"""

# What trials/nct03265613.toml carries for the published folder.
NCT03265613 = """
[import.subjects]
file = "subjects.csv"
columns = { USUBJID = "subject" }
constants = { ARM = "AD-MSC" }

[import.exposures]
file = "subjects.csv"
columns = { USUBJID = "subject" }
constants = { EXTRT = "AD-MSC" }
repeat = [
    { EXSTDTC = "infusion_wk0", constants = { EXSEQ = "1", VISIT = "WEEK 0" } },
    { EXSTDTC = "infusion_wk4", constants = { EXSEQ = "2", VISIT = "WEEK 4" } },
    { EXSTDTC = "infusion_wk8", constants = { EXSEQ = "3", VISIT = "WEEK 8" } },
]

[import.adverse_events]
file = "adverse_events.csv"

[import.adverse_events.columns]
USUBJID = "subject"
AESPID = "seq"
AETERM = "term"
AEDECOD = "term"
AETOXGR = "ctcae_grade"
AESER = "serious"
AEREL = "relationship"
AESTDTC = "start_date"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder: `folder({"dm.csv": DM})`."""

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def refusal(folder: Path, by: FolderMap | None = None) -> str:
    with pytest.raises(Unreadable) as refused:
        read_folder(folder, by, known=KNOWN)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def said(rows: Sequence[Row]) -> list[dict[str, str]]:
    return [dict(row.values) for row in rows]


# The folder


def test_a_folder_is_read_with_the_place_of_every_row_and_a_digest_of_every_file(folder: Callable[..., Path]) -> None:
    ae = '{"datasetJSONVersion": "1.1.0", "columns": [{"name": "usubjid"}, {"name": "AESEQ"}, {"name": "AETERM"}]}\n["S1", 1, "Rash"]\n'  # fmt: skip
    where = folder(
        {"Subjects.CSV": "usubjid, Arm ,Note,AGE\nS1,A,x,\n,,, \nS2,,,63\n", "AE.ndjson": ae, "README.md": "?"}
    )
    read = read_folder(where, known=KNOWN)
    assert said(read.subjects) == [{"USUBJID": "S1", "ARM": "A"}, {"USUBJID": "S2", "AGE": "63"}]
    assert [row.place for row in read.subjects] == ["Subjects.CSV, line 2", "Subjects.CSV, line 4"]
    assert [row.place for row in read.adverse_events] == ["AE.ndjson, observation 1"]
    assert (read.subjects[0].table, read.subjects[0].file, read.subjects[0].number) == ("subjects", "Subjects.CSV", 2)
    assert read.exposures == ()
    assert read.variables == {"subjects": {"USUBJID", "ARM", "AGE"}, "adverse_events": {"USUBJID", "AESEQ", "AETERM"}}
    assert read.ignored == {"Subjects.CSV": ("Note",)}
    assert read.digests == {
        name: hashlib.sha256((where / name).read_bytes()).hexdigest() for name in ("Subjects.CSV", "AE.ndjson")
    }


def test_values_are_a_mapping_without_the_empty_cells_that_does_not_print_what_it_holds(
    folder: Callable[..., Path],
) -> None:
    [row] = read_folder(folder({"dm.csv": "USUBJID,ARM,AGE\nS1,,63\n"}), known=KNOWN).subjects
    assert list(row.values) == ["USUBJID", "AGE"]
    assert len(row.values) == 2
    assert "ARM" not in row.values
    assert row.values.get("ARM") is row.values.get("RACE") is None
    assert row.values == {"AGE": "63", "USUBJID": "S1"}
    assert "S1" not in repr(row)


def test_progress_is_told_as_the_rows_are_read(folder: Callable[..., Path]) -> None:
    told: list[tuple[str, int]] = []
    where = folder({"dm.csv": "USUBJID\n" + "S1\n" * 2000, "ae.csv": AE, "ex.csv": "USUBJID,EXSTDTC\n"})
    read_folder(where, known=KNOWN, progress=lambda file, rows: told.append((file, rows)))
    assert told == [("dm.csv", 1000), ("dm.csv", 2000), ("ex.csv", 0), ("ae.csv", 1)]


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        ({}, ["is empty", "subjects.csv or dm.*"]),
        ({"notes.txt": "x", "adverse_events.xpt": "x"}, ["none of the files of an import", "adverse_events.csv or ae.*"]),
        ({"dm.csv": DM, "subjects.csv": DM}, ["holds dm.csv and subjects.csv, which are both subjects", "keep one"]),
        ({"ae.csv": AE, "AE.csv": AE}, ["AE.csv and ae.csv"]),
        ({"dm.csv": "SUBJID\nS1\n"}, ["dm.csv has no column USUBJID", "subjects need the columns USUBJID"]),
        ({"ex.csv": DM}, ["ex.csv has no column EXSTDTC", "exposures need the columns USUBJID, EXSTDTC"]),
        ({"ae.csv": "USUBJID,AESEQ\n"}, ["ae.csv has no column AETERM", "need the columns USUBJID, AETERM, AESPID or AESEQ"]),
        ({"ae.csv": "USUBJID,AETERM\n"}, ["ae.csv has no column AESPID or AESEQ", "import map"]),
        (
            {"ae.ndjson": '{"datasetJSONVersion": "1.1.0", "columns": [{"name": "USUBJID"}, {"name": "AESEQ"}, {"name": "AETERM"}]}\n["S1", 1, "\\u0000"]'},
            ["ae.ndjson, observation 1 holds a NUL character"],
        ),
    ],
)  # fmt: skip
def test_a_folder_that_does_not_fit_is_refused(
    files: dict[str, str], parts: list[str], folder: Callable[..., Path]
) -> None:
    sentence = refusal(folder(files))
    assert all(part in sentence for part in parts), sentence


def test_a_path_that_is_no_folder_is_refused(folder: Callable[..., Path]) -> None:
    assert "is not a folder that can be read (" in refusal(folder({"dm.csv": DM}) / "dm.csv")
    assert "is not a folder that can be read (" in refusal(Path("/nowhere"))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file of this system is known to fail on reading")
def test_a_file_that_fails_on_reading_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dm.csv").symlink_to("/proc/self/mem")
    assert "dm.csv cannot be read (Input/output error)" in refusal(tmp_path)


def test_a_file_that_changes_between_its_two_readings_is_refused(folder: Callable[..., Path]) -> None:
    where = folder({"subjects.csv": "subject,a\nS1,2018\n"})

    def somebody_writes(file: str, rows: int) -> None:
        (where / file).write_text("subject,a\nS2,2018\n")

    with pytest.raises(Unreadable, match=r"subjects\.csv changed while it was read"):
        read_folder(where, FolderMap.from_toml(TWICE, "m"), known=KNOWN, progress=somebody_writes)


def test_a_column_that_either_of_two_tables_takes_is_not_ignored(folder: Callable[..., Path]) -> None:
    where = folder({"subjects.csv": "subject,a,ARM,x,exstdtc\nS1,2018,A,,\n"})
    assert read_folder(where, FolderMap.from_toml(TWICE, "m"), known=KNOWN).ignored == {
        "subjects.csv": ("x", "exstdtc")
    }


# The map


@pytest.mark.skipif(not DATA.is_dir(), reason="the outside data ../shared/data is not here")
def test_the_published_folder_is_read_by_its_map() -> None:
    read = read_folder(DATA / "nct03265613", FolderMap.from_toml(NCT03265613, "the trial file"), known=KNOWN)
    assert [len(rows) for rows in (read.subjects, read.exposures, read.adverse_events)] == [7, 21, 17]
    assert said(read.subjects)[0] == {"USUBJID": "S01", "ARM": "AD-MSC"}
    assert [(r["USUBJID"], r["EXSEQ"], r["EXSTDTC"], r["VISIT"]) for r in said(read.exposures)[:4]] == [
        ("S01", "1", "2018-03-05", "WEEK 0"),
        ("S01", "2", "2018-04-02", "WEEK 4"),
        ("S01", "3", "2018-04-30", "WEEK 8"),
        ("S02", "1", "2018-03-05", "WEEK 0"),
    ]
    assert [row.number for row in read.exposures[:4]] == [2, 2, 2, 3]
    assert said(read.adverse_events)[-1] == {
        "USUBJID": "S04", "AESPID": "17", "AETERM": "SAE (term not in abstract)", "AEDECOD": "SAE (term not in abstract)",
        "AETOXGR": "3", "AESER": "Y", "AEREL": "NOT RELATED", "AESTDTC": "2018-09-21",
    }  # fmt: skip
    assert read.ignored == {}
    assert list(read.digests) == ["subjects.csv", "adverse_events.csv"]


def mapped(table: str) -> FolderMap:
    return FolderMap.from_toml(f"[import.{table}\n", "m.toml")


def test_a_map_translates_values_repeats_rows_and_leaves_sdtm_names_as_they_are(folder: Callable[..., Path]) -> None:
    where = folder(
        {"wide.csv": "usubjid,day1,day2,no2,EXTRT,site\nS1,2018-01,x,,iv,9\nS2,,,,iv,9\nS3,,2018-03,2,oral,9\n"}
    )
    read = read_folder(
        where,
        mapped(
            """exposures]
            file = "WIDE.csv"
            constants = { VISIT = "V" }
            values.EXTRT = { iv = "INFUSION" }
            values.EXSTDTC = { x = "" }
            repeat = [{ EXSTDTC = "Day1" }, { EXSTDTC = "day2", EXSEQ = "no2" }]"""
        ),
        known=KNOWN,
    )
    assert said(read.exposures) == [
        {"USUBJID": "S1", "EXTRT": "INFUSION", "EXSTDTC": "2018-01", "VISIT": "V"},
        {"USUBJID": "S1", "EXTRT": "INFUSION", "VISIT": "V"},
        {"USUBJID": "S3", "EXTRT": "oral", "EXSTDTC": "2018-03", "VISIT": "V", "EXSEQ": "2"},
    ]
    assert read.variables == {"exposures": {"USUBJID", "EXTRT", "EXSTDTC", "VISIT", "EXSEQ"}}
    assert read.ignored == {"wide.csv": ("site",)}


def test_what_the_map_says_of_a_column_or_a_variable_comes_before_its_name(folder: Callable[..., Path]) -> None:
    where = folder({"dm.csv": "USUBJID,ARM,AGE\nS1,A,63\n", "ae.csv": AE.replace("AESEQ", "AESPID")})
    read = read_folder(where, mapped('subjects]\ncolumns = { AGE = "ARM" }\nconstants = { ARM = "B" }'), known=KNOWN)
    assert said(read.subjects) == [{"USUBJID": "S1", "AGE": "A", "ARM": "B"}]
    assert read.ignored == {"dm.csv": ("AGE",)}
    always = read_folder(where, mapped('subjects]\nconstants = { ARM = "B" }'), known=KNOWN)
    assert said(always.subjects) == [{"USUBJID": "S1", "AGE": "63", "ARM": "B"}]
    assert always.ignored == {"dm.csv": ("ARM",)}
    assert said(read.adverse_events) == [{"USUBJID": "S1", "AESPID": "1", "AETERM": "Rash"}]


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        ('subjects]\nfile = "other.csv"', ["has no file other.csv", "import.subjects"]),
        ('subjects]\ncolumns = { ARM = "group" }', ["dm.csv has no column group", "import.subjects"]),
        ('exposures]\nrepeat = [{ EXSTDTC = "wk0" }]', ["ex.csv has no column wk0", "import.exposures"]),
        ('exposures]\nrepeat = [{ EXSTDTC = "EXSTDTC" }, { VISIT = "EXSTDTC" }]', ["ex.csv has no column EXSTDTC;"]),
        ('subjects]\nconstants = { RACE = "x" }', ["import.subjects gives RACE", "taken are AGE, ARM, USUBJID"]),
        ('subjects]\nvalues.AGE = { x = "63" }', ["import.subjects.values translates AGE", "import.subjects.columns"]),
    ],
)
def test_a_map_that_does_not_fit_the_folder_is_refused(
    table: str, parts: list[str], folder: Callable[..., Path]
) -> None:
    sentence = refusal(folder({"dm.csv": DM, "ex.csv": EX}), mapped(table))
    assert all(part in sentence for part in parts), sentence


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[import]\nfile = \n", ["m.toml is not valid TOML", "line 2"]),
        ("[trial]\n", ["m.toml has no [import] table", "[import.subjects]"]),
        ("import = 3\n", ["m.toml, import: "]),
        ('[import.dm]\nfile = "dm.csv"', ["import.dm: Extra inputs are not permitted"]),
        ('[import.adverse_events]\ncolumns = "AETERM"', ["m.toml, import.adverse_events.columns: "]),
        ('[import.subjects]\ncolumns = { usubjid = "x" }', ["import.subjects.columns.usubjid: String should match"]),
        ('[import.subjects]\ncolumns = { USUBJID = "" }', ["import.subjects.columns.USUBJID: "]),
        ("[import.subjects]\nconstants = { AGE = 63 }", ["import.subjects.constants.AGE: "]),
        ('[import.subjects]\nfile = "../dm.csv"', ["import.subjects.file: "]),
        ('[import.subjects]\nfile = "dm.sas7bdat"', ["import.subjects.file: "]),
        ('[import.subjects]\nfiles = "dm.csv"\nrow = 1', ["import.subjects.files: Extra", "(and 1 more)"]),
        ('[import.subjects]\nvalues.ARM = { "" = "A" }', ["import.subjects.values.ARM."]),
        ("[import.exposures]\nrepeat = [3]", ["import.exposures.repeat[entry 1]: "]),
        ('[import.exposures]\nrepeat = [{ EXSTDTC = "a" }, { constants = { EXSEQ = "1" } }]', ["repeat[entry 2].columns: "]),
        ('[import.subjects]\ncolumns = { ARM = "a" }\nconstants = { ARM = "b" }', ["import.subjects: ARM is given twice"]),
        ('[import.exposures]\nrepeat = [{ EXSEQ = "a", constants = { EXSEQ = "b" } }]', ["EXSEQ is given twice"]),
        ('[import.exposures]\nconstants = { EXSEQ = "1" }\nrepeat = [{ EXSEQ = "a" }]', ["EXSEQ is given twice"]),
    ],
)  # fmt: skip
def test_a_map_with_a_fault_is_refused_by_the_path_of_its_table(text: str, parts: list[str]) -> None:
    with pytest.raises(Unreadable) as refused:
        FolderMap.from_toml(text, "m.toml")
    sentence = str(refused.value)
    assert all(part in sentence for part in parts), sentence
    assert "\n" not in sentence


def test_the_example_in_the_maps_own_text_is_a_map() -> None:
    example = "\n".join(line for line in str(mapping.__doc__).splitlines() if line.startswith("    "))
    assert len(FolderMap.from_toml(example, "the example").exposures.repeat) == 2
