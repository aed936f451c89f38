"""What would keep an alert from reaching anybody, found before it matters: vacant roles, and people without an address."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from safety.aggregates.account import OPERATOR
from safety.aggregates.trial import Definition
from safety.directory import Directory
from safety.duty import RULES
from safety.projections import Connection
from safety.projections.on_duty import People, Vacancy, hearing, people, vacancies
from safety.projections.trials import governing
from safety.values import Role, iso

Fault = dict[str, str | None]
"""Trial, role, kind (`vacant` or `no_address`), from when (None: now), and a sentence."""


def counted_on(governs: Definition) -> frozenset[Role]:
    """Give the roles that a trial's alerts may go to."""
    return governs.ladder.roles | {rule.role for rule in RULES} | {"operator"}


def faults(connection: Connection, directory: Directory, now: datetime, only: str | None = None) -> list[Fault]:
    """List every fault of every trial, or of one."""
    found, known = [], people(connection)
    reached = frozenset(person.account for person in directory.people() if person.email is not None)
    of_trials = [(trial, governs) for trial, governs in governing(connection) if only in {None, trial}]
    for trial, governs in of_trials:
        for role in sorted(counted_on(governs)):
            found += [vacant(vacancy) for vacancy in vacancies(known, trial, {role}, now)]
            found += without_address(known, reached, trial, role, now)
    return found


def vacant(vacancy: Vacancy) -> Fault:
    """Tell of a role that nobody fills."""
    at = vacancy.begins_at
    why = "nobody holds the role" if at is None else f"everybody is away without cover from {at:%Y-%m-%d %H:%M} UTC"
    goes_to = f"the desk's own account {OPERATOR}" if vacancy.role == "operator" else "the operator"
    return {
        "trial": vacancy.trial,
        "role": vacancy.role,
        "kind": "vacant",
        "from": None if at is None else iso(at),
        "message": f"{why}; its alerts go to {goes_to}.",
    }


def without_address(known: People, reached: AbstractSet[str], trial: str, role: Role, now: datetime) -> list[Fault]:
    """Tell of a role whose people no mail can reach; `reached` are the accounts of whom an address is known."""
    named = [one.account for one in hearing(known, role, trial, now) if one.reason != "vacant"]
    if not named or not reached.isdisjoint(named):
        return []
    why = f"no e-mail address is known of {', '.join(named)}; alerts lie in the maildir only."
    return [{"trial": trial, "role": role, "kind": "no_address", "from": None, "message": why}]
