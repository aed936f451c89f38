"""The language of conditions: five words, every combination of truths, and nothing that Python could run."""

from itertools import product

import pytest

from safety.regulation.conditions import InvalidCondition, close_matches, read_condition

KNOWN = frozenset({"serious", "fatal", "related", "exempt"})
DEFINE = {"grave": "serious and fatal", "reportable": "grave or related", "loop": "round", "round": "serious and loop"}


@pytest.mark.parametrize(
    "text",
    [
        "serious",
        "not serious",
        "serious and fatal or related",
        "serious and (fatal or related)",
        "not (serious or not fatal) and not exempt",
        "not not related",
        "\n  serious\n    and fatal",
    ],
)
def test_it_means_what_python_would_make_of_it(text: str) -> None:
    condition = read_condition(text, KNOWN)
    for truths in product((True, False), repeat=len(KNOWN)):
        values = dict(zip(sorted(KNOWN), truths, strict=True))
        assert condition.holds(values) is eval(" ".join(text.split()), {}, dict(values))  # Python is the oracle


def test_named_conditions_are_resolved() -> None:
    condition = read_condition("reportable and not exempt", KNOWN, DEFINE)
    assert condition.names == KNOWN
    values = {"serious": True, "fatal": True, "related": False, "exempt": False}
    assert condition.holds(values)
    assert not condition.holds(values | {"fatal": False})


def test_the_same_tree_has_the_same_form_however_it_is_written() -> None:
    one = read_condition("(fatal and serious) and not related", KNOWN)
    assert read_condition("(serious  and\nfatal) and (not related)", KNOWN).form == one.form
    assert read_condition("grave and not related", KNOWN, DEFINE).form == one.form
    assert read_condition("grave or not related", KNOWN, DEFINE).form != one.form


@pytest.mark.parametrize(
    "text",
    [
        "serious == fatal",
        "serious if fatal else related",
        "__import__('os').system('true')",
        "serious & fatal",
        "(lambda: serious)()",
        "[serious]",
        "serious.fatal",
        "True",
        "1",
        "-serious",
        "(serious := fatal)",
        "f'{serious}'",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidCondition, match="only names, and, or, not"):
        read_condition(text, KNOWN)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the condition is empty"),
        ("   ", "the condition is empty"),
        ("serious and", "it cannot be read"),
        ("serious; fatal", "it cannot be read"),
        ("serious\0", "it cannot be read"),
        ("(" * 400 + "serious" + ")" * 400, "it cannot be read"),
        ("not " * 300 + "serious", "more than 200 levels deep"),
        ("serious and " * 300 + "serious", "longer than 2000 characters"),
        ("seriuos", "unknown fact 'seriuos'; did you mean serious?"),
        ("xyz", "unknown fact 'xyz'; use one of: exempt, fatal, "),
        ("loop", "'loop' is defined by itself: loop -> round -> loop"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidCondition) as refused:
        read_condition(text, KNOWN, DEFINE)
    assert sentence in str(refused.value)


def test_close_matches_are_offered_or_all_are_named() -> None:
    assert close_matches("EU-1", frozenset({"EU-15", "US-7"})) == "did you mean EU-15?"
    assert close_matches("zzz", frozenset({"EU-15", "US-7"})) == "use one of: EU-15, US-7"
