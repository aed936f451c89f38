"""What would keep an alert from reaching anybody, found before it matters: vacant roles, and people without an address."""

from datetime import datetime

from safety.aggregates.account import OPERATOR
from safety.aggregates.trial import Definition
from safety.directory import Directory
from safety.duty import RULES
from safety.projections import Connection
from safety.projections.on_duty import Vacancy, people, recipients, vacancies
from safety.projections.trials import governing
from safety.values import Role, iso

Fault = dict[str, str | None]
"""Trial, role, kind (`vacant` or `no_address`), from when (None: now), and a sentence."""


def counted_on(governs: Definition) -> frozenset[Role]:
    """Give the roles that a trial's alerts may go to."""
    return governs.ladder.roles | {rule.role for rule in RULES} | {"operator"}


def faults(connection: Connection, directory: Directory, now: datetime) -> list[Fault]:
    """List every fault of every trial."""
    found, known = [], people(connection)
    for trial, governs in governing(connection):
        for role in sorted(counted_on(governs)):
            found += [vacant(vacancy) for vacancy in vacancies(known, trial, {role}, now)]
            found += without_address(connection, directory, trial, role, now)
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


def without_address(connection: Connection, directory: Directory, trial: str, role: Role, now: datetime) -> list[Fault]:
    """Tell of a role whose people no mail can reach."""
    named = [one.account for one in recipients(connection, role, trial, now) if one.reason != "vacant"]
    if not named or any(has_address(directory, account) for account in named):
        return []
    why = f"no e-mail address is known of {', '.join(named)}; alerts lie in the maildir only."
    return [{"trial": trial, "role": role, "kind": "no_address", "from": None, "message": why}]


def has_address(directory: Directory, account: str) -> bool:
    """Say whether mail can reach a person."""
    person = directory.find(account)
    return person is not None and person.email is not None
