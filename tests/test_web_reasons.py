"""The reasons of a clock are said in Chinese whatever the packs make of a case; what has no known form stays as the log has it."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from safety.packaged import pack_texts, packaged_packs
from safety.web.asking import Asked
from safety.web.reasons import FORMS, patterns, said_in_words
from safety.web.showing import Show
from safety.web.words import Language, words
from tests import builders as b
from tests.desks import Office
from tests.duties import DAY, Adjustable, adopt, assess, owed, report, submit

FORM = re.compile(r"%\((\w+)\)s")


def reader(language: Language) -> Asked:
    """Somebody who reads a language, as far as these sentences ask."""
    said = words(language)
    return cast("Asked", SimpleNamespace(words=said, show=Show(said, "Asia/Shanghai")))


@pytest.fixture
def clock() -> Adjustable:
    return Adjustable()


@pytest.fixture
def office(tmp_path: Path, clock: Adjustable) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db", clock).begin()
    yield opened
    opened.close()


def lived(office: Office, clock: Adjustable) -> set[str]:
    """The sentences of an event that is judged, upgraded, sent and followed up."""
    report(office, causality="POSSIBLE")
    clock.now += DAY
    assess(office, serious="Y", hospitalisation="Y")
    office.do("adverse_event.assess_expectedness", b.expectedness_assessed(expected="N"), by="CHEN")
    clock.now += DAY
    office.do("adverse_event.follow_up", b.followed_up(serious="Y", results_in_death="Y"))
    for name, one in owed(office).items():
        if one.runs and one.opened.party == "sponsor":
            submit(office, name)
    clock.now += DAY
    office.do("adverse_event.follow_up", b.followed_up(severity="SEVERE"))
    return {line for one in owed(office).values() for line in one.opened.because}


@pytest.mark.parametrize("name", ["", *sorted(pack.id for pack in packaged_packs())])
def test_every_sentence_of_every_pack_is_said_in_chinese(office: Office, clock: Adjustable, name: str) -> None:
    adopt(office, *([pack_texts()[name]] if name else []))
    lines = lived(office, clock)
    chinese, english = reader("zh"), reader("en")
    unsaid = [line for line in lines if said_in_words(chinese, line) == line]
    assert unsaid == []
    assert all(said_in_words(english, line) == line for line in lines)
    for line in lines:
        if not line.startswith("UNSURE: "):
            assert not re.search(r"stated at|by the |counts as|the clock starts", said_in_words(chinese, line)), line


@pytest.mark.parametrize("form", FORMS)
def test_each_form_recognises_itself_before_another_does(form: str) -> None:
    filled: dict[str, Any] = {"at": "2026-03-01T10:00:00+08:00", "later": "2026-03-02T00:00:00Z", "day": "2026-03-01"}
    filled |= {"answer": "true", "state": "serious", "states": "fatal and life_threatening", "n": "8", "party": "site"}
    line = FORM.sub(lambda found: str(filled.get(found[1], found[1])), form)
    taken = next(known for known, pattern in patterns() if pattern.fullmatch(line))
    assert taken == form
    assert said_in_words(reader("zh"), line) != line


def test_words_times_and_days_are_the_readers_and_the_rest_stays() -> None:
    chinese = reader("zh")
    line = "serious: true, stated at 2026-03-01T10:00:00.5+08:00 by the site (version 2)"
    assert said_in_words(chinese, line) == "严重：是，中心于 2026-03-01 周日 10:00:00 说明（第 2 版）"
    rule = "T-15: sponsor to Authority when susar; limit 15 calendar days; clause 2 (law, confidence high)"
    assert (
        said_in_words(chinese, rule)
        == "T-15：申办者向 监管机构 报告，条件 属于可疑且非预期严重不良反应（SUSAR）；时限 15 个日历日；clause 2（法规，可信度 高）"
    )
    own = "OWN-1: sponsor to the Board of Ruritania when own_word and serious; limit 1 hour; clause 2 (law, confidence high)"
    assert said_in_words(chinese, own).startswith(
        "OWN-1：申办者向 the Board of Ruritania 报告，条件 own_word 且 严重；"
    )
    note = "UNSURE: The reference names no exemption by the protocol."
    assert said_in_words(chinese, note) == "UNSURE（不确定）：参考资料未提及方案豁免。"
    assert said_in_words(chinese, "something nobody foresaw") == "something nobody foresaw"
