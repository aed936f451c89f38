"""Who fills a role at a moment: its holders, those who cover for them, or nobody; resolved when something is sent, never stored."""

from collections.abc import Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select

from safety.aggregates.account import OPERATOR, AbsenceSet, Account
from safety.projections.account import ACCOUNT, absences
from safety.projections.rows import OPEN
from safety.values import Role, microseconds, moment

AHEAD = timedelta(days=14)
"""How long before it matters a role that will have nobody in it is told."""

People = dict[str, Account]
"""Every account that a person stands behind, by its id."""

Sites = AbstractSet[str] | None
"""The sites whose people are meant; None is the trial as a whole."""


TABLE = ACCOUNT.table
# Written once: asked for every message, and putting a statement together takes longer than its answer.
PEOPLE = (
    select(TABLE)
    .where(TABLE.c.to_position == OPEN, TABLE.c.account != OPERATOR, TABLE.c.roles != "")
    .order_by(TABLE.c.account)
)


class Recipient(NamedTuple):
    """An account that hears of something, and why it: it holds the role, covers for `instead_of`, or the role is vacant."""

    account: str
    reason: Literal["holder", "cover", "vacant"]
    instead_of: str | None = None


class Vacancy(NamedTuple):
    """A role of a trial with nobody in it, or everybody away without cover; `since` is 0 where nobody ever held it.

    `since` and `begins_at` are microseconds from 1970 UTC: when the last holder went or will go away. `site`: the one at
    which nobody is; None where the role hears in the whole trial.
    """

    trial: str
    role: Role
    since: int
    site: str | None = None

    @property
    def begins_at(self) -> datetime | None:
        """The moment from which nobody is there; None where nobody ever was."""
        return moment(self.since) if self.since else None


def people(connection: Connection) -> People:
    """Give every account but the program's own hand and those that are revoked, by its id."""
    return {
        row.account: Account(
            tuple(row.roles.split()), tuple(row.trials.split()), absences(row.absences), tuple(row.sites.split())
        )
        for row in connection.execute(PEOPLE)
    }


def recipients(connection: Connection, role: Role, trial: str, now: datetime, sites: Sites = None) -> list[Recipient]:
    """Say who hears of what is owed to a role of a trial now; of a vacant role its operators, else the program's own account.

    A trial of `-` is the log itself: whoever holds the role in all trials. `sites`: as `sites_that_hear` gives them.
    """
    return hearing(people(connection), role, trial, now, sites)


def hearing(known: People, role: Role, trial: str, now: datetime, sites: Sites = None) -> list[Recipient]:
    """Say the same of accounts that are read already: `known` are all `people`, read once by who asks for many roles."""
    if found := filling(known, role, trial, now, sites):
        return found
    instead = filling(known, "operator", trial, now)
    return [Recipient(one.account, "vacant") for one in instead] or [Recipient(OPERATOR, "vacant")]


def filling(known: People, role: Role, trial: str, now: datetime, sites: Sites = None) -> list[Recipient]:
    """Give who fills a role: each holder who is there, and whoever covers for those who are not; nobody twice."""
    found: dict[str, Recipient] = {}
    for account in sorted(holders(known, role, trial, sites)):
        there = standing_in(known, account, now)
        if there == account:
            found[account] = Recipient(account, "holder")
        elif there is not None:
            found.setdefault(there, Recipient(there, "cover", account))
    return sorted(found.values())


def holders(known: People, role: Role, trial: str, sites: Sites = None) -> list[str]:
    """Name the accounts that hold a role in a trial; with `sites`, those of one of these sites."""
    return [
        name
        for name, account in known.items()
        if role in account.roles
        and (not account.trials or trial in account.trials)
        and (sites is None or not sites.isdisjoint(account.sites))
    ]


def away(account: Account, now: datetime) -> AbsenceSet | None:
    """Give the absence that lasts at a moment."""
    return next((absence for absence in account.absences if absence.from_at <= now < absence.until_at), None)


def standing_in(known: People, account: str, now: datetime) -> str | None:
    """Follow the covers from an account to one that is there; None where somebody is away without cover."""
    gone = left_to(known, account, now)
    there = gone[-1].covered_by if gone else account
    if there not in known or there in {absence.account for absence in gone}:
        return None
    # Who has lost a role since, or a trial or site, would hear of what they can neither see nor answer.
    return there if known[there].stands_in_for(known[account]) else None


def left_to(known: People, account: str, now: datetime) -> list[AbsenceSet]:
    """Give the absences that lead from an account to whoever is there instead, as far as they lead."""
    found: list[AbsenceSet] = []
    while account in known and account not in {absence.account for absence in found}:
        absence = away(known[account], now)
        if absence is None:
            break
        found.append(absence)
        account = absence.covered_by or ""
    return found


def vacancies(
    known: People, trial: str, roles: Collection[Role], now: datetime, sites: Collection[str] = ()
) -> Iterator[Vacancy]:
    """Find the roles of a trial that nobody fills now, or at some moment of the two weeks to come.

    `known` are all `people`: read once by who asks for many trials. `sites`: of a trial that has several, each of which
    needs an investigator of its own.
    """
    for role, site in posts(roles, sites):
        named = holders(known, role, trial, None if site is None else {site})
        moments = (now, *changes(known, now)) if named else (now,)
        # The first who is there is enough: of many accounts with many absences nobody need look at all.
        unfilled = (at for at in moments if all(standing_in(known, account, at) is None for account in named))
        for since in sorted({last_left(known, named, at) for at in unfilled}):
            yield Vacancy(trial, role, since, site)


def posts(roles: Collection[Role], sites: Collection[str]) -> list[tuple[Role, str | None]]:
    """Give each role that has to be filled; an investigator's at each site, where a trial has several."""
    found: list[tuple[Role, str | None]] = []
    for role in sorted(roles):
        found += [(role, site) for site in sorted(sites)] if role == "investigator" and sites else [(role, None)]
    return found


def last_left(known: People, named: Iterable[str], at: datetime) -> int:
    """Say when the last of some accounts, or of those who cover for them, went that are all away at a moment; 0 where there is none."""
    gone = (absence for account in named for absence in left_to(known, account, at))
    return max((microseconds(absence.from_at) for absence in gone), default=0)


def changes(known: People, now: datetime) -> list[datetime]:
    """Give the moments soon to come at which anybody goes away: who leaves may be whoever covers for another."""
    starts = {absence.from_at for account in known.values() for absence in account.absences}
    return sorted(start for start in starts if now < start <= now + AHEAD)
