"""The first page after sign-in: the trials that one has part in, with what each holds and what is owed in it."""

from collections import Counter

from fastapi import Response

from safety.projections import Connection
from safety.projections.inbox import owed
from safety.projections.trials import trials
from safety.projections.worklist import pressing
from safety.reports.due import overdue
from safety.values import moment
from safety.web.addresses import POSITION_DIGITS, whole
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.going_on import within

pages = Pages()


@pages.shows("/", "trial.list")
def list_trials(ask: Ask) -> Response:
    """Show the trials; of one whose sites are not all one's own no count is shown."""
    with ask.reading() as connection:
        waiting = Counter[str]() if ask.past else Counter(alert["trial"] for alert in owed(connection))
        held = [trial for trial in trials(connection, ask.at) if ask.has_part_in(trial["trial"])]
        for trial in held:
            trial["counted"] = ask.sees_whole(trial["sites"])
            trial["waits"] = waits(ask, connection, trial["trial"]) | {"alerts_owed": waiting[trial["trial"]]}
    return ask.render("trials.html.j2", trials=held)


def waits(ask: Asked, connection: Connection, trial: str) -> dict[str, int | None]:
    """Count what of a trial waits for somebody: clocks and periodic reports that are overdue, alerts that are unanswered.

    The reports are None for who may not see them.
    """
    now = moment(ask.stamped)
    found = pressing(connection, trial, ask.at, now)
    reports = overdue(connection, trial, ask.at, ask.home.journal, now) if ask.may("periodic_report.read") else None
    return {
        "clocks_overdue": found["overdue"],
        "reports_overdue": reports,
        "alerts_unanswered": found["unanswered"],
    }


@pages.takes("/trials/{trial}/seen", "seen.mark")
def mark_seen(ask: Ask) -> Response:
    """Keep up to which position one has seen the trial; never beyond what the log held when the page was made."""
    position = min(whole(ask.text("position"), POSITION_DIGITS) or 0, ask.at.position)
    if position:
        ask.home.left_off.look(ask.account, ask.trial, position, now=ask.now)
    return ask.go(within(ask.text("back")))
