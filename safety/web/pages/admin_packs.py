"""Rule packs: every rule of each in words, which govern a trial and who signed, and what others would change."""

from datetime import datetime
from typing import Any

from fastapi import Response

from safety.adopting import packaged_adoption
from safety.aggregates.rule_pack import Adopted, Governing, known_pack
from safety.packaged import NotPackaged, pack_texts, packaged, packaged_packs, packaged_profiles
from safety.projections.obligations import obligations
from safety.projections.trials import trials
from safety.regulation.pack import Pack, Profile
from safety.values import moment
from safety.web.asking import Ask, Asked, NotThere, Unclear
from safety.web.declaring import Pages
from safety.web.governing import adoptions, governing_packs
from safety.web.rules_in_words import RELATED, condition, in_words, unsure_of
from safety.web.signing import signature_of
from safety.web.streaming import streamed
from safety.what_if import AskedAgain

pages = Pages()

MOST = 100
"""Rows of a comparison that a page shows; how many more there are is said."""
Row = dict[str, Any]


@pages.shows("/admin/packs", "packs.read")
def list_packs(ask: Ask) -> Response:
    """Show the packs and profiles that come with the program, and which trials they govern."""
    with ask.reading() as connection:
        mine = [row["trial"] for row in trials(connection, ask.at) if ask.has_part_in(row["trial"])]
    governed: dict[str, list[str]] = {}
    for trial in mine:
        for one in governing_packs(ask, trial):
            for document in one.packs:
                governed.setdefault(document.sha256, []).append(trial)
    rows = [
        {"pack": pack, "unsure": len(unsure_of([pack])), "governs": governed.get(pack.sha256, [])}
        for pack in packaged_packs()
    ]
    return ask.render("admin/packs.html.j2", rows=rows, profiles=packaged_profiles(), today=ask.moment.date())


@pages.shows("/admin/packs/{pack}", "packs.read")
def show_pack(ask: Ask, pack: str) -> Response:
    """Show every rule of a pack that comes with the program, or what a profile puts together."""
    try:
        found = packaged(pack)
    except NotPackaged:
        raise NotThere from None
    if isinstance(found, Profile):
        parts = [packaged(part) for part in found.packs]
        return ask.render("admin/profile.html.j2", profile=found, parts=parts, text=pack_texts()[found.id])
    return pack_shown(ask, found, pack_texts()[found.id])


@pages.shows("/trials/{trial}/packs", "packs.read")
def show_governing(ask: Ask) -> Response:
    """Show which packs govern the trial at the moment, under which settings, and who signed for them."""
    known = adoptions(ask)
    rows = [told_of(ask, one, known) for one in governing_packs(ask, ask.trial)]
    choices: Row = {"profiles": packaged_profiles(), "packs": packaged_packs()}
    return ask.render("admin/trial_packs.html.j2", rows=rows, adopted=len(known), **choices)


@pages.shows("/trials/{trial}/packs/what-if", "packs.read")
def what_if(ask: Ask) -> Response:
    """Show what other packs would have made due of the same history, beside what was decided."""
    names = ask.request.query_params.getlist("pack")
    asked = would_change(ask, chosen_packs(ask, names))
    return streamed(ask, "admin/what_if.html.j2", names=names, asked=asked, most=MOST, instant=datetime.fromisoformat)


@pages.shows("/trials/{trial}/packs/{sha256}", "packs.read")
def show_adopted(ask: Ask, sha256: str) -> Response:
    """Show every rule of a pack that governs the trial, as the text says that was signed for."""
    for one in governing_packs(ask, ask.trial):
        for document in one.packs:
            if document.sha256 == sha256:
                return pack_shown(ask, known_pack(document.file), document.file, one)
    raise NotThere


def pack_shown(ask: Asked, pack: Pack, text: str, governs: Governing | None = None) -> Response:
    """Show one pack."""
    defined = {name: condition(ask.words, said, pack.configuration) for name, said in pack.define.items()}
    said: Row = {"rules": in_words(ask.words, pack), "defined": defined, "related": ask.words(RELATED[pack.related])}
    answered = governs.adoption.configuration if governs else {}
    return ask.render("admin/pack.html.j2", pack=pack, text=text, governs=governs, answered=answered, **said)


def told_of(ask: Asked, governs: Governing, known: list[tuple[int, Adopted]]) -> Row:
    """Tell of an adoption what still governs of it, how its questions were answered, and who signed for it."""
    position = next(at for at, form in known if form == governs.adoption)
    asks = {name: says for document in governs.packs for name, says in known_pack(document.file).configuration.items()}
    answered = governs.adoption.configuration
    return {
        "adoption": governs.adoption,
        "packs": [known_pack(document.file) for document in governs.packs],
        "unsure": len(unsure_of(known_pack(document.file) for document in governs.packs)),
        "asks": [(name, says, answered.get(name)) for name, says in asks.items()],
        "position": position,
        "at": ask.home.journal.recorded_at(position),
        "signed": signature_of(ask, position),
    }


def chosen_packs(ask: Asked, names: list[str]) -> Adopted:
    """Fill in the form that would let packs govern the trial; raises Unclear where nothing that can be is named."""
    if ask.governs is None:
        raise NotThere
    try:
        return packaged_adoption(ask.trial, names, ask.governs, moment(ask.stamped))
    except NotPackaged:
        raise Unclear(ask.words("Choose one or more packs, or one profile alone.")) from None


def would_change(ask: Asked, packs: Adopted) -> AskedAgain:
    """Prepare to ask packs the history of the trial up to the moment, and to compare."""
    now = moment(ask.stamped)
    with ask.reading() as connection:
        recorded = obligations(connection, ask.trial, ask.at, now)["obligations"]
    return AskedAgain(ask.home.journal, recorded, packs, ask.at.position, now)
