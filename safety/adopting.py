"""Fills in the form by which rule packs govern a trial: their texts whole, and the settings of the trial or of a profile."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from safety.aggregates.rule_pack import Adopted, Document
from safety.aggregates.trial import Definition
from safety.packaged import NotPackaged, pack_texts, packaged, packaged_pack
from safety.regulation.pack import Pack, Profile


def adoption(  # noqa: PLR0917, each part comes from elsewhere
    trial: str,
    packs: Sequence[Pack],
    profile: Profile | None,
    texts: Mapping[str, str],
    governs: Definition,
    now: datetime,
    rules_on: str | None = None,
) -> Adopted:
    """Fill in the form; `texts` gives the text of each pack and of the profile by its hash.

    The settings are the profile's where there is one, else the trial's own.
    """
    today = rules_on or (now.date().isoformat() if profile is not None and profile.rules_of == "today" else None)
    documents = tuple(
        Document(file=texts[pack.sha256], id=pack.id, version=pack.version, effective_from=pack.effective_from)
        for pack in packs
    )
    return Adopted.model_validate(
        {
            "trial": trial,
            "packs": documents,
            "profile": None if profile is None else Document(file=texts[profile.sha256], id=profile.id),
            "zone": governs.zone,
            "sponsor_investigator": governs.sponsor_investigator if profile is None else profile.sponsor_investigator,
            "configuration": {} if profile is None else dict(profile.configuration),
            "rules_of": "fact" if today is None else "today",
            "rules_on": today,
        }
    )


def packaged_adoption(trial: str, names: Sequence[str], governs: Definition, now: datetime) -> Adopted:
    """Fill in the form from the ids of packs that come with the program, or of one profile, which brings its packs.

    Raises NotPackaged where there is none of an id, where a profile does not stand alone, or where nothing is named.
    """
    found = [packaged(name) for name in dict.fromkeys(names)]
    profiles = [one for one in found if isinstance(one, Profile)]
    if not found or (profiles and len(found) > 1):
        raise NotPackaged("name one or more packs, or one profile alone")
    profile = profiles[0] if profiles else None
    parts = profile.packs if profile else tuple(one.id for one in found)
    packs = [packaged_pack(part) for part in parts]
    texts = {one.sha256: pack_texts()[one.id] for one in packs}
    if profile is not None:
        texts[profile.sha256] = pack_texts()[profile.id]
    return adoption(trial, packs, profile, texts, governs, now)
