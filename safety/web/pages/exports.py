"""The lists of the screens as files: all rows that fit, not only the page, for the same person, the same sites, the same moment."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import Response

from safety.projections.case_list import serious_unexpected_related
from safety.projections.line_listing import line_listing
from safety.web.asking import Ask, Asked, NotThere
from safety.web.case_record import reads_text
from safety.web.declaring import Pages
from safety.web.exporting import Value, exported
from safety.web.pages import cases, history, incidence, listing, worklist
from safety.web.record_fields import FIELDS
from safety.web.signed_judgements import signatures
from safety.web.signing import Signed, with_signatures
from safety.web.words import N_

pages = Pages()

MOST = 1_000_000
"""Rows of a file; a spreadsheet takes few more."""
LETTERS = {"y": N_("yes"), "n": N_("no"), "q": N_("not stated")}
MEASURED = {
    "teae": N_("Adverse event"),
    "related": N_("Related adverse event"),
    "serious": N_("Serious adverse event"),
    "related_serious": N_("Related serious event"),
    "fatal": N_("Fatal event"),
    "related_fatal": N_("Related fatal event"),
    "severe": N_("Severe event"),
}
OF_A_CASE = (
    N_("Subject"), N_("Number"), N_("Site"), N_("Arm"), N_("Preferred term"), N_("System organ class"), N_("Term as reported"),
    N_("Grade"), N_("Severity"), N_("Began"), N_("Ended"), N_("Study day"), N_("After infusion"), N_("Days after"),
    N_("Serious"), N_("Unexpected"), N_("Related"), N_("Investigator's causality"), N_("Outcome"), N_("Action taken"),
    N_("Merged into"), N_("Nullified"), N_("Entry"),
)  # fmt: skip
SIGNATURE = (N_("Signed by"), N_("Meaning of the signature"), N_("SHA-256 that was signed"))
JUDGED = (("causality", N_("Investigator's causality")), ("expected", N_("Unexpected")))
"""The judgements of an adverse event that a row shows, each with the signature under it; no other column holds one party's."""
OF_A_CLOCK = (
    N_("Subject"), N_("Number"), N_("Site"), N_("Obligation"), N_("To"), N_("Owner"), N_("Time left"), N_("Due"),
    N_("State"), N_("Confidence"), N_("Serious"), N_("Unexpected"), N_("Related"), N_("Preferred term"),
)  # fmt: skip
OF_A_NUMBER = (
    N_("Table"), N_("Row"), N_("Arm"), N_("Subjects"), N_("Of"), N_("Share"), N_("Low"), N_("High"), N_("Events"),
)  # fmt: skip
OF_A_GAP = (
    N_("Subject"), N_("Number"), N_("Preferred term"), N_("Field"), N_("What had happened by then"),
    N_("What the sponsor knew by then"), N_("Learned"), N_("Entry"),
)  # fmt: skip
OF_A_CHANGE = (
    N_("Kind"), N_("Record"), N_("Subject"), N_("Number"), N_("Field"), N_("Old"), N_("New value"), N_("Who"), N_("Role"),
    N_("Recorded"), N_("Why"), N_("Entry"), *SIGNATURE,
)  # fmt: skip
UNDATED = N_("No onset date: it may have begun by then")
Row = list[Value]


@pages.shows("/trials/{trial}/listing/export", "listing.export")
def export_listing(ask: Ask, arm: str = "") -> Response:
    """Give the line listing, or what stands behind one number of the incidence page."""
    with ask.reading() as connection:
        if arm:
            found = listing.of_a_number(connection, ask, arm, 1, MOST)["rows"]
        else:
            found = line_listing(connection, ask.trial, ask.at, sites=ask.sites)["rows"]
    told = (row | {"sur": serious_unexpected_related(row)} for row in found)
    return exported(ask, "listing", ask.words("Line listing"), heads_of_cases(ask), of_cases(ask, told, clear=False))


@pages.shows("/trials/{trial}/cases/export", "screen.export")
def export_cases(ask: Ask, subject: str = "", serious: str = "", related: str = "") -> Response:
    """Give the cases that fit what is asked for."""
    if not ask.may("case.list"):
        raise NotThere
    found, clear = cases.listed(ask, cases.coded(ask, subject), serious, related, limit=MOST), reads_text(ask)
    rows = of_cases(ask, found["rows"], clear=clear)
    return exported(ask, "cases", ask.words("Cases"), heads_of_cases(ask), rows)


@pages.shows("/trials/{trial}/worklist/export", "screen.export")
def export_worklist(ask: Ask) -> Response:
    """Give the clocks that run and fit what is asked for, the most urgent first."""
    if not ask.may("worklist.read"):
        raise NotThere
    found = worklist.listed(ask, narrow=worklist.narrowed(ask), limit=MOST)["duties"]
    return exported(
        ask, "worklist", ask.words("Worklist"), heads(ask, OF_A_CLOCK), (of_clock(ask, duty) for duty in found)
    )


@pages.shows("/trials/{trial}/incidence/export", "incidence.export")
def export_incidence(ask: Ask, by: str = "", window: str = "") -> Response:
    """Give both tables of the incidence page, a row for each arm."""
    with ask.reading() as connection:
        found, _, details = incidence.tables(connection, ask, by=by, window=window)
    rows = [*of_table(ask, "overview", incidence.overview(ask, found)), *of_table(ask, by or "pt", details)]
    return exported(ask, "incidence", ask.words("Incidence"), heads(ask, OF_A_NUMBER), rows)


@pages.shows("/trials/{trial}/history/export", "screen.export")
def export_history(  # noqa: PLR0917, one parameter a field of the page's forms; FastAPI gives them by name
    ask: Ask, a: str = "", b: str = "", subject: str = "", number: str = "", field: str = ""
) -> Response:
    """Give what the page shows lowest: the history of a record, else two moments compared, else what the sponsor did not know."""
    if not ask.may("history.read") or ask.governs is None:
        raise NotThere
    with ask.reading() as connection:
        head = ask.home.views.now(connection)
        if subject.strip():
            whole = with_signatures(ask, history.of_a_record(connection, ask, subject, number, field))
            found = [of_change(ask, row, "") for row in whole]
            return exported(ask, "record", ask.words("History of a record"), heads(ask, OF_A_CHANGE), found)
        if a.strip() and b.strip():
            told = history.comparison(connection, ask, a, b, head, most=MOST)["rows"]
            found = [of_change(ask, one, row["kind"]) for row in told for one in with_signatures(ask, row["values"])]
            return exported(ask, "comparison", ask.words("Compare two moments"), heads(ask, OF_A_CHANGE), found)
        gaps = history.gaps(connection, ask, head, most=MOST)
    missed = (of_gap(ask, gap) for name in ("rows", "undated_rows") for gap in gaps[name])
    return exported(ask, "history", ask.words("History"), heads(ask, OF_A_GAP), missed)


def heads(ask: Asked, titles: tuple[str, ...]) -> list[str]:
    """Write the heads of the columns in the reader's words."""
    return [ask.words.gettext(title) for title in titles]


def heads_of_cases(ask: Asked) -> list[str]:
    """Write the heads of a list of adverse events, with those of the signatures under each judgement."""
    named = [ask.words(name) for _, name in JUDGED]
    return heads(ask, OF_A_CASE) + [
        f"{name}{ask.words(': ')}{head}" for name in named for head in heads(ask, SIGNATURE)
    ]


def letters(ask: Asked, sur: dict[str, Any] | None) -> Row:
    """Write whether something is serious, unexpected and related."""
    said = [LETTERS[sur[name]] if sur else "" for name in ("serious", "unexpected", "related")]
    return [ask.words.gettext(one) for one in said]


def of_cases(ask: Asked, rows: Iterable[dict[str, Any]], *, clear: bool) -> Iterator[Row]:
    """Write adverse events with the signatures under their judgements."""
    signed = signatures(ask)
    for row in rows:
        of = (signed.get((row["subject"], row["number"], judgement)) for judgement, _ in JUDGED)
        yield of_case(ask, row, clear=clear) + [cell for one in of for cell in of_signature(one)]


def of_signature(signed: Signed | None) -> Row:
    """Write who signed, what that means and what was signed; nothing where nobody did."""
    return [f"{signed.name} ({signed.account})", signed.meaning, signed.sha256] if signed else [None, None, None]


def of_case(ask: Asked, row: dict[str, Any], *, clear: bool) -> Row:
    """Write an adverse event; dates and codes as the record has them, the term as reported only in clear."""
    told = [row["subject"], row["number"], row["site"], row["arm"], row["preferred_term"], row["soc"]]
    told += [row["term"] if clear else None, row["grade"], row["severity"], row["onset"], row["end"], row["study_day"]]
    told += [row["after_dose"], row["days_after_dose"], *letters(ask, row["sur"]), row["causality"], row["outcome"]]
    told += [row["action_taken"], row["merged_into"], ask.show.coded("Y" if row["nullified"] else "N"), row["position"]]
    return told


def of_clock(ask: Asked, duty: dict[str, Any]) -> Row:
    """Write a clock that runs, in words and with its due time as a machine reads it."""
    case = duty["case"] or {}
    told = [
        duty["subject"],
        duty["number"],
        case.get("site"),
        duty["obligation"],
        "; ".join(ask.words.gettext(to) for to in duty["to"]),
        duty["owner"],
    ]
    told += [duty["clock"].left, duty["due_at"], duty["state"], duty["confidence"], *letters(ask, duty["sur"])]
    return [*told, case.get("preferred_term")]


def of_table(ask: Asked, table: str, lines: list[dict[str, Any]]) -> Iterator[Row]:
    """Write the cells of a table of the incidence page, a row for each arm."""
    for line in lines:
        measured = MEASURED.get(line["name"])
        name = ask.words.gettext(measured) if measured and table == "overview" else line["name"]
        said = " ".join(part for part in (line.get("scale"), name or ask.words("not coded")) if part)
        for one in line["cells"]:
            of = one["measure"]
            low, high = of["ci95"] or (None, None)
            yield [table, said, one["arm"], of["subjects"], one["of"], of["proportion"], low, high, of["events"]]


def of_gap(ask: Asked, gap: dict[str, Any]) -> Row:
    """Write what the sponsor did not know: of an event its onset, of a field both values."""
    row, told = gap["row"], gap.get("told") or {}
    true = (row["onset"] or ask.words(UNDATED)) if gap["field"] is None else gap["true"]
    held = ask.words("Not yet known") if gap["field"] is None else gap["held"]
    text = FIELDS[gap["field"] or "started_on"]
    name = ask.words.gettext(text)
    when = ask.show.moment(told["recorded_at"], seconds=True) if told else None
    return [row["subject"], row["number"], row["preferred_term"], name, true, held, when, told.get("position")]


def of_change(ask: Asked, row: dict[str, Any], kind: str) -> Row:
    """Write one change of the record."""
    text = FIELDS[row["field"]]
    field = ask.words.gettext(text)
    whose = ", ".join(part for part in row["whose"] if part)
    told: Row = [kind, row["record"], row["subject"], row["number"], f"{field} ({whose})" if whose else field]
    told += [row["old"], row["new"], row["by"], ask.show.role(row["role"])]
    told += [ask.show.moment(row["recorded_at"], seconds=True), row["reason"], row["position"]]
    return [*told, *of_signature(row["signed"])]
