"""A small rule pack as text, and one more rule for it, right or wrong."""

from typing import Any

HEAD = """
id = "TEST"
version = "1"
title = "A pack to test with"
authority = "Nobody"
zone = "America/New_York"
related = "either"
effective_from = 2020-01-01
sources = ["nowhere"]
[define]
susar = "minimum_criteria and serious and related"
[configuration]
binds = "the standard binds this trial"
"""
RULES = """
[[rule]]
id = "T-7"
from = "sponsor"
to = ["regulator"]
when = "susar and fatal"
limit = 7
unit = "calendar_day"
citation = "clause 1"
confidence = "high"
basis = "law"
[[rule]]
id = "T-15"
from = "sponsor"
to = ["regulator", "investigators"]
when = "susar and not fatal and binds"
limit = 15
unit = "calendar_day"
citation = "clause 2"
confidence = "high"
basis = "law"
"""


def rule(id: str = "T-9", **keys: Any) -> str:  # noqa: A002, ANN401, the keys of the table
    """One more rule."""
    given = {"from": "sponsor", "to": ["regulator"], "when": "serious", "unit": "promptly", "citation": "clause 9"}
    given |= {"confidence": "high", "basis": "law", **keys}
    lines = [
        f"{key} = {value if key.startswith('effective') else toml(value)}"
        for key, value in given.items()
        if value != ""
    ]
    return "\n".join(["[[rule]]", f'id = "{id}"', *lines, ""])


def toml(value: Any) -> str:  # noqa: ANN401, whatever a key holds
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    return repr(value).replace("'", '"')
