"""PostgreSQL goes away, comes back, answers late or not at all: nothing half stored, and the next call works."""

import signal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from safety.journal import Unavailable, open_journal
from tests.conftest import new_database
from tests.journal_rows import by_hand, deciding, plain, streams
from tests.manual_clock import ManualClock
from tests.postgres_server import PostgresServer


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of one's own, to be killed."""
    own = PostgresServer().start()
    yield own
    own.remove()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_lost_server_is_unavailable_and_the_next_call_works_when_it_is_back(
    server: PostgresServer, clock: ManualClock, how: signal.Signals
) -> None:
    journal = open_journal(new_database(server), clock)
    journal.append(deciding("c1", plain("A", 1)))
    assert journal.wait(1, 0.01) == 1
    server.stop(how)
    for _ in range(2):
        with pytest.raises(Unavailable, match="nothing was stored"):
            journal.append(deciding("c2", plain("A", 2)))
    with pytest.raises(Unavailable):
        journal.wait(1, 5)
    server.start()
    assert journal.append(deciding("c2", plain("A", 2))) == range(2, 3)
    assert journal.wait(1, 5) == 2
    journal.close()


def cut(store: str) -> None:
    """End every other session of a database, as an administrator or a broken network does."""
    with by_hand(store) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def cut_at_commits(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """End every other session of a database just before each COMMIT, so that none is answered."""
    execute = psycopg.Connection.execute

    def cut_first(self: Any, query: Any, *rest: Any, **named: Any) -> Any:  # noqa: ANN401, as psycopg has it
        if query == "COMMIT":
            cut(store)
        return execute(self, query, *rest, **named)

    monkeypatch.setattr(psycopg.Connection, "execute", cut_first)


def test_a_connection_lost_within_a_turn_stores_nothing(fresh_postgres_url: str, clock: ManualClock) -> None:
    journal = open_journal(fresh_postgres_url, clock)
    with pytest.raises(Unavailable, match="nothing was stored"), journal.turn() as turn:  # noqa: PT012, the cut is inside
        turn.append(deciding("c1", plain("A", 1)))
        cut(fresh_postgres_url)
    assert streams(journal) == []
    assert journal.append(deciding("c1", plain("A", 1))) == range(1, 2)
    journal.close()


def test_idle_connections_lost_together_cost_one_call(fresh_postgres_url: str, clock: ManualClock) -> None:
    journal = open_journal(fresh_postgres_url, clock)
    with journal.turn(), journal.turns._take.__self__._reading():  # type: ignore[attr-defined]
        pass
    cut(fresh_postgres_url)
    with pytest.raises(Unavailable):
        journal.head()
    assert journal.head().position == 0
    journal.close()


def test_a_commit_that_is_not_confirmed_says_so(
    fresh_postgres_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to COMMIT does not come: nobody knows, and the command id will tell."""
    journal = open_journal(fresh_postgres_url, clock)
    cut_at_commits(fresh_postgres_url, monkeypatch)
    with pytest.raises(Unavailable, match=r"did not confirm.*same command again"):
        journal.append(deciding("c1", plain("A", 1)))
    monkeypatch.undo()
    assert journal.append(deciding("c1", plain("A", 1))) == range(1, 2)
    journal.close()


def test_a_failed_statement_within_a_turn_is_never_taken_for_a_commit(
    fresh_postgres_url: str, clock: ManualClock
) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with a rollback, and without an error."""
    journal = open_journal(fresh_postgres_url, clock)
    with pytest.raises(Unavailable, match="nothing was stored"), journal.turn() as turn:  # noqa: PT012, the fault is inside
        turn.append(deciding("c1", plain("A", 1)))
        with pytest.raises(psycopg.DataError):
            turn.stream("A", after="no number")  # type: ignore[arg-type]
    assert streams(journal) == []
    journal.close()


def test_a_turn_that_fell_silent_is_ended_by_the_server(fresh_postgres_url: str, clock: ManualClock) -> None:
    silent, other = (open_journal(fresh_postgres_url, clock, lock_seconds=seconds) for seconds in (0.1, 10))
    with pytest.raises(Unavailable), silent.turn() as turn:  # noqa: PT012, it falls silent inside
        turn.append(deciding("c1", plain("A", 1)))
        assert other.append(deciding("c2", plain("B", 1))) == range(1, 2)
    assert streams(other) == [(1, "B", 1)]
    silent.close()
    other.close()


@pytest.mark.parametrize("address", ["/nowhere?host=/nowhere", "127.0.0.1:1/nowhere"])
def test_no_server_is_one_sentence(clock: ManualClock, address: str) -> None:
    with pytest.raises(Unavailable, match=r"connection to server .* failed") as said:
        open_journal(f"postgresql://{address}", clock)
    assert "\n" not in str(said.value)


def test_every_parameter_of_the_url_is_heeded(fresh_postgres_url: str, clock: ManualClock) -> None:
    with by_hand(fresh_postgres_url) as connection:
        connection.execute("CREATE SCHEMA safety")
    asked = "&application_name=vigilog&options=-csearch_path%3Dsafety%20-csynchronous_commit%3Doff"
    journal = open_journal(fresh_postgres_url + asked, clock)
    journal.append(deciding("c1", plain("A", 1)))
    with by_hand(fresh_postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM safety.log").fetchone() == (1,)
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vigilog'"
        assert connection.execute(sessions).fetchone() == (1,)
    with journal._reading() as own:  # type: ignore[attr-defined]
        # Durability is not for the URL to switch off.
        assert own.execute("SHOW synchronous_commit").fetchone() == ("on",)
    journal.close()
