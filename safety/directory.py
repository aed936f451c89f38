"""The people behind the accounts: names and addresses, kept and changed here, never in the log."""

from email.errors import MessageError
from email.headerregistry import Address
from typing import Any, NamedTuple

import sqlalchemy as sa

from safety.store import Store, StoreUnusable

METADATA = sa.MetaData()
PERSON = sa.Table(
    "person",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("trials", sa.Text, nullable=False),
)

ONE = sa.select(PERSON).where(PERSON.c.account == sa.bindparam("account"))


class Unreachable(StoreUnusable):
    """The directory cannot be read or written; the text says why."""


class Person(NamedTuple):
    """Who stands behind an account; `roles` and `trials` repeat what the log says, so that a role can be resolved to people.

    With no trials the person has part in all.
    """

    account: str
    name: str
    email: str | None
    roles: tuple[str, ...]
    trials: tuple[str, ...] = ()

    def fault(self) -> str | None:
        """Say in one sentence what keeps this from being written down: a name or an address that no mail can carry."""
        if not self.name or not self.name.isprintable():
            return "the name must be one line of text that can be printed"
        if self.email is None:
            return None
        try:
            address = Address(addr_spec=self.email)
        except (ValueError, IndexError, MessageError):
            address = Address()
        if not (address.username and address.domain and self.email.isascii() and self.email.isprintable()):
            return "the e-mail address must be of the form chen@hospital.org, in plain letters"
        return None

    def holds(self, role: str, trial: str) -> bool:
        """Say whether the person holds a role in a trial."""
        return role in self.roles and (not self.trials or trial in self.trials)


def _told(row: sa.Row[Any]) -> Person:
    return Person(row.account, row.name, row.email, tuple(row.roles.split()), tuple(row.trials.split()))


class Directory(Store):
    """The book of people, in a file or a database of its own."""

    METADATA, CALLED, UNUSABLE = METADATA, "the directory of people", Unreachable

    def put(self, person: Person) -> None:
        """Write a person down, or write them down anew."""
        lists = {"roles": " ".join(person.roles), "trials": " ".join(person.trials)}
        with self._reached() as connection:
            connection.execute(sa.delete(PERSON).where(PERSON.c.account == person.account))
            connection.execute(sa.insert(PERSON), {**person._asdict(), **lists})

    def people(self) -> list[Person]:
        """Everybody, by account."""
        with self._reached() as connection:
            return [_told(row) for row in connection.execute(sa.select(PERSON).order_by(PERSON.c.account))]

    def find(self, account: str) -> Person | None:
        """The person behind one account."""
        with self._reached() as connection:
            row = connection.execute(ONE, {"account": account}).one_or_none()
        return None if row is None else _told(row)

    def holders(self, role: str, trial: str) -> list[Person]:
        """Everybody who holds a role in a trial."""
        return [person for person in self.people() if person.holds(role, trial)]
