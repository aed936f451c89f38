"""Alerts answered by a person: one acknowledged, several at once, and one settled of which nothing further is owed."""

from datetime import datetime
from typing import Any

from fastapi import Response

from safety.aggregates.alert import Acknowledged, Settled
from safety.aggregates.alerting import ClockRuns
from safety.aggregates.deciding import Form, Refused
from safety.projections.worklist import chains
from safety.web.acting import Fault, Misfilled, acted, reason_in
from safety.web.addresses import coded
from safety.web.asking import Ask, Asked, NotThere
from safety.web.declaring import Pages
from safety.web.pages.worklist import listed, listing, name_of
from safety.web.words import N_

pages = Pages()

ALERT = "/trials/{trial}/alerts/{alert}"
NONE_TICKED = N_("Tick the alerts that you take on, then press the button.")
NOT_WAITING = N_("%(alert)s: no such alert waits for you.")
TAKEN_ALREADY = N_("%(alert)s: %(who)s acknowledged it before you.")
NOTHING_OWED = N_("%(alert)s: nothing further is owed of it any more.")
WITHOUT_REASON = N_("Say why nothing further is owed; the reason stands beside it for ever.")
Row = dict[str, Any]


@pages.takes(ALERT + "/acknowledge", "alert.acknowledge")
def acknowledge(ask: Ask, alert: str) -> Response:
    """Take an alert on in one's own name; the whole ladder of it is paid."""
    named = coded(alert)
    if named not in {one["id"] for one in listed(ask, limit=0)["alerts"]}:
        raise NotThere
    ask.do("alert.acknowledge", Acknowledged(trial=ask.trial, alert=named))
    return gone_back(ask)


@pages.takes("/trials/{trial}/alerts/acknowledge", "alert.acknowledge")
def acknowledge_several(ask: Ask) -> Response:
    """Take on every alert that was ticked, each by a command of its own; who is refused one is told which and why."""
    ticked = list(dict.fromkeys(coded(str(one)) for one in ask.form.getlist("alert")))
    known = chains_of(ask, *ticked)
    refused = [said for one in ticked if (said := not_taken(ask, one, known.get(one)))]
    if ticked and not refused:
        return gone_back(ask)
    ask.look_at(ask.trial)
    return listing(ask, refused=refused or [ask.words(NONE_TICKED)], taken=len(ticked) - len(refused))


def not_taken(ask: Asked, alert: str, row: Row | None) -> str:
    """Take one of several alerts on, and say why that could not be; nothing where it was, now or by the same person before."""
    if row is None:
        return ask.words(NOT_WAITING, alert=alert)
    if row["acknowledged_by"] not in {None, ask.account}:
        return ask.words(TAKEN_ALREADY, alert=name_of(ask, row), who=row["acknowledged_by"])
    if row["settled"] and row["acknowledged_by"] is None:
        return ask.words(NOTHING_OWED, alert=name_of(ask, row))
    try:
        ask.do("alert.acknowledge", Acknowledged(trial=ask.trial, alert=alert), part=alert)
    except Refused as fault:
        return name_of(ask, row) + ask.words(": ") + ask.words.refusal(fault)
    return ""


@pages.shows(ALERT + "/settle", "alert.settle")
def ask_settling(ask: Ask, alert: str) -> Response:
    """Ask why nothing further is owed of an alert."""
    return settling(ask, one_of(ask, alert))


@pages.takes(ALERT + "/settle", "alert.settle")
def settle(ask: Ask, alert: str) -> Response:
    """Record that nothing further is owed of an alert, with the reason."""
    row = one_of(ask, alert)

    def form() -> Form:
        if reason_in(ask) is None:
            raise Misfilled("why", ask.words(WITHOUT_REASON))
        return Settled(trial=ask.trial, alert=row["id"])

    fault = acted(ask, "alert.settle", form, reason=ask.text("why"))
    return settling(ask, row, fault) if fault else ask.go(ask.in_trial("/worklist"))


def settling(ask: Asked, row: Row, fault: Fault | None = None) -> Response:
    """Show what is settled and what that means."""
    due = row["due_at"] and ask.show.due(datetime.fromisoformat(row["due_at"]))
    page = {"alert": row, "said": name_of(ask, row), "due": due, "fault": fault}
    page["runs"] = ask.words.refusal(ClockRuns(alert=row["id"])) if row["runs"] and not row["settled"] else ""
    return ask.render("worklist/settle.html.j2", 422 if fault else 200, **page)


def chains_of(ask: Asked, *alerts: str) -> dict[str, Row]:
    """Give the chains that some alerts begin, of the sites that may be seen."""
    with ask.reading() as connection:
        return chains(connection, ask.trial, ask.at, set(alerts), ask.sites)


def one_of(ask: Asked, alert: str) -> Row:
    """Find the chain that an address names; raises NotThere, for a rung of it too."""
    found = chains_of(ask, named := coded(alert)).get(named)
    if found is None:
        raise NotThere
    return found


def gone_back(ask: Asked) -> Response:
    """Go back to the page of the trial that the form stood on."""
    back = ask.text("back")
    return ask.go(back if back.startswith(f"/trials/{ask.trial}/") else ask.in_trial("/worklist"))
