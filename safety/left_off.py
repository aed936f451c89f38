"""Where each account has left off: what it has seen of a trial, the views it keeps, the form it was sending; it may be lost."""

from typing import NamedTuple

import sqlalchemy as sa

from safety.store import MAY_BE_LOST, Store, StoreUnusable

METADATA = sa.MetaData()
LOOKED = sa.Table(
    "looked",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("trial", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("looked_at", sa.BigInteger, nullable=False),
)
SAVED_VIEW = sa.Table(
    "saved_view",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("trial", sa.Text, primary_key=True),
    sa.Column("page", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("query", sa.Text, nullable=False),
)
KEPT_FORM = sa.Table(
    "kept_form",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)

# Pages ask these each time that they are shown, so they are built once.
WHERE_LOOKED = sa.select(LOOKED.c.position, LOOKED.c.looked_at).where(
    LOOKED.c.account == sa.bindparam("account"), LOOKED.c.trial == sa.bindparam("trial")
)
VIEWS = (
    sa.select(SAVED_VIEW)
    .where(SAVED_VIEW.c.account == sa.bindparam("account"), SAVED_VIEW.c.trial == sa.bindparam("trial"))
    .where(SAVED_VIEW.c.page == sa.bindparam("page"))
    .order_by(SAVED_VIEW.c.name)
)


class LeftOffUnusable(StoreUnusable):
    """Where the accounts left off cannot be read or written; the text says why."""


class Looked(NamedTuple):
    """Where an account last said that it has seen everything of a trial."""

    position: int
    looked_at: int


class SavedView(NamedTuple):
    """What somebody shows of a page, under a name of their own; `query` is the address's, of the page's own filters."""

    account: str
    trial: str
    page: str
    name: str
    query: str = ""


def _of(account: str, trial: str, page: str) -> sa.ColumnElement[bool]:
    return (SAVED_VIEW.c.account == account) & (SAVED_VIEW.c.trial == trial) & (SAVED_VIEW.c.page == page)


def _named(view: SavedView) -> sa.ColumnElement[bool]:
    return _of(view.account, view.trial, view.page) & (SAVED_VIEW.c.name == view.name)


class LeftOff(Store):
    """What an account picks up again; when it is lost nothing is marked as new, and a view is kept anew."""

    METADATA, CALLED, UNUSABLE = METADATA, "the database of sessions", LeftOffUnusable
    PRAGMAS = MAY_BE_LOST

    def keep_form(self, account: str, path: str, said: str, *, now: int, until: int) -> None:
        """Keep what an account was sending when its session had ended, in place of what was kept before."""
        with self._reached() as connection:
            connection.execute(
                sa.delete(KEPT_FORM).where((KEPT_FORM.c.account == account) | (KEPT_FORM.c.until <= now))
            )
            connection.execute(sa.insert(KEPT_FORM), {"account": account, "path": path, "said": said, "until": until})

    def kept_form(self, account: str, *, now: int) -> tuple[str, str] | None:
        """Give the path and the fields of the form that is kept for an account."""
        ask = sa.select(KEPT_FORM.c.path, KEPT_FORM.c.said)
        with self._reached() as connection:
            row = connection.execute(ask.where(KEPT_FORM.c.account == account, KEPT_FORM.c.until > now)).one_or_none()
        return None if row is None else (row.path, row.said)

    def drop_form(self, account: str) -> None:
        """Throw away what is kept for an account."""
        with self._reached() as connection:
            connection.execute(sa.delete(KEPT_FORM).where(KEPT_FORM.c.account == account))

    def look(self, account: str, trial: str, position: int, *, now: int) -> None:
        """Note that an account has seen a trial up to a position."""
        mine = (LOOKED.c.account == account) & (LOOKED.c.trial == trial)
        with self._reached() as connection:
            connection.execute(sa.delete(LOOKED).where(mine))
            said = {"account": account, "trial": trial, "position": position, "looked_at": now}
            connection.execute(sa.insert(LOOKED), said)

    def looked(self, account: str, trial: str) -> Looked | None:
        """Where an account last looked; None when it never said so."""
        with self._reached() as connection:
            row = connection.execute(WHERE_LOOKED, {"account": account, "trial": trial}).one_or_none()
        return None if row is None else Looked(*row)

    def keep_view(self, view: SavedView, *, most: int) -> bool:
        """Keep what an account shows on a page of a trial under a name; say no where it has so many on it already."""
        with self._reached() as connection:
            connection.execute(sa.delete(SAVED_VIEW).where(_named(view)))
            ask = sa.select(sa.func.count()).select_from(SAVED_VIEW).where(_of(view.account, view.trial, view.page))
            if connection.execute(ask).scalar_one() >= most:
                return False
            connection.execute(sa.insert(SAVED_VIEW), view._asdict())
        return True

    def forget_view(self, view: SavedView) -> None:
        """Forget a view by its name."""
        with self._reached() as connection:
            connection.execute(sa.delete(SAVED_VIEW).where(_named(view)))

    def views(self, account: str, trial: str, page: str) -> list[SavedView]:
        """Give the views that an account keeps of a page of a trial, by name."""
        with self._reached() as connection:
            return [
                SavedView(*row) for row in connection.execute(VIEWS, {"account": account, "trial": trial, "page": page})
            ]
