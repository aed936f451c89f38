"""What would keep an alert from reaching anybody, found before it matters: vacant roles, and people without an address."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

from safety.aggregates.account import OPERATOR
from safety.aggregates.trial import Definition
from safety.directory import Directory
from safety.duty import RULES
from safety.projections import Connection
from safety.projections.obligations import governed_trials
from safety.projections.on_duty import People, Vacancy, hearing, people, posts, vacancies
from safety.projections.trials import governing
from safety.values import Role, iso

Fault = dict[str, str | None]
"""Trial, role, site (None: the trial), kind (`vacant` or `no_address`), from when (None: now), and a sentence."""


class Post(NamedTuple):
    """A role that somebody has to fill, in a trial or at one of its sites."""

    trial: str
    role: Role
    site: str | None


def counted_on(governs: Definition, *, governed: bool) -> frozenset[Role]:
    """Give the roles that a trial's alerts may go to; where packs govern, sites have clocks of their own."""
    always: set[Role] = {"operator", "investigator"} if governed else {"operator"}
    return governs.ladder.roles | {rule.role for rule in RULES} | always


def sites_apart(governs: Definition) -> tuple[str, ...]:
    """Name the sites of a trial that has several: what one of them owes no other hears of."""
    return tuple(site.id for site in governs.sites) if len(governs.sites) > 1 else ()


def faults(connection: Connection, directory: Directory, now: datetime, only: str | None = None) -> list[Fault]:
    """List every fault of every trial, or of one."""
    found, known, governed = list[Fault](), people(connection), governed_trials(connection)
    reached = frozenset(person.account for person in directory.people() if person.email is not None)
    of_trials = [(trial, governs) for trial, governs in governing(connection) if only in {None, trial}]
    for trial, governs in of_trials:
        for role in sorted(counted_on(governs, governed=trial in governed)):
            found += [vacant(vacancy) for vacancy in vacancies(known, trial, {role}, now, sites_apart(governs))]
            for _, site in posts({role}, sites_apart(governs)):
                found += without_address(known, reached, Post(trial, role, site), now)
    return found


def vacant(vacancy: Vacancy) -> Fault:
    """Tell of a role that nobody fills."""
    at = vacancy.begins_at
    who = "" if vacancy.site is None else f" at site {vacancy.site}"
    why = (
        f"nobody holds the role{who}"
        if at is None
        else f"everybody{who} is away without cover from {at:%Y-%m-%d %H:%M} UTC"
    )
    goes_to = f"the desk's own account {OPERATOR}" if vacancy.role == "operator" else "the operator"
    return {
        "trial": vacancy.trial,
        "role": vacancy.role,
        "site": vacancy.site,
        "kind": "vacant",
        "from": None if at is None else iso(at),
        "message": f"{why}; its alerts go to {goes_to}.",
    }


def without_address(known: People, reached: AbstractSet[str], post: Post, now: datetime) -> list[Fault]:
    """Tell of a role whose people no mail can reach; `reached` are the accounts of whom an address is known."""
    sites = None if post.site is None else {post.site}
    named = [one.account for one in hearing(known, post.role, post.trial, now, sites) if one.reason != "vacant"]
    if not named or not reached.isdisjoint(named):
        return []
    why = f"no e-mail address is known of {', '.join(named)}; alerts lie in the maildir only."
    return [{**post._asdict(), "kind": "no_address", "from": None, "message": why}]
