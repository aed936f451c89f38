"""What the API tells of duties: the worklist, the obligations with their clocks, and the alerts."""

from collections import Counter
from collections.abc import Set as AbstractSet
from typing import Any

from safety.projections import Connection
from safety.projections.inbox import inbox
from safety.projections.obligations import TIMELINESS, obligations, reviews_owed
from safety.projections.subjects import subject_codes
from safety.projections.worklist import cases_of, worklist
from safety.values import moment
from safety.web.api.answers_of_duties import Alerts, Obligations, Worklist
from safety.web.api.declaring import Endpoints
from safety.web.api.reading import A_PAGE, Limit, Page, in_clear, paged
from safety.web.asking import Ask, Asked

endpoints = Endpoints()
Row = dict[str, Any]


@endpoints.reads("/trials/{trial}/worklist", "worklist.read", Worklist)
def read_worklist(ask: Ask, page: Page = 1, limit: Limit = A_PAGE) -> Row:
    """Give the clocks that run, the most urgent first, and the alerts that nobody has acknowledged."""
    with ask.reading() as connection:
        offset = (page - 1) * limit
        found = worklist(
            connection, ask.trial, ask.at, moment(ask.stamped), sites=ask.sites, limit=limit, offset=offset
        )
    for duty in found["duties"]:
        duty["case"] = in_clear(ask, [duty["case"]])[0] if duty["case"] else None
    alerts = [of_cases(ask, alert, {subject for subject, _ in alert["cases"]}) for alert in found["alerts"]]
    said = {"governed": found["governed"], "counts": found["counts"], "ended": found["ended"][0]}
    return paged(ask, page, more=found["more"]) | said | {"duties": found["duties"], "alerts": alerts}


@endpoints.reads("/trials/{trial}/obligations", "worklist.read", Obligations)
def read_obligations(ask: Ask, page: Page = 1, limit: Limit = A_PAGE) -> Row:
    """Give every obligation, those sent and struck through too, due at once first and then by due time."""
    with ask.reading() as connection:
        found = obligations(connection, ask.trial, ask.at, moment(ask.stamped))["obligations"]
        owed = [review.subject for review in reviews_owed(connection, ask.at, trial=ask.trial)]
        mine = own(connection, ask)
    rows = [row for row in found if mine is None or row["subject"] in mine]
    counts = Counter(row["timeliness"] for row in rows)
    said = {
        "counts": {name: counts[name] for name in TIMELINESS},
        "reviews_owed": sum(mine is None or subject in mine for subject in owed),
    }
    end = page * limit
    return paged(ask, page, more=len(rows) > end) | said | {"rows": rows[end - limit : end]}


@endpoints.reads("/trials/{trial}/alerts", "alert.list", Alerts)
def read_alerts(ask: Ask, page: Page = 1, limit: Limit = A_PAGE) -> Row:
    """Give every alert of a trial, the oldest first; of a site, those that concern its subjects."""
    with ask.reading() as connection:
        rows = alerts_of(connection, ask)
    end = page * limit
    return paged(ask, page, more=len(rows) > end) | {"count": len(rows), "rows": rows[end - limit : end]}


def alerts_of(connection: Connection, ask: Asked) -> list[Row]:
    """Give the alerts that one may see, each with what it concerns of what one may see."""
    mine = own(connection, ask)
    found = inbox(connection, ask.trial, ask.at)["alerts"]
    if mine is None:
        return list(found)
    about = [(alert, {case[0] for case in cases_of(alert["concerning"])} & mine) for alert in found]
    return [of_cases(ask, alert, shown) for alert, shown in about if shown]


def own(connection: Connection, ask: Asked) -> frozenset[str] | None:
    """Name the subjects of the sites that one may see; None is all of them."""
    return None if ask.sites is None else frozenset(subject_codes(connection, ask.trial, ask.at, ask.sites))


def of_cases(ask: Asked, alert: Row, subjects: AbstractSet[str]) -> Row:
    """Leave out of an alert what it concerns of other sites."""
    if ask.sites is None:
        return alert
    return alert | {"concerning": [one for one in alert["concerning"] if one.rpartition("/")[0] in subjects]}
