"""What takes long on a large trial says how far it is while it is made: what other packs would have made due."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.types import Message

from safety.home import Home
from safety.web.streaming import A_PIECE, pieces
from safety.what_if import A_STEP
from tests.builders import append, aware, enrolled, given, registered, reported
from tests.web_homes import Homes, signed_in, with_people

SUBJECTS = 2 * A_STEP + 50
ASKED = "/trials/T1/packs/what-if?pack=ICH-E2A"
SERIOUS = f"S{A_STEP + 1:03}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    homes = Homes(tmp_path_factory.mktemp("streaming"))
    home = homes.open()
    codes = [f"S{n:03}" for n in range(SUBJECTS)]
    events = [event for code in codes for event in (enrolled(code), given(code))]
    serious = reported(SERIOUS, 1, serious="Y", hospitalisation="Y", causality="POSSIBLE", aware=aware())
    append(home.journal, registered(), *events, serious)
    yield with_people(home, CHEN={"roles": ["safety_officer"], "trials": ["T1"]})
    homes.close()


def sent(home: Home, address: str) -> list[str]:
    """The pieces in which a page is sent, each as it leaves."""
    browser = signed_in(home, "CHEN")
    path, query = urlsplit(address)[2:4]
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), (b"cookie", cookies.encode())], "scheme": "http", "root_path": "",
        "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("localhost", 80),
    }  # fmt: skip
    found: list[str] = []
    over = asyncio.Event()

    async def receive() -> Message:
        await over.wait()  # the browser waits for all of it
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
        else:
            found.append(message["body"].decode())
            if not message.get("more_body"):
                over.set()

    async def ask() -> None:
        await browser.app(scope, receive, send)

    asyncio.run(ask())
    return [one for one in found if one]


def test_the_page_says_how_far_it_is_and_then_what_came_of_it(home: Home) -> None:
    first, second, *rest = sent(home, ASKED)
    assert "<h1>What would change</h1>" in first
    assert f"{A_STEP} of {SUBJECTS} subjects asked again" in first
    assert "Only under these" not in first
    assert f"{2 * A_STEP} of {SUBJECTS} subjects asked again" in second
    whole = "".join([first, second, *rest])
    assert whole.endswith("</html>\n") or whole.rstrip().endswith("</html>")
    assert whole.count("<progress") == 2
    assert f"/trials/T1/cases/{SERIOUS}/1" in "".join(rest), "the one event that would have been due"


def test_a_small_trial_is_asked_without_a_word_on_how_far_it_is(home: Home) -> None:
    page = "".join(sent(home, f"{ASKED}&as_of=40"))
    assert "<progress" not in page
    assert "Nothing is owed under either" in page


def test_a_piece_ends_where_the_page_says_how_far_it_is_or_is_long_enough() -> None:
    parts = ["a", "b</progress>", "c" * A_PIECE, "d"]
    assert list(pieces(parts)) == ["ab</progress>", "c" * A_PIECE, "d"]
    assert "".join(pieces([])) == ""
