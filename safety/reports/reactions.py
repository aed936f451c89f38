"""One line of the period line listing: the columns of ICH E2F 3.7.2, by codes and preferred terms, never a reported term."""

from collections.abc import Mapping, Sequence
from typing import Any

from safety.aggregates.trial import Definition
from safety.reports.people import NOT_RECORDED
from safety.reports.serious import NOT_CODED, Line, causality
from safety.values import PartialDate


def reaction(line: Line, people: Mapping[str, Mapping[str, Any]], governs: Definition) -> dict[str, Any]:
    """Give one serious adverse reaction by column, each a text for people or None where the record says nothing."""
    person = people.get(line["subject"], {})
    given: Sequence[Mapping[str, Any]] = person.get("doses", ())
    return {
        "case": f"{line['subject']}/{line['number']}",
        "subject": line["subject"],
        "number": line["number"],
        "country": person.get("country"),
        "age": person.get("age"),
        "sex": person.get("sex"),
        "arm": person.get("counted_in") or line["arm"],
        "dose": dose(line, given, governs),
        "treated": treated(given),
        "onset": line["onset"],
        "time_to_onset": time_to_onset(line),
        "soc": line["soc"] or NOT_CODED,
        "preferred_term": line["preferred_term"] or NOT_CODED,
        "outcome": line["outcome"],
        "comments": comments(line, governs),
    }


def dose(line: Line, given: Sequence[Mapping[str, Any]], governs: Definition) -> str | None:
    """Say what was given last before the onset, by which route, and how often such a dose was planned."""
    last = next((dose for dose in given if dose["number"] == line["after_dose"]), None)
    if last is None:
        return None
    amount = NOT_RECORDED if last["amount"] is None else f"{last['amount']} {last['unit'] or ''}".strip()
    planned = next((plan for plan in governs.dosing if plan.treatment == last["treatment"]), None)
    weeks = "" if planned is None else f"; planned weeks: {', '.join(map(str, planned.weeks))}"
    route = "" if last["route"] is None else f", {last['route']}"
    return f"{last['treatment'] or NOT_RECORDED} {amount}{route}{weeks}"


def treated(given: Sequence[Mapping[str, Any]]) -> str | None:
    """Say from when to when the subject was dosed, and how often."""
    begun = sorted(dose["started_on"] for dose in given if dose["started_on"] is not None)
    ended = sorted(dose["ended_on"] or dose["started_on"] for dose in given if dose["started_on"] is not None)
    if not begun:
        return None
    doses = "1 dose" if len(given) == 1 else f"{len(given)} doses"
    span = f"{PartialDate(begun[0])} to {PartialDate(ended[-1])}" if begun[0] != ended[-1] else begun[0]
    return f"{span}, {doses}"


def time_to_onset(line: Line) -> str | None:
    """Say how long after the first dose and after the last one before it the reaction began."""
    told = []
    if line["study_day"] is not None:
        told.append(f"study day {line['study_day']}")
    if line["after_dose"] is not None and line["days_after_dose"] is not None:
        days = line["days_after_dose"]
        told.append(f"{days} {'day' if days == 1 else 'days'} after dose {line['after_dose']}")
    return "; ".join(told) or None


def comments(line: Line, governs: Definition) -> list[str]:
    """Say who judged what, which criteria are met, and what a reader must not overlook."""
    criteria = [name.replace("_", " ") for name in line["criteria"]]
    told = [causality(line, governs).basis]
    told.append(f"criteria: {', '.join(criteria)}" if criteria else "no seriousness criterion is recorded")
    if line["serious"] != "Y":
        told.append(f"AESER is {line['serious'] or 'not stated'}; serious by a criterion or by the sponsor")
    if line["expected"] is not None:
        told.append("expected" if line["expected"] == "Y" else "unexpected")
    if line["vanished"]:
        told.append("its row left the data since")
    return told
