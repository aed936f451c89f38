"""F8: the web door at 10,000 subjects and 50,000 adverse events: memory, and filing under 64 users at once."""

import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from bench.trial_at_hand import TRIAL, home_at, serious_event, with_subjects
from safety.aggregates.account import Added
from safety.directory import Person
from safety.home import Home

SUBJECTS, EVENTS_EACH = 10_000, 7
USERS, FILINGS_EACH = 64, 10
PASSPHRASE = "three quiet words at dawn"
PAGES = ("worklist", "subjects", "cases", "incidence", "listing", "queries", "history", "file?subject=S00001")


class Browser:
    """One user, with cookies and an address of its own, so that the pace of one source does not hold up the others."""

    def __init__(self, port: int, number: int) -> None:
        """Open the desk from 127.0.1.N."""
        self._connection = HTTPConnection("127.0.0.1", port, source_address=(f"127.0.1.{number + 1}", 0), timeout=120)
        self._cookies: dict[str, str] = {}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Get a page, or send a form to it; redirects are not followed."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None if form is None else urlencode(form)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request("GET" if form is None else "POST", path, body, headers)
        answer = self._connection.getresponse()
        for said in answer.headers.get_all("set-cookie") or ():
            name, _, rest = said.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        text = answer.read().decode()
        self._connection.close()  # a server hangs up on who idles, and a browser comes again
        return answer.status, text

    def begin(self, secret: str) -> None:
        """Sign in through a first link, with a passphrase of one's own."""
        _, page = self.ask(f"/first/{secret}")
        said = {"csrf": hidden(page, "csrf"), "passphrase": PASSPHRASE, "again": PASSPHRASE}
        status, _ = self.ask(f"/first/{secret}", said)
        assert status == 303, status


def hidden(page: str, name: str) -> str:
    """What a hidden field of a page's form holds."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None, page[:500]
    return found[1]


def people(home: Home) -> list[str]:
    """Make 64 safety officers, and give the secret of each one's first link."""
    secrets = []
    for number in range(USERS):
        account = f"U{number}"
        added = Added.model_validate({"account": account, "roles": ["safety_officer"], "trials": [TRIAL]})
        home.desk.do("account.add", added, by="OPERATOR", command_id=home.doors.new_id())
        home.directory.put(Person(account, account, None, ("safety_officer",), (TRIAL,)))
        secrets.append(f"secret-of-{account}-{home.doors.new_id()}")
        home.sessions.offer(secrets[-1], account, until=2**62)
    return secrets


@contextmanager
def serving(home: Path) -> Iterator[tuple[int, int]]:
    """Run the door of this very tree as a process of its own; give its process id and its port."""
    command = [sys.executable, "-c", "from notifications.main import app; app()", "serve", "--port", "0"]
    tree, said = Path(__file__).parent.parent, {"VIGILOG_HOME": str(home)}
    server = subprocess.Popen(command, cwd=tree, env=said, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", server.stderr.readline())
        assert found is not None
        yield server.pid, int(found[1])
    finally:
        server.terminate()
        server.wait()


def memory(process: int, what: str) -> float:
    """Memory of a process in MB: `VmRSS` now, `VmHWM` at the most."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def filed(browser: Browser, subject: str) -> float:
    """Open the form and file a serious event; seconds of the filing alone."""
    path = f"/trials/{TRIAL}/file"
    _, page = browser.ask(f"{path}?subject={subject}")
    form = {
        "csrf": hidden(page, "csrf"),
        "act": hidden(page, "act"),
        "subject": subject,
        "term": "Pyrexia",
        "on_y": "2018",
        "on_m": "4",
        "on_d": "2",
        "serious": "y",
        "criteria": "hospitalisation",
        "do": "file",
    }
    begun = perf_counter()
    status, answer = browser.ask(path, form)
    took = perf_counter() - begun
    assert status == 303, answer[:2000]
    return took


def desk_alone(home: Home, codes: list[str]) -> float:
    """Filings a second of 64 threads that call the desk themselves."""

    def file(code: str) -> None:
        form = serious_event(code, 900)
        home.desk.do("adverse_event.report", form, by="OPERATOR", command_id=home.doors.new_id())

    begun = perf_counter()
    with ThreadPoolExecutor(USERS) as threads:
        list(threads.map(file, codes))
    return len(codes) / (perf_counter() - begun)


def main() -> None:
    """Measure, and print the rows."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_at(Path(folder))
        codes = [f"S{number:05}" for number in range(SUBJECTS)]
        with_subjects(home, codes, EVENTS_EACH)
        secrets = people(home)
        bare = desk_alone(home, codes[-USERS * FILINGS_EACH :])
        home.views.catch_up(home.journal)
        home.close()
        with serving(Path(folder)) as (process, port):
            browsers = [Browser(port, number) for number in range(USERS)]
            for browser, secret in zip(browsers, secrets, strict=True):
                browser.begin(secret)
            begun = memory(process, "VmRSS")
            for page in PAGES:
                status, _ = browsers[0].ask(f"/trials/{TRIAL}/{page}")
                assert status == 200, (page, status)
            seen = memory(process, "VmHWM")
            with ThreadPoolExecutor(USERS) as threads:
                start = perf_counter()
                work = [threads.submit(_each, browser, codes, number) for number, browser in enumerate(browsers)]
                times = sorted(took for done in work for took in done.result())
                rate = len(times) / (perf_counter() - start)
            most = memory(process, "VmHWM")
    p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
    print(
        f"F8 serving 10,000 subjects: {begun:.0f} MB signed in, {seen:.0f} MB after every page, {most:.0f} MB at the most"
    )
    print(
        f"filing under {USERS} users, each opening the form first: {rate:,.0f} filings/s, p50 {p50 * 1000:,.0f} ms, "
        f"p99 {p99 * 1000:,.0f} ms; desk alone {bare:,.0f} filings/s, ratio {rate / bare:.2f}"
    )


def _each(browser: Browser, codes: list[str], number: int) -> list[float]:
    """One user files for subjects that nobody else files for."""
    own = codes[number * FILINGS_EACH : (number + 1) * FILINGS_EACH]
    return [filed(browser, subject) for subject in own]


if __name__ == "__main__":
    main()
