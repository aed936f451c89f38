"""What the API tells of rule packs: those of the program, those that govern a trial, and what others would change."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query

from safety.aggregates.rule_pack import known_pack
from safety.packaged import NotPackaged, pack_texts, packaged, packaged_packs, packaged_profiles
from safety.projections.at import utc
from safety.projections.trials import trials
from safety.regulation.pack import Pack, Profile
from safety.web.api.answers_of_packs import GoverningPacks, Packs, WhatIf, WholePack
from safety.web.api.declaring import Endpoints
from safety.web.api.reading import stamped
from safety.web.asking import Ask, NotThere
from safety.web.governing import adoptions, governing_packs
from safety.web.pages.admin_packs import chosen_packs, told_of, would_change
from safety.web.rules_in_words import condition, is_unsure, unsure_of
from safety.web.words import Words

endpoints = Endpoints()
Row = dict[str, Any]
MOST_NAMED = 20
Names = Annotated[
    list[str],
    Query(max_length=MOST_NAMED, description="Ids of packs that come with the program, or of one profile alone."),
]


@endpoints.reads("/rule-packs", "packs.read", Packs)
def read_packs(ask: Ask) -> Row:
    """List the packs and profiles that come with the program, and which of one's trials each governs."""
    with ask.reading() as connection:
        mine = [row["trial"] for row in trials(connection, ask.at) if ask.has_part_in(row["trial"])]
    governed: dict[str, list[str]] = {}
    for trial in mine:
        for document in (document for one in governing_packs(ask, trial) for document in one.packs):
            governed.setdefault(document.sha256, []).append(trial)
    packs = [brief(pack) | {"governs": governed.get(pack.sha256, [])} for pack in packaged_packs()]
    profiles = [profile.model_dump(mode="json") for profile in packaged_profiles()]
    return {"position": ask.at.position, "packs": packs, "profiles": profiles}


@endpoints.reads("/rule-packs/{pack}", "packs.read", WholePack)
def read_pack(ask: Ask, pack: str) -> Row:
    """Give every rule of a pack that comes with the program, or what a profile puts together."""
    try:
        return whole(ask.words, packaged(pack), pack_texts()[pack])
    except NotPackaged:
        raise NotThere from None


@endpoints.reads("/trials/{trial}/rule-packs", "packs.read", GoverningPacks)
def read_governing(ask: Ask) -> Row:
    """Give which packs govern the trial, under which settings, and who signed for them."""
    known = adoptions(ask)
    told = [told_of(ask, one, known) for one in governing_packs(ask, ask.trial)]
    return stamped(ask) | {"adoptions": [adopted(row) for row in told]}


@endpoints.reads("/trials/{trial}/rule-packs/{sha256}", "packs.read", WholePack)
def read_adopted(ask: Ask, sha256: str) -> Row:
    """Give every rule of a pack that governs the trial, as the text says that was signed for."""
    for document in (document for one in governing_packs(ask, ask.trial) for document in one.packs):
        if document.sha256 == sha256:
            return whole(ask.words, known_pack(document.file), document.file)
    raise NotThere


@endpoints.reads("/trials/{trial}/what-if", "packs.read", WhatIf)
def what_if(ask: Ask, pack: Names) -> Row:
    """Say what other packs would have made due of the same history, beside what was decided."""
    return stamped(ask) | {"packs": pack} | would_change(ask, chosen_packs(ask, pack)).whole()


def brief(pack: Pack) -> Row:
    """Tell a pack in brief."""
    said = pack.model_dump(mode="json", exclude={"rules"})
    return said | {"rules": len(pack.rules), "unsure": len(unsure_of([pack]))}


def adopted(row: Mapping[str, Any]) -> Row:
    """Tell an adoption with what still governs of it."""
    form, signed = row["adoption"], row["signed"]
    names = ("zone", "sponsor_investigator", "configuration", "rules_of")
    beside = {
        "profile": form.profile.id if form.profile else None,
        "rules_on": form.rules_on.isoformat() if form.rules_on else None,
        "signature": None if signed is None else signed.__dict__,
        "packs": [brief(pack) for pack in row["packs"]],
    }
    return {"position": row["position"], "at": utc(row["at"])} | {name: getattr(form, name) for name in names} | beside


def whole(words: Words, of: Pack | Profile, text: str) -> Row:
    """Tell a pack with its rules, or a profile with its packs."""
    said = of.model_dump(mode="json", by_alias=True)
    if isinstance(of, Profile):
        return said | {"rules": [], "outside": [], "text": text}
    rules = [
        rule.model_dump(mode="json", by_alias=True)
        | {"words": condition(words, rule.when, of.configuration)}
        | {"unsure": is_unsure(of, rule), "doubts": list(of.doubts(rule))}
        for rule in of.rules
    ]
    return said | {"packs": [], "rules": rules, "text": text}
