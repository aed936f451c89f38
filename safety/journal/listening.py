"""Hears what other processes append to a log in PostgreSQL, and rings the bell of this one."""

from threading import Event, Lock, Thread

import psycopg

from safety.journal.journal import Bell

CHANNEL = "vigilog_log"
CONNECT_SECONDS = 10
"""A host that does not answer at all must not hold a thread for the minutes that TCP would."""

RETRY_SECONDS = 1.0
HEED_SECONDS = 0.1
"""How soon it notices that it should stop."""


class Listener:
    """A thread with a connection of its own, from the first who waits until the journal is closed."""

    def __init__(self, url: str, bell: Bell) -> None:
        """Nothing is connected yet."""
        self._url = url
        self._bell = bell
        self._over = Event()
        self._door = Lock()
        self._thread: Thread | None = None

    def begin(self) -> None:
        """Start listening, if nobody did."""
        with self._door:
            if self._thread is None and not self._over.is_set():
                self._thread = Thread(target=self._run, name="vigilog-listener", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Stop listening."""
        self._over.set()
        with self._door:
            if self._thread is not None:
                self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._listen()
            except psycopg.Error:
                # Who waits looks once a second meanwhile, and hears from the log itself that the server is away.
                self._over.wait(RETRY_SECONDS)

    def _listen(self) -> None:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            # What was appended before this moment rang nowhere.
            self._bell.ring()
            while not self._over.is_set():
                for _ in connection.notifies(timeout=HEED_SECONDS, stop_after=1):
                    self._bell.ring()
