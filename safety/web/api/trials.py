"""What the API tells of trials as a whole: which there are, incidence, periodic reports; who asks; and the access log."""

from collections import Counter
from typing import Annotated, Any

from fastapi import Query, Request

from safety.projections.at import utc
from safety.projections.inbox import owed
from safety.projections.incidence import By, Window, incidence
from safety.projections.periodic_report import periodic_reports
from safety.projections.trials import trials
from safety.web.api.answers_of_trials import AccessLog, Incidence, Me, Reports, Trials
from safety.web.api.declaring import Endpoints
from safety.web.api.reading import Limit, stamped
from safety.web.asking import Ask

endpoints = Endpoints()

Arm = Annotated[str, Query(max_length=200, description="An arm to test every other against, by Fisher's exact test.")]
SOME_ENTRIES = 50


@endpoints.reads("/me", "me.read", Me)
def me(ask: Ask, request: Request) -> dict[str, Any]:
    """Say who asks, what the account may, and to what the token narrows it."""
    said = {"roles": ask.state.roles, "trials": ask.state.trials, "sites": ask.state.sites}
    return {"account": ask.account, "name": ask.name, **said, "scopes": request.state.scopes}


@endpoints.reads("/trials", "trial.list", Trials)
def list_trials(ask: Ask) -> dict[str, Any]:
    """List the trials that one has part in; of one whose sites are not all one's own no count is told."""
    with ask.reading() as connection:
        waiting = Counter(alert["trial"] for alert in owed(connection))
        held = [trial for trial in trials(connection, ask.at) if ask.has_part_in(trial["trial"])]
    for trial in held:
        trial["alerts_owed"] = waiting[trial["trial"]]
        if not ask.sees_whole(trial["sites"]):
            trial.update(dict.fromkeys(("subjects", "adverse_events", "alerts_owed")))
    return {"position": ask.at.position, "trials": held}


@endpoints.reads("/trials/{trial}/incidence", "incidence.read", Incidence)
def read_incidence(ask: Ask, by: By = "arm", window: Window = "all", compare: Arm = "") -> dict[str, Any]:
    """Count subjects and events by arm, and by class, term or grade; with the exact intervals and the rules."""
    with ask.reading() as connection:
        found = incidence(connection, ask.trial, ask.at, by=by, window=window, compare=compare or None)
    return found | stamped(ask)


@endpoints.reads("/trials/{trial}/periodic-reports", "periodic_report.read", Reports)
def read_reports(ask: Ask) -> dict[str, Any]:
    """List the periodic reports of a trial and what became of them."""
    with ask.reading() as connection:
        found = periodic_reports(connection, ask.trial, ask.at)
    return stamped(ask) | {"reports": [report | {"owed": report["owed"].model_dump(mode="json")} for report in found]}


@endpoints.reads("/access-log", "access_log.read", AccessLog)
def read_access(ask: Ask, limit: Limit = SOME_ENTRIES) -> dict[str, Any]:
    """Give the last entries of the access log, the newest first."""
    return {"entries": [entry._asdict() | {"at": utc(entry.at)} for entry in ask.access.entries(limit)]}
