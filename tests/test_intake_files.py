"""The three formats of an import: they give the same rows, and what cannot be read is refused with its place."""

import csv
import io
import json
import random
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from safety.intake import Table, Unreadable, read_folder
from safety.intake.folder import READERS

PILOT = Path(__file__).parents[2] / "shared" / "data" / "cdiscpilot01"
needs_pilot = pytest.mark.skipif(not PILOT.is_dir(), reason="the outside data ../shared/data/cdiscpilot01 is not here")
NUMBERS = {"AGE", "AESEQ", "EXSEQ", "EXDOSE", "AEPTCD"}
# The content of a cell, which no refusal may repeat.
PRIVATE = "Fieber nach Infusion"

Cells = Sequence[tuple[str, ...]]


def rows_of(file: str, content: bytes) -> tuple[tuple[str, ...], list[tuple[int, tuple[str, ...]]]]:
    dataset = READERS[Path(file).suffix](io.BytesIO(content), file)
    return dataset.columns, list(dataset.rows)


def refusal(file: str, content: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        rows_of(file, content)
    return str(refused.value)


def assert_says(sentence: str, *parts: str) -> None:
    assert all(part in sentence for part in parts), sentence
    assert PRIVATE not in sentence
    assert "\n" not in sentence


# Writers


def as_xpt(columns: Sequence[str], rows: Cells, where: Path) -> bytes:
    """A transport file written by others; the columns of NUMBERS as numbers."""
    frame = pd.DataFrame(
        {
            name: pd.Series([float(cell) if cell else None for cell in cells], dtype="float64")
            if name in NUMBERS
            else pd.Series(cells, dtype="object")
            for name, cells in zip(columns, zip(*rows, strict=True), strict=True)
        }
    )
    pyreadstat.write_xport(frame, str(where / "written.xpt"), file_format_version=5)
    return (where / "written.xpt").read_bytes()


def as_json(columns: Sequence[str], rows: Cells) -> list[object]:
    """The lines of an NDJSON file: attributes, then rows with numbers as numbers and null for empty."""
    head = {"datasetJSONVersion": "1.1.0", "records": len(rows), "columns": [{"name": name} for name in columns]}
    typed = [
        [(json.loads(cell) if name in NUMBERS else cell) if cell else None for name, cell in zip(columns, row, strict=True)]
        for row in rows
    ]  # fmt: skip
    return [head, *typed]


def ndjson(lines: Sequence[object]) -> bytes:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()


def document(lines: Sequence[object]) -> bytes:
    head = lines[0]
    assert isinstance(head, dict)
    return json.dumps({**head, "rows": lines[1:]}, ensure_ascii=False).encode()


# One answer


@needs_pilot
@pytest.mark.parametrize("table", ["subjects", "exposures", "adverse_events"])
def test_every_format_gives_the_same_rows_of_the_pilot(table: str, tmp_path: Path) -> None:
    with (PILOT / f"{table}.csv").open(encoding="utf-8", newline="") as text:
        columns, *rows = (tuple(row) for row in csv.reader(text))
    lines = as_json(columns, rows)
    assert rows_of("ae.csv", (PILOT / f"{table}.csv").read_bytes()) == (columns, list(enumerate(rows, 2)))
    assert rows_of("ae.xpt", as_xpt(columns, rows, tmp_path)) == (columns, list(enumerate(rows, 1)))
    assert rows_of("ae.json", document(lines)) == (columns, list(enumerate(rows, 1)))
    assert rows_of("ae.ndjson", ndjson(lines)) == (columns, list(enumerate(rows, 1)))


def test_chinese_texts_and_long_rows_come_through_every_format(tmp_path: Path) -> None:
    columns = ("USUBJID", "AETERM", "AESEQ")
    # Longer than the part of a transport file that is read at a time.
    rows = [(f"S{number}", f"发热（第{number}次）" * (number % 9), str(number)) for number in range(1, 2500)]
    lines = as_json(columns, rows)
    text = "\ufeffUSUBJID,AETERM,AESEQ\r\n" + "\r\n".join(",".join(row) for row in rows)
    assert rows_of("ae.csv", text.encode())[1] == list(enumerate(rows, 2))
    assert rows_of("ae.xpt", as_xpt(columns, rows, tmp_path))[1] == list(enumerate(rows, 1))
    assert rows_of("ae.json", b"\xef\xbb\xbf" + document(lines))[1] == list(enumerate(rows, 1))
    assert rows_of("ae.ndjson", b"\xef\xbb\xbf" + ndjson(lines) + b"\r\n\r\n")[1] == list(enumerate(rows, 1))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("63", "63"),
        ("0", "0"),
        ("-0.0", "0"),
        ("5.0", "5"),
        ("0.1", "0.1"),
        ("-2.5", "-2.5"),
        ("0.00001", "0.00001"),
        ("9007199254740993", "9007199254740992"),
        ("37.55", "37.55"),
        ("500000", "500000"),
        ("1e21", "1" + "0" * 21),
    ],
)
def test_a_number_is_written_as_people_write_it(written: str, expected: str, tmp_path: Path) -> None:
    value = float(written)
    pyreadstat.write_xport(pd.DataFrame({"AESEQ": [value]}), str(tmp_path / "n.xpt"), file_format_version=5)
    assert rows_of("n.xpt", (tmp_path / "n.xpt").read_bytes())[1] == [(1, (expected,))]
    assert rows_of("n.json", document(as_json(["AESEQ"], [(repr(value),)])))[1] == [(1, (expected,))]


def test_csv_cells_may_hold_commas_quotes_and_line_ends_and_rows_are_numbered_as_an_editor_does() -> None:
    content = b'A,B\n"x, ""y""","two\nlines"\n\n last ,\n\n'
    assert rows_of("x.csv", content) == (("A", "B"), [(2, ('x, "y"', "two\nlines")), (5, (" last ", ""))])


def test_json_values_of_every_kind_become_text() -> None:
    lines = [{"datasetJSONVersion": "1.1", "columns": [{"name": "A"}] * 1}, [True], [False], [None], [7], ["7.0"]]
    expected = [(1, ("true",)), (2, ("false",)), (3, ("",)), (4, ("7",)), (5, ("7.0",))]
    assert rows_of("x.json", document(lines))[1] == rows_of("x.ndjson", ndjson(lines))[1] == expected


# Refusals


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["x.csv is empty", "first line must name the columns"]),
        (b"\xef\xbb\xbf", ["x.csv is empty"]),
        (b"\nA,B\n", ["begins with an empty line"]),
        (b"A,B\n1\n", ["x.csv, line 2 has 1 cell where the header has 2"]),
        (f"A,B\n1,2\n\n{PRIVATE},2,3\n".encode(), ["x.csv, line 4 has 3 cells where the header has 2", "quotes"]),
        (b"A,B,a\n", ["x.csv: columns 1 and 3 have the same name", "rename or remove"]),
        (b"A,,B\n", ["x.csv: column 2 has no name"]),
        (f'A,B\n1,"{PRIVATE}\n2,3\n'.encode(), ["x.csv, line 2 opens a quote that is never closed", "close it"]),
        (f'A,B\n1,2\n1,"{PRIVATE}"s,3\n'.encode(), ["x.csv, line 3", "quote"]),
        (f'A,B\n1,"{PRIVATE * 9999}'.encode(), ["x.csv, line 2", "quote"]),
        (b"A,B\r1,2\r", ["x.csv, line 1 has a bare carriage return", "CRLF"]),
        (b"A,B\n1,\0\n", ["x.csv, line 2 holds a NUL byte", "CSV UTF-8"]),
        ("A,B\n1,2\n".encode("utf-16"), ["x.csv, line 1 holds a NUL byte"]),
        ("A,B\n1,ok\n2,发热\n".encode("gb18030"), ["x.csv, line 3 is not UTF-8", "save the file as CSV UTF-8"]),
        (b"PK\x03\x04\xff\xfe", ["x.csv, line 1 is not UTF-8"]),
    ],
)
def test_a_bad_csv_file_is_refused(content: bytes, parts: list[str]) -> None:
    assert_says(refusal("x.csv", content), *parts)


HEAD = {"datasetJSONVersion": "1.1.0", "columns": [{"name": "A"}, {"name": "B"}]}


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        ([[]], ["is not Dataset-JSON 1.1"]),
        ([{"columns": HEAD["columns"]}], ["datasetJSONVersion", "export it as that"]),
        ([{**HEAD, "datasetJSONVersion": "1.0.0"}], ["is not Dataset-JSON 1.1 (datasetJSONVersion"]),
        ([{**HEAD, "columns": []}], ["columns"]),
        ([{**HEAD, "columns": [{"name": "A"}, {"label": "B"}]}], ["columns[entry 2].name: Field required"]),
        ([{**HEAD, "columns": [{"name": "A"}, {"name": 5}]}], ["columns[entry 2].name"]),
        ([{**HEAD, "columns": [{"name": "A"}, {"name": "a "}]}], ["columns 1 and 2 have the same name"]),
        ([HEAD, [1, 2], [PRIVATE]], ["observation 2 is not a list of 2 values"]),
        ([HEAD, {"A": PRIVATE, "B": 1}], ["observation 1 is not a list of 2 values"]),
        ([HEAD, [1, [PRIVATE]]], ["observation 1 holds a list or an object"]),
        ([{**HEAD, "records": 3}, [1, 2], [3, 4]], ["states 3 records and holds 2", "cut short"]),
        ([{**HEAD, "records": 1}], ["states 1 records and holds 0"]),
    ],
)
def test_bad_dataset_json_is_refused(lines: list[object], parts: list[str]) -> None:
    assert_says(refusal("x.ndjson", ndjson(lines)), "x.ndjson", *parts)
    content = document(lines) if isinstance(lines[0], dict) else ndjson(lines)
    assert_says(refusal("x.json", content), "x.json", *parts)


@pytest.mark.parametrize(
    ("file", "content", "parts"),
    [
        ("x.json", b"", ["x.json is not JSON", "line 1"]),
        ("x.json", document([HEAD])[:-3], ["x.json is not JSON", "line 1"]),
        ("x.json", document([{**HEAD, "rows": 0}]).replace(b'"rows": []', b'"rows": "all"'), ["has no list of rows"]),
        ("x.json", ndjson([HEAD]), ["has no list of rows"]),
        ("x.json", document([HEAD, [f"{PRIVATE}é", 1]]).replace(b"\xc3\xa9", b"\xe9"), ["x.json is not JSON in UTF-8"]),
        ("x.json", document([HEAD, [1, 2]]).replace(b"[1, 2]", b"[1, NaN]"), ["x.json is not JSON"]),
        (
            "x.json",
            document([HEAD, [1, 2]]).replace(b"[1, 2]", b"[1, 1e999]"),
            ["observation 1 holds a number out of range"],
        ),
        ("x.ndjson", ndjson([HEAD, [1, 2], [PRIVATE, 4]])[:-2], ["x.ndjson, line 3, is not JSON"]),
        ("x.ndjson", document([HEAD, [1, 2]]), ["has its rows in line 1", "rename it to end in .json"]),
        ("x.ndjson", b"", ["x.ndjson, line 1, is not JSON"]),
    ],
)
def test_text_that_is_not_json_is_refused(file: str, content: bytes, parts: list[str]) -> None:
    assert_says(refusal(file, content), *parts)


def test_a_dataset_of_no_records_needs_no_rows() -> None:
    assert rows_of("x.json", ndjson([{**HEAD, "records": 0}])) == (("A", "B"), [])


def refusal_if_any(file: str, content: bytes) -> str | None:
    try:
        rows_of(file, content)
    except Unreadable as refused:
        return str(refused)
    return None


def spoiled(content: bytes, chance: random.Random) -> bytes:
    """The content with one accident: a byte changed, a stretch lost, the rest lost, or a stretch doubled."""
    at, length = chance.randrange(len(content)), chance.randrange(1, 200)
    rests = [
        bytes([chance.randrange(256)]) + content[at + 1 :],
        content[at + length :],
        b"",
        content[max(at - length, 0) :],
    ]
    return content[:at] + chance.choice(rests)


@pytest.mark.parametrize("file", ["x.csv", "x.xpt", "x.json", "x.ndjson"])
def test_a_spoiled_file_is_read_or_refused_but_never_fails_otherwise(file: str, tmp_path: Path) -> None:
    cells = [("1", PRIVATE), ("2", f'{PRIVATE}, "quoted"'), ("3", "发热")]
    lines = as_json(["AESEQ", "AETERM"], cells)
    text = f'A,B\n1,{PRIVATE}\n2,"{PRIVATE}, ""quoted"""\n3,发热\n'
    good = {
        "x.csv": text.encode(),
        "x.xpt": as_xpt(["AESEQ", "AETERM"], cells, tmp_path),
        "x.json": document(lines),
        "x.ndjson": ndjson(lines),
    }[file]
    chance = random.Random(3265613)
    sentences = [sentence for _ in range(1500) if (sentence := refusal_if_any(file, spoiled(good, chance)))]
    assert 100 < len(sentences) < 1500
    assert not any(PRIVATE in sentence for sentence in sentences)


# Size


def test_a_table_of_adverse_events_stays_small_in_memory(tmp_path: Path) -> None:
    names = ["USUBJID", "AESEQ", "AETERM", *(f"AEX{number}" for number in range(20))]
    known: dict[Table, Sequence[str]] = {"subjects": [], "exposures": [], "adverse_events": names}
    lines = (
        f"01-{n // 5},{n % 5},TERM {n % 300}," + ",".join(f"VALUE {n % 40}" for _ in names[3:]) for n in range(10000)
    )
    (tmp_path / "ae.csv").write_text("\n".join([",".join(names), *lines]))
    tracemalloc.start()
    rows = read_folder(tmp_path, known=known).adverse_events
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(rows) == 10000
    # A dict a row would take more than 1000 bytes.
    assert kept / len(rows) < 600
    assert peak / len(rows) < 700
