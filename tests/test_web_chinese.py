"""No page of the demonstration says an English sentence to a Chinese reader, but for what is given as it is."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import BaseModel

from safety.aggregates.trial import Amended, Registered
from safety.home import Home
from safety.journal import decode
from safety.packaged import packaged_packs, packaged_profiles
from safety.regulation.pack import Pack, Profile
from safety.web.words import LANGUAGES
from tests.served_desk import demonstration
from tests.test_web_pages import CHINESE
from tests.web_homes import signed_in

pytestmark = pytest.mark.uncovered

TRIAL = "/trials/NCT03265613"
CASE = f"{TRIAL}/cases/S04/3"
PACKS = tuple(pack.id for pack in packaged_packs())
ENTRANCES = (
    "/",
    f"{TRIAL}/worklist",
    f"{TRIAL}/cases?as_of=40",
    f"{TRIAL}/history?a=40&b=60",
    f"{TRIAL}/history?subject=S04&number=3",
    f"{TRIAL}/incidence?by=grade&window=all",
    f"{TRIAL}/definition",
    f"{TRIAL}/packs",
    f"{TRIAL}/rota?as_of=40",
    *(f"/admin/packs/{pack}" for pack in PACKS),
    *(f"{TRIAL}/packs/what-if?pack={pack}" for pack in PACKS),
    f"{TRIAL}/packs/adopt?pack=US-FDA-IND",
    *(f"{CASE}/{step}?obligation=CN-SUSAR-7/1" for step in ("submit", "cancel", "take")),
    f"{CASE}/causality",
    f"{CASE}/seriousness",
    f"{CASE}/expectedness",
)
PEOPLE = ("CHEN", "LIN", "ZHAO", "OPERATOR")
OF_A_ROUTE = 3
"""Pages of one kind that are looked at for one person; of entries of the log, which tell of every event, more."""
ENTRIES = 30

GIVEN = (
    r"Digital signatures? .*",
    r"Simplified Chinese",
)
ISSUED = re.compile(r"/reports/\w+/[^/?]+/(page|file|text)")
"""A periodic report as it was issued: the log keeps its page, in the words that were sent."""
UNTRANSLATED = {"pre", "script", "style"}
"""Elements that hold texts as they stand in the log: packs and trial files, the body of an entry."""
CODES = {"mono", "rule", "hash", "said", "cite"}
"""Classes of what is a code, a rule's id, a digest, a value as the log has it, or a clause."""
AS_READ = ("title", "aria-label", "placeholder", "data-l", "alt")
"""Attributes that are read to somebody."""
SENTENCE = re.compile(r"[A-Za-z][A-Za-z'’-]+(?:[ ,;:]+[A-Za-z][A-Za-z'’-]*){2,}")
"""Three words of Latin letters or more, one after the other."""


class Read(HTMLParser):
    """Reads what a page says: the texts that a person reads, without what is a code, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and said.get("href", "").startswith("/"):
            self.links.append(said["href"])
        self.texts += [said[name] for name in AS_READ if said.get(name)]
        if tag in VOID:
            return
        classes = set(said.get("class", "").split())
        given = tag in UNTRANSLATED or bool(classes & CODES) or said.get("lang") == "en"
        self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(given for _, given in self._open) and data.strip():
            self.texts.append(" ".join(data.split()))


VOID = {"input", "meta", "link", "br", "hr", "img", "path", "use", "rect", "line", "circle"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with demonstration(tmp_path_factory.mktemp("chinese") / "home") as home:
        yield home


def leaves(value: Any) -> Iterator[str]:  # noqa: ANN401, whatever a field holds
    """Every text in a value, however deep."""
    if isinstance(value, BaseModel):
        yield from leaves({name: getattr(value, name) for name in type(value).model_fields if name != "because"})
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in leaves(part))
    elif isinstance(value, (list, tuple, set, frozenset)):
        found = [text for part in value for text in leaves(part)]
        yield from (*found, ", ".join(found))
    elif isinstance(value, str):
        yield value


@cache
def citations() -> frozenset[str]:
    """The clauses and sources of every pack, as they are given; what a pack says beside them is to be translated."""
    every: tuple[Pack | Profile, ...] = (*packaged_packs(), *packaged_profiles())
    found = {source for one in every for source in one.sources}
    for pack in packaged_packs():
        found |= {rule.citation for rule in pack.rules} | {part.citation for part in pack.outside}
        found |= {form.citation for rule in pack.rules for form in rule.formats if form.citation}
    return frozenset(found)


def recorded(home: Home) -> set[str]:
    """What people and files said in the record: names, terms, titles, reasons; not the reasons that the desk composed."""
    events = [decode(row).event for row in home.journal.page(0, 10_000, 10_000)]
    titles = {event.definition.title for event in events if isinstance(event, Registered | Amended)}
    said = {text for event in events for text in leaves(event)}
    return said | {cut for title in titles for cut in shortened(title)} | {one.name for one in home.directory.people()}


def shortened(title: str) -> Iterator[str]:
    """What a page may show of a long title: its first words and three dots."""
    first = title.split()
    yield from (" ".join(first[:many]) + "..." for many in range(1, len(first)))


def kind(address: str) -> str:
    """What tells pages apart: the path without what it names, and what is asked of it."""
    path, _, query = address.partition("#")[0].partition("?")
    named = re.sub(r"/(cases|subjects)/[^/]+(/\d+)?", r"/\1/*", path)
    names = sorted(part.partition("=")[0] for part in query.split("&") if part)
    return re.sub(r"/(log|doses|alerts|people|reports/\w+)/[^/]+", r"/\1/*", named) + "?" + ",".join(names)


def english(texts: list[str], given: list[re.Pattern[str]]) -> set[str]:
    """The runs of English that are left of texts once what is given as it is has been taken out."""
    found = set()
    for text in texts:
        left = text
        for pattern in given:
            left = pattern.sub(" | ", left)
        found |= set(SENTENCE.findall(left))
    return found


def test_a_chinese_page_of_the_demonstration_says_nothing_in_english(home: Home) -> None:
    known = sorted(recorded(home) | citations() | set(LANGUAGES.values()), key=len, reverse=True)
    given = [re.compile(re.escape(text)) for text in known if len(text.split()) > 1 or len(text) > 8]
    given += [re.compile(text) for text in GIVEN]
    wrong: dict[str, set[str]] = {}
    seen = Counter[str]()
    for account in PEOPLE:
        browser = signed_in(home, account)
        waiting, met, of_kind = list(ENTRANCES), set[str](), Counter[str]()
        while waiting:
            address = waiting.pop(0).partition("#")[0]
            most = ENTRIES if "/log/" in address else OF_A_ROUTE
            if address in met or of_kind[kind(address)] >= (99 if address in ENTRANCES else most):
                continue
            met.add(address)
            answer = browser.get(address, headers=CHINESE)
            as_issued = ISSUED.search(address) is not None
            if as_issued or answer.status_code != 200 or "text/html" not in answer.headers["content-type"]:
                continue
            of_kind[kind(address)] += 1
            page = Read(answer.text)
            waiting += page.links
            if found := english(page.texts, given):
                wrong.setdefault(kind(address), set()).update(found)
        seen += of_kind
    assert seen[f"{TRIAL}/cases/*?"] > 5, "cases were looked at"
    assert len(seen) > 60, "every part of the desk was looked at"
    assert wrong == {}, "\n".join(f"{of}: {sorted(texts)}" for of, texts in sorted(wrong.items()))


def test_what_looks_for_english_finds_it() -> None:
    page = Read(
        '<p title="Read this first">已知 the sponsor must <b>tell</b><span class="cite">Art. 41 of the Act</span></p>'
    )
    assert english(page.texts, []) == {"Read this first", "the sponsor must"}
    assert english(page.texts, [re.compile("the sponsor must")]) == {"Read this first"}
