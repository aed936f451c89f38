"""The people behind the accounts: names and addresses, kept and changed here, never in the log."""

from email.errors import MessageError
from email.headerregistry import Address
from typing import Any, NamedTuple, get_args

import sqlalchemy as sa

from safety.store import Store, StoreUnusable
from safety.values import Language

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
# Beside the people, who were written down before anybody was asked for a language: a table that is missing is made.
PREFERENCE = sa.Table(
    "preferred_language",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, nullable=False),
)

ALL = sa.select(PERSON, PREFERENCE.c.language).outerjoin(PREFERENCE, PREFERENCE.c.account == PERSON.c.account)
ONE = ALL.where(PERSON.c.account == sa.bindparam("account"))


class Unreachable(StoreUnusable):
    """The directory cannot be read or written; the text says why."""


class Person(NamedTuple):
    """Who stands behind an account; `roles` and `trials` repeat what the log says, so that a role can be resolved to people.

    With no trials the person has part in all. `language` is that of their mails; a screen's is chosen on the screen.
    """

    account: str
    name: str
    email: str | None
    roles: tuple[str, ...]
    trials: tuple[str, ...] = ()
    language: Language = "en"

    def fault(self) -> str | None:
        """Say in one sentence what keeps this from being written down: a name or an address that no mail can carry, another language."""
        if self.language not in get_args(Language):
            return f"the language must be one of: {', '.join(get_args(Language))}"
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
    # Who has said nothing reads English, and so does who chose what only a later program speaks: an alert has to go out.
    language: Language = row.language if row.language in get_args(Language) else "en"
    return Person(row.account, row.name, row.email, tuple(row.roles.split()), tuple(row.trials.split()), language)


class Directory(Store):
    """The book of people, in a file or a database of its own."""

    METADATA, CALLED, UNUSABLE = METADATA, "the directory of people", Unreachable

    def put(self, person: Person) -> None:
        """Write a person down, or write them down anew."""
        said = person._asdict() | {"roles": " ".join(person.roles), "trials": " ".join(person.trials)}
        with self._reached() as connection:
            for table in (PERSON, PREFERENCE):
                connection.execute(sa.delete(table).where(table.c.account == person.account))
                connection.execute(sa.insert(table), {column.name: said[column.name] for column in table.c})

    def people(self) -> list[Person]:
        """Everybody, by account."""
        with self._reached() as connection:
            return [_told(row) for row in connection.execute(ALL.order_by(PERSON.c.account))]

    def find(self, account: str) -> Person | None:
        """The person behind one account."""
        with self._reached() as connection:
            row = connection.execute(ONE, {"account": account}).one_or_none()
        return None if row is None else _told(row)

    def language(self, account: str) -> Language:
        """Give the language in which somebody is written to: English of who is not known."""
        found = self.find(account)
        return "en" if found is None else found.language

    def holders(self, role: str, trial: str) -> list[Person]:
        """Everybody who holds a role in a trial."""
        return [person for person in self.people() if person.holds(role, trial)]
