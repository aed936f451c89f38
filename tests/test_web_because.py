"""Why an obligation is owed, in Chinese: every sentence that the engine says of thousands of cases, with its moments and names kept."""

import re

import pytest

from safety.web.because import reason
from safety.web.words import words
from tests.deadline_timelines import timeline
from tests.test_deadlines_against_oracle import evaluated

ZH, EN = words("zh"), words("en")
CHINESE = re.compile("[\u4e00-\u9fff]")
KEPT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.+\-Z]*[0-9Z]|\d{4}-\d\d-\d\d|[A-Z]{2,}[A-Z0-9]*-[A-Z0-9-]+")


@pytest.mark.parametrize("block", range(4))
def test_every_sentence_of_a_thousand_cases_is_said_in_chinese_with_its_moments_and_rules(block: int) -> None:
    seen = set()
    for seed in range(block * 250, block * 250 + 250):
        for due in evaluated(timeline(seed)):
            seen |= {line for ground in due.because for line in ground.lines()}
    assert len(seen) > 1000
    for line in seen:
        said = reason(ZH, line)
        assert CHINESE.search(said), line
        assert sorted(KEPT.findall(said)) == sorted(KEPT.findall(line)) or "due when" in line, (line, said)
        assert "%(" not in said
        assert reason(EN, line) == line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "serious: true, stated at 2026-03-01T17:00:00+08:00 by the site (version 5)",
            "严重：是，研究中心于 2026-03-01T17:00:00+08:00 说明（版本 5）",
        ),
        (
            "serious: not stated, counts as true by fatal and life_threatening",
            "严重：未说明，因“导致死亡 且 危及生命”按“是”计",
        ),
        (
            "T-SITE: investigator to sponsor when serious and not exempt; limit 24 hours; none 1 (law, confidence high)",
            "T-SITE：研究者向 sponsor 报告，条件：严重 且 非 免于立即报告；期限：24 小时；none 1（法规，可信度：高）",
        ),
        ("due UNSURE, to be confirmed by a person", "期限：UNSURE, 须由人确认"),
        ("a sentence of a later program", "a sentence of a later program"),
    ],
)
def test_a_sentence_is_put_together_in_the_readers_language(line: str, said: str) -> None:
    assert reason(ZH, line) == said
