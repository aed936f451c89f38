"""The trials: by which definition each is counted, and since when."""

from collections.abc import Iterable

from safety.aggregates.trial import Amended, Registered
from safety.projections.rows import Change, Projection, versioned

TRIAL = versioned("trial", {"trial": str}, {"title": str, "definition": str, "sha256": str, "zone": str})
PROJECTION = Projection("trial", (TRIAL,))


@PROJECTION.on(Registered, Amended)
def governed(event: Registered | Amended, *_: object) -> Iterable[Change]:
    """A trial file came into force."""
    values = {
        "title": event.definition.title,
        "definition": event.definition.model_dump_json(exclude_none=True),
        "sha256": event.sha256,
        "zone": event.definition.zone,
    }
    yield Change(TRIAL, (event.trial,), values, "opens" if isinstance(event, Registered) else "changes")
