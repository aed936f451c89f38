"""Reads the rule packs and profiles that come with the program; the floors that evaluate them do no I/O."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from safety.regulation.conditions import close_matches, shortly
from safety.regulation.pack import Pack, Profile, read_pack, read_profile


class NotPackaged(LookupError):
    """There is no pack or profile of this id in the program."""


@cache
def pack_texts() -> Mapping[str, str]:
    """The text of every pack and profile that comes with the program, by its id."""
    folder = files("safety.regulation") / "packs"
    texts = [file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".toml")]
    return dict(sorted((str(tomllib.loads(text)["id"]), text) for text in texts))


@cache
def packaged(pack_id: str) -> Pack | Profile:
    """Read a packaged pack or profile; raises NotPackaged, with the ids there are."""
    texts = pack_texts()
    if pack_id not in texts:
        raise NotPackaged(f"there is no pack {shortly(pack_id)}; {close_matches(pack_id, texts.keys())}")
    return read_either(texts[pack_id])


def read_either(text: str) -> Pack | Profile:
    """Read a pack, or a profile, which is known by its `packs`; raises InvalidPack."""
    try:
        return read_profile(text) if "packs" in tomllib.loads(text) else read_pack(text)
    except tomllib.TOMLDecodeError:
        return read_pack(text)  # says where the text is no TOML


def packaged_pack(pack_id: str) -> Pack:
    """Read a packaged pack; raises NotPackaged where there is none, or a profile of that id."""
    found = packaged(pack_id)
    if isinstance(found, Profile):
        raise NotPackaged(f"{pack_id} is a profile; name one of its packs: {', '.join(found.packs)}")
    return found


def packaged_packs() -> tuple[Pack, ...]:
    """Every packaged pack, by id."""
    return tuple(found for found in map(packaged, pack_texts()) if isinstance(found, Pack))


def packaged_profiles() -> tuple[Profile, ...]:
    """Every packaged profile, by id."""
    return tuple(found for found in map(packaged, pack_texts()) if isinstance(found, Profile))
