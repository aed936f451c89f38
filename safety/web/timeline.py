"""The timeline of a case: its entries by day, what is said several times on end said once."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from safety.web.asking import Asked
from safety.web.case_record import SETTLED, Entry


def by_day(ask: Asked, entries: list[Entry], since: int | None) -> list[tuple[str, list[dict[str, Any]]]]:
    """Group entries as the timeline takes them; those beyond a position are marked as new.

    What is said several times on end in one minute is said once, with the positions at which the log has it.
    """
    split = [(ask.show.moment(one.at).rpartition(" "), one) for one in entries]
    told = [
        (day.rstrip(","), {**one._asdict(), "time": time, "new": since is not None and one.position > since})
        for (day, _, time), one in split
    ]
    return [(day, said_once(ask, (one for _, one in group))) for day, group in groupby(told, key=lambda pair: pair[0])]


SAME = ("time", "mark", "kind", "text", "detail", "new", "signed")
"""What makes an entry say nothing but what the one before it says."""


def said_once(ask: Asked, entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw those together that say the same on end, or settle one alert each: `positions` are all of them."""

    def sameness(one: dict[str, Any]) -> list[Any]:
        return [bool(one["settles"]), *(one[name] for name in SAME if name != "text" or not one["settles"])]

    alike = [list(group) for _, group in groupby(entries, key=sameness)]
    told = [{**group[0], "positions": [one["position"] for one in group], "times": len(group)} for group in alike]
    for one, group in zip(told, alike, strict=True):
        if one["settles"]:
            names = ", ".join(dict.fromkeys(each["settles"] for each in group))
            one |= {"text": ask.words(SETTLED, names=names), "times": 1}
    return told
