"""Everything that the screens say stands in the Chinese catalogue, with the same names in it; and nothing else does."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import get_args

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from pydantic import BaseModel

import safety
import safety.web
from safety.aggregates import deciding
from safety.aggregates.deciding import Refused
from safety.aggregates.ending import AlreadyEnded
from safety.aggregates.filing import CannotMerge, UnknownCausality
from safety.aggregates.obligation import Opened, State
from safety.aggregates.register import TOPICS
from safety.aggregates.subject import WithdrawalMode
from safety.aggregates.trial import Definition
from safety.catalogues import entries_of, key_of
from safety.packaged import packaged_packs, packaged_profiles
from safety.regulation.pack import Pack, Profile
from safety.values import Assessor, Role
from safety.web.case_record import NAMED, PLAIN
from safety.web.record_fields import FIELDS, NAMES
from safety.web.showing import Show
from safety.web.words import chosen, words

KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "words": None, "_words": None}
METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext:babel_extract")]
OPTIONS = {"**.j2": {"trim_blocks": "1", "newstyle_gettext": "1", "silent": "0"}}
NAME = re.compile(r"%\((\w+)\)[sd]")


def refusals() -> set[str]:
    """The sentence of every refusal there is, but of rows of files, which come through another door."""
    for module in walk_packages(safety.__path__, "safety."):
        import_module(module.name)
    found, open_ones = set(), [Refused]
    while open_ones:
        of = open_ones.pop()
        open_ones += of.__subclasses__()
        if (
            of is not Refused
            and of.__module__.startswith("safety.")
            and "import" not in of.__module__
            and ".intake." not in of.__module__
        ):
            found.add(of.__doc__ or "")
    return found


def named_by_refusals() -> set[str]:
    """What refusals name in words, as their sources and coded lists have it."""
    source = "".join(path.read_text() for path in Path(deciding.__file__).parent.glob("*.py"))
    found = {f"{name}={text}" for name, text in re.findall(r'\b(why|what|where)="([^"{]+)"', source)}
    found |= {f"what={text}" for text in re.findall(r'check_(?:moment|answer)\(known, form, "([^"]+)"', source)}
    found |= {f"verb={text}" for text in re.findall(r'check_runs\(known, form, "([^"]+)"', source)}
    found |= {f"what=withdrawal from {mode.replace('_', ' ')}" for mode in get_args(WithdrawalMode)}
    coded = {"state": get_args(State), "assessor": get_args(Assessor), "role": get_args(Role)}
    coded["owed_by"] = get_args(Opened.model_fields["owed_by"].annotation)
    return found | {f"{name}={value}" for name, values in coded.items() for value in values}


def of_packs() -> set[str]:
    """What the packs and profiles that come with the program say; citations and sources stay as they are given."""
    found: set[str | None] = set()
    every: tuple[Pack | Profile, ...] = (*packaged_packs(), *packaged_profiles())
    for one in every:
        found |= {one.title, one.authority, one.note}
    for pack in packaged_packs():
        found |= {pack.unsure, *pack.configuration.values(), *(part.says for part in pack.outside)}
        for rule in pack.rules:
            found |= {*rule.to, rule.note, rule.unsure, *(form.says for form in rule.formats)}
    return {text for text in found if text}


@cache
def said() -> dict[str, set[str]]:
    """Every text of templates and code, with the names that it holds."""
    folder = str(Path(safety.web.__file__).parent)
    found = extract_from_dir(folder, METHODS, OPTIONS, KEYWORDS)
    texts = [*(key_of(text) for _, _, text, _, _ in found), *refusals(), *named_by_refusals(), *of_packs()]
    return {text: set(NAME.findall(text)) for text in texts if text}


def translated() -> Iterator[tuple[str, Message]]:
    """Every entry of every file of the catalogue, with the name of its file; mails share some of them."""
    for package in ("safety", "safety.web"):
        yield from entries_of("zh", package)


def test_every_text_has_its_chinese() -> None:
    held = {key_of(entry.id) for _, entry in translated() if entry.string and not entry.fuzzy}
    assert len(said()) > 100
    assert sorted(set(said()) - held) == []


def test_no_entry_is_left_of_what_is_no_longer_said() -> None:
    assert sorted((file, key_of(entry.id)) for file, entry in translated() if key_of(entry.id) not in said()) == []


def test_a_text_is_translated_once_and_with_the_same_names() -> None:
    entries = list(translated())
    keys = [key_of(entry.id) for _, entry in entries]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []
    for _, entry in entries:
        text = key_of(entry.string) if isinstance(entry.string, str | tuple | list) else ""
        forms = [entry.id] if isinstance(entry.id, str) else entry.id
        named = {name for form in forms for name in NAME.findall(form)}
        assert set(NAME.findall(text)) <= named, entry.id
        assert named - set(NAME.findall(text)) <= {"num", "n"}, entry.id


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The models that a field holds: itself, in a tuple, or where there is one; a trial's definition speaks as its file does."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation is not Definition:
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def fields_of_events() -> Iterator[tuple[str, str]]:
    """Every field of every event, and of what stands inside one, with the topic."""
    for topic, form in TOPICS.items():
        open_ones: list[type[BaseModel]] = [form]
        while open_ones:
            for name, described in open_ones.pop().model_fields.items():
                yield topic, name
                open_ones += models_in(described.annotation)


def test_every_field_of_every_event_has_words_in_both_languages() -> None:
    fields = set(fields_of_events())
    assert len(fields) > 200
    assert ("subject.enrolled.v1", "weight_kg") in fields
    assert ("adverse_event.reported.v1", "filed_at") in fields, "awareness is a field of an event"
    assert ("rule_pack.adopted.v1", "effective_from") in fields, "packs are documents"
    assert sorted((topic, name) for topic, name in fields if name not in NAMES) == []
    assert set(NAMES) <= {name for _, name in fields} | set(FIELDS), "words for fields that there are none of"
    chinese = {name: words("zh").gettext(text) for name, text in NAMES.items()}
    latin = {name for name, text in chinese.items() if not re.search("[\u4e00-\u9fff]", text)}
    assert latin == {"sha256"}


def test_every_entry_of_a_case_says_what_happened() -> None:
    of_cases = ("subject", "dose", "adverse_event", "obligation", "alert", "message")
    topics = {topic.rpartition(".v")[0] for topic in TOPICS if topic.startswith(of_cases)}
    assert sorted(topics - {*PLAIN, *NAMED}) == []


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, None, "en"),
        (None, "", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "zh-Hant-TW", "zh"),
        (None, "fr,de;q=0.9", "en"),
        (None, "fr,zh;q=0.5,en;q=0.4", "zh"),
        (None, "en;q=0.1,zh;q=0.2", "zh"),
        (None, "zh;q=nonsense,en", "en"),
        ("en", "zh", "en"),
        ("zh", "en", "zh"),
        ("tlh", "zh", "zh"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_browsers(
    cookie: str | None, accepted: str | None, language: str
) -> None:
    assert chosen(cookie, accepted) == language


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "less than a minute", "不到一分钟"),
        (59.9, "less than a minute", "不到一分钟"),
        (60, "1 min", "1 分钟"),
        (3_660, "1 h 1 min", "1 小时 1 分钟"),
        (86_399, "23 h 59 min", "23 小时 59 分钟"),
        (86_400, "1 day", "1 天"),
        (93_600, "1 day 2 h", "1 天 2 小时"),
        (172_860, "2 days", "2 天"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, english: str, chinese: str) -> None:
    assert (Show(words("en")).lasted(seconds), Show(words("zh")).lasted(seconds)) == (english, chinese)


def test_dates_are_written_as_far_as_they_are_known_and_times_in_the_trials_zone() -> None:
    english, chinese = Show(words("en"), "Asia/Shanghai"), Show(words("zh"), "Asia/Shanghai")
    told = ["2018-09-21", "2018-09", "2018", "2018-09-21T14:10", None]
    assert [english.date(text) for text in told] == [
        "21 Sep 2018",
        "Sep 2018",
        "2018",
        "21 Sep 2018, 14:10",
        "not recorded",
    ]
    assert [chinese.date(text) for text in told] == ["2018-09-21", "2018-09", "2018", "2018-09-21 14:10", "未记录"]
    at = 1_537_553_640_000_000
    assert (english.moment(at), chinese.moment(at)) == ("Sat 22 Sep 2018, 02:14", "2018-09-22 周六 02:14")
    assert english.moment(at, seconds=True) == "Sat 22 Sep 2018, 02:14:00"
    assert [Show(words("en"), zone).zone(at) for zone in ("Asia/Shanghai", "UTC", "America/St_Johns")] == [
        "UTC+8",
        "UTC",
        "UTC−2:30",
    ]
    assert english.coded("RECOVERED/RESOLVED") == "recovered"
    assert english.coded("POSSIBLE") == "Possibly related"
    assert english.coded("MORE LIKELY THAN NOT") == "MORE LIKELY THAN NOT", "a scale's own words stay"
    assert chinese.coded(None) == "未记录"


BRACED = re.compile(r"\{(\w+)\}")


def test_every_refusal_has_its_chinese_with_the_same_names() -> None:
    held = {key_of(entry.id): str(entry.string) for _, entry in translated()}
    assert len(refusals()) > 80
    for sentence in refusals():
        assert BRACED.search(held[sentence]) is not None or not BRACED.search(sentence)
        assert set(BRACED.findall(held[sentence])) <= set(BRACED.findall(sentence)), sentence
    assert all(re.search("[\u4e00-\u9fff]", held[text]) for text in refusals() | named_by_refusals())


def test_a_recipient_that_is_none_is_said_as_a_sentence_takes_it() -> None:
    assert words("en").listed(["ethics committee", "study (halt)"]) == "ethics committee, those who must halt the study"
    assert words("zh").listed(["study (halt)"]) == "须叫停本研究的各方"


def test_a_refusal_is_said_in_the_readers_language_with_its_codes_left_alone() -> None:
    scale = UnknownCausality(subject="S1", trial="T1", values="{NOT A NAME}, RELATED")
    assert words("zh").refusal(scale).startswith("受试者 S1 的因果关系（AEREL）不在试验 T1 的量表中")
    assert "{NOT A NAME}, RELATED" in words("zh").refusal(scale)
    assert words("en").refusal(scale) == str(scale)
    assert words("zh").refusal(AlreadyEnded(what="death", subject="S1")) == "受试者 S1 的死亡已有记录。"
    merge = CannotMerge(number=1, subject="S1", into=2, why="that one is merged itself")
    assert words("zh").refusal(merge) == "受试者 S1 的不良事件 1 不能并入 2：对方本身已被并入。"
