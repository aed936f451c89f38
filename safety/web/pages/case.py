"""The case page: where an adverse event stands, what is new, what it made due and why, who was told, and its whole record."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi import Response

from safety.aggregates.adverse_event import REPORTABILITY, ReportabilityStated
from safety.aggregates.alerting import takes_on, terms_of
from safety.aggregates.discharging import may_discharge
from safety.aggregates.rule_pack import RulePacks
from safety.journal.states import folded
from safety.projections.case_file import case_file
from safety.projections.changes import changes
from safety.values import code, moment
from safety.web.asking import Ask, Asked, NotThere
from safety.web.case_record import Entry, record_of, statements
from safety.web.clocks import OWED_BY, REASONS, about, clock_of, limit_of
from safety.web.declaring import Pages
from safety.web.judged import judging
from safety.web.likenesses import because
from safety.web.reasons import said_in_words
from safety.web.rules_in_words import BASIS, CONFIDENCE
from safety.web.signing import Signed, signature_of
from safety.web.timeline import by_day
from safety.web.words import N_

pages = Pages()

CRITERIA = {
    "results_in_death": N_("Death"),
    "life_threatening": N_("Life-threatening"),
    "hospitalisation": N_("Admission to hospital, or a longer stay"),
    "disability": N_("Disability"),
    "congenital_anomaly": N_("Congenital anomaly"),
    "medically_important": N_("Medically important"),
    "involves_cancer": N_("Cancer"),
    "occurred_with_overdose": N_("Overdose"),
}
"""The criteria of seriousness (ICH E2A II.B and the columns of CDISC) as a person reads them."""
OF_DUTIES = {**CRITERIA, "infection_transmission": N_("Suspected transmission of an infectious agent by the product")}
"""Those, and what is serious by itself where duties are at stake (EU GVP VI); it is stated with what decides on reports."""
DIGITS = 6


@pages.shows("/trials/{trial}/cases/{subject}/{number}", "case.read")
def show_case(ask: Ask, subject: str, number: str, only: str = "", recorded: str = "") -> Response:
    """Show one adverse event with all that hangs on it; to who comes from a form, what was `recorded`."""
    found = case_of(ask, subject, number)
    entries = record_of(ask, found)
    for duty in found["duties"]:
        duty["signed"] = signed_of(ask, entries, duty["obligation"])
    mark_whose(ask, found["duties"])
    mark_yours(ask, found["alerts"])
    looked = ask.home.left_off.looked(ask.account, ask.trial)
    since = None if looked is None else looked.position
    for one in (*found["duties"], *found["alerts"]):
        one["new"] = since is not None and one["position"] > since
    new = [one for one in entries if since is not None and one.position > since]
    return ask.render(
        "case/page.html.j2",
        case=found,
        days=by_day(ask, new if only == "new" else entries, since),
        looked=looked,
        new=len(new),
        fresh=fresh(ask, found, since),
        only=only == "new",
        recorded=last_of(ask, entries) if recorded else None,
        filed=next((one.at for one in entries if one.event.TOPIC.startswith("adverse_event.reported.")), None),
        signed=signatures(ask, entries),
        stated=stated(ask, entries),
        alike=[
            {"number": pair["one"] + pair["other"] - found["number"], "because": because(ask, pair["reasons"])}
            for pair in found["duplicates"]
            if ask.may("duplicate.list")
        ],
        stands=stands(ask, found["duties"]),
    )


def last_of(ask: Asked, entries: list[Entry]) -> Entry | None:
    """Give the last that who asks said of the event."""
    own = (one for one in reversed(entries) if one.event.TOPIC.startswith("adverse_event.") and one.by == ask.account)
    return next(own, None)


def fresh(ask: Asked, case: dict[str, Any], since: int | None) -> dict[str, Any]:
    """Give the fields that changed since one looked, each with what it held before; `causality` by party."""
    if since is None:
        return {}
    with ask.reading() as connection:
        of = {"subject": case["subject"], "number": case["number"], "sites": ask.sites}
        told = changes(connection, ask.trial, ask.at, after=since, **of)
    found: dict[str, Any] = {}
    for one in told:
        found.setdefault("-".join((one["field"], *one["whose"][:1])), one["old"])
    return found


def case_of(ask: Asked, subject: str, number: str) -> dict[str, Any]:
    """Find the case that an address names, of the sites that may be seen, with its clocks in words; raises NotThere."""
    try:
        whose = code(subject)
    except ValueError:
        raise NotThere from None
    if not (number.isdecimal() and number.isascii() and len(number) <= DIGITS):
        raise NotThere
    with ask.reading() as connection:
        found = case_file(connection, (ask.trial, whose, int(number)), ask.at, moment(ask.stamped), sites=ask.sites)
    if found is None:
        raise NotThere
    for duty in found["duties"]:
        duty.update(in_words(ask, duty))
    for alert in found["alerts"]:
        alert["about"] = about(ask, alert["rule"])
    said = [OF_DUTIES[name] for name in found["criteria"]]
    return found | {"because": [ask.words(one) for one in said]}


def in_words(ask: Asked, duty: Mapping[str, Any]) -> dict[str, Any]:
    """Put an obligation's clock, owner and reasons in the reader's words; the sentences behind it stand as the log has them."""
    owner, why = OWED_BY[duty["owed_by"]], duty["cancelled_because"]
    text = REASONS[why] if why else ""
    clause = ask.words(
        "%(citation)s. Pack %(pack)s %(version)s.",
        citation=duty["citation"],
        pack=duty["pack"],
        version=duty["pack_version"],
    )
    return {
        "clock": clock_of(ask, duty),
        "owner": ask.words(owner),
        "why": ask.words(text) if text else "",
        "clause": clause,
        "reasons": [said_in_words(ask, line) for line in duty["because"]],
        "limit_said": limit_of(ask, duty),
        "how_sure": ask.words.gettext(CONFIDENCE.get(duty["confidence"], duty["confidence"])),
        "grounded": ask.words.gettext(BASIS.get(duty["basis"], duty["basis"])),
        "unsure": duty["confidence"] == "UNSURE" or any("UNSURE" in line for line in duty["because"]),
    }


def mark_whose(ask: Asked, duties: list[dict[str, Any]]) -> None:
    """Mark the obligations whose report is the other party's to send: what the desk would refuse is not offered."""
    if not ask.may("obligation.submit") or not duties:
        return
    packs = folded(ask.home.journal.stream(f"{ask.trial}/trial")).slice(RulePacks)
    for duty in duties:
        duty["theirs"] = not may_discharge(packs, duty["pack"], duty["party"], ask.role)


def mark_yours(ask: Asked, alerts: list[dict[str, Any]]) -> None:
    """Mark the alerts that who asks answers, by every role that they hold: each that the desk would take, and no other."""
    may, ladder = ask.may("alert.acknowledge"), terms_of(ask.governs).ladder
    owed_to = {alert["id"]: alert["role"] for alert in alerts}
    for alert in alerts:
        # A button answers the whole chain: whose it is is said by its root.
        role = owed_to.get(alert["root"], alert["role"])
        alert["yours"] = may and takes_on(ask.state.roles, (role,), ladder, alert["urgency"])


def signatures(ask: Asked, entries: list[Entry]) -> dict[str, list[Signed]]:
    """Give the signatures of the judgements that stand, by party, and of what was stated, where they were signed."""
    stand = {
        **{party: by_position(judging(entries, party)) for party in ("investigator", "sponsor")},
        "stated": by_position(stating(entries)),
    }
    return {whose: list(signed(ask, found)) for whose, found in stand.items()}


def by_position(found: Mapping[Any, Entry]) -> list[Entry]:
    """Give each entry once, in the log's order."""
    return [one for _, one in sorted({one.position: one for one in found.values()}.items())]


def signed(ask: Asked, entries: Iterable[Entry]) -> Iterator[Signed]:
    """Give the signatures of those entries that were signed."""
    for one in entries:
        if one.signed and (shown := signature_of(ask, one.position)) is not None:
            yield shown


def stating(entries: list[Entry]) -> dict[str, Entry]:
    """Find the last entry that states each thing that decides on a report."""
    found = dict[str, Entry]()
    for one in entries:
        if isinstance(one.event, ReportabilityStated):
            values = one.event.__dict__
            found |= {name: one for name in (*REPORTABILITY, "handled", "urgent_measure") if values[name] is not None}
    return found


def stated(ask: Asked, entries: list[Entry]) -> list[dict[str, Any]]:
    """Say what stands of each thing that decides on a report, with who said it last and where."""
    return [
        {"text": dict(statements(ask, one.event.__dict__))[name], "who": one.detail, "position": one.position}
        for name, one in stating(entries).items()
    ]


def signed_of(ask: Asked, entries: list[Entry], obligation: str) -> list[Signed]:
    """Give the signatures under what was done about an obligation."""
    its = (one for one in entries if one.signed and one.event.__dict__.get("obligation") == obligation)
    return [shown for one in its if (shown := signature_of(ask, one.position)) is not None]


def stands(ask: Asked, duties: list[dict[str, Any]]) -> str:
    """Say in one line how its clocks stand."""
    runs = [duty for duty in duties if duty["runs"]]
    late = sum(duty["timeliness"] in {"overdue", "due_now"} for duty in runs)
    if not duties:
        return ask.words("Nothing has been made due.")
    if not runs:
        return ask.words("No report is owed any longer.")
    if not late:
        return ask.words("No report is overdue; clocks that run: %(n)d.", n=len(runs))
    return ask.words("Reports overdue or due now: %(late)d, of clocks that run: %(n)d.", late=late, n=len(runs))
