"""Tables on any terminal: nothing folded that fits, nothing lost without a word, nothing that a terminal would obey."""

from typing import Any

import pytest
from rich.cells import cell_len

from safety.cli.printing import cell, print_table
from safety.spreadsheets import harmless

ROWS: list[dict[str, Any]] = [
    {"code": "S01", "term": "Application site pruritus", "day": "2018-03-05", "share": "4 of 7", "long": "x" * 30},
    {"code": "S02", "term": "发热", "day": None, "share": "10 of 84", "long": ""},
]
COLUMNS = {"code": "Subject", "term": "Reported term", "day": "Onset", "share": "Share", "long": "Long"}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401, a function
    def show(width: int, rows: list[dict[str, Any]] = ROWS, columns: dict[str, str] = COLUMNS) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        print_table("A title", rows, columns, "Nothing.")
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return show


def test_a_table_is_as_wide_as_it_needs_to_be(shown: Any) -> None:  # noqa: ANN401, a function
    assert shown(200) == [
        "A title",
        "Subject  Reported term              Onset          Share  Long",
        "─" * 88,
        f"S01      Application site pruritus  2018-03-05    4 of 7  {'x' * 30}",
        "S02      发热                                   10 of 84",
    ]


def test_it_is_folded_between_words_where_it_must_be(shown: Any) -> None:  # noqa: ANN401, a function
    assert shown(76)[3:6] == [
        f"S01      Application    2018-03-05    4 of 7  {'x' * 30}",
        "         site pruritus",
        "S02      发热                       10 of 84",
    ]


@pytest.mark.parametrize("width", range(20, 90, 5))
def test_it_never_overflows_and_names_the_columns_it_has_no_room_for(shown: Any, width: int) -> None:  # noqa: ANN401
    lines = shown(width)
    assert max(map(cell_len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    hidden = text.partition("No room for: ")[2].partition(". Take a wider terminal")[0].split(", ")
    heads = " ".join(lines[1:]).partition("─")[0]
    for heading in COLUMNS.values() if width >= 30 else ():
        assert (heading in hidden) or all(part[:6] in heads for part in heading.split())
    if width >= 76:
        assert "No room" not in text


def test_what_a_terminal_would_obey_does_not_reach_it(shown: Any) -> None:  # noqa: ANN401, a function
    lines = shown(100, [{"term": "red\x1b[31m alert\x07\r\nnext\u202eline"}], {"term": "Term"})
    assert lines[3:] == ["red [31m alert   next line"]


def test_without_rows_it_says_what_to_do(shown: Any) -> None:  # noqa: ANN401, a function
    assert shown(80, []) == ["A title", "Nothing."]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (("a", 1), "a, 1"),
        ({"x": None, "y": ["z"]}, "x: , y: z"),
        (0.5, "0.5"),
    ],
)
def test_values_in_words(value: Any, text: str) -> None:  # noqa: ANN401, any value
    assert cell(value) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-a", "@x", "\tx", "\r=x", "--1", "=", "-", "  =1", "＝1+1", "＋1", "\0=1"]
)
def test_formulas_are_made_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-5", "-0.5", "5", "a=b", "2018-03-05"])
def test_what_is_no_formula_stays(text: str) -> None:
    assert harmless(text) == text
