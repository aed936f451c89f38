"""What many tests share: a clock and a salt that are told what to be, and an empty log on each database."""

import itertools
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from safety.journal import Journal, Salt, open_journal
from tests.postgres_server import PostgresServer

Store = Path | str
"""Where a log is, as `open_journal` takes it: a file, or the URL of a PostgreSQL database."""


class ManualClock:
    """Microseconds from 1970 UTC, as the log wants them; it moves when it is told to."""

    def __init__(self, now: int = 1_700_000_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def set(self, now: int) -> None:
        self.now = now


def counted_salt() -> Salt:
    """Sixteen bytes that differ at each call, and are the same in each run."""
    count = itertools.count()
    return lambda: sha256(str(next(count)).encode()).digest()[:16]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def salt() -> Salt:
    return counted_salt()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer().start()
    yield server
    server.remove()


_databases = itertools.count(1)


def new_database(server: PostgresServer) -> str:
    """Make an empty database and give its URL."""
    name = f"test_{next(_databases)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.url(name)


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    return new_database(postgres_server)


@pytest.fixture
def fresh_postgres_url(postgres_server: PostgresServer) -> str:
    return new_database(postgres_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty place for a log, on each database in turn."""
    if request.param == "sqlite":
        return tmp_path / "log.db"
    url: str = request.getfixturevalue("fresh_postgres_url")
    return url


@pytest.fixture
def journal(store: Store, clock: Callable[[], int]) -> Iterator[Journal]:
    """An empty log, on each database in turn."""
    opened = open_journal(store, clock)
    yield opened
    opened.close()
