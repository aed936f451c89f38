"""The people of a periodic report: exposure and demographics, deaths, withdrawals for adverse events, and who is in China."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from safety.aggregates.trial import Definition
from safety.projections import At, Connection
from safety.projections.periodic_figures import doses, subjects
from safety.reports.serious import NOT_CODED

Person = Mapping[str, Any]
People = Mapping[str, Person]
BANDS = ((0, 17), (18, 44), (45, 64), (65, 74), (75, 84), (85, 130))
NOT_RECORDED = "not recorded"
SEXES = {"F": "Female", "M": "Male", "U": "Unknown", "UNDIFFERENTIATED": "Undifferentiated"}
CHINA = frozenset({"CHN", "CN", "CHINA"})


def people(connection: Connection, trial: str, governs: Definition, at: At) -> dict[str, dict[str, Any]]:
    """Give every subject with the country they take part in and the doses they were given."""
    given: dict[str, list[Any]] = {}
    for dose in doses(connection, trial, at):
        given.setdefault(dose["subject"], []).append(dose)
    found = subjects(connection, trial, governs, at)
    return {
        code: {**row, "country": country(row, governs), "doses": given.get(code, [])} for code, row in found.items()
    }


def country(subject: Person, governs: Definition) -> str | None:
    """Give a subject's country: as stated, else of their site, else the one country in which all sites lie."""
    if subject["country"] is not None:
        return str(subject["country"])
    of_site = {site.id: site.country for site in governs.sites}
    everywhere = set(of_site.values())
    return of_site.get(subject["site"]) or (everywhere.pop() if len(everywhere) == 1 else None)


def band(age: int | None) -> str:
    """Name the band of an age in years."""
    if age is None:
        return NOT_RECORDED
    low, high = next(ends for ends in BANDS if ends[0] <= age <= ends[1])
    return f"{low} and older" if (low, high) == BANDS[-1] else f"{low} to {high}"


def exposure(found: People, governs: Definition) -> dict[str, Any]:
    """Count who was exposed to what, arm by arm; `outside` are dosed subjects whom the trial's population leaves out."""
    by_arm = {
        arm.name: [person for person in found.values() if person["counted_in"] == arm.name] for arm in governs.arms
    }
    outside = sum(bool(person["doses"]) and person["counted_in"] is None for person in found.values())
    return {"arms": [{"arm": arm, **of_arm(counted)} for arm, counted in by_arm.items()], "outside": outside}


def of_arm(counted: Sequence[Person]) -> dict[str, Any]:
    """Count one arm: subjects, dosed subjects, doses, and what they add up to by treatment and unit."""
    given = [dose for person in counted for dose in person["doses"]]
    amounts: dict[tuple[str, str], Decimal] = {}
    for dose in given:
        if dose["amount"] is not None:
            named = (dose["treatment"] or NOT_RECORDED, dose["unit"] or "unit not recorded")
            amounts[named] = amounts.get(named, Decimal(0)) + Decimal(dose["amount"])
    cells = [Decimal(dose["total_cells"]) for dose in given if dose["total_cells"] is not None]
    return {
        "subjects": len(counted),
        "dosed": sum(bool(person["doses"]) for person in counted),
        "doses": len(given),
        "amounts": [
            {"treatment": treatment, "amount": written(amounts[treatment, unit]), "unit": unit}
            for treatment, unit in sorted(amounts)
        ],
        "without_amount": sum(dose["amount"] is None for dose in given),
        "total_cells": written(sum(cells, Decimal(0))) if cells else None,
    }


def written(amount: Decimal) -> str:
    """Write a sum without exponent and without zeros that say nothing."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def demographics(found: People, governs: Definition) -> dict[str, Any]:
    """Count the dosed subjects of the population by age band and by sex, arm by arm."""
    dosed = [person for person in found.values() if person["counted_in"] is not None and person["doses"]]
    names = [arm.name for arm in governs.arms]

    def by(group: Mapping[str, str]) -> list[int]:
        return [
            sum(group[person["subject"]] == label and person["counted_in"] == arm for person in dosed) for arm in names
        ]

    rows = []
    for what, labels, group in (
        (
            "Age, years",
            [*map(band, (low for low, _ in BANDS)), NOT_RECORDED],
            {p["subject"]: band(p["age"]) for p in dosed},
        ),
        ("Sex", [*SEXES.values(), NOT_RECORDED], {p["subject"]: SEXES.get(p["sex"], NOT_RECORDED) for p in dosed}),
    ):
        for label in labels:
            counts = by(group)
            if any(counts):
                rows.append({"what": what, "group": label, "counts": counts})
    return {"arms": names, "rows": rows}


def deaths(found: People, events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List who died: recorded as dead, or with an adverse event that results in death or whose outcome is fatal."""
    fatal: dict[str, list[Any]] = {code: [] for code, person in found.items() if person["died"]}
    for event in events:
        if event["outcome"] == "FATAL" or "results_in_death" in event["criteria"]:
            fatal.setdefault(event["subject"], []).append(event)
    return [
        {**named(found, code), "on": found.get(code, {}).get("died_on"), "cases": cases(fatal[code])}
        for code in sorted(fatal)
    ]


def drop_outs(
    found: People, lines: Iterable[Mapping[str, Any]], withdrawn: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """List who withdrew because of an adverse event: a withdrawal that names it, or the treatment withdrawn for it (AEACN)."""
    by_key = {(line["subject"], line["number"]): line for line in lines}
    because: dict[str, dict[int, Any]] = {}
    for line in by_key.values():
        if line["action_taken"] == "DRUG WITHDRAWN":
            because.setdefault(line["subject"], {})[line["number"]] = line
    modes: dict[str, list[Any]] = {}
    for row in withdrawn:
        if row["adverse_event"] is not None:
            modes.setdefault(row["subject"], []).append(row)
            number = row["adverse_event"]
            unknown = {"number": number, "preferred_term": None}
            because.setdefault(row["subject"], {})[number] = by_key.get((row["subject"], number), unknown)
    return [
        {
            **named(found, code),
            "on": next((row["withdrawn_on"] for row in modes.get(code, []) if row["withdrawn_on"]), None),
            "from": [row["mode"].replace("_", " ") for row in modes.get(code, [])] or ["treatment"],
            "cases": cases(because[code].values()),
        }
        for code in sorted(because)
    ]


def named(found: People, code: str) -> dict[str, Any]:
    """Name a subject in a list of people."""
    person = found.get(code, {})
    return {"subject": code, "country": person.get("country"), "arm": person.get("counted_in") or person.get("arm")}


def cases(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Name adverse events by number and preferred term, never by a reported term."""
    told = ({"number": event["number"], "term": event["preferred_term"] or NOT_CODED} for event in events)
    return sorted(told, key=lambda case: case["number"])
