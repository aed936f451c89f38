"""Reads the rule packs and profiles that come with the program; the floors that evaluate them do no I/O."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from safety.regulation.conditions import close_matches
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
def _is_profile(pack_id: str) -> bool:
    return "packs" in tomllib.loads(pack_texts()[pack_id])


@cache
def packaged_pack(pack_id: str) -> Pack:
    """Read a packaged pack; raises NotPackaged, with the ids there are."""
    texts = pack_texts()
    if pack_id not in texts or _is_profile(pack_id):
        raise NotPackaged(f"there is no pack {pack_id}; {close_matches(pack_id, texts.keys())}")
    return read_pack(texts[pack_id])


@cache
def packaged_profile(profile_id: str) -> Profile:
    """Read a packaged profile; raises NotPackaged, with the ids there are."""
    texts = pack_texts()
    if profile_id not in texts or not _is_profile(profile_id):
        raise NotPackaged(f"there is no profile {profile_id}; {close_matches(profile_id, texts.keys())}")
    return read_profile(texts[profile_id])


def packaged_packs() -> tuple[Pack, ...]:
    """Every packaged pack, by id."""
    return tuple(packaged_pack(pack_id) for pack_id in pack_texts() if not _is_profile(pack_id))


def packaged_profiles() -> tuple[Profile, ...]:
    """Every packaged profile, by id."""
    return tuple(packaged_profile(profile_id) for profile_id in pack_texts() if _is_profile(profile_id))
