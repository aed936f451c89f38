"""The desk behind a real proxy: nginx ends TLS and hands on who asks; cookies, addresses, limits and live pages are as without."""

import http.client
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from safety.home import Home
from safety.web.access import AccessLog
from safety.web.pace import MEASURES
from safety.web.shield import BODY_BYTES
from tests.api_programs import two_sites
from tests.nginx_proxy import HOST, Answer, Proxy, in_front_of, needed
from tests.served_desk import Served, served
from tests.web_homes import Homes

pytestmark = [needed, pytest.mark.uncovered]
FORM = "application/x-www-form-urlencoded"
SPOOFED = "203.0.113.9"


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    opened = Homes(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def home(homes: Homes) -> Home:
    return two_sites(homes.open("demo"))


@pytest.fixture
def desk(home: Home) -> Iterator[Served]:
    """A desk that believes the proxy of this machine, and says the address that the world knows."""
    with served(home, VIGILOG_PUBLIC_URL=f"https://{HOST}", VIGILOG_TRUSTED_PROXIES="127.0.0.1") as desk:
        yield desk


@pytest.fixture
def proxy(desk: Served, tmp_path: Path) -> Iterator[Proxy]:
    with in_front_of(desk.address.replace("localhost", "127.0.0.1"), tmp_path) as found:
        yield found


def cookie(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def csrf(answer: Answer) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', answer.body)
    assert found is not None, answer.body
    return found[1]


def guess(proxy: Proxy, **headers: str) -> Answer:
    """Try to sign in with a wrong passphrase, as a browser of the desk's own page does."""
    page = proxy.ask("/sign-in")
    form = f"csrf={csrf(page)}&account=CHEN&passphrase=wrong".encode()
    return proxy.ask("/sign-in", form, **({"Content_Type": FORM, "Cookie": cookie(page)} | headers))


def signed_in(proxy: Proxy, desk: Served) -> str:
    """Sign in by the link of a demonstration, and give the cookie."""
    path = "/first/" + desk.links["CHEN"].rpartition("/")[2]
    page = proxy.ask(path)
    answer = proxy.ask(
        path, f"csrf={csrf(page)}".encode(), Content_Type=FORM, Cookie=cookie(page), Origin=f"https://{HOST}"
    )
    assert answer.status == 303, answer.body
    return cookie(answer)


def sources(home: Home, kind: str) -> set[str]:
    """The addresses that the access log holds."""
    return {entry.source for entry in AccessLog(home).entries(1_000) if entry.kind == kind}


def test_cookies_and_addresses_are_those_of_the_world_outside(proxy: Proxy, desk: Served) -> None:
    answer = proxy.ask("/sign-in")
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert cookie(answer).startswith("__Host-vigilog=")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    sent_on = proxy.ask("/trials/T1/cases")
    assert (sent_on.status, sent_on.headers["location"]) == (303, "/sign-in?next=%2Ftrials%2FT1%2Fcases")
    inside = desk.address.rstrip("/").rpartition(":")[2]
    for page in (answer, sent_on, proxy.ask("/", Cookie=signed_in(proxy, desk))):
        assert f":{inside}" not in page.body + str(page.headers)


def test_a_form_of_this_host_is_taken_and_one_of_another_is_not(proxy: Proxy, desk: Served) -> None:
    assert guess(proxy, Origin=f"https://{HOST}", Sec_Fetch_Site="same-origin").status == 401
    assert guess(proxy, Origin=f"https://{HOST}").status == 401
    for forged in ({"Origin": "https://evil.example"}, {"Origin": f"https://{HOST}.evil.example"},
                   {"Origin": f"https://{HOST}", "Sec_Fetch_Site": "cross-site"}):  # fmt: skip
        answer = guess(proxy, **forged)
        assert (answer.status, answer.body.count("\n")) == (403, 1), forged
    told = proxy.ask("/sign-in", X_Forwarded_Host="evil.example", Cookie=signed_in(proxy, desk))
    assert "evil.example" not in told.body + str(told.headers)


def test_the_access_log_has_the_clients_address_whatever_the_client_says(
    proxy: Proxy, desk: Served, home: Home
) -> None:
    assert guess(proxy).status == 401
    assert guess(proxy, X_Forwarded_For=SPOOFED, X_Real_IP=SPOOFED, Forwarded=f"for={SPOOFED}").status in {401, 429}
    assert sources(home, "refused") == {"127.0.0.2"}


def test_who_reaches_the_desk_beside_the_proxy_is_not_believed(desk: Served, home: Home) -> None:
    beside = f"http://127.0.0.1:{desk.address.rstrip('/').rpartition(':')[2]}"
    unknown = {"X-Forwarded-For": SPOOFED, "Authorization": "Bearer vigilog_nothing"}
    connection = http.client.HTTPConnection("127.0.0.1", int(beside.rpartition(":")[2]), 30, ("127.0.0.3", 0))
    with closing(connection):
        connection.request("GET", "/api/v1/me", headers=unknown)
        assert connection.getresponse().status == 401
    assert sources(home, "token_refused") == {"127.0.0.3"}
    with urlopen(Request(f"{beside}/healthz"), timeout=30) as answer:
        assert answer.status == 200


def test_one_client_that_asks_without_end_is_told_to_wait_and_another_is_not(proxy: Proxy) -> None:
    with closing(proxy.connection("127.0.0.2")) as connection:
        statuses, waits = list[int](), None
        while 429 not in statuses and len(statuses) < 20 * int(MEASURES["source"].burst):
            connection.request("GET", "/sign-in", headers={"X-Forwarded-For": f"203.0.113.{len(statuses) % 250}"})
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
            waits = answer.getheader("retry-after")
    assert (statuses[-1], waits) == (429, "1")
    assert proxy.ask("/sign-in", source="127.0.0.4").status == 200


def test_too_large_a_body_is_refused_by_the_desk_in_one_sentence(proxy: Proxy, desk: Served) -> None:
    cookies = signed_in(proxy, desk)
    outsized = b"narrative=" + b"x" * (5 * BODY_BYTES)
    answer = proxy.ask("/trials/T1/file", outsized, Content_Type=FORM, Cookie=cookies)
    assert answer.status == 413
    assert "nothing was stored, and what you typed is not kept" in answer.body
    told = proxy.ask("/api/v1/commands/dose.give", outsized, Content_Type="application/json", Cookie=cookies)
    assert told.status in {403, 413}
    assert told.headers["content-type"] == "application/problem+json"


def test_an_open_page_hears_of_a_change_at_once_through_the_proxy(proxy: Proxy, desk: Served) -> None:
    cookies = signed_in(proxy, desk)
    token = csrf(proxy.ask("/me", Cookie=cookies))
    with closing(proxy.connection("127.0.0.2")) as line:
        line.request("GET", "/trials/T1/live?part=worklist", headers={"Accept": "text/event-stream", "Cookie": cookies})
        stream = line.getresponse()
        assert stream.getheader("content-type", "").startswith("text/event-stream")
        assert until(stream, "event: now")
        body = b'{"form": {"STUDYID": "T1", "USUBJID": "A1", "AETERM": "fever", "AESER": "Y"}}'
        headers = {"Content_Type": "application/json", "Cookie": cookies, "x_csrf_token": token}
        filed = proxy.ask("/api/v1/commands/adverse_event.report", body, Idempotency_Key="through-nginx", **headers)
        assert filed.status == 201, filed.body
        assert until(stream, "event: changed")


def until(stream: http.client.HTTPResponse, wanted: str) -> bool:
    """Read a stream line by line until a line comes; it would end only with the session."""
    return any(line.decode().strip() == wanted for line in iter(stream.readline, b""))
