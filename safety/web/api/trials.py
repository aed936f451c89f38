"""What the API tells of trials as a whole: which there are, how each is defined, incidence; who asks; and the access log."""

from collections import Counter
from typing import Annotated, Any

from fastapi import Query, Request

from safety.projections.at import utc
from safety.projections.behind import over_time
from safety.projections.inbox import owed
from safety.projections.incidence import By, Window, incidence
from safety.projections.trials import trials
from safety.web.api.answers_of_trials import AccessLog, DefinitionOfTrial, Incidence, IncidenceOverTime, Me, Trials
from safety.web.api.declaring import Endpoints
from safety.web.api.reading import Limit, stamped
from safety.web.asking import Ask
from safety.web.pages.admin_trials import defined
from safety.web.pages.trials import waits

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
            counts = waits(ask, connection, trial["trial"]) | {"alerts_owed": waiting[trial["trial"]]}
            trial.update(counts)
            if not ask.sees_whole(trial["sites"]):
                trial.update(dict.fromkeys(("subjects", "adverse_events", *counts)))
    return {"position": ask.at.position, "trials": held}


@endpoints.reads("/trials/{trial}/incidence", "incidence.read", Incidence)
def read_incidence(ask: Ask, by: By = "arm", window: Window = "all", compare: Arm = "") -> dict[str, Any]:
    """Count subjects and events by arm, and by class, term or grade; with the exact intervals and the rules."""
    with ask.reading() as connection:
        found = incidence(connection, ask.trial, ask.at, by=by, window=window, compare=compare or None)
    return found | stamped(ask)


@endpoints.reads("/trials/{trial}/incidence/over-time", "incidence.read", IncidenceOverTime)
def read_over_time(ask: Ask, window: Window = "all") -> dict[str, Any]:
    """Count the table's adverse events by arm and the whole days from the first dose to the onset."""
    with ask.reading() as connection:
        found = over_time(connection, ask.trial, ask.at, window=window)
    arms = [
        {"arm": arm, "days": [{"days": day, "events": found[arm][day]} for day in sorted(found[arm], key=last_unknown)]}
        for arm in sorted(found)
    ]
    return stamped(ask) | {"window": window, "arms": arms}


def last_unknown(day: int | None) -> tuple[bool, int]:
    """Put what is not known behind what is."""
    return (True, 0) if day is None else (False, day)


@endpoints.reads("/trials/{trial}/definition", "trial.list", DefinitionOfTrial)
def read_definition(ask: Ask) -> dict[str, Any]:
    """Give the trial as its file defines it, the amendments that led to it, and its reference safety information."""
    found = defined(ask)
    issued = [one.model_dump(mode="json") | {"in_force_from": one.in_force_from.isoformat()} for one in found["issued"]]
    return stamped(ask) | {
        "definition": found["governs"].model_dump(mode="json"),
        "file": found["file"],
        "history": [row | {"at": utc(row["at"])} for row in found["history"]],
        "reference_safety_information": issued,
    }


@endpoints.reads("/access-log", "access_log.read", AccessLog)
def read_access(ask: Ask, limit: Limit = SOME_ENTRIES) -> dict[str, Any]:
    """Give the last entries of the access log, the newest first."""
    return {"entries": [entry._asdict() | {"at": utc(entry.at)} for entry in ask.access.entries(limit)]}
