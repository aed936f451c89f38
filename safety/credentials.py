"""What people show to prove who they are: a digest of a passphrase, the secret of an authenticator, passkeys; never in the log."""

from typing import NamedTuple

import sqlalchemy as sa

from safety.store import Store, StoreUnusable

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
PASSKEY = sa.Table(
    "passkey",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("uses", sa.BigInteger, nullable=False),
    sa.Column("added_at", sa.BigInteger, nullable=False),
)
IDENTITY = sa.Table(
    "identity",
    METADATA,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False, unique=True),
)


class CredentialsUnusable(StoreUnusable):
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


class Passkey(NamedTuple):
    """A key pair that a device or a password manager holds for an account; this is its public half (WebAuthn)."""

    id: str
    """The id that its holder gave it, in base64url."""
    account: str
    public_key: bytes
    """In the form of COSE."""
    uses: int
    """What the device counted at its last use; one that does not count says 0."""
    added_at: int
    """In microseconds from 1970 UTC."""


class Credentials(Store):
    """The credentials of all accounts, kept beside the directory of people."""

    METADATA, CALLED, UNUSABLE = METADATA, "the credentials", CredentialsUnusable

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

    def add_passkey(self, passkey: Passkey) -> bool:
        """Keep a passkey; False where one of its id is kept already, whosever it is."""
        with self._reached() as connection:
            if connection.execute(sa.select(PASSKEY.c.id).where(PASSKEY.c.id == passkey.id)).first() is not None:
                return False
            connection.execute(sa.insert(PASSKEY), passkey._asdict())
        return True

    def passkey(self, named: str) -> Passkey | None:
        """Find a passkey by its id."""
        with self._reached() as connection:
            row = connection.execute(sa.select(PASSKEY).where(PASSKEY.c.id == named)).one_or_none()
        return None if row is None else Passkey(*row)

    def passkeys(self, account: str) -> list[Passkey]:
        """Give the passkeys of an account, the oldest first."""
        with self._reached() as connection:
            ask = sa.select(PASSKEY).where(PASSKEY.c.account == account).order_by(PASSKEY.c.added_at, PASSKEY.c.id)
            return [Passkey(*row) for row in connection.execute(ask)]

    def count_passkeys(self) -> dict[str, int]:
        """Count the passkeys of each account that has any."""
        ask = sa.select(PASSKEY.c.account, sa.func.count().label("passkeys")).group_by(PASSKEY.c.account)
        with self._reached() as connection:
            return {row.account: row.passkeys for row in connection.execute(ask)}

    def count_use(self, named: str, uses: int) -> bool:
        """Keep what a device has counted; False where it has not counted on, as a copy of it would."""
        later = (PASSKEY.c.uses < uses) | ((PASSKEY.c.uses == 0) & (sa.literal(uses) == 0))
        with self._reached() as connection:
            done = connection.execute(sa.update(PASSKEY).where(PASSKEY.c.id == named, later).values(uses=uses))
            return done.rowcount == 1

    def remove_passkeys(self, account: str, named: str | None = None) -> None:
        """Remove one passkey of an account, or all of them."""
        which = PASSKEY.c.account == account
        if named is not None:
            which &= PASSKEY.c.id == named
        with self._reached() as connection:
            connection.execute(sa.delete(PASSKEY).where(which))

    def known_as(self, issuer: str, subject: str) -> str | None:
        """Give the account that a provider's subject has signed in to before."""
        ask = sa.select(IDENTITY.c.account).where(IDENTITY.c.issuer == issuer, IDENTITY.c.subject == subject)
        with self._reached() as connection:
            return connection.execute(ask).scalar_one_or_none()

    def bind(self, issuer: str, subject: str, account: str) -> bool:
        """Let a provider's subject stand for an account from now on; False where another one does."""
        with self._reached() as connection:
            if connection.execute(sa.select(IDENTITY).where(IDENTITY.c.account == account)).first() is not None:
                return False
            connection.execute(sa.insert(IDENTITY), {"issuer": issuer, "subject": subject, "account": account})
        return True

    def unbind(self, account: str) -> None:
        """Let no provider's subject stand for an account any more."""
        with self._reached() as connection:
            connection.execute(sa.delete(IDENTITY).where(IDENTITY.c.account == account))
