"""What many tests ask for: a clock and a salt, an empty log on each database, homes, and a desk in a real browser."""

import itertools
import os
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from coverage import Coverage
from playwright.sync_api import Browser
from psycopg import sql

from safety.home import Home
from safety.journal import Journal, Salt, open_journal
from safety.projections import Views
from tests.builders import views_beside
from tests.manual_clock import ManualClock, counted_salt
from tests.postgres_server import PostgresServer
from tests.screens import CHROMIUM, chromium
from tests.served_desk import Served, served
from tests.web_homes import Homes


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Trace no line of a test that is marked `uncovered`, nor of the processes that it starts: tracing doubles what it takes."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    controller = plugin and plugin.cov_controller
    if controller is None or item.get_closest_marker("uncovered") is None:
        return (yield)
    controller.pause()
    while (beneath := Coverage.current()) is not None:  # a worker carries those that `patch = subprocess` began too
        beneath.stop()
    processes = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE_PROCESS")}
    try:
        return (yield)
    finally:
        os.environ.update(processes)
        controller.resume()


Store = Path | str
"""Where a log is, as `open_journal` takes it: a file, or the URL of a PostgreSQL database."""


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


@pytest.fixture
def views(store: Store) -> Iterator[Views]:
    """The views beside an empty log, on each database in turn."""
    opened = views_beside(store)
    yield opened
    opened.close()


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    """Opens homes below the test's own folder, and closes them in the end."""
    opened = Homes(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def homes_of_today(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    """Homes for all tests of a file, on the day that a process which serves them has."""
    opened = Homes(tmp_path_factory.mktemp("homes"))
    opened.now = datetime.now(UTC)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def desk(home: Home) -> Iterator[Served]:
    """The `home` of a file, a demonstration, served as a process of its own."""
    with served(home) as desk:
        yield desk


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium; it is let go after a file, for its loop would keep others from running theirs."""
    if not CHROMIUM.exists():
        pytest.skip(f"this machine has no Chromium at {CHROMIUM}")
    with chromium() as browser:
        yield browser
