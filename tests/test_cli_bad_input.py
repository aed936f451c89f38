"""Bad input is refused in one sentence that says where and what to do, never what stood there; nothing is half stored."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command_line import AE, DM, EX, TRIAL, TRIAL_FILE, CommandLine, trial_file, with_trial, write

CANARY = "CANARY-7"
"""What stands in a bad cell, and in no sentence."""


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A home with the small trial imported; whatever is refused leaves it as it is."""
    folder = tmp_path_factory.mktemp("bad")
    found = with_trial(folder)
    found("import", write(folder / "data"), "--trial", TRIAL)
    return found


def refused(cli: CommandLine, *arguments: object) -> tuple[int, str]:
    """Run what has to be refused, whole or tried only, in the same sentence, with nothing stored and nothing quoted."""
    before = cli.head
    status, sentence = cli.refused(*arguments)
    assert cli.head == before
    assert CANARY not in sentence
    assert not sentence.startswith("Error")
    if arguments[0] == "import":
        assert cli.refused(*arguments, "--dry-run") == (status, sentence)
    return status, sentence


def new_ae(column: str, cell: str) -> tuple[str, ...]:
    """The adverse events and one more, with one cell of its own."""
    row = {"USUBJID": "S01", "AESPID": "E9", "AETERM": CANARY, column: cell}
    names = [*AE[0].split(","), *([] if column in AE[0].split(",") else [column])]
    padding = "," * (len(names) - len(AE[0].split(",")))
    return (",".join(names), *(f"{line}{padding}" for line in AE[1:]), ",".join(row.get(name, "") for name in names))


Data = dict[str, tuple[str, ...]]

DATE = "must be a date of the form YYYY[-MM[-DD[Thh:mm[:ss]]]] that exists in the calendar"
ROWS: list[tuple[str, Data, str]] = [
    # unknown code values
    ("AESEV", {"ae": new_ae("AESEV", CANARY)}, "ae.csv, line 5, AESEV: must be 'MILD', 'MODERATE' or 'SEVERE'."),
    ("AEOUT", {"ae": new_ae("AEOUT", CANARY)}, "ae.csv, line 5, AEOUT: must be 'RECOVERED/RESOLVED', "),
    ("AESER", {"ae": new_ae("AESER", CANARY)}, "ae.csv, line 5, AESER: must be 'Y' or 'N'."),
    ("AESHOSP", {"ae": new_ae("AESHOSP", CANARY)}, "ae.csv, line 5, AESHOSP: must be 'Y' or 'N'."),
    ("AETOXGR", {"ae": new_ae("AETOXGR", CANARY)}, "ae.csv, line 5, AETOXGR: must be '1', '2', '3', '4' or '5'."),
    ("AEACN", {"ae": new_ae("AEACN", CANARY)}, "ae.csv, line 5, AEACN: must be 'DRUG WITHDRAWN', "),
    ("AEREL", {"ae": new_ae("AEREL", CANARY)}, "ae.csv, line 5: AEREL of subject S01 is not on the causality scale"),
    ("AESPID", {"ae": new_ae("AESPID", f"{CANARY} x")}, "ae.csv, line 5, AESPID: must be 1 to 64 letters"),
    ("AESEQ", {"ae": new_ae("AESEQ", CANARY)}, "ae.csv, line 5, AESEQ: must be a whole number in digits, such as 12."),
    ("ARM", {"dm": (*DM, f"S03,01,30,F,{CANARY},")}, "dm.csv, line 4: ARM of subject S03 is not an arm of trial T1"),
    ("SEX", {"dm": (*DM, f"S03,01,30,{CANARY},A,")}, "dm.csv, line 4, SEX: must be 'M', 'F', 'U'"),
    ("AGE", {"dm": (*DM, f"S03,01,{CANARY},F,A,")}, "dm.csv, line 4, AGE: must be a whole number in digits, such as 12."),
    ("AGE 200", {"dm": (*DM, "S03,01,200,F,A,")}, "dm.csv, line 4, AGE: must be less than or equal to 130."),
    ("SITEID", {"dm": (*DM, f"S03,{CANARY} x,30,F,A,")}, "dm.csv, line 4, SITEID: must be 1 to 64 letters"),
    ("a site of no trial", {"dm": (*DM, "S03,99,30,F,A,")}, "dm.csv, line 4: SITEID "),
    ("EXDOSE", {"ex": ("USUBJID,EXSEQ,EXSTDTC,EXDOSE", f"S01,1,2018-03-01,{CANARY}")},
     "ex.csv, line 2, EXDOSE: must be a number such as 54 or 0.5, without a sign and of no more than twenty digits."),
    # dates
    *[(f"date {bad}", {"ae": new_ae("AESTDTC", bad)}, f"ae.csv, line 5, AESTDTC: {DATE}.") for bad in (
        "02/03/2018", "2018-02-30", "2018-3-5", "20180305", "2018-13", "2018-00", "05MAR2018", "2018-03-05T25:00",
        "2018-03-05 10:00", "2018-03-05T10", "-2018", CANARY, "2018-03-XX")],
    ("date of a dose", {"ex": (*EX, "S01,2,AD-MSC,31.03.2018")}, f"ex.csv, line 4, EXSTDTC: {DATE}."),
    ("date of consent", {"dm": (*DM, "S03,01,30,F,A,2018/01/01")}, f"dm.csv, line 4, RFICDTC: {DATE}."),
    # keys
    ("duplicate AESPID", {"ae": (*AE, AE[1])}, "ae.csv, line 5: the key is used twice for one subject"),
    ("duplicate EXSEQ", {"ex": (*EX, EX[1])}, "ex.csv, line 4: the key is used twice for one subject"),
    ("duplicate subject", {"dm": (*DM, DM[1])}, "dm.csv, line 4, USUBJID: the subject has a row already"),
    ("no key", {"ae": new_ae("AESPID", "")}, "ae.csv, line 5: the row has neither AESPID nor AESEQ"),
    ("no EXSEQ", {"ex": (*EX, "S01,,AD-MSC,2018-03-31")}, "ex.csv, line 4, EXSEQ: is missing; fill it in."),
    ("no subject", {"ae": new_ae("USUBJID", "")}, "ae.csv, line 5, USUBJID: must be 1 to 64 letters"),
    # who and when
    ("unknown subject", {"ae": new_ae("USUBJID", "S77")}, "ae.csv, line 5: subject S77 is not in the subjects"),
    ("another trial", {"ae": new_ae("STUDYID", CANARY)}, "ae.csv, line 5, STUDYID: the row belongs to another trial"),
    ("a dose before enrolment", {"ex": (*EX, "S01,2,AD-MSC,2018-02-19")},
     "ex.csv, line 4: EXSTDTC: dose 2 of subject S01 lies before the enrolment (RFICDTC)"),
    # the files themselves
    ("an open quote", {"ae": (*AE, f'S01,E9,"{CANARY},,,,,')}, "ae.csv, line 5 opens a quote that is never closed"),
    ("too few cells", {"ae": (*AE, f"S01,{CANARY}")}, "ae.csv, line 5 has 2 cells where the header has 8"),
    ("too many cells", {"ae": (*AE, f"{AE[1]},{CANARY}")}, "ae.csv, line 5 has 9 cells where the header has 8"),
    ("a column twice", {"ae": ("USUBJID,AESEQ,AETERM,AETERM", f"S01,1,{CANARY},x")}, "ae.csv: columns 3 and 4 have"),
    ("no AETERM", {"ae": ("USUBJID,AESEQ", "S01,1")}, "ae.csv has no column AETERM; adverse_events need the columns"),
    ("no USUBJID", {"dm": ("SUBJECT,ARM", "S01,A")}, "dm.csv has no column USUBJID; subjects need the columns USUBJID"),
    ("no header", {"ae": (CANARY, "S01,1")}, "ae.csv has no column USUBJID"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "sentence"), [case[1:] for case in ROWS], ids=[case[0] for case in ROWS])
def test_a_bad_row_is_named_by_file_line_and_column(
    cli: CommandLine, tmp_path: Path, data: Data, sentence: str
) -> None:
    folder = write(tmp_path / "data", **{"dm": DM, "ex": EX, "ae": AE, **data})
    status, told = refused(cli, "import", folder, "--trial", TRIAL)
    assert status == 1
    assert told.startswith(sentence)


def a_binary_file(folder: Path) -> None:
    (folder / "ae.csv").write_bytes(bytes(range(256)))


def latin_1(folder: Path) -> None:
    (folder / "ae.csv").write_bytes("USUBJID,AESEQ,AETERM\nS01,1,Fièvre\n".encode("latin-1"))


def an_empty_file(folder: Path) -> None:
    (folder / "ae.csv").write_bytes(b"")


def two_of_a_kind(folder: Path) -> None:
    (folder / "adverse_events.csv").write_text((folder / "ae.csv").read_text(encoding="utf-8"), encoding="utf-8")


def none_of_the_files(folder: Path) -> None:
    for file in folder.iterdir():
        file.rename(file.with_suffix(".txt"))


def empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def no_transport_file(folder: Path) -> None:
    (folder / "ae.csv").rename(folder / "ae.xpt")


def no_json(folder: Path) -> None:
    (folder / "ae.csv").rename(folder / "ae.json")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (a_binary_file, "ae.csv, line 1 holds a NUL byte, so this is not a text file"),
        (latin_1, "ae.csv, line 2 is not UTF-8 text; save the file as CSV UTF-8"),
        (an_empty_file, "ae.csv is empty or begins with an empty line"),
        (two_of_a_kind, "holds adverse_events.csv and ae.csv, which are both adverse_events; keep one of them"),
        (none_of_the_files, "holds none of the files of an import; it takes subjects.csv or dm.*"),
        (empty, "is empty; it takes subjects.csv or dm.*"),
        (no_transport_file, "ae.xpt is not a SAS transport file; export it as version 5"),
        (no_json, "ae.json is not JSON in UTF-8"),
    ],
)
def test_a_bad_folder_is_told(cli: CommandLine, tmp_path: Path, spoil: Callable[[Path], None], sentence: str) -> None:
    folder = write(tmp_path / "data")
    spoil(folder)
    status, told = refused(cli, "import", folder, "--trial", TRIAL)
    assert status == 1
    assert sentence in told


def test_a_file_is_no_folder_and_a_trial_has_to_be_there(cli: CommandLine, tmp_path: Path) -> None:
    folder = write(tmp_path / "data")
    status, told = refused(cli, "import", folder / "ae.csv", "--trial", TRIAL)
    assert (status, told.endswith("ae.csv is not a folder; name the folder that holds the files")) == (2, True)
    status, told = refused(cli, "import", folder, "--trial", "T2")
    assert (status, told.startswith("There is no trial T2; register it with `vigilog trial create FILE.toml`")) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[import", "map.toml is not valid TOML: "),
        ("x = 1", "map.toml has no [import] table"),
        ('[import.subjects]\ncolumns = { USUBJID = "who" }', "dm.csv has no column who, which the import map's"),
        ('[import.subjects]\nfile = "../dm.csv"', "map.toml, import.subjects.file: String should match pattern"),
        ("[import.subject]", "map.toml, import.subject: Extra inputs are not permitted"),
        ('[import.subjects.columns]\nSHOE = "AGE"', "the import map's import.subjects gives SHOE, which is not taken"),
    ],
)
def test_a_bad_map_is_named_by_its_table(cli: CommandLine, tmp_path: Path, text: str, sentence: str) -> None:
    by = tmp_path / "map.toml"
    by.write_text(text, encoding="utf-8")
    status, told = refused(cli, "import", write(tmp_path / "data"), "--trial", TRIAL, "--map", by)
    assert (status, told.startswith(sentence)) == (1, True), told


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ("[causality]", "[causality", "t2.toml is not valid TOML: "),
        ('members = "assigned"', f'members = "{CANARY}"', "counting.population.members: Input should be 'assigned'"),
        ('reading = "stated"\n', "", "counting.serious.reading: Field required"),
        ('zone = "Asia/Shanghai"\nsponsor_', f'zone = "{CANARY}"\nsponsor_', "zone: must be an IANA"),
        ("[counting.serious]", "[counting.serious]\nshoe = 1", "counting.serious.shoe: Extra inputs are not permitted"),
        (
            "tolerance_days = 3\n",
            "tolerance_days = -1\n",
            "counting.primary_window.tolerance_days: Input should be greater than",
        ),
        (
            'title = "A trial to run the program on"',
            f"[import.subjects]\nfile = '{CANARY}'",
            "t2.toml, import.subjects",
        ),
    ],
)
def test_a_fault_of_a_trial_file_is_named_by_its_table(
    cli: CommandLine, tmp_path: Path, was: str, now: str, sentence: str
) -> None:
    assert TRIAL_FILE.count(was) == 1
    file = trial_file(tmp_path, "t2.toml", TRIAL_FILE.replace(was, now))
    for arguments in (("create", file), ("amend", file, "--reason", "why")):
        status, told = refused(cli, "trial", *arguments)
        assert status == 1
        assert sentence in told


def test_a_trial_file_that_is_no_text_and_one_whose_name_is_no_id(cli: CommandLine, tmp_path: Path) -> None:
    file = trial_file(tmp_path, "my trial.toml")
    status, told = refused(cli, "trial", "create", file)
    assert (status, told.startswith("the name of my trial.toml is the trial's id, which must be 1 to 64")) == (2, True)
    (tmp_path / "t2.toml").write_bytes(b"title = '\xff'")
    status, told = refused(cli, "trial", "create", tmp_path / "t2.toml")
    assert (status, told.endswith("t2.toml is not UTF-8 text; save it as UTF-8")) == (1, True)
    status, told = refused(cli, "trial", "create", tmp_path)
    assert (status, "cannot be read: Is a directory" in told) == (2, True)
