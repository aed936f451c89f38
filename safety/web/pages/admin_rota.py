"""The duty rota of a trial: its ladder with who hears now, who is away and who covers, and a drill that climbs it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fastapi import Response

from safety.aggregates.account import (
    OPERATOR,
    AbsenceSet,
    CannotStandIn,
    CoverIsAway,
    EndsBeforeItBegins,
    NoCover,
)
from safety.aggregates.deciding import Refused
from safety.aggregates.ladder import Ladder, Urgency
from safety.aggregates.trial import Definition
from safety.desk import OtherContent
from safety.drill import RULE, raise_drill
from safety.duty import FIRST_RUNG
from safety.projections import Connection
from safety.projections.drills import drills
from safety.projections.obligations import governed_trials
from safety.projections.on_duty import People, Recipient, hearing, holders, people, posts
from safety.reachability import counted_on, sites_apart
from safety.values import Role, microseconds
from safety.web.acting import Fault, Misfilled, acted, built, chosen, instant
from safety.web.asking import Ask, Asked, NotThere
from safety.web.declaring import Pages
from safety.web.pages.admin_overview import faults_now
from safety.web.policy import own_sites
from safety.web.words import N_

pages = Pages()

ROTA = "/trials/{trial}/rota"
DRILLS = 5
FIELDS: Mapping[type[Refused], tuple[str, str]] = {
    EndsBeforeItBegins: ("until_at", N_("The absence ends before it begins. Change one of the two.")),
    NoCover: ("cover", N_("Who holds a role on duty cannot just be away: choose who covers.")),
    CannotStandIn: (
        "cover",
        N_("This person has not every role of the other in all of their trials: choose somebody who has."),
    ),
    CoverIsAway: ("cover", N_("This person is away in that time too: choose somebody who is there.")),
}
"""At which field a refusal of the domain stands, and how it is said to a person here."""
Row = dict[str, Any]


class Rung(NamedTuple):
    """A rung as it is climbed: its number, the role, how long after the alert was raised, and who hears if it is now."""

    number: int
    role: Role
    after: timedelta
    who: list[Recipient]


class Away(NamedTuple):
    """An absence that lasts or is to come; moments in microseconds from 1970 UTC."""

    account: str
    begins: int
    ends: int
    from_at: datetime
    covered_by: str | None


@pages.shows(ROTA, "rota.read")
def show_rota(ask: Ask) -> Response:
    """Show who hears of an alert, in what order and how soon."""
    return shown(ask)


@pages.takes(ROTA + "/absences", "rota.change")
def set_absence(ask: Ask) -> Response:
    """Say when somebody is away and who covers."""
    with ask.reading() as connection:
        known = people(connection)
    accounts, covers = those_one_may_set(ask, known), sorted(known)

    def form() -> AbsenceSet:
        said = built(
            ask,
            AbsenceSet,
            account=chosen(ask, "absent", accounts),
            from_at=instant(ask, "from_at"),
            until_at=instant(ask, "until_at"),
            covered_by=chosen(ask, "cover", ("", *covers)),
        )
        check(ask, said)
        return said

    fault = acted(ask, "account.set_absence", form)
    return shown(ask, fault) if fault else ask.go(ask.in_trial("/rota"))


@pages.takes(ROTA + "/absences/back", "rota.change")
def take_back(ask: Ask) -> Response:
    """Say that somebody is not away after all."""
    with ask.reading() as connection:
        accounts = those_one_may_set(ask, people(connection))

    def form() -> AbsenceSet:
        begins = instant(ask, "from_at")
        return built(ask, AbsenceSet, account=chosen(ask, "absent", accounts), from_at=begins, until_at=begins)

    fault = acted(ask, "account.set_absence", form)
    return shown(ask, fault) if fault else ask.go(ask.in_trial("/rota"))


@pages.takes(ROTA + "/drill", "drill.raise")
def drill(ask: Ask) -> Response:
    """Page the real ladder under a banner; sent twice, it is raised once."""
    with suppress(OtherContent):  # this very form was sent before, and its drill is on the way
        raise_drill(ask.home.desk, ask.home.views, ask.trial, ask.account, ask.act())
    return ask.go(ask.in_trial("/rota"))


def check(ask: Asked, form: AbsenceSet) -> None:
    """Say at its field what keeps an absence from being set; raises Misfilled."""
    try:
        ask.home.desk.would("account.set_absence", form, by=ask.account)
    except tuple(FIELDS) as fault:
        field, text = FIELDS[type(fault)]
        raise Misfilled(field, ask.words(text)) from fault


def of_trial(ask: Asked, known: People) -> People:
    """Give those who have part in the trial."""
    return {name: account for name, account in known.items() if not account.trials or ask.trial in account.trials}


def those_one_may_set(ask: Asked, known: People) -> list[str]:
    """Name the accounts of the trial whose absences one may say: an operator those of all, anybody else one's own."""
    named = list(of_trial(ask, known))
    return named if "operator" in ask.state.roles else [name for name in named if name == ask.account]


def shown(ask: Asked, fault: Fault | None = None) -> Response:
    """Show the rota; what was typed into a form stays."""
    if ask.governs is None:
        raise NotThere
    with ask.reading() as connection:
        known = people(connection)
        told: Row = {
            "rungs": list(climbed(ask, known, ask.governs.ladder, "urgent")),
            "quiet": list(climbed(ask, known, ask.governs.ladder, "digest")),
            "roles": roster(ask, connection, known, ask.governs),
            "away": absences(ask, known),
            "faults": faults_now(ask, connection, ask.trial),
            "accounts": those_one_may_set(ask, known),
            "several": bool(sites_apart(ask.governs)),
            "drills": drills(connection, ask.trial, RULE, ask.at, DRILLS),
        }
    names = {person.account: person.name for person in ask.home.directory.people()}
    said = {"ladder": ask.governs.ladder, "covers": sorted(known), "names": names, "operator": OPERATOR, **told}
    return ask.render("admin/rota.html.j2", 422 if fault else 200, fault=fault, **said)


def climbed(ask: Asked, known: People, ladder: Ladder, urgency: Urgency) -> Iterator[Rung]:
    """Give the rungs in order, each with who would hear of it if it were climbed now."""
    if urgency == "urgent":
        who = [] if ask.past else hearing(known, FIRST_RUNG, ask.trial, ask.moment)
        yield Rung(1, FIRST_RUNG, timedelta(0), who)
    for number, rung in enumerate(ladder.rungs(urgency), 2):
        who = [] if ask.past else hearing(known, rung.role, ask.trial, ask.moment)
        yield Rung(number, rung.role, timedelta(minutes=rung.after_minutes), who)


def roster(ask: Asked, connection: Connection, known: People, governs: Definition) -> list[Row]:
    """List the roles that the trial's alerts may go to, each with who holds it; of several sites each has its investigators."""
    roles, sites = counted_on(governs, governed=ask.trial in governed_trials(connection)), sites_apart(governs)
    rows = [
        {"role": role, "site": site, "holders": holders(known, role, ask.trial, None if site is None else {site})}
        for role, site in posts(roles, sites)
    ]
    nowhere = [one for one in holders(known, "investigator", ask.trial) if not own_sites(known[one], sites)]
    return [*rows, {"role": "investigator", "site": None, "holders": nowhere}] if sites and nowhere else rows


def absences(ask: Asked, known: People) -> list[Away]:
    """Give the absences of the trial's people that last or are to come, the next first."""
    found = [
        Away(name, microseconds(one.from_at), microseconds(one.until_at), one.from_at, one.covered_by)
        for name, account in of_trial(ask, known).items()
        for one in account.absences
        if one.until_at > ask.moment
    ]
    return sorted(found, key=lambda one: (one.begins, one.account))
