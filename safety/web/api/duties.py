"""What the API tells of duties: the worklist, the obligations with their clocks, and the alerts."""

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import Depends, Query

from safety.projections import Connection
from safety.projections.duplicates import duplicates
from safety.projections.inbox import inbox
from safety.projections.obligations import TIMELINESS, obligations, reviews_owed
from safety.projections.subjects import subject_codes
from safety.projections.worklist import Narrow, cases_of, worklist
from safety.values import moment
from safety.web.api.answers_of_duties import Alerts, Obligations, Pairs, Worklist
from safety.web.api.declaring import Endpoints
from safety.web.api.reading import A_PAGE, Limit, Page, in_clear, paged
from safety.web.asking import Ask, Asked
from safety.web.clocks import OWED_BY
from safety.written import WrittenNumber

endpoints = Endpoints()
Row = dict[str, Any]
LETTER = "Only what is so or not stated, which counts as so."
Letter = Annotated[bool, Query(description=LETTER)]


class Narrowed:
    """What a worklist is narrowed by; what is left out is not asked for."""

    def __init__(  # noqa: PLR0917, one parameter a part of the address; FastAPI gives them by name
        self,
        due: Annotated[Literal["", "late", "soon", "later"], Query(description="By urgency.")] = "",
        owner: Annotated[Literal["", *OWED_BY], Query(description="By who owes the report.")] = "",  # type: ignore[valid-type]  # the names of the table, written once
        site: Annotated[str, Query(max_length=64, description="By site.")] = "",
        hand: Annotated[Literal["", "mine", "nobody"], Query(description="By who has it in hand.")] = "",
        after: Annotated[
            Annotated[int, WrittenNumber()] | None,
            Query(ge=0, lt=2**63, description="Only what changed beyond a position."),
        ] = None,
        serious: Letter = False,  # noqa: FBT002, the same
        unexpected: Letter = False,  # noqa: FBT002, the same
        related: Letter = False,  # noqa: FBT002, the same
    ) -> None:
        """Take what the address says; FastAPI has checked it."""
        self._hand = hand
        self._narrow = Narrow(due, owner, site, serious=serious, unexpected=unexpected, related=related, after=after)

    def narrow(self, ask: Asked) -> Narrow:
        """Say it to the view; `mine` is whose token or session it is."""
        return replace(self._narrow, taken_by={"mine": ask.account, "nobody": ""}.get(self._hand))


@endpoints.reads("/trials/{trial}/worklist", "worklist.read", Worklist)
def read_worklist(ask: Ask, of: Annotated[Narrowed, Depends()], page: Page = 1, limit: Limit = A_PAGE) -> Row:
    """Give the clocks that run, the most urgent first, and the alerts that nobody has acknowledged."""
    with ask.reading() as connection:
        offset = (page - 1) * limit
        found = worklist(
            connection,
            ask.trial,
            ask.at,
            moment(ask.stamped),
            sites=ask.sites,
            narrow=of.narrow(ask),
            limit=limit,
            offset=offset,
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


@endpoints.reads("/trials/{trial}/duplicates", "duplicate.list", Pairs)
def read_duplicates(ask: Ask, page: Page = 1, limit: Limit = A_PAGE) -> Row:
    """Give a page of the pairs that may be one occurrence, the likeliest first."""
    with ask.reading() as connection:
        found = duplicates(connection, ask.trial, ask.at, sites=ask.sites)
    end = page * limit
    rows = [pair | {"reasons": [why._asdict() for why in pair["reasons"]]} for pair in found[end - limit : end]]
    return paged(ask, page, more=len(found) > end) | {"count": len(found), "rows": rows}


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
