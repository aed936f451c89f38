"""Links that let somebody choose a passphrase, or in a demonstration sign in: the desk knows no default passphrase."""

import secrets
from collections.abc import Iterator

from safety.aggregates.account import OPERATOR
from safety.home import Home
from safety.values import microseconds
from safety.web.credentials import chosen_passphrase
from safety.web.signing_in import FIRST_LINK_HOLDS
from safety.web.visiting import ID_BYTES

PASSPHRASE_BYTES = 12


def first_link(home: Home, account: str, address: str) -> str:
    """Make a fresh link for an account, which voids its earlier one; it holds for a day."""
    secret = secrets.token_urlsafe(ID_BYTES)
    home.sessions.offer(secret, account, until=microseconds(home.doors.clock()) + FIRST_LINK_HOLDS)
    return f"{address}first/{secret}"


def first_steps(home: Home, address: str) -> Iterator[str]:
    """Say on the console how somebody gets in: in a demonstration everybody, else the operator while nobody can."""
    if home.opened.purpose == "demo":
        yield from demo_steps(home, address)
    elif not home.credentials.any():
        link = first_link(home, OPERATOR, address)
        yield f"Nobody can sign in yet. {OPERATOR} chooses a passphrase, once and within 24 hours: {link}"


def demo_steps(home: Home, address: str) -> Iterator[str]:
    """Give each person of a demonstration a link that signs in, and a passphrase of this run alone for signatures."""
    for person in home.directory.people():
        passphrase = secrets.token_urlsafe(PASSPHRASE_BYTES)
        now = microseconds(home.doors.clock())
        home.credentials.put(chosen_passphrase(person.account, passphrase, now=now))
        link = first_link(home, person.account, address)
        yield f"Sign in as {person.account} ({', '.join(person.roles)}): {link} and sign with the passphrase {passphrase}"
