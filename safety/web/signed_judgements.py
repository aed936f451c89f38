"""The signatures under the judgements of a whole list, found in one reading of the log: asked one by one, each row would cost a question."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from safety.aggregates.adverse_event import (
    CausalityAssessed,
    Corrected,
    ExpectednessAssessed,
    FollowedUp,
    Reported,
)
from safety.journal.row import Stored
from safety.web.asking import Asked
from safety.web.signing import Signed, signed_in_row

Judgement = tuple[str, int, str]
"""Subject, number of the adverse event, and `causality` of the investigator or `expected`."""
CAUSALITY = frozenset(event.TOPIC for event in (Reported, FollowedUp, Corrected, CausalityAssessed))


def signatures(ask: Asked) -> Mapping[Judgement, Signed]:
    """Give the signature of the entry that made each judgement which stands; nothing where nobody signed that."""
    made: dict[Judgement, Stored] = {}
    for row in ask.home.journal.rows(0, ask.at.position, f"{ask.trial}/subject/"):
        for judgement in judged(row):
            made[judgement] = row
    # Where the name does not stand in the meta nobody has signed, and the row need not be read into an event.
    signed = ((judgement, signed_in_row(ask, row)) for judgement, row in made.items() if '"signature":' in row.meta)
    return {judgement: signature for judgement, signature in signed if signature is not None}


def judged(row: Stored) -> Iterator[Judgement]:
    """Name the judgement that a row of the log makes or takes away, if any; of most rows only the topic is looked at."""
    subject = row.stream.rpartition("/")[2]
    if row.topic == ExpectednessAssessed.TOPIC:
        yield subject, from_json(row.body)["AESEQ"], "expected"
    elif row.topic in CAUSALITY and '"AEREL"' in row.body:
        said: dict[str, Any] = from_json(row.body)
        plain = not said.get("product") and not said.get("method")
        if plain and said.get("assessor", "investigator") == "investigator":
            yield subject, said["AESEQ"], "causality"
