"""An account: who may act, in which roles; names and addresses live in the directory, never here."""

from dataclasses import dataclass, replace

from pydantic import Field

from safety.aggregates.deciding import AccountForm, Act, Form, Refused, States, UnknownEvent, command, event, folds
from safety.values import Role, SiteId, TrialId

OPERATOR = "OPERATOR"
"""The account that exists from the first start; it also signs what the program itself does."""


@event("account.added.v1")
class Added(AccountForm):
    """A person may act in these roles, in these trials or, with none named, in all; an investigator at these sites."""

    roles: tuple[Role, ...] = Field(min_length=1)
    trials: tuple[TrialId, ...] = ()
    sites: tuple[SiteId, ...] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What an account may do; with no roles it does not exist."""

    roles: tuple[Role, ...] = ()
    trials: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()


@folds("account", Account)
def evolve(state: Account, happened: Form) -> Account:
    """Fold one event into the account."""
    match happened:
        case Added():
            return replace(state, roles=happened.roles, trials=happened.trials, sites=happened.sites or ())
        case _:
            raise UnknownEvent(happened)


class AccountExists(Refused):
    """Account {account} exists already; choose another id."""


class NotPermitted(Refused):
    """Account {account} may not do this: {command} takes one of the roles {roles}."""


class UnknownAccount(Refused):
    """There is no account {account}; add it with `vigilog account add`."""


class OtherTrial(Refused):
    """Account {account} has no part in trial {trial}."""


@command("account.add", Added, "operator")
def add(states: States, form: Added, act: Act) -> tuple[Form, ...]:
    """Let a person act in roles."""
    if states(form.stream, Account).roles:
        raise AccountExists(account=form.account)
    return (form,)
