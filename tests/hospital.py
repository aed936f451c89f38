"""A hospital of real processes for kills: a home, two officers who read e-mail, and each piece that brings mail to them, apart."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg

from safety.aggregates.adverse_event import Reported
from safety.aggregates.alert import Raised
from safety.cli.door import system_doors
from safety.home import Home, open_home
from safety.journal import Unavailable
from safety.settings import Settings
from tests.command_line import TRIAL, VIGILOG, CommandLine, with_trial, write
from tests.mail_sink import taken
from tests.nats_server import NatsServer, free_port
from tests.postgres_server import PostgresServer

PATIENCE_SECONDS = 180.0
SAE = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "CANARY", "AESER": "Y"}
OFFICERS = ("CHEN", "LIU")


class Killable(Protocol):
    """What is killed and comes again."""

    def start(self) -> object:
        """Begin, on what was there before."""
        ...

    def kill(self) -> None:
        """End without a word."""
        ...


class Process:
    """A process under a supervisor that starts it again."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._command, self._environment, self._log = command, environment, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> object:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Forgetful(NatsServer):
    """A NATS server whose disk is lost at every second kill."""

    def __init__(self) -> None:
        super().__init__()
        self._kills = 0

    def kill(self) -> None:
        super().kill()
        self._kills += 1
        if self._kills % 2:
            self.wipe()


class Crashing(PostgresServer):
    """A PostgreSQL of which at every second kill one session dies, whereupon it ends all others and recovers; else all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._kills = 0

    def start(self) -> "Crashing":
        """Start it where it is gone, and wait until it answers: a session that outlives it holds it up for a moment."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if self.running:
                    self.wait()
                else:
                    super().start()
            except RuntimeError:
                assert time.monotonic() < until
                time.sleep(0.1)
            else:
                return self

    def kill(self) -> None:
        self._kills += 1
        if self._kills % 2:
            self.stop(signal.SIGKILL)
            return
        # Asked first and killed afterwards: who asks would die with all the others.
        with psycopg.connect(self.url("postgres")) as connection:
            ask = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            sessions = [session for (session,) in connection.execute(ask)]
        with suppress(ProcessLookupError):
            os.kill(sessions[0], signal.SIGKILL)


class Hospital:
    """A home with two officers who read e-mail, and everything that brings mail to them, each as a process of its own."""

    def __init__(
        self, folder: Path, held: ExitStack, parts: list[list[str]], *, nats: bool, database: Crashing | None
    ) -> None:
        settings = {} if database is None else {"VIGILOG_DATABASE_URL": database.url("postgres")}
        port, self.sink = free_port(), folder / "taken.jsonl"
        said = {"VIGILOG_SMTP_URL": f"smtp://127.0.0.1:{port}", "VIGILOG_MAIL_FROM": "desk@trial.org", **settings}
        self.processes: dict[str, Killable] = {} if database is None else {"postgresql": database}
        if nats:
            server = Forgetful()
            held.callback(server.remove)
            self.processes["nats"] = server
            said["VIGILOG_BROKER_URL"] = server.url
        self.cli = with_trial(folder, **settings)
        self.cli("import", write(folder / "data", ae=()), "--trial", TRIAL)
        for account in OFFICERS:
            email = f"{account.lower()}@hospital.org"
            self.cli("account", "add", account, "--role", "safety_officer", "--name", account, "--email", email)
        environment = CommandLine(self.cli.home, **said).environment()
        sink = [sys.executable, "-m", "tests.mail_sink", str(port), str(self.sink)]
        self.processes["sink"] = Process(
            sink, {**environment, "PYTHONPATH": str(Path(__file__).parents[1])}, folder / "sink.log"
        )
        for number, part in enumerate(parts):
            name = "-".join(["work", *part[-1:], str(number)])
            self.processes[name] = Process([str(VIGILOG), "work", *part], environment, folder / f"{name}.log")
        for name, process in self.processes.items():
            if name != "postgresql":
                held.callback(process.kill)
        self.home: Home = open_home(
            Settings(home=self.cli.home, database_url=settings.get("VIGILOG_DATABASE_URL")), system_doors()
        )
        held.callback(self.home.close)

    def file(self) -> None:
        """A serious adverse event, filed by a process that does not deliver; where the database is away, nobody is owed it."""
        form = Reported.model_validate(SAE)
        with suppress(Unavailable):
            self.home.desk.do("adverse_event.report", form, by="OPERATOR", command_id=self.home.doors.new_id())

    def mails(self) -> list[dict[str, Any]]:
        return taken(self.sink)

    def told(self) -> dict[tuple[str, str], set[str]]:
        """By person and alert: the Message-IDs under which it was told."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for mail in self.mails():
            for alert in re.findall(r"^  alert ([0-9A-F-]{36})\r?$", mail["text"], re.MULTILINE):
                found[mail["To"], alert].add(mail["Message-ID"])
        return found

    def owed(self) -> set[tuple[str, str]]:
        """By person and alert: what has to be told; that a role is vacant is told to operators, who read no e-mail here."""
        raised = (row.event for row in self.home.journal.read() if isinstance(row.event, Raised))
        alerts = [alert.alert for alert in raised if alert.role == "safety_officer"]
        return {(f"{account.lower()}@hospital.org", alert) for account in OFFICERS for alert in alerts}

    def unsent(self) -> int:
        """How many messages the log holds for which a channel that was due has no receipt."""
        due: Counter[str] = Counter()
        for row in self.home.journal.read():
            if row.topic == "message.composed.v1":
                due[row.event.__dict__["message"]] += len(row.event.__dict__["channels"])
            if row.topic == "message.sent.v1":
                due[row.event.__dict__["message"]] -= 1
        return sum(1 for left in due.values() if left)


def wait_until(true: Callable[[], bool], why: Callable[[], object], every: float = 0.2) -> None:
    """Wait until something is so; `every`: how often it is looked, in seconds."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        # A connection that a database's death has broken is noticed when it is used.
        with suppress(Unavailable):
            if true():
                return
        assert time.monotonic() < until, why()
        time.sleep(every)
