"""F6: from the commit of a serious adverse event to its mail being accepted, in durable commits; embedded, and through NATS."""

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from time import perf_counter, sleep
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller

from bench.trial_at_hand import TRIAL, home_at, serious_event, with_subjects
from safety.aggregates.account import Added
from safety.directory import Person
from safety.home import Home
from tests.nats_server import NatsServer, free_port

ALERTS = 150
SPACING_SECONDS = 0.05
BURST = 1_000
PATIENCE_SECONDS = 120.0


class Sink:
    """An SMTP server on this machine that takes every mail and says when."""

    def __init__(self) -> None:
        """Nothing was taken yet."""
        self.taken: SimpleQueue[float] = SimpleQueue()

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: ANN401, N802, the names aiosmtpd calls
        """Take a mail."""
        self.taken.put(perf_counter())
        return "250 OK"


def commit_seconds(folder: Path) -> float:
    """The median time of one bare durable commit of one row on this disk."""
    with sqlite3.connect(folder / "commit.db", isolation_level=None) as bare:
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE one (said TEXT)")
        times = []
        for _ in range(300):
            begun = perf_counter()
            bare.execute("INSERT INTO one VALUES ('x')")
            times.append(perf_counter() - begun)
    return statistics.median(times)


@contextmanager
def delivering(home: Home, smtp_port: int, broker: str | None) -> Iterator[None]:
    """Run the worker as a process of its own."""
    said = {"VIGILOG_HOME": str(home.settings.home), "VIGILOG_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}"}
    named = {} if broker is None else {"VIGILOG_BROKER_URL": broker}
    work = [str(Path(sys.executable).with_name("vigilog")), "work"]
    worker = subprocess.Popen(work, env={**os.environ, **said, **named}, stderr=subprocess.PIPE, text=True)
    try:
        assert worker.stderr is not None
        worker.stderr.readline()
        yield
    finally:
        worker.terminate()
        worker.wait()


def file(home: Home, code: str) -> float:
    """File a serious adverse event, and say when it was committed."""
    form = serious_event(code, 900)
    home.desk.do("adverse_event.report", form, by="OPERATOR", command_id=home.doors.new_id())
    return perf_counter()


def latencies(home: Home, sink: Sink, codes: list[str]) -> list[float]:
    """Seconds from each commit to its mail being taken, one after the other."""
    found = []
    for code in codes:
        committed = file(home, code)
        found.append(sink.taken.get(timeout=PATIENCE_SECONDS) - committed)
        sleep(SPACING_SECONDS)
    return sorted(found)


class Burst(NamedTuple):
    """Filings a second, one after the other; alerts a second until the last mail; and how many mails carried them."""

    filed: float
    delivered: float
    mails: int


def burst(home: Home, sink: Sink, codes: list[str]) -> Burst:
    """File all at once; a message may carry many alerts."""
    begun = perf_counter()
    for code in codes:
        file(home, code)
    filed, last, mails = perf_counter(), begun, 0
    try:
        while True:
            last = sink.taken.get(timeout=3)
            mails += 1
    except Empty:
        return Burst(len(codes) / (filed - begun), len(codes) / (last - begun), mails)


def main(name: str, broker: Callable[[], NatsServer] | None = None) -> None:
    """Measure one set-up."""
    sink = Sink()
    with tempfile.TemporaryDirectory() as folder:
        home = home_at(Path(folder) / "home")
        for account, role in (("CHEN", "safety_officer"), ("BOSS", "operator")):
            added = Added.model_validate({"account": account, "roles": [role], "trials": [TRIAL]})
            home.desk.do("account.add", added, by="OPERATOR", command_id=home.doors.new_id())
            home.directory.put(Person(account, account, f"{account.lower()}@hospital.org", (role,)))
        codes = [f"S{number:05}" for number in range(ALERTS + BURST + 10)]
        with_subjects(home, codes, 4)
        port = free_port()
        controller = Controller(sink, hostname="127.0.0.1", port=port)
        server = None if broker is None else broker()
        if server is not None:
            server.start()
        controller.start()
        try:
            with delivering(home, port, None if server is None else server.url):
                latencies(home, sink, codes[:10])
                commit = commit_seconds(Path(folder))
                found = latencies(home, sink, codes[10 : ALERTS + 10])
                p50, p99 = found[len(found) // 2], found[int(len(found) * 0.99)]
                came = burst(home, sink, codes[ALERTS + 10 :])
        finally:
            controller.stop()
            if server is not None:
                server.remove()
            home.close()
    print(
        f"F6 {name}: p50 {p50 * 1000:.1f} ms = {p50 / commit:.0f} commits, p99 {p99 * 1000:.1f} ms = {p99 / commit:.0f} "
        f"commits of {commit * 1000:.2f} ms; burst of {BURST}, filed at {came.filed:,.0f}/s: {came.delivered:,.0f} alerts/s in "
        f"{came.mails} mails",
        flush=True,
    )


if __name__ == "__main__":
    main("embedded")
    main("through NATS", NatsServer)
