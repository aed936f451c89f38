"""What may be lost: who is sending what just now, and when each part of the program was last seen alive."""

from typing import NamedTuple

import sqlalchemy as sa

from safety.store import MAY_BE_LOST, Store, StoreUnusable

METADATA = sa.MetaData()
LEASE = sa.Table(
    "lease",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Column("tries", sa.BigInteger, nullable=False),
    sa.Column("taken_at", sa.BigInteger, nullable=False),
)
HEARTBEAT = sa.Table(
    "heartbeat",
    METADATA,
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("beat_at", sa.BigInteger, nullable=False),
)

# One statement, so that of two who take at once one finds it taken. A lease that was taken a whole lease's length from now was
# taken before the clock was set back, and holds nobody up; less than that is two machines' clocks, or a thread that waited.
TAKE = sa.text("""INSERT INTO lease VALUES (:name, :holder, :until, 1, :now)
    ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder, until = excluded.until, tries = lease.tries + 1, taken_at = excluded.taken_at
    WHERE lease.until <= :now OR lease.taken_at > :until
    RETURNING tries""")


# Written once: each message is looked for, and putting a statement together takes longer than its answer.
OF_THIS_NAME = sa.select(LEASE).where(LEASE.c.name == sa.bindparam("one"))


class ScratchUnusable(StoreUnusable):
    """The scratch database cannot be read or written; the text says why."""


class Lease(NamedTuple):
    """A right to do something alone until a moment; `tries` counts how often it was taken, `taken_at` is the last time.

    Moments are microseconds from 1970 UTC.
    """

    name: str
    holder: str
    until: int
    tries: int
    taken_at: int


class Scratch(Store):
    """A small database that is built anew when it is lost: then a mail may go out twice, recognisably the same, and none is lost."""

    METADATA, CALLED, UNUSABLE = METADATA, "the scratch database", ScratchUnusable
    PRAGMAS = MAY_BE_LOST

    def take(self, name: str, holder: str, *, now: int, length: int) -> Lease | None:
        """Take a lease for `length` microseconds, unless another holds it; None then."""
        until = now + length
        with self._reached() as connection:
            said = {"name": name, "holder": holder, "now": now, "until": until}
            tries = connection.execute(TAKE, said).scalar_one_or_none()
        return None if tries is None else Lease(name, holder, until, tries, now)

    def renew(self, lease: Lease, *, now: int, length: int) -> None:
        """Hold a lease for longer, if it is still one's own."""
        with self._reached() as connection:
            connection.execute(sa.update(LEASE).where(*_own(lease)).values(until=now + length))

    def release(self, lease: Lease) -> None:
        """Give a lease back, if it is still one's own; how often it was taken stays known."""
        with self._reached() as connection:
            connection.execute(sa.update(LEASE).where(*_own(lease)).values(until=0))

    def forget(self, lease: Lease) -> None:
        """Give a lease back for good: what it was for is done."""
        with self._reached() as connection:
            connection.execute(sa.delete(LEASE).where(*_own(lease)))

    def lease(self, name: str) -> Lease | None:
        """Look at a lease, also at one that was given back."""
        with self._reached() as connection:
            row = connection.execute(OF_THIS_NAME, {"one": name}).one_or_none()
        return None if row is None else Lease(*row)

    def beat(self, part: str, *, now: int) -> None:
        """Leave word that a part of the program is alive."""
        with self._reached() as connection:
            if not connection.execute(
                sa.update(HEARTBEAT).where(HEARTBEAT.c.part == part).values(beat_at=now)
            ).rowcount:
                said = sa.text("INSERT INTO heartbeat VALUES (:part, :now) ON CONFLICT (part) DO NOTHING")
                connection.execute(said, {"part": part, "now": now})

    def beats(self) -> dict[str, int]:
        """When each part was last seen alive."""
        with self._reached() as connection:
            return {row.part: row.beat_at for row in connection.execute(sa.select(HEARTBEAT))}


def _own(lease: Lease) -> tuple[sa.ColumnElement[bool], ...]:
    return (LEASE.c.name == lease.name, LEASE.c.holder == lease.holder)
