"""SAS transport files by the letter of TS-140, and damaged ones; what others write is read in test_intake_files."""

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from safety.intake import Unreadable, xpt_file

# The content of a cell, which no refusal may repeat.
PRIVATE = "Fieber nach Infusion"


def rows_of(content: bytes) -> list[tuple[int, tuple[str, ...]]]:
    return list(xpt_file.read(io.BytesIO(content), "x.xpt").rows)


def header(kind: str, numbers: str = "0" * 30) -> bytes:
    return f"HEADER RECORD*******{kind:8}HEADER RECORD!!!!!!!{numbers}".ljust(80).encode()


def filled(content: bytes) -> bytes:
    return content + b" " * (-len(content) % 80)


def transport(variables: Sequence[tuple[bytes, int, int]], observations: bytes) -> bytes:
    """A transport file of variables (name, kind 1 number or 2 text, length in bytes)."""
    about = b"SAS     SAS     SASLIB  9.4     X64_10PR".ljust(64) + b"01JAN26:00:00:00" + b"01JAN26:00:00:00".ljust(80)
    described, start = b"", 0
    for name, kind, length in variables:
        described += struct.pack(">HHHH8s68xL52x", kind, 0, length, 0, name.ljust(8), start)
        start += length
    parts = [header("LIBRARY"), about, header("MEMBER", "0" * 17 + "1600000000140"), header("DSCRPTR"), about]
    parts += [header("NAMESTR", f"000000{len(variables):04}" + "0" * 20), filled(described), header("OBS")]
    return b"".join([*parts, filled(observations)])


@pytest.mark.parametrize("length", range(3, 8))
@pytest.mark.parametrize("text", ["1", "250", "-3", "0.5", "123.5", "0.1", "-0.3", "37.5"])
def test_a_shortened_number_is_what_was_meant(text: str, length: int, tmp_path: Path) -> None:
    pyreadstat.write_xport(pd.DataFrame({"X": [float(text)]}), str(tmp_path / "n.xpt"), file_format_version=5)
    whole = (tmp_path / "n.xpt").read_bytes()[-80:-72]
    (tmp_path / "n.xpt").write_bytes(transport([(b"X", 1, length)], whole[:length]))
    assert rows_of((tmp_path / "n.xpt").read_bytes()) == [(1, (text,))]
    oracle, _ = pyreadstat.read_xport(str(tmp_path / "n.xpt"))
    # The oracle gives the stored value; the meant one lies less than one unit of the last stored bit above it.
    assert abs(float(text)) - abs(oracle["X"][0]) <= abs(float(text)) * 16.0 ** (3 - 2 * length)


def test_missing_numbers_of_every_kind_are_empty() -> None:
    codes = b"._" + bytes(range(ord("A"), ord("Z") + 1))
    content = transport([(b"X", 1, 8)], b"".join(bytes([code]) + bytes(7) for code in codes) + bytes(8))
    assert [cells for _, cells in rows_of(content)] == [("",)] * 28 + [("0",)]


def test_blanks_that_fill_the_last_record_are_no_rows_but_blank_rows_before_others_are_counted() -> None:
    spaced = transport([(b"X", 2, 4)], b"A" + b" " * 11 + b"B")
    assert rows_of(spaced) == [(1, ("A",)), (2, ("",)), (3, ("",)), (4, ("B",))]
    assert rows_of(transport([(b"X", 2, 4)], b"")) == []


def test_a_text_that_looks_like_a_header_is_a_text_unless_it_begins_a_record() -> None:
    text = header("MEMBER").decode().rstrip()
    assert rows_of(transport([(b"X", 2, 1), (b"Y", 2, 79)], b"-" + text.ljust(79).encode())) == [(1, ("-", text))]


def test_variables_may_stand_in_another_order_than_they_are_described() -> None:
    content = transport([(b"X", 2, 2), (b"Y", 2, 3)], b"xxyyy")
    first, second = content.index(b"X   "), content.index(b"Y   ")
    swapped = bytearray(content)
    swapped[first + 76 : first + 80], swapped[second + 76 : second + 80] = (3).to_bytes(4), (0).to_bytes(4)
    assert xpt_file.read(io.BytesIO(swapped), "x.xpt").columns == ("X", "Y")
    assert rows_of(bytes(swapped)) == [(1, ("yy", "xxy"))]


GOOD = transport([(b"AESEQ", 1, 8), (b"AETERM", 2, 40)], (b"\x41\x10" + bytes(6) + PRIVATE.encode().ljust(40)) * 5)
NAMES = 8 * 80  # where the descriptions of the variables begin


def changed(at: int, to: bytes) -> bytes:
    return GOOD[:at] + to + GOOD[at + len(to) :]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["is not a SAS transport file", "version 5"]),
        (b"**COMPRESSED** **COMPRESSED** " * 9, ["is not a SAS transport file", "CPORT"]),
        (header("LIBV8") + GOOD[80:], ["of version 8", "export it as version 5"]),
        (GOOD[:100], ["cut short"]),
        (GOOD[:NAMES], ["cut short"]),
        (GOOD[: NAMES + 200], ["cut short"]),
        (GOOD[:-3], ["cut short", "export it again"]),
        (GOOD[:-80], ["cut short", "export it again"]),
        (changed(240, header("DSCRPTR")), ["damaged", "headers"]),
        (changed(240 + 74, b"01x0"), ["damaged"]),
        (changed(240 + 74, b"0040"), ["damaged"]),
        (changed(560 + 54, b"0000"), ["damaged"]),
        (transport([], b""), ["damaged"]),
        (changed(240 + 74, b"0000")[:NAMES] + GOOD[NAMES + 320 :], ["damaged"]),
        (changed(NAMES, b"\0\3"), ["damaged"]),
        (changed(NAMES + 4, b"\0\0"), ["damaged"]),
        (changed(NAMES + 4, b"\0\x09"), ["damaged"]),
        (changed(NAMES + 84, bytes(4)[:3] + b"\1"), ["damaged"]),
        (changed(NAMES + 140 + 84, (7).to_bytes(4)), ["damaged"]),
        (changed(NAMES + 140 + 84, (9).to_bytes(4)), ["damaged"]),
        (changed(NAMES + 8, b"\xe9"), ["damaged"]),
        (changed(NAMES + 8, b"AETERM"), ["columns 1 and 2 have the same name"]),
        (changed(NAMES + 8, b" " * 8), ["column 1 has no name"]),
        (GOOD + GOOD[240:], ["several datasets", "file of its own"]),
        (changed(len(GOOD) - 180, b"\xe9"), ["x.xpt, observation 2 holds text that is not UTF-8"]),
    ],
)
def test_a_bad_transport_file_is_refused(content: bytes, parts: list[str]) -> None:
    with pytest.raises(Unreadable) as refused:
        rows_of(content)
    sentence = str(refused.value)
    assert all(part in sentence for part in ("x.xpt", *parts)), sentence
    assert PRIVATE not in sentence


def test_a_transport_file_of_version_8_as_others_write_it_is_refused(tmp_path: Path) -> None:
    pyreadstat.write_xport(pd.DataFrame({"AETERM": [PRIVATE]}), str(tmp_path / "x.xpt"), file_format_version=8)
    with pytest.raises(Unreadable, match=r"x\.xpt is a SAS transport file of version 8"):
        rows_of((tmp_path / "x.xpt").read_bytes())
