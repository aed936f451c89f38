"""What the API tells of periodic reports: what is owed and what became of it, and each as it was issued."""

from typing import Any

from safety.projections.at import utc
from safety.projections.periodic_report import periodic_reports
from safety.reports.due import due
from safety.values import moment
from safety.web.api.answers_of_trials import IssuedReport, OneReport, Reports, ReportsDue
from safety.web.api.declaring import Endpoints
from safety.web.api.reading import stamped
from safety.web.asking import Ask, Asked, NotThere
from safety.web.issued_report import became, issued_report
from safety.web.signing import signature_of

endpoints = Endpoints()
Row = dict[str, Any]


@endpoints.reads("/trials/{trial}/periodic-reports", "periodic_report.read", Reports)
def read_reports(ask: Ask) -> Row:
    """List the periodic reports of a trial that were opened, and what became of them."""
    return stamped(ask) | {"reports": known(ask)}


@endpoints.reads("/trials/{trial}/periodic-reports-due", "periodic_report.read", ReportsDue)
def read_due(ask: Ask) -> Row:
    """List every period up to the next of each kind, with its limit and how its report stands."""
    return stamped(ask) | {"reports": owed(ask)}


@endpoints.reads("/trials/{trial}/periodic-reports/{kind}/{period}", "periodic_report.read", OneReport)
def read_report(ask: Ask, kind: str, period: str) -> Row:
    """Give one report: what it covers, its limit, its hashes, to whom it went, and who signed for that."""
    row = next((row for row in owed(ask) if (row["kind"], row["period"]) == (kind, period)), None)
    if row is None:
        raise NotThere
    came = [
        {"position": one.position, "topic": one.event.TOPIC, "to": one.event.to, "at": utc(one.at), "by": one.by}
        | {"signature": None if (signed := signature_of(ask, one.position)) is None else signed.__dict__}
        for one in became(ask, kind, period)
    ]
    of = next((one for one in known(ask) if (one["kind"], one["period"]) == (kind, period)), None)
    return stamped(ask) | {"due": row, "report": of, "became": came}


@endpoints.reads("/trials/{trial}/periodic-reports/{kind}/{period}/text", "periodic_report.read_text", IssuedReport)
def read_text(ask: Ask, kind: str, period: str) -> Row:
    """Give a report as it was issued, character by character as it was hashed: the page and the plain text."""
    if not any((row["kind"], row["period"]) == (kind, period) for row in owed(ask)):
        raise NotThere
    found = issued_report(ask, kind, period)
    if found is None:
        raise NotThere
    return found.model_dump(mode="json") | stamped(ask) | {"rendered_from": found.position}


def known(ask: Asked) -> list[Row]:
    """Give the reports that were opened."""
    with ask.reading() as connection:
        found = periodic_reports(connection, ask.trial, ask.at)
    return [report | {"owed": report["owed"].model_dump(mode="json")} for report in found]


def owed(ask: Asked) -> list[Row]:
    """Give every period up to the next of each kind at the moment."""
    with ask.reading() as connection:
        return due(connection, ask.trial, ask.at, ask.home.journal, moment(ask.stamped))
