"""Everything that the mails say stands in the Chinese catalogue, with the same names in it; and a Chinese mail says it in Chinese."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.extract import extract_from_dir
from jinja2 import DictLoader, Environment

import notifications
from notifications.owed_report import Limit, OwedReport, counted
from notifications.rendering import Addressee, Content, Letterhead, OwedAlert, rendered
from notifications.wording import RULES, spelled, words
from safety.aggregates.obligation import Opened
from safety.aggregates.register import TOPICS
from safety.catalogues import ENGLISH, IN_ENGLISH, entries_of, key_of
from safety.packaged import packaged_packs
from safety.regulation.periodic import RULES as PERIODIC
from safety.regulation.rule import NUMBERED, Rule
from safety.values import Role, microseconds
from tests.builders import T0
from tests.test_web_words import METHODS, NAME, OPTIONS

KEYWORDS = {"_": None, "N_": None, "words": None, "said": None, "ngettext": (1, 2)}
CHINESE = words("zh")
HAN = re.compile("[\u4e00-\u9fff]")
WORD = 15
"""A text that is shorter beside its names only puts them in a row."""


def of_codes() -> set[str]:
    """What mails name by a code, as the record has it: kinds of events, units without a number, roles, who owes."""
    kinds = {topic.split(".")[1].replace("_", " ") for topic in TOPICS if topic.startswith("adverse_event.")}
    units = set(get_args(Rule.model_fields["unit"].annotation)) - NUMBERED
    owed_by = get_args(Opened.model_fields["owed_by"].annotation)
    return {
        *(f"event={kind}" for kind in kinds),
        *(f"unit={unit}" for unit in units),
        *(f"role={role}" for role in get_args(Role)),
        *(f"owed_by={party}" for party in owed_by),
    }


def recipients() -> set[str]:
    """To whom the reports of the packs and the periodic ones go."""
    of_packs = {name for pack in packaged_packs() for rule in pack.rules for name in rule.to}
    return {name.replace("_", " ") for name in (*of_packs, *(name for rule in PERIODIC.values() for name in rule.to))}


@cache
def said() -> dict[str, set[str]]:
    """Every text of templates and code, with the names that it holds."""
    folder = str(Path(notifications.__file__).parent)
    found = extract_from_dir(folder, METHODS, OPTIONS, KEYWORDS)
    texts = [*(key_of(text) for _, _, text, _, _ in found), *of_codes(), *recipients()]
    return {text: set(NAME.findall(text)) for text in texts if text}


def test_every_text_has_its_chinese() -> None:
    held = {key_of(one.id) for of in ("safety", "notifications") for _, one in entries_of("zh", of) if one.string}
    assert len(said()) > 100
    assert {"event=followed up", "unit=immediately", "dsmb", *RULES.values()} <= set(said())
    assert sorted(set(said()) - held) == []


def test_no_entry_is_left_of_what_is_no_longer_said_and_none_is_said_by_the_screens_too() -> None:
    own = [key_of(entry.id) for _, entry in entries_of("zh", "notifications")]
    assert sorted(set(own) - set(said())) == []
    others = {key_of(entry.id) for of in ("safety", "safety.web") for _, entry in entries_of("zh", of)}
    assert sorted(others & set(own)) == [], "it belongs where screens and mails share it"
    assert len(own) == len(set(own))


def test_a_text_keeps_its_names() -> None:
    for _, entry in entries_of("zh", "notifications"):
        assert not entry.fuzzy
        text = key_of(entry.string) if isinstance(entry.string, str | tuple | list) else ""
        assert set(NAME.findall(text)) == set(NAME.findall(key_of(entry.id))), entry.id
        assert HAN.search(text) or len(NAME.sub("", text)) < WORD, entry.id


# --- whole mails ------------------------------------------------------------------------------------------------------

TO = Addressee("LIU", "刘洋", "liu@hospital.org", vacant=False, language="zh")
HEAD = Letterhead("desk@trial.org", "https://desk.trial.org")
REPORT = OwedReport(("CDE", "ethics_committee"), "sponsor", ("CDE",), unsure=True)
ALERT = OwedAlert("ALERT-1", "T1", "SAE-REPORTED", "safety_officer", ("S04/3",), microseconds(T0))
CODES = re.compile(
    r"https://\S+|/trials/\S+|/admin/\S+|\[Vigilog\]|VIGILOG_PUBLIC_URL|Asia/Shanghai|UTC|UNSURE|CDE|OPERATOR|[A-Z0-9]+(?:-[A-Z0-9]+)+"
    r"|dsur|AE|S04|T1|LIU|CHEN|WANG|demo|maildir"
)
"""What a Chinese mail says in other letters: addresses, zones, marks and codes."""


def told(*alerts: OwedAlert, to: Addressee = TO, head: Letterhead = HEAD) -> tuple[str, str, bytes]:
    """The subject and the text as they arrive, and the bytes on the way."""
    at = microseconds(T0) + 26 * 3_600_000_000
    written, fault = rendered(Content("M-1", "T1", alerts, to, at, "Asia/Shanghai"), head, 1)
    assert fault is None
    raw = bytes(written.mail)
    arrived = message_from_bytes(raw, policy=policy.default)
    return str(arrived["Subject"]), arrived.get_content(), raw


@pytest.mark.parametrize("urgency", ["urgent", "digest"])
@pytest.mark.parametrize("rule", RULES)
def test_no_word_of_english_is_left_in_a_chinese_mail(rule: str, urgency: str) -> None:
    role: Role = "operator" if rule in {"UNDELIVERABLE", "ROLE-VACANT", "CLOCK-JUMPED"} else "safety_officer"
    full = ALERT._replace(
        rule=rule, role=role, urgency=urgency, due_at=microseconds(T0), report=REPORT, rung=3, repeat=2
    )
    limit = full._replace(due_at=None, report=REPORT._replace(limit=Limit("immediately"), runs_from=microseconds(T0)))
    named = full._replace(concerning=("DRILL", "SAFETY_OFFICER", "ACCOUNT:CHEN", "MESSAGE/M-1", "dsur 2019-10-31"))
    before = full._replace(asked_before=("CHEN", "WANG"), changes=("followed up",))
    purposes = (HEAD, HEAD._replace(purpose="demo", desk=None), HEAD._replace(purpose="drill"))
    people = (TO, TO._replace(vacant=True), TO._replace(instead_of="CHEN"))
    for alerts, to, head in zip(([full], [limit, named], [before] * 3), people, purposes, strict=True):
        subject, text, raw = told(*alerts, to=to, head=head)
        assert re.findall("[A-Za-z]+", CODES.sub("", f"{subject}\n{text}".replace(f"规则 {rule}", ""))) == []
        assert raw.isascii()
        assert max(map(len, raw.splitlines())) <= 78


def test_an_urgent_mail_says_in_chinese_what_is_owed_to_whom_by_when() -> None:
    due_at = microseconds(T0.replace(hour=16, minute=0)) + 3 * 86_400_000_000
    opened = ALERT._replace(rule="OBLIGATION-OPENED", concerning=("S04/3", "CN03-SPON:1"), due_at=due_at)
    report = OwedReport(("national drug regulator", "ethics_committee"), "sponsor", rests_on_unsure=True)
    subject, text, _ = told(ALERT, opened._replace(report=report))
    assert subject == "[Vigilog] T1：报告了严重不良事件，另有 1 条"
    assert text.startswith("刘洋：\n\n试验 T1 有 2 条警报需要您处理：\n\n- 报告了严重不良事件：S04 AE 3\n")
    assert (
        "  报告接收方：国家药品监督管理部门、伦理委员会，责任方：申办者；不确定（UNSURE）：其依据有未核实之处\n" in text
    )
    assert re.search(r"  截止 \d{4}-\d\d-\d\d 24:00 Asia/Shanghai \(UTC\+0800\)：还剩 \d 天 \d+ (小时|分钟)\n", text)
    assert text.rstrip().endswith("本邮件只含代码，绝不含受试者的陈述或病情。")


def test_a_chinese_mail_says_what_is_late_who_stands_in_and_what_is_unsure() -> None:
    _, late, _ = told(ALERT._replace(due_at=microseconds(T0)), to=TO._replace(instead_of="CHEN"))
    assert "：已逾期 1 天 2 小时\n" in late
    assert "CHEN 离岗，由您代班（安全专员）。\n" in late
    unsure = ALERT._replace(report=REPORT._replace(limit=Limit("working_day")), urgency="digest")
    _, text, _ = told(unsure)
    assert "以下事项均不紧急。试验 T1 的汇总：\n" in text
    assert "；已报告：CDE（药品审评中心）；不确定（UNSURE）：须报告的依据未核实\n" in text
    assert "  不确定（UNSURE）：时限未能核实，须由人确认\n" in text


def test_a_recipient_of_a_trials_own_pack_and_a_rule_to_come_stand_as_they_are() -> None:
    _, text, _ = told(ALERT._replace(rule="A-RULE-TO-COME", report=OwedReport(("The Board of 100%",))))
    assert "- A-RULE-TO-COME：S04 AE 3\n" in text
    assert "  报告接收方：The Board of 100%\n" in text


def test_the_webhook_of_a_chinese_reader_is_the_english_one() -> None:
    content = Content("M-1", "T1", [ALERT._replace(report=REPORT._replace(limit=Limit()))], TO, microseconds(T0))
    bodies = {
        rendered(content._replace(to=TO._replace(language=language)), HEAD._replace(purpose="demo"), 1)[0].body
        for language in ("en", "zh")
    }
    assert len(bodies) == 1
    assert "no due time: its period is none of the schedule" in bodies.pop()


def test_a_recipient_that_is_none_is_said_as_a_sentence_takes_it() -> None:
    """A released pack names the study itself: what is owed there is its halt."""
    report = OwedReport(("study (halt)",))
    assert report.words() == report.words(words("en")) == "report to those who must halt the study"
    assert report.words(CHINESE) == "报告接收方：须叫停本研究的各方"
    assert set(IN_ENGLISH) <= recipients(), "no pack names it any longer"


@pytest.mark.parametrize(
    ("number", "unit", "english", "chinese"),
    [
        (1, "working_day", "1 working day", "1 个工作日"),
        (2, "working_day", "2 working days", "2 个工作日"),
        (1, "hour", "1 hour", "1 小时"),
        (15, "calendar_day", "15 calendar days", "15 个日历日"),
    ],
)
def test_a_limit_is_counted_in_both_languages(number: int, unit: str, english: str, chinese: str) -> None:
    assert (counted(number, unit, ENGLISH), counted(number, unit, CHINESE)) == (english, chinese)


def test_a_span_is_spelled_in_chinese() -> None:
    spans = {"不到一分钟": 59, "1 天 2 小时": 93_600, "2 天 7 分钟": 173_220, "59 分钟": 3_599}
    for chinese, seconds in spans.items():
        assert spelled(timedelta(seconds=seconds), CHINESE) == chinese


def test_the_text_that_goes_out_where_a_template_fails_is_chinese_too() -> None:
    head = HEAD._replace(purpose="demo", templates=Environment(loader=DictLoader({}), autoescape=True))
    written, fault = rendered(Content("M-1", "T1", [ALERT], TO, microseconds(T0)), head, 1)
    assert fault == "TEMPLATENOTFOUND"
    assert written.mail["Subject"] == "演示 [Vigilog] T1：报告了严重不良事件"
    assert written.mail.get_content().splitlines() == [
        "*** 演示 *** 本邮件来自演示，并非来自真实试验。*** 演示 ***",
        "试验 T1 有待 LIU 处理：",
        "- SAE-REPORTED S04 AE 3，警报 ALERT-1",
        "  https://desk.trial.org/trials/T1/cases/S04/3",
        "系统地址：https://desk.trial.org",
        "本消息的模板出错；已通知管理员。",
    ]
