"""Opens a home: the log, the desk, the directory and the views that belong together, or says in one sentence why not."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from safety.aggregates.account import OPERATOR, Added
from safety.aggregates.deciding import Act, Form
from safety.aggregates.record import Opened, Purpose
from safety.desk import Desk
from safety.journal import (
    Conflict,
    Decision,
    Journal,
    Newer,
    Repeated,
    Salt,
    Unavailable,
    UnknownTopic,
    decode,
    encode,
    open_journal,
)
from safety.settings import Settings
from safety.values import Clock, microseconds

if TYPE_CHECKING:
    from safety.credentials import Credentials
    from safety.directory import Directory
    from safety.left_off import LeftOff
    from safety.projections.views import Views
    from safety.scratch import Scratch
    from safety.sessions import Sessions
    from safety.tokens import Tokens

LOG = "log.db"

ROOM_BYTES = 4_000_000
"""SQLite needs a little room beside a log even to read it; with less, a home is read from a copy elsewhere."""


class Unusable(Exception):
    """The home cannot be used; the text says why and what to do. Nothing was stored."""


@dataclass(frozen=True)
class Doors:
    """What only a door may make: the present moment, fresh randomness, and new ids."""

    clock: Clock
    salt: Salt
    new_id: Callable[[], str]


class Home:
    """A log and all that belongs to it."""

    def __init__(self, settings: Settings, doors: Doors, journal: Journal, held: ExitStack) -> None:
        """Use `open_home`; `held` is what has to be let go of at the end."""
        self.settings = settings
        self.doors = doors
        self.journal = journal
        self._held = held
        self.desk = Desk(journal, doors.clock, doors.salt)

    @property
    def opened(self) -> Opened:
        """Position 1 of the log: which it is and what for."""
        return opening_of(self.journal)

    @cached_property
    def directory(self) -> "Directory":
        """The people behind the accounts."""
        from safety.directory import Directory  # noqa: PLC0415, SQLAlchemy is imported only where it is used

        return self._held.enter_context(closing(Directory(self._place("directory.db"))))

    @cached_property
    def credentials(self) -> "Credentials":
        """What the people show to prove who they are; kept beside the directory, never in the log."""
        from safety.credentials import Credentials  # noqa: PLC0415, SQLAlchemy is imported only where it is used

        return self._held.enter_context(closing(Credentials(self._place("directory.db"))))

    @cached_property
    def sessions(self) -> "Sessions":
        """Who is signed in, and who failed to; may be lost."""
        from safety.sessions import Sessions  # noqa: PLC0415, SQLAlchemy is imported only where it is used

        return self._held.enter_context(closing(Sessions(self._place("scratch.db"))))

    @cached_property
    def left_off(self) -> "LeftOff":
        """Where each account has left off; may be lost."""
        from safety.left_off import LeftOff  # noqa: PLC0415, SQLAlchemy is imported only where it is used

        return self._held.enter_context(closing(LeftOff(self._place("scratch.db"))))

    @cached_property
    def tokens(self) -> "Tokens":
        """The tokens with which programs ask the API; kept beside the credentials."""
        from safety.tokens import Tokens  # noqa: PLC0415, SQLAlchemy is imported only where it is used

        return self._held.enter_context(closing(Tokens(self._place("directory.db"))))

    @cached_property
    def access(self) -> Journal:
        """The access log of this machine's doors: of the same kind as the log, with positions of its own."""
        place, clock = self.settings.home / "access.db", lambda: microseconds(self.doors.clock())
        return self._held.enter_context(closing(open_journal(place, clock, self.settings.lock_seconds)))

    @cached_property
    def views(self) -> "Views":
        """The views, as they stand; whoever reads catches up first."""
        from safety.projections.views import Views  # noqa: PLC0415, SQLAlchemy is imported only where it is used

        return self._held.enter_context(closing(Views(self.settings.database_url or self.settings.home)))

    @cached_property
    def scratch(self) -> "Scratch":
        """What may be lost: leases and heartbeats."""
        from safety.scratch import Scratch  # noqa: PLC0415, SQLAlchemy is imported only where it is used

        return self._held.enter_context(closing(Scratch(self._place("scratch.db"))))

    def _place(self, file: str) -> str:
        """Give the URL of a store: the database of the settings, where they name one, else a file of the home."""
        url = self.settings.database_url
        return dialect_url(url) if url else f"sqlite:///{self.settings.home / file}"

    def close(self) -> None:
        """Let go of everything that was opened."""
        self._held.close()


def dialect_url(url: str) -> str:
    """Name the driver in a PostgreSQL URL, as SQLAlchemy wants it."""
    return "postgresql+psycopg://" + url.partition("://")[2]


def opening_of(journal: Journal) -> Opened:
    """Give position 1 of a log."""
    first = decode(journal.page(0, 1, 1)[0]).event
    if not isinstance(first, Opened):
        raise Unusable("position 1 of the log is not log.opened: this is not a log of this program")
    return first


def begin(journal: Journal, doors: Doors, purpose: Purpose) -> None:
    """Write position 1 and the operator's account, unless another process has just done so."""
    opening: tuple[Form, ...] = (
        Opened(log=doors.new_id(), purpose=purpose, code_version=version("vigilog")),
        Added(account=OPERATOR, roles=("operator",)),
    )
    act = Act(OPERATOR, "operator", doors.clock())
    named = {"command_id": "log-opened", "correlation": "log-opened", "reason": None, "salt": doors.salt}
    writes = [encode(event, 1, act, **named) for event in opening]  # type: ignore[arg-type]  # one dict for four names
    try:
        journal.append(Decision(writes, "log-opened", "log-opened", reads={"-/log": 0}))
    except (Conflict, Repeated):
        return


def writable(folder: Path) -> bool:
    """Say whether files can be made in a folder; a read-only file system says no to root as well."""
    return os.access(folder, os.W_OK) and not os.statvfs(folder).f_flag & os.ST_RDONLY


def has_room(folder: Path) -> bool:
    """Say whether the disk of a folder has room for what SQLite keeps beside a log."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize >= ROOM_BYTES


def copy_to_read(home: Path, copy: Path) -> None:
    """Copy a home's databases, because one in WAL mode cannot be read without writing beside it."""
    for database in home.glob("*.db"):
        try:
            # Others may be writing to it: file by file, the copy of a log would now and then be a torn one.
            source = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
            with closing(source), closing(sqlite3.connect(copy / database.name)) as target:
                source.backup(target)
        except sqlite3.Error:
            # Nobody has it open, or it is damaged, which will be told when it is read.
            for file in (database, database.with_name(f"{database.name}-wal")):
                if file.exists():
                    shutil.copyfile(file, copy / file.name)


def no_desk(place: str) -> Unusable:
    """Say that there is nothing to read: a home whose name is mistyped must not look like a record that is empty."""
    return Unusable(
        f"there is no desk in {place}, and none was begun: name the home of one in VIGILOG_HOME, "
        "or begin one with `vigilog trial create` or `vigilog serve`"
    )


def begun(home: Path) -> bool:
    """Say whether a log lies in a home, or what is left of one; what cannot be looked into is told by who opens it."""
    try:
        size = (home / LOG).stat().st_size
    except FileNotFoundError:
        size = 0
    except OSError:
        return True
    return size > 0 or any(home.glob("views-*.db"))


def reachable(home: Path, held: ExitStack, *, reads_only: bool) -> Path:
    """Make the home's folder; for reading, let a copy stand in for one that cannot be written to. Raises Unusable."""
    try:
        # What a trial's subjects suffered is for the account that runs the desk alone.
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if writable(home) and (has_room(home) or not reads_only):
            return home
        if reads_only:
            copy = Path(held.enter_context(TemporaryDirectory(prefix="vigilog-reading-")))
            copy_to_read(home, copy)
            return copy
    except OSError as fault:
        raise Unusable(f"the home {home} cannot be used: {fault.strerror}; nothing was stored") from fault
    raise Unusable(f"the home {home} is read-only; nothing was stored: make it writable or choose another VIGILOG_HOME")


def log_in(home: Path) -> Path:
    """Name the log's file; refuse to begin a new log where views of a lost one still lie. Raises Unusable."""
    log = home / LOG
    lost = not log.exists() or not log.stat().st_size
    if lost and any(home.glob("views-*.db")):
        raise Unusable(
            f"the home {home} holds views of a log and no log: restore {LOG} from a backup, or choose another VIGILOG_HOME"
        )
    return log


def open_home(
    settings: Settings,
    doors: Doors,
    *,
    purpose: Purpose = "production",
    into_demo: bool = False,
    reads_only: bool = False,
) -> Home:
    """Open a home, or begin it; who only reads begins none.

    Raises:
        Unusable: with the reason; nothing was stored.

    """
    if reads_only and settings.database_url is None and not begun(settings.home):
        raise no_desk(f"the home {settings.home}")
    with ExitStack() as held:
        home = reachable(settings.home, held, reads_only=reads_only)
        try:
            where = settings.database_url or log_in(home)
            journal = open_journal(where, lambda: microseconds(doors.clock()), settings.lock_seconds)
            held.callback(journal.close)
            if journal.head().position == 0:
                if reads_only:
                    raise no_desk("the home, or in the database of VIGILOG_DATABASE_URL")
                begin(journal, doors, purpose)
            found = opening_of(journal).purpose
        except (Unavailable, Newer, UnknownTopic) as fault:
            raise Unusable(str(fault)) from fault
        if found == "demo" and purpose != "demo" and not into_demo:
            raise Unusable(
                f"the home {settings.home} holds a demo log; say --into-demo, or choose another VIGILOG_HOME"
            )
        return Home(settings.model_copy(update={"home": home}), doors, journal, held.pop_all())
