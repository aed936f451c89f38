"""Periodic safety reports: what is due, what was issued, opened as it stands in the log, recorded as sent and acknowledged."""

from datetime import datetime
from typing import Any

from fastapi import Response

from safety.aggregates.deciding import Form
from safety.aggregates.periodic_report import Acknowledged, Submitted
from safety.projections.periodic_report import periodic_reports
from safety.reports.due import due
from safety.values import code, microseconds, moment
from safety.web.acting import Fault, acted, built, chosen, instant, local_now, unsigned
from safety.web.asking import Ask, Asked, NotThere
from safety.web.clocks import Clock
from safety.web.declaring import Pages
from safety.web.issued_report import became, downloaded, issued_report, sandboxed
from safety.web.signing import Meaning, signature_of, wanted
from safety.web.words import N_

pages = Pages()

REPORTS = "/trials/{trial}/reports"
REPORT = REPORTS + "/{kind}/{period}"
SOON = 14 * 86_400
MEANINGS: tuple[Meaning, ...] = ("responsibility", "approval")
STATES = {
    "not on record": N_("ended before the trial was on record here"),
    "ahead": N_("its period is not over"),
    "owed": N_("to be issued"),
    "opened": N_("to be issued"),
    "issued": N_("issued, to be submitted"),
    "submitted": N_("submitted"),
    "acknowledged": N_("acknowledged"),
}
SETTLED = {"submitted", "acknowledged", "not on record"}
RECIPIENTS = {
    "REGULATOR": N_("regulator"),
    "ETHICS_COMMITTEE": N_("ethics committee"),
    "DSMB": N_("data and safety monitoring board"),
}
Row = dict[str, Any]


@pages.shows(REPORTS, "periodic_report.read")
def list_reports(ask: Ask) -> Response:
    """Show every period up to the next of each kind, with its limit and what became of its report: what is owed first, by its limit."""
    rows = told(ask)
    done = [row for row in rows if row["state"] in SETTLED]
    ahead = [row for row in rows if row["state"] == "ahead"]
    owed = [row for row in rows if row not in done and row not in ahead]
    late = [row for row in rows if row["punctuality"] == "overdue"]
    ordered = sorted(owed, key=lambda row: (row["due_at"] is None, row["due_at"] or "")) + ahead + done[::-1]
    return ask.render("admin/reports.html.j2", rows=ordered, late=late)


@pages.shows(REPORT, "periodic_report.read")
def show_report(ask: Ask, kind: str, period: str) -> Response:
    """Show one report: what it covers, its hashes, to whom it went."""
    return shown(ask, row_of(ask, kind, period))


@pages.shows(REPORT + "/page", "periodic_report.read_text")
def open_report(ask: Ask, kind: str, period: str) -> Response:
    """Show the page that was issued, in a sandbox."""
    return sandboxed(stored(ask, kind, period).html)


@pages.shows(REPORT + "/text", "periodic_report.read_text")
def download_text(ask: Ask, kind: str, period: str) -> Response:
    """Give the plain text that was issued, as a file."""
    found = stored(ask, kind, period)
    return downloaded(found.text, "txt", "text/plain", f"{ask.trial}-{found.kind}-{found.period}")


@pages.shows(REPORT + "/file", "periodic_report.read_text")
def download_page(ask: Ask, kind: str, period: str) -> Response:
    """Give the page that was issued, as a file."""
    found = stored(ask, kind, period)
    return downloaded(found.html, "html", "text/html", f"{ask.trial}-{found.kind}-{found.period}")


@pages.takes(REPORT + "/submit", "periodic_report.submit")
def submit(ask: Ask, kind: str, period: str) -> Response:
    """Record that the report was sent to a recipient; signed."""
    row = row_of(ask, kind, period)

    def form() -> Form:
        to = chosen(ask, "to", [name for name, _ in row["waiting"]])
        return built(ask, Submitted, **named(ask, row), to=to, submitted_at=instant(ask, "submitted_at"))

    return done(ask, row, acted(ask, "periodic_report.submit", form, MEANINGS))


@pages.takes(REPORT + "/acknowledge", "periodic_report.acknowledge")
def acknowledge(ask: Ask, kind: str, period: str) -> Response:
    """Record that a recipient confirmed the report."""
    row = row_of(ask, kind, period)

    def form() -> Form:
        by = chosen(ask, "by", [name for name, _ in row["unconfirmed"]])
        return built(ask, Acknowledged, **named(ask, row), to=by, acknowledged_at=instant(ask, "acknowledged_at"))

    return done(ask, row, acted(ask, "periodic_report.acknowledge", form))


def named(ask: Asked, row: Row) -> Row:
    """Say in a form which report is meant."""
    return {"trial": ask.trial, "kind": row["kind"], "period": row["period"]}


def done(ask: Asked, row: Row, fault: Fault | None) -> Response:
    """Go back to the report, or show it again with what is wrong."""
    return shown(ask, row, fault) if fault else ask.go(ask.in_trial(f"/reports/{row['kind']}/{row['period']}"))


def stored(ask: Asked, kind: str, period: str) -> Any:  # noqa: ANN401, the Issued of the row
    """Give the report as the log keeps it; raises NotThere."""
    row = row_of(ask, kind, period)
    found = issued_report(ask, row["kind"], row["period"])
    if found is None:
        raise NotThere
    return found


def row_of(ask: Asked, kind: str, period: str) -> Row:
    """Give one report of the trial at the moment; raises NotThere."""
    found = next((row for row in told(ask) if (row["kind"], row["period"]) == (kind, period)), None)
    if found is None:
        raise NotThere
    return found


def told(ask: Asked) -> list[Row]:
    """Give every report of the trial up to the next of each kind, by the end of its period."""
    now = moment(ask.stamped)
    with ask.reading() as connection:
        rows = due(connection, ask.trial, ask.at, ask.home.journal, now)
        known = {(row["kind"], row["period"]): row for row in periodic_reports(connection, ask.trial, ask.at)}
    return [in_words(ask, row, known.get((row["kind"], row["period"]), {})) for row in rows]


def in_words(ask: Asked, row: Row, known: Row) -> Row:
    """Say how a report stands, to whom it went, and to whom it has still to go."""
    stands = STATES[row["state"]]
    submitted, confirmed = known.get("submitted", {}), known.get("acknowledged", {})
    owed = [code(to) for to in row["to"]]
    return {
        **row,
        "recipients": [recipient(ask, to) for to in owed],
        "known": known,
        "says": ask.words(stands),
        "limit": ask.words.gettext(row["limit"]),
        "note": ask.words.gettext(row["note"]),
        "clock": clock(ask, row),
        "waiting": [(to, recipient(ask, to)) for to in owed if to not in submitted] if known.get("issued_at") else [],
        "unconfirmed": [(to, recipient(ask, to)) for to in submitted if to not in confirmed],
    }


def recipient(ask: Asked, to: str) -> str:
    """Name who a report goes to; one whom the desk has no word for as the log does."""
    return ask.words(RECIPIENTS[to]) if to in RECIPIENTS else to


def clock(ask: Asked, row: Row) -> Clock:
    """Tell the limit of a report at the moment."""
    stands = STATES[row["state"]]
    says = ask.words(stands)
    if row["due_at"] is None:
        return Clock("idle", says, ask.words("no rule sets a limit"))
    at = datetime.fromisoformat(row["due_at"])
    left = (microseconds(at) - ask.stamped) / 1_000_000
    until = ask.show.due(at)
    if row["punctuality"] in {"met", "met late"}:
        late = row["punctuality"] == "met late"
        return Clock("late" if late else "ok", ask.words("sent late") if late else ask.words("sent in time"), until)
    if row["state"] in {"ahead", "not on record"}:
        return Clock("idle", says, until)
    if left <= 0:
        return Clock("late", ask.words("overdue by %(time)s", time=ask.show.lasted(-left)), until)
    return Clock("soon" if left < SOON else "calm", ask.words("%(time)s left", time=ask.show.lasted(left)), until)


def shown(ask: Asked, row: Row, fault: Fault | None = None) -> Response:
    """Show one report, with what is wrong with a form that was sent."""
    happened = [(one, signature_of(ask, one.position)) for one in became(ask, row["kind"], row["period"])]
    signing = wanted(ask, *MEANINGS, error=unsigned(fault))
    names = {name: ask.words.gettext(text) for name, text in RECIPIENTS.items()}
    page = {"row": row, "happened": happened, "fault": fault, "signing": signing, "now": local_now(ask), "names": names}
    return ask.render("admin/report.html.j2", 422 if fault else 200, **page)
