"""How each person gets in: a first link that is out, a passphrase, an authenticator, passkeys; and where they are signed in now."""

from dataclasses import dataclass
from typing import Literal

from safety.web.access import last_signed_in
from safety.web.asking import Asked

LOOKED_BACK = 10_000
"""So many entries of the access log are looked through for the last sign-in of each."""

State = Literal["none", "invited", "passphrase", "authenticator"]


@dataclass(frozen=True)
class WayIn:
    """How one account signs in; moments in microseconds from 1970 UTC."""

    state: State
    invited_until: int | None
    sessions: int
    last_at: int | None
    """None where it did not sign in within the entries that were looked through."""
    passkeys: int = 0
    """How many devices sign it in and sign for it alone."""


def ways_in(ask: Asked, accounts: list[str]) -> dict[str, WayIn]:
    """Say of each account how it gets in, now."""
    home = ask.home
    invited, sessions = home.sessions.invited(now=ask.now), home.sessions.open_sessions(now=ask.now)
    last, passkeys = last_signed_in(ask.access, LOOKED_BACK), home.credentials.count_passkeys()
    return {
        account: WayIn(
            state_of(ask, account, invited=account in invited),
            invited.get(account),
            sessions.get(account, 0),
            last.get(account),
            passkeys.get(account, 0),
        )
        for account in accounts
    }


def state_of(ask: Asked, account: str, *, invited: bool) -> State:
    """Say by what an account signs in."""
    credential = ask.home.credentials.find(account)
    if credential is None:
        return "invited" if invited else "none"
    return "authenticator" if credential.authenticator else "passphrase"


def shut_out(ask: Asked, account: str) -> None:
    """End the sessions and the API tokens of an account, void its first link and forget everything it signs in with."""
    ask.home.sessions.end_all(account)
    ask.home.tokens.revoke_all(account, now=ask.now)
    ask.home.sessions.withdraw(account)
    ask.home.credentials.forget(account)
    ask.home.credentials.remove_passkeys(account)
    ask.home.credentials.unbind(account)
