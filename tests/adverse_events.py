"""The adverse events of one subject, as their history in a test leaves them."""

from safety.aggregates.adverse_event import AdverseEvent, AdverseEvents, Reported
from safety.aggregates.deciding import Form
from safety.values import Role
from tests.builders import TRIAL, built, definition, enrolled, registered
from tests.given import given

STREAM = f"{TRIAL}/subject/S1"
SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "America/New_York"}]
SUBJECT = (registered(definition(sites=SITES)), enrolled())


def adverse_events(*history: Form) -> AdverseEvents:
    return given(*SUBJECT, *history)(STREAM, AdverseEvents)


def state_of(*history: Form, number: int = 1) -> AdverseEvent:
    return adverse_events(*history).by_number[number]


def reported_by(form: Form, *history: Form, role: Role = "investigator") -> Reported:
    (event,) = given(*SUBJECT, *history).when("adverse_event.report", form, role=role)
    assert isinstance(event, Reported)
    return event


BARE = built(Reported, subject="S1")
