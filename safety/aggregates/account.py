"""An account: who may act, in which roles, and when somebody else stands in; names and addresses live in the directory."""

from dataclasses import dataclass, replace

from pydantic import Field

from safety.aggregates.deciding import AccountForm, Act, Form, Refused, States, UnknownEvent, command, event, folds
from safety.values import AccountId, Instant, Role, SiteId, TrialId

OPERATOR = "OPERATOR"
"""The account that exists from the first start; it also signs what the program itself does."""

ON_DUTY: tuple[Role, ...] = ("operator", "investigator", "safety_officer", "deputy_safety_officer")
"""The roles that somebody has to fill at every hour: who holds one of them is away only if somebody covers."""


def acting(role: Role) -> Role:
    """Say as what somebody acts who holds a role: a deputy as safety officer."""
    return "safety_officer" if role == "deputy_safety_officer" else role


@event("account.added.v1")
class Added(AccountForm):
    """A person may act in these roles, in these trials or, with none named, in all; an investigator at these sites."""

    roles: tuple[Role, ...] = Field(min_length=1)
    trials: tuple[TrialId, ...] = ()
    sites: tuple[SiteId, ...] | None = None


@event("account.changed.v1")
class Changed(AccountForm):
    """From here on the person acts in these roles, trials and sites instead; who was revoked is let in again."""

    roles: tuple[Role, ...] = Field(min_length=1)
    trials: tuple[TrialId, ...] = ()
    sites: tuple[SiteId, ...] | None = None


@event("account.revoked.v1")
class Revoked(AccountForm):
    """The person may do nothing any more; the id stays theirs and is never given to another (21 CFR 11.300(a))."""


@event("account.absence_set.v1")
class AbsenceSet(AccountForm):
    """The person is away from one moment until another, and `covered_by` hears and acts instead.

    It takes the place of what was said before of the same time; ending when it begins, it only takes that back.
    """

    from_at: Instant
    until_at: Instant
    covered_by: AccountId | None = None

    def overlaps(self, other: "AbsenceSet") -> bool:
        """Say whether the two have a moment in common; one that ends when it begins is that moment."""
        latest, first_end = max(self.from_at, other.from_at), min(self.until_at, other.until_at)
        return latest < first_end or (self.from_at == self.until_at == latest < other.until_at)


@dataclass(frozen=True, slots=True)
class Account:
    """What an account may do, and when it is away; with no roles it does not exist, or is revoked."""

    roles: tuple[Role, ...] = ()
    trials: tuple[str, ...] = ()
    absences: tuple[AbsenceSet, ...] = ()
    sites: tuple[str, ...] = ()
    revoked: bool = False

    def stands_in_for(self, other: "Account") -> bool:
        """Say whether it may do what another account on duty may, in all of that one's trials and at all its sites."""
        roles = {acting(role) for role in other.roles if role in ON_DUTY} <= {acting(role) for role in self.roles}
        sites = "investigator" not in other.roles or not self.sites or set(other.sites) <= set(self.sites)
        return roles and sites and (not self.trials or (bool(other.trials) and set(other.trials) <= set(self.trials)))


@folds("account", Account)
def evolve(state: Account, happened: Form) -> Account:
    """Fold one event into the account."""
    match happened:
        case Added() | Changed():
            sites = happened.sites or ()
            return replace(state, roles=happened.roles, trials=happened.trials, sites=sites, revoked=False)
        case Revoked():
            return replace(state, roles=(), revoked=True)
        case AbsenceSet():
            return replace(state, absences=said_since(state.absences, happened))
        case _:
            raise UnknownEvent(happened)


def said_since(known: tuple[AbsenceSet, ...], new: AbsenceSet) -> tuple[AbsenceSet, ...]:
    """Put a new absence in the place of those that it overlaps."""
    kept = tuple(absence for absence in known if not new.overlaps(absence))
    return (*kept, new) if new.from_at < new.until_at else kept


class AccountExists(Refused):
    """Account {account} exists already; choose another id."""


class AccountRevoked(Refused):
    """Account {account} was revoked; its id stays with that person, whom `account.change` lets in again."""


class NothingChanged(Refused):
    """Account {account} has exactly these roles, trials and sites already; nothing to change."""


class OperatorStays(Refused):
    """Account OPERATOR is the program's own hand: it keeps its role and cannot be revoked; add a person's account."""


class NotOneself(Refused):
    """Account {account} cannot revoke itself; another operator does that."""


class NotPermitted(Refused):
    """Account {account} may not do this: {command} takes one of the roles {roles}."""


class UnknownAccount(Refused):
    """There is no account {account}; add it with `vigilog account add`."""


class OtherTrial(Refused):
    """Account {account} has no part in trial {trial}."""


class NotYourAbsence(Refused):
    """Only account {account} itself or an operator may say when it is away."""


class ProgramsHand(Refused):
    """Account OPERATOR is the program's own hand; it is never away and covers nobody: name a person."""


class EndsBeforeItBegins(Refused):
    """The absence of account {account} ends before it begins; give --until a later moment."""


class NoCover(Refused):
    """Account {account} is on duty as {roles}; say with --cover who stands in, somebody on duty cannot just be away."""


class CannotStandIn(Refused):
    """Account {cover} cannot stand in for {account}: it has not every role of that account in all its trials."""


class CoverIsAway(Refused):
    """Account {cover} is away itself in that time; name somebody else who is there."""


@command("account.add", Added, "operator")
def add(states: States, form: Added, act: Act) -> tuple[Form, ...]:
    """Let a person act in roles."""
    known = states(form.stream, Account)
    if known.revoked:
        raise AccountRevoked(account=form.account)
    if known.roles:
        raise AccountExists(account=form.account)
    return (form,)


@command("account.change", Changed, "operator")
def change(states: States, form: Changed, act: Act) -> tuple[Form, ...]:
    """Put other roles, trials and sites in the place of those an account has."""
    known = states(form.stream, Account)
    if form.account == OPERATOR:
        raise OperatorStays
    if not known.roles and not known.revoked:
        raise UnknownAccount(account=form.account)
    if (known.roles, known.trials, known.sites) == (form.roles, form.trials, form.sites or ()):
        raise NothingChanged(account=form.account)
    return (form,)


@command("account.revoke", Revoked, "operator")
def revoke(states: States, form: Revoked, act: Act) -> tuple[Form, ...]:
    """Let an account do nothing any more."""
    if form.account == OPERATOR:
        raise OperatorStays
    if form.account == act.by:
        raise NotOneself(account=form.account)
    there(states, form.account)
    return (form,)


def there(states: States, account: str) -> Account:
    """Give an account that may act; raises UnknownAccount, AccountRevoked."""
    found = states(f"-/account/{account}", Account)
    if found.revoked:
        raise AccountRevoked(account=account)
    if not found.roles:
        raise UnknownAccount(account=account)
    return found


@command("account.set_absence", AbsenceSet, "operator", "investigator", "safety_officer", "auditor")
def set_absence(states: States, form: AbsenceSet, act: Act) -> tuple[Form, ...]:
    """Say when a person is away and who stands in; who is on duty cannot be away without cover."""
    account = there(states, form.account)
    if form.account != act.by and "operator" not in states(f"-/account/{act.by}", Account).roles:
        raise NotYourAbsence(account=form.account)
    if OPERATOR in (form.account, form.covered_by):
        raise ProgramsHand
    if form.until_at < form.from_at:
        raise EndsBeforeItBegins(account=form.account)
    duties = [role for role in account.roles if role in ON_DUTY]
    if form.covered_by is not None:
        check_cover(states, form, account)
    elif duties and form.from_at < form.until_at:
        raise NoCover(account=form.account, roles=", ".join(duties))
    return (form,)


def check_cover(states: States, form: AbsenceSet, account: Account) -> None:
    """Refuse a cover that is not there, may not do what is covered, or is away itself."""
    cover = there(states, str(form.covered_by))
    if form.covered_by == form.account or not cover.stands_in_for(account):
        raise CannotStandIn(cover=form.covered_by, account=form.account)
    if any(form.overlaps(absence) for absence in cover.absences):
        raise CoverIsAway(cover=form.covered_by)
