"""The rules of counting in the reader's words: in English exactly as they print themselves, in Chinese without English."""

import re
from itertools import product

import pytest

from safety.regulation.counting import Causality, Population, PrimaryWindow, Serious, TreatmentEmergent
from safety.web import counting_in_words as said
from safety.web.words import words
from tests.builders import definition

ENGLISH, CHINESE = words("en"), words("zh")
LEFT = re.compile(r"[a-z]{3,}")


def both(english: str, chinese: str, printed: str, *given: str) -> None:
    """Check that the English is what is printed, and that no English word is left in the Chinese but what is given."""
    assert english == printed
    for text in given:
        chinese = chinese.replace(text, "")
    assert LEFT.findall(chinese) == []
    assert re.search("[\\u4e00-\\u9fff]", chinese)


@pytest.mark.parametrize(("members", "arm"), list(product(("assigned", "dosed"), ("planned", "actual"))))
def test_the_population(members: str, arm: str) -> None:
    of = Population.model_validate({"members": members, "arm": arm})
    both(said.population(ENGLISH, of), said.population(CHINESE, of), of.words)


def test_a_population_of_the_trials_own_name_keeps_it() -> None:
    own = Population(name="per protocol", members="dosed", arm="actual")
    assert said.name_of_population(CHINESE, own) == "per protocol"
    assert said.name_of_population(CHINESE, Population(members="dosed", arm="actual")) == "安全性人群"


@pytest.mark.parametrize("until", [None, 30])
@pytest.mark.parametrize(("day", "month"), list(product(("first", "span", "unknown"), repeat=2)))
@pytest.mark.parametrize(("same", "other"), list(product(("emergent", "not_emergent"), repeat=2)))
def test_treatment_emergent(until: int | None, day: str, month: str, same: str, other: str) -> None:
    of = TreatmentEmergent.model_validate({
        "missing_day": day, "missing_month": month, "same_day": same, "undecidable": other, "unknown": same,
        "until_days_after_last_dose": until,
    })  # fmt: skip
    both(said.treatment_emergent(ENGLISH, of), said.treatment_emergent(CHINESE, of), of.words)


@pytest.mark.parametrize(
    ("by", "missing"), list(product(("investigator", "sponsor", "either"), ("related", "not_related")))
)
def test_related(by: str, missing: str) -> None:
    of = Causality.model_validate({
        "scale": "of the trial", "related": ["probable"], "not_related": ["none"], "missing": missing, "by": by,
    })  # fmt: skip
    both(said.causality(ENGLISH, of), said.causality(CHINESE, of), of.words)


@pytest.mark.parametrize("reading", ["stated", "any_criterion"])
def test_serious(reading: str) -> None:
    of = Serious.model_validate({"reading": reading})
    both(said.serious(ENGLISH, of), said.serious(CHINESE, of), of.words)


@pytest.mark.parametrize(
    ("anchor", "side", "confidence"),
    list(product(("first_dose", "last_dose"), ("inside", "outside"), ("stated", "UNSURE"))),
)
def test_the_window(anchor: str, side: str, confidence: str) -> None:
    source = "registry entry, read by us"
    of = PrimaryWindow.model_validate({
        "anchor": anchor, "weeks": 12, "tolerance_days": 3, "undecidable": side, "confidence": confidence, "source": source,
    })  # fmt: skip
    both(said.window(ENGLISH, of), said.window(CHINESE, of), of.words, source)


def test_the_whole_record_is_a_window_too() -> None:
    assert said.counting(ENGLISH, definition(), "all")["window"] == "the whole record"
    assert said.counting(CHINESE, definition(), "all")["window"] == "全部记录"
