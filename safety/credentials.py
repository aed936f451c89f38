"""What people show to prove who they are: a digest of a passphrase, the secret of an authenticator; never in the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

METADATA = sa.MetaData()
CREDENTIAL = sa.Table(
    "credential",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("passphrase", sa.Text, nullable=False),
    sa.Column("authenticator", sa.Text),
    sa.Column("last_step", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
)


class CredentialsUnusable(Exception):
    """The credentials cannot be read or written; the text says why."""


class Credential(NamedTuple):
    """What one account signs in with; `passphrase` is an argon2id digest, `authenticator` a TOTP secret in base 32."""

    account: str
    passphrase: str
    authenticator: str | None
    last_step: int
    """The last time step whose code was taken; a code of it or of an earlier one is refused (RFC 6238 5.2)."""
    changed_at: int
    """When it was set, in microseconds from 1970 UTC."""


class Credentials:
    """The credentials of all accounts, kept beside the directory of people."""

    def __init__(self, url: str) -> None:
        """Open them at an SQLAlchemy URL, or begin them; raises CredentialsUnusable."""
        self._engine = sa.create_engine(url, pool_pre_ping=True)
        with self._reached() as connection:
            connection.execute(CreateTable(CREDENTIAL, if_not_exists=True))

    @contextmanager
    def _reached(self) -> Iterator[sa.Connection]:
        """Open one transaction."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as fault:
            # The driver's words name the file and the fault, the statement beside them would hold the digest.
            raise CredentialsUnusable(f"the credentials cannot be used: {str(fault.orig).strip()}") from None

    def put(self, credential: Credential) -> None:
        """Set what an account signs in with, instead of what was set before."""
        with self._reached() as connection:
            connection.execute(sa.delete(CREDENTIAL).where(CREDENTIAL.c.account == credential.account))
            connection.execute(sa.insert(CREDENTIAL), credential._asdict())

    def find(self, account: str) -> Credential | None:
        """What one account signs in with; None where nothing was set yet."""
        with self._reached() as connection:
            row = connection.execute(sa.select(CREDENTIAL).where(CREDENTIAL.c.account == account)).one_or_none()
        return None if row is None else Credential(*row)

    def forget(self, account: str) -> None:
        """Let an account sign in with nothing any more."""
        with self._reached() as connection:
            connection.execute(sa.delete(CREDENTIAL).where(CREDENTIAL.c.account == account))

    def any(self) -> bool:
        """Say whether anybody can sign in at all."""
        with self._reached() as connection:
            return connection.execute(sa.select(CREDENTIAL.c.account).limit(1)).first() is not None

    def take_step(self, account: str, step: int) -> bool:
        """Use up a time step of an account's authenticator; False when it, or a later one, was used before."""
        used = sa.update(CREDENTIAL).where(CREDENTIAL.c.account == account, CREDENTIAL.c.last_step < step)
        with self._reached() as connection:
            return connection.execute(used.values(last_step=step)).rowcount == 1

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()
