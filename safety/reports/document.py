"""The document of a periodic report: every figure in it, from the views as of the position of its lock point and nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from safety.aggregates.deciding import Refused
from safety.aggregates.trial import Definition, UnknownTrial
from safety.projections import At, Connection
from safety.projections.audit_trail import recorded_at
from safety.projections.incidence import incidence
from safety.projections.line_listing import line_listing
from safety.projections.obligations import obligations
from safety.projections.periodic_figures import references, trial_files, withdrawals
from safety.projections.trials import definition
from safety.regulation.periodic import RULES, Kind, Period
from safety.reports import people, serious
from safety.reports.reactions import reaction
from safety.reports.wording import NOTES

Clock = Mapping[str, Any]
"""A clock of an expedited report as the view of obligations tells it: `rule`, `subject`, `number`, `due_on` (None: at once),
`state`, and `timeliness` as it stood at the lock point."""


class Lock(NamedTuple):
    """From what a report is rendered: its period and two positions of the log; the same lock gives the same bytes.

    `position` is the last one recorded before the lock point, `since_position` the last one recorded before the period
    began. `provisional`: the lock point had not passed, so the log may still grow into it.
    """

    period: Period
    position: int
    since_position: int
    provisional: bool = False


class NotOnRecord(Refused):
    """Trial {trial} was not on record yet at the lock point {period} (position {position}); take a later one."""


class Standing(NamedTuple):
    """What was on record at one position, as far as the lists of a period need it."""

    people: Mapping[str, Any]
    events: Sequence[serious.Line]
    reactions: Sequence[serious.Line]
    deaths: Sequence[Mapping[str, Any]]
    drop_outs: Sequence[Mapping[str, Any]]


NOTHING = Standing({}, (), (), (), ())


def standing(connection: Connection, trial: str, at: At, governs: Definition) -> Standing:
    """Read what was on record at a position, by one definition of what is related; nothing of a trial not yet registered."""
    with suppress(UnknownTrial):
        found = people.people(connection, trial, governs, at)
        events = serious.serious_events(connection, trial, at)
        lines = line_listing(connection, trial, at)["rows"]
        counting = [line for line in lines if not line["nullified"] and line["merged_into"] is None]
        return Standing(
            found,
            events,
            serious.reactions(events, governs),
            people.deaths(found, counting),
            people.drop_outs(found, counting, withdrawals(connection, trial, at)),
        )
    return NOTHING


def document(connection: Connection, trial: str, lock: Lock, clocks: Sequence[Clock] | None = None) -> dict[str, Any]:
    """Give every figure of a report: of the period, what the log did not hold at its beginning; cumulative, all it held.

    A serious adverse reaction is listed in the period in which this log first held it as one: whatever the dates, each is
    listed in exactly one report, and none that was filed late is lost. `clocks`: those of the record, unless others are given.

    Raises:
        NotOnRecord: the trial was not registered yet at the lock point.

    """
    at = At(lock.position)
    try:
        governs = definition(connection, trial, at)
    except UnknownTrial as unknown:
        raise NotOnRecord(trial=trial, period=lock.period.period, position=lock.position) from unknown
    now, then = standing(connection, trial, at, governs), standing(connection, trial, At(lock.since_position), governs)
    known = serious.keys(then.reactions)
    listed = [line for line in now.reactions if (line["subject"], line["number"]) not in known]
    columns = serious.arms(governs, now.people, now.events)
    files = trial_files(connection, trial, at)
    amendments = [file for file in files[1:] if file["position"] > lock.since_position]
    found: dict[str, Any] = {
        **header(connection, trial, governs, lock),
        "exposure": people.exposure(now.people, governs),
        "demographics": people.demographics(now.people, governs),
        "reactions": [reaction(line, now.people, governs) for line in listed],
        "cumulative_events": serious.tabulated(now.events, columns),
        "cumulative_reactions": serious.tabulated(now.reactions, columns),
        "deaths": in_period(now.deaths, then.deaths),
        "drop_outs": in_period(now.drop_outs, then.drop_outs),
        "incidence": incidences(connection, trial, governs, at),
        "reference_safety_information": reference(references(connection, trial, at), lock.period),
        "amendments": amendments,
        "obligations": punctuality(standing_clocks(connection, trial, lock) if clocks is None else clocks),
    }
    found["china"] = china(found, now, governs, lock.period.kind)
    found["summary"] = summary(found)
    found["notes"] = NOTES
    return found


def header(connection: Connection, trial: str, governs: Definition, lock: Lock) -> dict[str, Any]:
    """Say of which trial, period and position the report is."""
    return {
        "trial": trial,
        "title": governs.title,
        "protocol": governs.protocol,
        "registry": governs.registry,
        "phase": governs.phase,
        "sponsor": governs.sponsor,
        "zone": governs.zone,
        "dictionary": None if governs.dictionary is None else f"{governs.dictionary.name} {governs.dictionary.version}",
        "provenance": governs.provenance,
        "kind": lock.period.kind,
        "kind_title": RULES[lock.period.kind].title,
        "limit": RULES[lock.period.kind].limit,
        "period": lock.period.model_dump(mode="json"),
        "position": lock.position,
        "since_position": lock.since_position,
        "as_of": recorded_at(connection, At(lock.position)),
        "provisional": lock.provisional,
    }


def in_period(now: Sequence[Mapping[str, Any]], then: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Mark of a list of people who came to it in the period."""
    before = {person["subject"] for person in then}
    return [{**person, "in_period": person["subject"] not in before} for person in now]


def incidences(connection: Connection, trial: str, governs: Definition, at: At) -> dict[str, Any]:
    """Give the incidence exactly as its own command does: of the whole record, and of the primary window if there is one."""
    primary = governs.counting.primary_window is not None
    return {
        "all": incidence(connection, trial, at),
        "primary": incidence(connection, trial, at, window="primary") if primary else None,
    }


def reference(versions: Sequence[Mapping[str, Any]], period: Period) -> dict[str, Any]:
    """Give the reference safety information in force at the start of the period, and what came into force during it."""
    told = [{name: row[name] for name in ("version", "effective_on", "listed", "sha256")} for row in versions]
    begins, ends = period.begins_on.isoformat(), period.ends_on.isoformat()
    in_force = [row for row in told if row["effective_on"] <= begins]
    changes = [row for row in told if begins < row["effective_on"] <= ends]
    return {"in_force": in_force[-1] if in_force else None, "changes": changes}


def standing_clocks(connection: Connection, trial: str, lock: Lock) -> Sequence[Clock]:
    """Give the clocks of expedited reports as they stood at the lock point."""
    found: Sequence[Clock] = obligations(connection, trial, At(lock.position), lock.period.locked_at)["obligations"]
    return found


def punctuality(clocks: Sequence[Clock]) -> dict[str, Any]:
    """Give the section of clocks: how many stand how, and each of them."""
    told = [
        {
            "rule": clock["rule"],
            "case": f"{clock['subject']}/{clock['number']}",
            "due_on": clock["due_on"],
            "state": clock["state"],
            "standing": clock["timeliness"].replace("_", " "),
        }
        for clock in clocks
    ]
    return {"counts": dict(sorted(Counter(row["standing"] for row in told).items())), "rows": told}


def china(found: Mapping[str, Any], now: Standing, governs: Definition, kind: Kind) -> dict[str, Any] | None:
    """Give the parts of the Chinese appendix that a record holds (CDE No. 7/2020); None where nobody takes part in China."""
    there = {code for code, person in now.people.items() if person["country"] in people.CHINA}
    sites = any(site.country in people.CHINA for site in governs.sites)
    if not there and not sites and kind != "china_annual":
        return None
    columns = serious.arms(governs, now.people, now.reactions)
    return {
        "subjects": len(there),
        "reactions": serious.tabulated(now.reactions, columns),
        "deaths": [row for row in found["deaths"] if row["subject"] in there and row["in_period"]],
        "drop_outs": [row for row in found["drop_outs"] if row["subject"] in there and row["in_period"]],
    }


def summary(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the executive summary: numbers only; `period` is None where a number is of no period."""
    arms = found["exposure"]["arms"]

    def total(name: str) -> int:
        return sum(int(arm[name]) for arm in arms)

    def events(table: str) -> int:
        return sum(int(count["events"]) for count in found[table]["total"])

    def of_period(table: str) -> int:
        return sum(bool(person["in_period"]) for person in found[table])

    rows: list[tuple[str, int | None, int]] = [
        ("Subjects in the population", None, total("subjects")),
        ("Subjects dosed", None, total("dosed")),
        ("Doses on record", None, total("doses")),
        ("Serious adverse events", None, events("cumulative_events")),
        ("Serious adverse reactions", len(found["reactions"]), events("cumulative_reactions")),
        ("Deaths", of_period("deaths"), len(found["deaths"])),
        ("Withdrawals for adverse events", of_period("drop_outs"), len(found["drop_outs"])),
    ]
    return [{"what": what, "period": period, "cumulative": cumulative} for what, period, cumulative in rows]
