"""First paint: how long until a page's first text stands in Chromium, against a bare page that the same process serves.

`python -m bench.first_paint [WORD]`: every page, or those whose name holds the word. Each load is cold, in a browser context of
its own that keeps nothing from another; what is read is Chromium's own `first-contentful-paint`, which begins with the navigation.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from fastapi.staticfiles import StaticFiles
from playwright.sync_api import Browser

from bench.alternating import alternating
from safety.cli.door import system_doors
from safety.home import Home
from safety.values import microseconds
from safety.web.door import door
from safety.web.pace import Pace
from safety.web.serving import Server, listening, open_parts
from tests.screens import WIDTHS, chromium
from tests.served_desk import demonstration

TRIAL = "/trials/NCT03265613"
CASE = f"{TRIAL}/cases/S04/3"
PAGES = {
    "worklist": ("CHEN", f"{TRIAL}/worklist"),
    "cases": ("CHEN", f"{TRIAL}/cases"),
    "case page": ("CHEN", CASE),
    "narrative": ("CHEN", f"{CASE}/narrative"),
    "subjects": ("CHEN", f"{TRIAL}/subjects"),
    "subject": ("CHEN", f"{TRIAL}/subjects/S04"),
    "queries": ("CHEN", f"{TRIAL}/queries"),
    "duplicates": ("CHEN", f"{TRIAL}/duplicates"),
    "incidence": ("CHEN", f"{TRIAL}/incidence"),
    "listing": ("CHEN", f"{TRIAL}/listing"),
    "history": ("ZHAO", f"{TRIAL}/history"),
    "history, compared": ("ZHAO", f"{TRIAL}/history?a=40&b=90"),
    "worklist, as of": ("ZHAO", f"{TRIAL}/worklist?as_of=90"),
    "log entry": ("ZHAO", "/log/90"),
    "filing": ("LIN", f"{TRIAL}/file?subject=S04"),
    "follow-up": ("LIN", f"{CASE}/follow-up"),
    "correction": ("LIN", f"{CASE}/correct"),
    "causality, to be signed": ("CHEN", f"{CASE}/causality"),
    "rule packs": ("CHEN", f"{TRIAL}/packs"),
    "periodic reports": ("CHEN", f"{TRIAL}/reports"),
    "duty rota": ("CHEN", f"{TRIAL}/rota"),
    "administration": ("OPERATOR", "/admin"),
    "people": ("OPERATOR", "/admin/people"),
    "my account": ("LIN", "/me"),
    "sign-in": ("", "/sign-in"),
}
"""Who asks, and for what; nobody is signed in where nobody is named."""
BARE = "<!doctype html><title>Bare</title><p>One line of text, no style, no script."
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
LOOK_AGAIN_MS = 5


@contextmanager
def serving(home: Home, folder: Path) -> Iterator[str]:
    """Serve a desk, and beside it a bare page, from a thread of this process; give the address."""
    (folder / "bare.html").write_text(BARE)
    open_parts(home)
    app = door(home, Pace(burst=1e9, a_second=1e9))
    app.mount("/bare", StaticFiles(directory=folder))
    server = Server(uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False))
    with listening("127.0.0.1", 0) as taken:
        thread = Thread(target=server.run, args=([taken],))
        thread.start()
        try:
            yield f"http://localhost:{taken.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def painted(browser: Browser, address: str, secret: str) -> float:
    """Load a page cold, and give the milliseconds until its first text was painted."""
    wide, high = WIDTHS["wide"]
    context = browser.new_context(viewport={"width": wide, "height": high})
    if secret:
        context.add_cookies([{"name": "vigilog", "value": secret, "url": address}])
    page = context.new_page()
    answer = page.goto(address, wait_until="commit")
    if answer is None or answer.status != 200:
        raise SystemExit(f"{address}: {answer and answer.status}")
    while not (at := float(page.evaluate(PAINTED))):
        page.wait_for_timeout(LOOK_AGAIN_MS)
    context.close()
    return at


def main(only: str = "") -> None:
    """Measure every page, or those whose name holds a word."""
    doors = system_doors()
    with (
        TemporaryDirectory() as folder,
        demonstration(Path(folder) / "home") as home,
        serving(home, Path(folder)) as desk,
        chromium() as browser,
    ):
        secrets = {account: doors.new_id() * 3 if account else "" for account, _ in PAGES.values()}
        for account, secret in filter(any, secrets.items()):
            home.sessions.begin(secret, account, now=microseconds(doors.clock()))
        for name, (account, path) in PAGES.items():
            if only in name:
                ours = partial(painted, browser, f"{desk}{path}", secrets[account])
                bare = partial(painted, browser, f"{desk}/bare/bare.html", "")
                print(alternating(f"F10 {name}, ms to the first paint / of a bare page", ours, bare), flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
