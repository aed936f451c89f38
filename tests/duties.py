"""A desk with a pack that governs, and the ways to report, assess, send and review there."""

from datetime import UTC, datetime, timedelta
from typing import Any

from safety.aggregates.adverse_event import SeriousnessAssessed
from safety.aggregates.deciding import Form
from safety.aggregates.obligation import Obligation, Obligations, Reviewed, Submitted
from safety.journal.states import folded
from tests import builders as b
from tests.builders import T0
from tests.desks import Office, heard
from tests.rule_packs import PACK

DAY = timedelta(days=1)
FATAL = {"serious": "Y", "results_in_death": "Y"}
SHANGHAI_MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)


class Adjustable:
    """A clock that a test sets; a millisecond later at each look."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def adopt(office: Office, *files: str, **fields: object) -> None:
    office.do("trial.adopt_rule_pack", b.pack_adopted(*(files or (PACK,)), **fields), by="CHEN")


def owed(office: Office, number: int = 1) -> dict[str, Obligation]:
    return dict(folded(office.journal.stream("T1/subject/S1")).slice(Obligations).of(number))


def states(office: Office, number: int = 1) -> dict[str, str]:
    return {name: one.state for name, one in owed(office, number).items()}


def report(office: Office, by: str = "LIN", **fields: Any) -> tuple[Form, ...]:  # noqa: ANN401, a report's fields
    return office.do("adverse_event.report", heard(**{"serious": "Y", **fields}), by=by).events


def submit(office: Office, name: str, by: str = "CHEN", **fields: Any) -> tuple[Form, ...]:  # noqa: ANN401, a form's fields
    said = {"subject": "S1", "number": 1, "obligation": name, "sent_at": office.clock(), **fields}
    return office.do("obligation.submit", b.built(Submitted, **said), by=by).events


def assess(office: Office, by: str = "CHEN", **fields: Any) -> tuple[Form, ...]:  # noqa: ANN401, an assessment's fields
    assessor = "sponsor" if by == "CHEN" else "investigator"
    form = b.built(SeriousnessAssessed, **{"subject": "S1", "number": 1, "assessor": assessor, **fields})
    return office.do("adverse_event.assess_seriousness", form, by=by).events


def review(office: Office, subject: str = "S1") -> tuple[Form, ...]:
    return office.do("obligation.review", b.built(Reviewed, subject=subject), by="OPERATOR").events
