"""What nobody could confirm of a pack or a rule is told with each clock it touches; a released pack's text never changes."""

from datetime import date
from pathlib import Path

import pytest

from safety.journal.verification import verify
from safety.packaged import pack_texts, packaged, packaged_pack, packaged_packs, packaged_profiles
from safety.regulation.due import Due
from safety.regulation.pack import Pack, Profile, read_pack
from safety.web.api.packs import whole
from safety.web.rules_in_words import unsure_of
from safety.web.words import words
from tests import builders as b
from tests.clocks import FATAL, VALID, evaluated, on, site
from tests.desks import Office
from tests.duties import DAY, Adjustable, adopt, owed, report, submit

GOLDEN = Path(__file__).parent / "golden"
OF_THE_PACK = {
    *("KR-MFDS", "AU-TGA", "BR-ANVISA", "CN-IIT-2021", "JP-PMDA", "SITE-EC"),
    *("CH-SWISSMEDIC", "CN-STEMCELL-2015"),
}
"""Packs whose first day is assumed, or whose last is not known."""
OF_THE_RULE = {
    *("CN03-INV", "CN07-24H", "CN03-SPON"),
    *("CN-SC-24H", "CN-SC-24H-AUTH", "UK-INV", "UK-USM"),
}
"""Rules of which something beside the text could not be confirmed: a first and last day, what the hours count from, a recipient."""


def said(due: Due) -> list[str]:
    """Every doubt that an obligation tells."""
    lines = (line for ground in due.because for line in ground.lines())
    return [line.removeprefix("UNSURE: ") for line in lines if line.startswith("UNSURE: ")]


# --- what is told --------------------------------------------------------------------------------------------------------


def test_which_packs_and_rules_are_unsure_beside_their_text_is_stated() -> None:
    assert {pack.id for pack in packaged_packs() if pack.unsure} == OF_THE_PACK
    assert {rule.id for pack in packaged_packs() for rule in pack.rules if rule.unsure} == OF_THE_RULE


@pytest.mark.parametrize("name", sorted(OF_THE_PACK))
def test_what_nobody_knows_of_a_pack_is_told_with_every_rule_of_it(name: str) -> None:
    pack = packaged_pack(name)
    followed = [on(1, submitted=rule.of[0]) for rule in pack.rules if rule.trigger == "submission"]
    found = evaluated(name, on(0, FATAL), site(0, FATAL), *followed).obligations
    assert len(found) > len(followed)
    for due in found:
        assert pack.unsure in said(due), due.rule.id
    (sure, *_) = evaluated("ICH-E2A", on(0, FATAL)).obligations
    assert said(sure) == []


UNDER = [
    ("GCP 2003 Art. 26, 40; DRR 2007", "CN-NMPA-DRUG", date(2017, 12, 8), {"CN03-INV", "CN07-24H", "CN03-SPON"}),
    ("GCP 2003 before DRR 2007", "CN-NMPA-DRUG", date(2007, 9, 30), {"CN03-INV", "CN03-SPON"}),
    ("GCP 2020, CDE 2018", "CN-NMPA-DRUG", date(2021, 3, 1), set[str]()),
    ("[2015] No. 48", "CN-STEMCELL-2015", date(2017, 12, 8), {"CN-SC-24H", "CN-SC-24H-AUTH"}),
    ("reg. 32 of 2008", "UK-MHRA-2026", date(2026, 5, 1), {"UK-INV", "UK-USM"}),
]


@pytest.mark.parametrize(("name", "base", "doubted"), [case[1:] for case in UNDER], ids=[case[0] for case in UNDER])
def test_what_nobody_knows_of_a_rule_is_told_with_that_rule_alone(name: str, base: date, doubted: set[str]) -> None:
    facts = [on(0, FATAL, base=base), site(0, FATAL, base=base), on(1, urgent_measure=True, base=base)]
    found = evaluated(name, *facts).obligations
    assert {due.rule.id for due in found if due.rule.unsure in said(due)} == doubted
    own = {rule.unsure for rule in packaged_pack(name).rules if rule.unsure}
    assert all(not own & set(said(due)) for due in found if due.rule.id not in doubted)
    assert doubted <= {rule.id for _, rule in unsure_of([packaged_pack(name)])}


def test_a_program_reads_the_doubts_of_each_rule() -> None:
    pack = packaged_pack("UK-MHRA-2026")
    rules = {rule["id"]: rule for rule in whole(words("en"), pack, pack_texts()[pack.id])["rules"]}
    assert rules["UK-INV"]["unsure"] is True
    assert "text of 2008" in rules["UK-INV"]["doubts"][0]
    assert (rules["UK-7"]["unsure"], rules["UK-7"]["doubts"]) == (False, [])


# --- the window of the CDE standard --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("binds", "owes"), [(None, {"CN-POST"}), (True, {"CN-POST"}), (False, {"CN-INV-20"})])
def test_the_window_is_the_cde_standards_and_ends_nothing_where_that_does_not_bind(
    *, binds: bool | None, owes: set[str]
) -> None:
    after = site(0, VALID, base=date(2021, 3, 1), serious=True, after_trial=True)
    configuration = {} if binds is None else {"cde_standard_binds": binds}
    found = evaluated("CN-NMPA-DRUG", after, configuration=configuration).obligations
    assert {due.rule.id for due in found} - {"CN-EC-20"} == owes


# --- versions ------------------------------------------------------------------------------------------------------------


def released() -> dict[tuple[str, str], str]:
    """Every version that was released, with the hash of its text."""
    lines = (GOLDEN / "packs.txt").read_text(encoding="ascii").splitlines()[1:]
    found = {(name, version): digest for name, version, digest in (line.split() for line in lines)}
    assert len(found) == len(lines), "a version is listed twice"
    return found


def test_the_text_of_a_released_version_never_changes() -> None:
    both: tuple[Pack | Profile, ...] = (*packaged_packs(), *packaged_profiles())
    every = {(one.id, one.version): one.sha256 for one in both}
    assert every == {known: digest for known, digest in released().items() if known in every}
    newest = dict(sorted(released(), key=lambda one: (one[0], int(one[1]))))
    assert {name: packaged(name).version for name in newest} == newest


def test_a_log_that_holds_the_first_version_verifies_and_is_rebuilt_and_the_second_takes_its_place(
    tmp_path: Path,
) -> None:
    clock = Adjustable()
    office = Office(tmp_path / "log.db", clock).begin()
    first = (GOLDEN / "cn-nmpa-drug-1.toml").read_text(encoding="utf-8")
    assert read_pack(first).sha256 == released()["CN-NMPA-DRUG", "1"]
    adopt(office, first)
    report(office)
    (opened,) = (one for name, one in owed(office).items() if name.startswith("CN-INV"))
    assert (opened.opened.pack_version, opened.opened.pack_sha256) == ("1", read_pack(first).sha256)
    adopt(office, pack_texts()["CN-NMPA-DRUG"])
    clock.now += DAY
    office.do("adverse_event.follow_up", b.followed_up(serious="Y", results_in_death="Y"))
    submit(office, next(name for name, one in owed(office).items() if one.opened.party == "sponsor" and one.runs))
    assert {one.opened.pack_version for one in owed(office).values()} == {"1", "2"}
    assert list(verify(office.journal)) == []
    views = b.views_beside(office.file)
    views.catch_up(office.journal)
    assert views.check(office.journal) == []
    views.close()
    office.close()
