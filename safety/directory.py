"""The people behind the accounts: names and addresses, kept and changed here, never in the log."""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

METADATA = sa.MetaData()
PERSON = sa.Table(
    "person",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("roles", sa.Text, nullable=False),
)


class Person(NamedTuple):
    """Who stands behind an account; `roles` repeats what the log says, so that a role can be resolved to people."""

    account: str
    name: str
    email: str | None
    roles: tuple[str, ...]


class Directory:
    """The book of people, in a file or a database of its own."""

    def __init__(self, url: str) -> None:
        """Open the book at an SQLAlchemy URL, or begin it."""
        self._engine = sa.create_engine(url)
        METADATA.create_all(self._engine)

    def put(self, person: Person) -> None:
        """Write a person down, or write them down anew."""
        row = {**person._asdict(), "roles": " ".join(person.roles)}
        with self._engine.begin() as connection:
            connection.execute(sa.delete(PERSON).where(PERSON.c.account == person.account))
            connection.execute(sa.insert(PERSON), row)

    def people(self) -> list[Person]:
        """Everybody, by account."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(PERSON).order_by(PERSON.c.account)).all()
        return [Person(row.account, row.name, row.email, tuple(row.roles.split())) for row in rows]

    def find(self, account: str) -> Person | None:
        """The person behind one account."""
        return next((person for person in self.people() if person.account == account), None)

    def holders(self, role: str) -> Iterable[Person]:
        """Everybody who holds a role."""
        return [person for person in self.people() if role in person.roles]

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()
