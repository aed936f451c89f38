"""Tokens with which programs ask the API for an account: named, narrowed, ending; of each only a digest is kept.

Who reads this database asks as nobody: the token itself is shown once, when it is made, and never stored.
"""

from typing import NamedTuple

import sqlalchemy as sa

from safety.store import Store, StoreUnusable

METADATA = sa.MetaData()
TOKEN = sa.Table(
    "api_token",
    METADATA,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("ends_at", sa.BigInteger, nullable=False),
    sa.Column("used_at", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
)
MINUTE = 60_000_000


class TokensUnusable(StoreUnusable):
    """The tokens cannot be read or written; the text says why."""


class Token(NamedTuple):
    """A token as it is kept. Moments are microseconds from 1970 UTC."""

    digest: str
    """SHA-256 of the token; it is 256 random bits, so no salt is needed."""
    id: str
    """By which it is spoken of: shown in lists, and named when it is revoked."""
    account: str
    name: str
    """What its owner calls it: which program holds it."""
    scopes: tuple[str, ...]
    """Actions of the policy, or groups of them; they narrow what the account may, and never widen it."""
    made_at: int
    ends_at: int
    used_at: int | None = None
    """When it was last used, to the minute; None before the first time."""
    revoked_at: int | None = None

    def holds(self, now: int) -> bool:
        """Say whether it opens anything: neither ended nor revoked, and made before now."""
        return self.revoked_at is None and self.made_at <= now < self.ends_at


class Tokens(Store):
    """The tokens of all accounts, kept beside the credentials."""

    METADATA, CALLED, UNUSABLE = METADATA, "the API tokens", TokensUnusable

    def put(self, token: Token) -> None:
        """Keep a token that was just made."""
        with self._reached() as connection:
            connection.execute(sa.insert(TOKEN), token._asdict() | {"scopes": " ".join(token.scopes)})

    def find(self, digest: str, *, now: int) -> Token | None:
        """Give the token of a digest while it holds, and note that it is in use."""
        with self._reached() as connection:
            row = connection.execute(sa.select(TOKEN).where(TOKEN.c.digest == digest)).one_or_none()
            if row is None or not (found := read(row)).holds(now):
                return None
            if found.used_at is None or now - found.used_at >= MINUTE:  # not a write for every reading
                connection.execute(sa.update(TOKEN).where(TOKEN.c.digest == digest).values(used_at=now))
        return found

    def of(self, account: str) -> list[Token]:
        """List an account's tokens, the newest first, those that open nothing any more among them."""
        ask = sa.select(TOKEN).where(TOKEN.c.account == account).order_by(TOKEN.c.made_at.desc(), TOKEN.c.id)
        with self._reached() as connection:
            return [read(row) for row in connection.execute(ask)]

    def revoke(self, account: str, token: str, *, now: int) -> bool:
        """End one token of an account by its id; False where it has none that is not revoked."""
        mine = (TOKEN.c.account == account) & (TOKEN.c.id == token) & TOKEN.c.revoked_at.is_(None)
        with self._reached() as connection:
            return connection.execute(sa.update(TOKEN).where(mine).values(revoked_at=now)).rowcount == 1

    def revoke_all(self, account: str, *, now: int) -> None:
        """End every token of an account: it may do nothing any more."""
        mine = (TOKEN.c.account == account) & TOKEN.c.revoked_at.is_(None)
        with self._reached() as connection:
            connection.execute(sa.update(TOKEN).where(mine).values(revoked_at=now))


def read(row: sa.Row[tuple[object, ...]]) -> Token:
    """Read a row of the table."""
    said = dict(row._mapping)  # noqa: SLF001, the name under which SQLAlchemy gives it
    return Token(**said | {"scopes": tuple(str(said["scopes"]).split())})
