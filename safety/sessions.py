"""Who is signed in, who failed to, which first links are out, and what browsers have still to answer; it may be lost.

What a browser holds is never stored here: of session ids and links only the SHA-256 is kept, so that who reads this
database signs in as nobody.
"""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from safety.store import MAY_BE_LOST, Store, StoreUnusable

METADATA = sa.MetaData()
SESSION = sa.Table(
    "session",
    METADATA,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("began_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Column("signed_at", sa.BigInteger),
)
ATTEMPT = sa.Table(
    "sign_in_attempt",
    METADATA,
    sa.Column("whose", sa.Text, primary_key=True),
    sa.Column("failures", sa.BigInteger, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
)
KNOWN_BROWSER = sa.Table(
    "known_browser",
    METADATA,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("until", sa.BigInteger, nullable=False),
)
FIRST_LINK = sa.Table(
    "first_link",
    METADATA,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)
CHALLENGE = sa.Table(
    "challenge",
    METADATA,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)

MINUTE = 60_000_000
REMEMBERED = 24 * 60 * MINUTE
"""So many microseconds a session that is over is still known as one that was: what its browser sends then is kept, not done."""
FORGOTTEN = 60 * MINUTE
"""After so many microseconds without another, refused sign-ins count no more."""
IDLE, ABSOLUTE = 30 * MINUTE, 12 * 60 * MINUTE
"""A session ends after so many microseconds without a request, and so many after sign-in whatever happens."""

# Every request asks this: building the statement would take twice as long as answering it.
FOUND = sa.select(SESSION).where(SESSION.c.digest == sa.bindparam("digest"))
# One statement each, so that of two failures at once neither is lost, and of two tries at once one comes after the other.
TRY = sa.text("""INSERT INTO sign_in_attempt VALUES (:whose, 1, :now)
    ON CONFLICT (whose) DO UPDATE SET failures = sign_in_attempt.failures + 1, last_at = excluded.last_at
    WHERE sign_in_attempt.failures = :failures AND sign_in_attempt.last_at = :last_at
    RETURNING failures""")


class SessionsUnusable(StoreUnusable):
    """The sessions cannot be read or written; the text says why."""


class Session(NamedTuple):
    """A browser in which somebody is signed in. Moments are microseconds from 1970 UTC."""

    digest: str
    account: str
    began_at: int
    seen_at: int
    signed_at: int | None
    """When the last electronic signature of this session was given; None before the first (21 CFR 11.200(a)(1)(i))."""

    def over(self, now: int) -> bool:
        """Say whether it has ended; one that lies in the future was begun before the clock was set back, and has too."""
        return not (self.began_at <= now < self.began_at + ABSOLUTE and now < self.seen_at + IDLE)


def digest(secret: str) -> str:
    """What is kept of a secret that somebody else holds; secrets are 256 random bits, so no salt is needed."""
    return sha256(secret.encode()).hexdigest()


class Sessions(Store):
    """A small database that is built anew when it is lost: everybody signs in again."""

    METADATA, CALLED, UNUSABLE = METADATA, "the database of sessions", SessionsUnusable
    PRAGMAS = MAY_BE_LOST

    def begin(self, secret: str, account: str, *, now: int) -> Session:
        """Begin a session under a fresh secret; those that have been over for a day are swept out on the way."""
        begun = Session(digest(secret), account, now, now, None)
        before = now - REMEMBERED
        over = (SESSION.c.began_at <= before - ABSOLUTE) | (SESSION.c.seen_at <= before - IDLE)
        with self._reached() as connection:
            connection.execute(sa.delete(SESSION).where(over))
            connection.execute(sa.insert(SESSION), begun._asdict())
        return begun

    def find(self, secret: str, *, now: int, in_use: bool = True) -> Session | None:
        """Give the session of a secret; None where there is none or it is over.

        That it is in use is noted, unless the page asks by itself: nobody need be sitting there.
        """
        with self._reached() as connection:
            row = connection.execute(FOUND, {"digest": digest(secret)}).one_or_none()
            if row is None or (found := Session(*row)).over(now):
                return None
            # Not at each reading: one that writes each time would queue behind the log's own sync.
            if in_use and now - found.seen_at >= MINUTE:
                connection.execute(sa.update(SESSION).where(SESSION.c.digest == found.digest).values(seen_at=now))
        return found

    def was(self, secret: str) -> str | None:
        """Give the account of a session that ended by itself, lately; None where one was signed out of, or never was."""
        with self._reached() as connection:
            ask = sa.select(SESSION.c.account).where(SESSION.c.digest == digest(secret))
            return connection.execute(ask).scalar_one_or_none()

    def signed(self, session: Session, *, now: int) -> None:
        """Note that an electronic signature was given in a session."""
        with self._reached() as connection:
            connection.execute(sa.update(SESSION).where(SESSION.c.digest == session.digest).values(signed_at=now))

    def end(self, secret: str) -> None:
        """End one session."""
        with self._reached() as connection:
            connection.execute(sa.delete(SESSION).where(SESSION.c.digest == digest(secret)))

    def replace(self, secret: str, *, now: int) -> None:
        """End a session that another follows in the same browser: what its open pages still send is known as its account's."""
        with self._reached() as connection:
            which = sa.update(SESSION).where(SESSION.c.digest == digest(secret))
            connection.execute(which.values(seen_at=now - IDLE))

    def lately(self, account: str) -> list[str]:
        """Give the digests of an account's sessions, those among them that ended by themselves or were replaced lately."""
        with self._reached() as connection:
            return list(connection.execute(sa.select(SESSION.c.digest).where(SESSION.c.account == account)).scalars())

    def of(self, account: str, *, now: int) -> list[Session]:
        """Give the sessions of an account that go on, the latest first."""
        ask = sa.select(SESSION).where(SESSION.c.account == account).order_by(SESSION.c.began_at.desc())
        with self._reached() as connection:
            found = [Session(*row) for row in connection.execute(ask)]
        return [session for session in found if not session.over(now)]

    def end_all(self, account: str) -> None:
        """End every session of an account, and know none of its browsers: its passphrase was changed, or it may do nothing any more."""
        with self._reached() as connection:
            connection.execute(sa.delete(KNOWN_BROWSER).where(KNOWN_BROWSER.c.account == account))
            connection.execute(sa.delete(SESSION).where(SESSION.c.account == account))

    def failures(self, whose: str) -> tuple[int, int]:
        """How often in a row it was refused, and when last; (0, 0) when never."""
        with self._reached() as connection:
            row = connection.execute(sa.select(ATTEMPT).where(ATTEMPT.c.whose == whose)).one_or_none()
        return (0, 0) if row is None else (row.failures, row.last_at)

    def tries(self, before: Mapping[str, tuple[int, int]], *, now: int) -> bool:
        """Count a try before it is checked, against each or none; False where another came since `before`, as `failures` gave it.

        What nobody has tried for an hour is swept out on the way.
        """
        said = [{"whose": one, "now": now, "failures": count, "last_at": at} for one, (count, at) in before.items()]
        with self._reached() as connection:
            connection.execute(sa.delete(ATTEMPT).where(ATTEMPT.c.last_at <= now - FORGOTTEN))
            with connection.begin_nested() as counting:
                taken = all(connection.execute(TRY, one).scalar_one_or_none() is not None for one in said)
                if not taken:
                    counting.rollback()
        return taken

    def forgive(self, whose: str) -> None:
        """Forget what was refused: it has succeeded."""
        with self._reached() as connection:
            connection.execute(sa.delete(ATTEMPT).where(ATTEMPT.c.whose == whose))

    def know(self, secret: str, account: str, *, now: int, until: int, before: str | None = None) -> None:
        """Know a browser by a fresh secret as one in which an account has signed in, and as whatever it was known as `before`."""
        known = {"digest": digest(secret), "account": account, "until": until}
        mine = (KNOWN_BROWSER.c.digest == digest(before or secret)) & (KNOWN_BROWSER.c.account == account)
        with self._reached() as connection:
            connection.execute(sa.delete(KNOWN_BROWSER).where(mine | (KNOWN_BROWSER.c.until <= now)))
            if before is not None:
                theirs = sa.update(KNOWN_BROWSER).where(KNOWN_BROWSER.c.digest == digest(before))
                connection.execute(theirs.values(digest=known["digest"]))
            connection.execute(sa.insert(KNOWN_BROWSER), known)

    def knows(self, secret: str, account: str, *, now: int) -> bool:
        """Say whether an account has signed in, not too long ago, in the browser that holds a secret."""
        which = (KNOWN_BROWSER.c.digest == digest(secret)) & (KNOWN_BROWSER.c.account == account)
        with self._reached() as connection:
            ask = sa.select(KNOWN_BROWSER.c.until).where(which, KNOWN_BROWSER.c.until > now)
            return connection.execute(ask).first() is not None

    def offer(self, secret: str, account: str, *, until: int) -> None:
        """Let who holds a secret set an account's passphrase once; an earlier link of the account is void."""
        with self._reached() as connection:
            connection.execute(sa.delete(FIRST_LINK).where(FIRST_LINK.c.account == account))
            connection.execute(sa.insert(FIRST_LINK), {"digest": digest(secret), "account": account, "until": until})

    def invited(self, *, now: int) -> dict[str, int]:
        """Say until when the first link of each account holds that has one out."""
        ask = sa.select(FIRST_LINK.c.account, FIRST_LINK.c.until).where(FIRST_LINK.c.until > now)
        with self._reached() as connection:
            return {row.account: row.until for row in connection.execute(ask)}

    def withdraw(self, account: str) -> None:
        """Void the first link of an account."""
        with self._reached() as connection:
            connection.execute(sa.delete(FIRST_LINK).where(FIRST_LINK.c.account == account))

    def open_sessions(self, *, now: int) -> dict[str, int]:
        """Count the sessions of each account that are not over."""
        with self._reached() as connection:
            rows = connection.execute(sa.select(SESSION)).all()
        return Counter(found.account for found in (Session(*row) for row in rows) if not found.over(now))

    def offered(self, secret: str, *, now: int) -> str | None:
        """Give the account that a first link is for, while it holds."""
        ask = sa.select(FIRST_LINK.c.account).where(FIRST_LINK.c.digest == digest(secret), FIRST_LINK.c.until > now)
        with self._reached() as connection:
            return connection.execute(ask).scalar_one_or_none()

    def redeem(self, secret: str, *, now: int) -> str | None:
        """Use a first link up and give its account; of two who use it at once one finds it used."""
        used = sa.delete(FIRST_LINK).where(FIRST_LINK.c.digest == digest(secret), FIRST_LINK.c.until > now)
        with self._reached() as connection:
            return connection.execute(used.returning(FIRST_LINK.c.account)).scalar_one_or_none()

    def challenge(self, secret: str, purpose: str, said: str, *, now: int, until: int) -> None:
        """Keep what a browser has to answer for a purpose, in place of what it was asked for it before."""
        which = (CHALLENGE.c.digest == digest(secret)) & (CHALLENGE.c.purpose == purpose)
        with self._reached() as connection:
            connection.execute(sa.delete(CHALLENGE).where(which | (CHALLENGE.c.until <= now)))
            kept = {"digest": digest(secret), "purpose": purpose, "said": said, "until": until}
            connection.execute(sa.insert(CHALLENGE), kept)

    def challenged(self, secret: str, purpose: str, *, now: int) -> str | None:
        """Give what a browser was asked for a purpose, once; None where nothing was, or too long ago."""
        which = (CHALLENGE.c.digest == digest(secret)) & (CHALLENGE.c.purpose == purpose) & (CHALLENGE.c.until > now)
        with self._reached() as connection:
            asked = connection.execute(sa.delete(CHALLENGE).where(which).returning(CHALLENGE.c.said))
            return asked.scalar_one_or_none()
