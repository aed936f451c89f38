"""What the API tells of subjects and adverse events: the pages' views, of the sites that one may see alone."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Query

from safety.projections.at import utc
from safety.projections.behind import Cell
from safety.projections.case_list import case_list
from safety.projections.incidence import MEASURES, SCALES, Window
from safety.projections.line_listing import line_listing
from safety.projections.open_queries import count_queries, open_queries
from safety.projections.subjects import subject_list, subject_of
from safety.web.addresses import coded
from safety.web.api.answers import Cases, Listing, OneSubject, Queries, Subjects
from safety.web.api.answers_of_duties import Case, NarrativeOfCase
from safety.web.api.declaring import Endpoints
from safety.web.api.duties import of_cases, own
from safety.web.api.reading import A_PAGE, Code, Limit, Page, in_clear, paged, stamped
from safety.web.asking import Ask, Asked, NotThere
from safety.web.case_record import Entry, record_of
from safety.web.pages.case import case_of
from safety.web.pages.listing import of_cell
from safety.web.pages.narrative import drafted
from safety.web.signing import signature_of

endpoints = Endpoints()
Coded = Annotated[str, Query(max_length=200, description="As it is coded; what is not coded if left out.")]


class OfNumber:
    """Names one number of the incidence table; what is left out of a name is not asked for."""

    def __init__(  # noqa: PLR0917, one parameter a part of the address; FastAPI gives them by name
        self,
        arm: Annotated[str, Query(min_length=1, max_length=200, description="The arm.")],
        window: Window = "all",
        measure: Literal[*MEASURES] = "teae",  # type: ignore[valid-type]  # the names of the table, written once
        of: Literal["arm", "soc", "pt", "grade"] = "arm",
        soc: Coded = "",
        pt: Coded = "",
        scale: Literal[*SCALES] = "grade",  # type: ignore[valid-type]  # the same
        grade: Annotated[str, Query(max_length=20)] = "",
        worst: Annotated[bool, Query(description="Only of subjects whose worst grade it is.")] = False,  # noqa: FBT002, the same
    ) -> None:
        """Take what the address says; FastAPI has checked it."""
        self.window: Window = window
        self.cell = Cell(arm, measure, of, soc or None, pt or None, scale, grade, worst)


@endpoints.reads("/trials/{trial}/subjects", "subject.list", Subjects)
def list_subjects(ask: Ask, page: Page = 1, limit: Limit = A_PAGE) -> dict[str, Any]:
    """Give a page of the subjects that one may see."""
    with ask.reading() as connection:
        offset = (page - 1) * limit
        found = subject_list(connection, ask.trial, ask.at, sites=ask.sites, limit=limit, offset=offset)
    rows = [told(ask, row) for row in found["rows"]]
    return paged(ask, page, more=found["more"]) | {"subjects": found["subjects"], "rows": rows}


@endpoints.reads("/trials/{trial}/subjects/{subject}", "subject.read", OneSubject)
def one_subject(ask: Ask, subject: str) -> dict[str, Any]:
    """Give one subject of one's sites."""
    with ask.reading() as connection:
        found = subject_of(connection, ask.trial, coded(subject), ask.at, sites=ask.sites)
    if found is None:
        raise NotThere
    return stamped(ask) | {"subject": told(ask, found)}


def told(ask: Asked, row: dict[str, Any]) -> dict[str, Any]:
    """Tell a subject, with the terms of its adverse events for whom free text is."""
    return row | {"events": in_clear(ask, row["events"])}


@endpoints.reads("/trials/{trial}/cases", "case.list", Cases)
def list_cases(  # noqa: PLR0917, one parameter a part of the address; FastAPI gives them by name
    ask: Ask,
    subject: Code = "",
    serious: bool = False,  # noqa: FBT001, FBT002, the same
    related: bool = False,  # noqa: FBT001, FBT002, the same
    page: Page = 1,
    limit: Limit = A_PAGE,
) -> dict[str, Any]:
    """Give a page of the adverse events that one may see, by subject and number."""
    asked = {"serious": serious, "related": related, "subject": coded(subject) if subject else None}
    with ask.reading() as connection:
        offset = (page - 1) * limit
        found = case_list(connection, ask.trial, ask.at, sites=ask.sites, limit=limit, offset=offset, **asked)  # type: ignore[arg-type]  # one dict for three names
    counts = {name: found[name] for name in ("cases", "subjects")}
    return paged(ask, page, more=found["more"]) | counts | {"rows": in_clear(ask, found["rows"])}


@endpoints.reads("/trials/{trial}/cases/{subject}/{number}", "case.read", Case)
def one_case(ask: Ask, subject: str, number: str) -> dict[str, Any]:
    """Give one adverse event with doses, duties, alerts and its whole record."""
    found = case_of(ask, subject, number)
    record = [recorded(ask, entry) for entry in record_of(ask, found)]
    with ask.reading() as connection:
        mine = own(connection, ask) or frozenset()
    alerts = [of_cases(ask, alert, mine) for alert in found["alerts"]]
    return stamped(ask) | {"case": in_clear(ask, [found])[0] | {"record": record, "alerts": alerts}}


def recorded(ask: Asked, entry: Entry) -> dict[str, Any]:
    """Tell an entry of a case's record, with the signature under it."""
    signed = signature_of(ask, entry.position) if entry.signed else None
    said = {"position": entry.position, "at": utc(entry.at), "text": entry.text, "detail": entry.detail}
    return said | {"topic": entry.event.TOPIC, "signature": None if signed is None else signed.__dict__}


@endpoints.reads("/trials/{trial}/cases/{subject}/{number}/narrative", "narrative.read", NarrativeOfCase)
def read_narrative(ask: Ask, subject: str, number: str) -> dict[str, Any]:
    """Give the narrative of a case, drafted from its record, each sentence with the positions that say it."""
    case, parts = drafted(ask, subject, number)
    told = [{"title": part.title, "sentences": [one._asdict() for one in part.sentences]} for part in parts]
    return stamped(ask) | {"subject": case["subject"], "number": case["number"], "parts": told}


@endpoints.reads("/trials/{trial}/listing", "listing.read", Listing)
def read_listing(  # noqa: PLR0917, one parameter a part of the address; FastAPI gives them by name
    ask: Ask,
    subject: Code = "",
    serious: bool = False,  # noqa: FBT001, FBT002, the same
    related: bool = False,  # noqa: FBT001, FBT002, the same
    page: Page = 1,
    limit: Limit = A_PAGE,
) -> dict[str, Any]:
    """Give a page of the line listing, nullified and merged ones marked."""
    asked = {"serious": serious, "related": related, "subject": coded(subject) if subject else None}
    with ask.reading() as connection:
        offset = (page - 1) * limit
        rows = line_listing(
            connection, ask.trial, ask.at, sites=ask.sites, limit=limit + 1, offset=offset, **asked  # type: ignore[arg-type]  # one dict for three names
        )["rows"]  # fmt: skip
    return paged(ask, page, more=len(rows) > limit) | {"rows": in_clear(ask, rows[:limit])}


@endpoints.reads("/trials/{trial}/incidence/events", "incidence.read", Cases)
def read_behind(ask: Ask, of: Annotated[OfNumber, Depends()], page: Page = 1, limit: Limit = A_PAGE) -> dict[str, Any]:
    """Give a page of the adverse events that one number of the incidence table counts, and how many there are."""
    if not ask.may("listing.read"):
        raise NotThere
    with ask.reading() as connection:
        found = of_cell(connection, ask, of.cell, of.window, page, limit)
    counts = {name: found[name] for name in ("cases", "subjects")}
    return paged(ask, page, more=found["more"]) | counts | {"rows": in_clear(ask, found["rows"])}


@endpoints.reads("/trials/{trial}/queries", "query.list", Queries)
def list_queries(ask: Ask, page: Page = 1, limit: Limit = A_PAGE) -> dict[str, Any]:
    """Give a page of the open queries about the subjects that one may see."""
    with ask.reading() as connection:
        count = count_queries(connection, ask.trial, ask.at, sites=ask.sites)
        offset = (page - 1) * limit
        rows = open_queries(connection, ask.trial, ask.at, sites=ask.sites, limit=limit, offset=offset)
    return paged(ask, page, more=count > page * limit) | {"count": count, "rows": rows}
