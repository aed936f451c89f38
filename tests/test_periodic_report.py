"""A periodic report's life as its commands have it: opened when it is locked, issued once, submitted, acknowledged."""

from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from safety.aggregates import periodic_report as aggregate
from safety.aggregates.deciding import Form, Refused
from safety.aggregates.periodic_report import Acknowledged, Issued, Opened, Submitted
from safety.regulation.periodic import Period, schedule
from tests import builders as b
from tests.given import given
from tests.periodic_home import at, owing

DSUR = {"dibd": "2015-03-01"}
TRIAL = owing(b.definition(), dsur=DSUR)
REGISTERED = b.registered(TRIAL)
LOCKED = "2016-02-29T16:00Z"
"""Midnight in Shanghai, after 29 February 2016."""
NAMED = {"trial": "T1", "kind": "dsur", "period": "2016-02-29"}


def period(n: int = 0) -> Period:
    return schedule(TRIAL.periodic, TRIAL.zone, date(2020, 1, 1))[n]


def opened(**changes: Any) -> Opened:  # noqa: ANN401, any field of the period
    return Opened.model_validate({**NAMED, "owed": {**period().model_dump(), **changes}})


def issued(**changes: Any) -> Issued:  # noqa: ANN401, any field
    texts = {"html": "<p>a page</p>\n", "text": "plain\n"}
    digests = {f"{name}_sha256": sha256(text.encode()).hexdigest() for name, text in texts.items()}
    return Issued.model_validate(
        {**NAMED, "position": 9, "since_position": 0, "layout": 1, **texts, **digests, **changes}
    )


def submitted(to: str = "CDE", on: str = "2016-04-01T00:00Z") -> Submitted:
    return Submitted.model_validate({**NAMED, "to": to, "submitted_at": on})


def acknowledged(to: str = "CDE", on: str = "2016-04-02T00:00Z") -> Acknowledged:
    return Acknowledged.model_validate({**NAMED, "to": to, "acknowledged_at": on})


ALL = [REGISTERED, opened(), issued(), submitted(), acknowledged()]
LATE = at("2016-05-01T00:00Z")


@pytest.mark.parametrize(
    ("history", "command", "form"),
    [
        (1, "open", opened()),
        (2, "issue", issued()),
        (3, "submit", submitted()),
        (4, "submit", submitted("EC")),
        (4, "acknowledge", acknowledged()),
    ],
)
def test_each_step_follows_the_one_before(history: int, command: str, form: Form) -> None:
    assert given(*ALL[:history]).when(f"periodic_report.{command}", form, at=LATE) == (form,)


@pytest.mark.parametrize(
    ("history", "command", "form", "refusal"),
    [
        (2, "open", opened(), aggregate.ReportOpened),
        (1, "open", opened(due_on="2016-04-30"), aggregate.NotScheduled),
        (1, "open", opened(citation="somebody said so"), aggregate.NotScheduled),
        (1, "open", opened(kind="china_annual"), aggregate.NotScheduled),
        (1, "issue", issued(), aggregate.ReportNotOpened),
        (3, "issue", issued(), aggregate.ReportIssued),
        (2, "issue", issued(html="<p>another page</p>"), aggregate.OtherBytes),
        (2, "issue", issued(text="plain"), aggregate.OtherBytes),
        (2, "submit", submitted(), aggregate.ReportNotIssued),
        (4, "submit", submitted(), aggregate.ReportSubmitted),
        (3, "submit", submitted(on="2016-05-02T00:00Z"), aggregate.NotYetHappened),
        (3, "submit", submitted(on="2016-02-29T15:59:59Z"), aggregate.SentBeforeItsLock),
        (3, "submit", submitted(on="0016-03-29T10:00Z"), aggregate.SentBeforeItsLock),
        (3, "acknowledge", acknowledged(), aggregate.ReportNotSubmitted),
        (4, "acknowledge", acknowledged("EC"), aggregate.ReportNotSubmitted),
        (5, "acknowledge", acknowledged(), aggregate.ReportAcknowledged),
        (4, "acknowledge", acknowledged(on="2016-05-02T00:00Z"), aggregate.NotYetHappened),
        (4, "acknowledge", acknowledged(on="2016-03-31T00:00Z"), aggregate.ArrivedBeforeSent),
    ],
)
def test_what_does_not_follow_is_refused(history: int, command: str, form: Form, refusal: type[Refused]) -> None:
    with pytest.raises(refusal, match=r"T1 .*2016-02-29|2016-02-29.*T1"):
        given(*ALL[:history]).when(f"periodic_report.{command}", form, at=LATE)


def test_a_report_is_not_opened_before_its_lock_point_to_the_instant() -> None:
    with pytest.raises(aggregate.NotLockedYet):
        given(REGISTERED).when("periodic_report.open", opened(), at=at("2016-02-29T15:59:59.999999Z"))
    assert given(REGISTERED).when("periodic_report.open", opened(), at=at(LOCKED))


def test_the_streams_name_is_the_reports_own() -> None:
    assert opened().stream == issued().stream == "T1/report/DSUR/2016-02-29"
