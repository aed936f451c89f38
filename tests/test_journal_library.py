"""The journal is a recorder of the eventsourcing library: its own test cases pass, and an application of it runs on it."""

import itertools
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import ApplicationRecorder, IntegrityError, Notification, StoredEvent

from safety.journal import Journal, open_journal
from safety.journal.recorder import RecorderJournal
from tests.conftest import Store, new_database
from tests.manual_clock import ManualClock
from tests.postgres_server import PostgresServer

# The module of the cases also imports the library's cipher, which wants pycryptodome; no case used here encrypts anything.
_cipher = ModuleType("eventsourcing.cipher")
_cipher.__dict__["AESCipher"] = None
sys.modules.setdefault("eventsourcing.cipher", _cipher)

from eventsourcing.tests.persistence import (  # noqa: E402, after what it needs
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

_ids = itertools.count()


class TextIds:
    """The library draws uuids for its cases; the log's streams have names."""

    def new_originator_id(self) -> str:
        return f"T1/subject/S{next(_ids)}"


class OnSQLite(TextIds):
    _tmp_path: Path

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self._tmp_path = tmp_path

    def create_recorder(self) -> RecorderJournal:
        return opened(self._tmp_path / "log.db", self)


class OnPostgreSQL(TextIds):
    _server: PostgresServer

    @pytest.fixture(autouse=True)
    def _place(self, postgres_server: PostgresServer) -> None:
        self._server = postgres_server

    def create_recorder(self) -> RecorderJournal:
        return opened(new_database(self._server), self)


def opened(where: Store, case: Any) -> RecorderJournal:  # noqa: ANN401, a unittest.TestCase by mixing in
    """Open a log for one of the library's cases, and close it when the case is over."""
    journal = open_journal(where, ManualClock())
    assert isinstance(journal, RecorderJournal)
    case.addCleanup(journal.close)
    return journal


class TestApplicationRecorderOnSQLite(OnSQLite, ApplicationRecorderTestCase[RecorderJournal]):
    pass


class TestApplicationRecorderOnPostgreSQL(OnPostgreSQL, ApplicationRecorderTestCase[RecorderJournal]):
    pass


class TestPositionsDoNotInterleaveOnSQLite(OnSQLite, NonInterleavingNotificationIDsBaseCase):
    pass


class TestPositionsDoNotInterleaveOnPostgreSQL(OnPostgreSQL, NonInterleavingNotificationIDsBaseCase):
    pass


# The library's classes are abstract, and pytest would run what it finds by name.
del ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase


@pytest.fixture
def recorder(journal: Journal) -> RecorderJournal:
    assert isinstance(journal, RecorderJournal)
    return journal


def stored(stream: str, version: int) -> StoredEvent:
    return StoredEvent(stream, version, "library.v1", b"{}")


def test_selection_is_what_the_library_asks_for(recorder: RecorderJournal) -> None:
    assert recorder.insert_events([]) == []
    assert recorder.insert_events([stored("A", version) for version in range(1, 6)]) == [1, 2, 3, 4, 5]

    def versions(**asked: Any) -> list[int]:  # noqa: ANN401, the library's keywords
        return [event.originator_version for event in recorder.select_events("A", **asked)]

    assert versions(gt=2) == [3, 4, 5]
    assert versions(lte=2, desc=True) == [2, 1]
    assert versions(gt=1, lte=4, desc=True, limit=2) == [4, 3]
    assert recorder.select_notifications(None, 10, stop=0) == []
    assert recorder.select_notifications(2, 1) == [Notification("A", 2, "library.v1", b"{}", 2)]
    assert recorder.select_notifications(1, 10, topics=["other.v1"]) == []
    with pytest.raises(IntegrityError):
        recorder.insert_events([stored("A", 5)])
    with pytest.raises(IntegrityError):
        recorder.insert_events([stored("B", 1)], command_id="A@1")
    with pytest.raises(NotImplementedError, match="wait"):
        recorder.subscribe()


class Subject(Aggregate):
    """An aggregate as the library's own guide writes it."""

    @event("Enrolled")
    def __init__(self) -> None:
        self.doses: list[str] = []

    @event("Dosed")
    def dose(self, amount: str) -> None:
        self.doses.append(amount)


class OnTheJournal(Application[UUID]):
    """An application of the library whose events lie in our log."""

    def __init__(self, recorder: ApplicationRecorder) -> None:
        self._handed_in = recorder
        super().__init__()

    def construct_recorder(self) -> ApplicationRecorder:
        return self._handed_in


def test_an_application_of_the_library_runs_on_it(recorder: RecorderJournal) -> None:
    application = OnTheJournal(recorder)
    subject, other = Subject(), Subject()
    subject.dose("0.5")
    application.save(subject, other)
    again: Subject = application.repository.get(subject.id)
    again.dose("0.50")
    application.save(again)
    found: Subject = application.repository.get(subject.id)
    assert found.doses == ["0.5", "0.50"]
    assert found.version == 3
    subject.dose("1")
    with pytest.raises(IntegrityError):
        application.save(subject)
    assert [notification.id for notification in application.notification_log["1,10"].items] == [1, 2, 3, 4]
    assert recorder.max_notification_id() == 4
