"""The table of what of ASVS applies names tests that are there, and ids that can be."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLE = (TESTS.parent / "docs" / "asvs.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("| V")]
MET = [row for row in ROWS if len(row) == 4]


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests of a file."""
    found = ast.parse((TESTS / file).read_text(encoding="utf-8")).body
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


@pytest.mark.parametrize("row", MET, ids=lambda row: row[0])
def test_each_check_names_tests_that_are_there(row: list[str]) -> None:
    ids, asked, how, named = row
    assert all(re.fullmatch(r"V\d{1,2}\.\d{1,2}\.\d{1,2}", one) for one in ids.split(", "))
    assert asked
    assert how
    for test in named.split(", "):
        file, _, name = test.partition("::")
        assert name in names_in(file), test


def test_there_are_sixty_checks_and_each_stands_once() -> None:
    ids = [one for row in ROWS for one in row[0].split(", ")]
    assert len(MET) >= 55
    assert len({one for row in MET for one in row[0].split(", ")}) >= 60
    assert sorted({one for one in ids if ids.count(one) > 1}) == []


def test_what_is_met_otherwise_says_why() -> None:
    assert all(all(row) for row in ROWS)
    assert {len(row) for row in ROWS} == {3, 4}
