"""What the API tells of the duty rota, and the drill that pages its ladder."""

from typing import Any

from safety.aggregates.alert import Raised
from safety.desk import OtherContent
from safety.drill import RULE, raise_drill
from safety.journal import decode
from safety.projections.at import utc
from safety.projections.drills import drills
from safety.projections.on_duty import people
from safety.web.api.answers_of_administration import DrillRaised, Rota
from safety.web.api.commands import Key
from safety.web.api.declaring import Endpoints
from safety.web.api.reading import stamped
from safety.web.asking import Ask, Asked, NotThere
from safety.web.pages.admin_overview import faults_now
from safety.web.pages.admin_rota import DRILLS, Rung, absences, climbed, roster

endpoints = Endpoints()
Row = dict[str, Any]


@endpoints.reads("/trials/{trial}/rota", "rota.read", Rota)
def read_rota(ask: Ask) -> Row:
    """Give who hears of an alert, in what order and how soon; who holds which role, who is away and who covers."""
    if ask.governs is None:
        raise NotThere
    with ask.reading() as connection:
        known = people(connection)
        told: Row = {
            name: [rung_told(rung) for rung in climbed(ask, known, ask.governs.ladder, name)]
            for name in ("urgent", "digest")
        }
        told["roles"] = roster(ask, connection, known, ask.governs)
        told["away"] = [
            one._asdict() | {"from_at": utc(one.begins), "until_at": utc(one.ends)} for one in absences(ask, known)
        ]
        told["faults"] = [fault for fault, _ in faults_now(ask, connection, ask.trial)]
        last = drills(connection, ask.trial, RULE, ask.at, DRILLS)
    told["drills"] = [
        one._asdict() | {"raised_at": utc(one.raised_at), "acknowledged_at": utc(one.acknowledged_at)} for one in last
    ]
    return stamped(ask) | told


def rung_told(rung: Rung) -> Row:
    """Tell a rung; of the past nobody is named, for who was there is not asked then."""
    who = [one._asdict() for one in rung.who]
    return {"number": rung.number, "role": rung.role, "after_minutes": rung.after.total_seconds() // 60, "who": who}


@endpoints.does("/trials/{trial}/drill", "drill.raise", DrillRaised)
def drill(ask: Ask, key: Key) -> Row:
    """Page the real ladder under a banner; the same key again raises no second drill, and names the first."""
    try:
        return {"alert": raise_drill(ask.home.desk, ask.home.views, ask.trial, ask.account, ask.own(key))}
    except OtherContent:  # the form of a drill names its alert, which is another by now
        before = raised_before(ask, key)
        if before is None:
            raise
        return {"alert": before}


def raised_before(ask: Asked, key: str) -> str | None:
    """Give the drill of this trial that a key has raised; None where it did something else."""
    known = ask.home.journal.turns.run(lambda turn: turn.decided_before(ask.own(key)))
    positions = () if known is None else known.positions
    for row in (row for at in positions for row in ask.home.journal.page(at - 1, at, 1)):
        event = decode(row).event
        if isinstance(event, Raised) and (event.trial, event.rule) == (ask.trial, RULE):
            return event.alert
    return None
