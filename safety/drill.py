"""Pages the real ladder of a trial with nothing behind it, so that a night with something behind it goes well."""

from safety.aggregates.alert import Raised, alert_id
from safety.desk import Desk
from safety.projections import Views
from safety.projections.falling_due import raised_by_rule

RULE = "DRILL"
"""The rule of a drill's alerts: no table of adverse events, no incidence and no clock knows of them."""


def raise_drill(desk: Desk, views: Views, trial: str, by: str, command_id: str | None = None) -> str:
    """Raise the next drill of a trial and give the id of its alert; raises what the desk raises."""
    views.catch_up(desk.journal)
    with views.connect() as connection:
        held, _ = raised_by_rule(connection, trial, RULE)
    alert = alert_id(f"{trial}/trial", held + 1, RULE, "safety_officer", 1)
    form = Raised(trial=trial, alert=alert, rule=RULE, role="safety_officer", concerning=(RULE,))
    desk.do("alert.raise", form, by=by, command_id=command_id or f"drill-{alert}")
    return alert
