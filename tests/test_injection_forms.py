"""Two hundred payloads through every text field of every form: what is taken is shown as text, what is refused comes back as text."""

import itertools
import os
from collections.abc import Iterator, Mapping

import pytest
from fastapi.routing import APIRoute
from httpx2 import Response
from starlette.testclient import TestClient

from safety.home import Home
from safety.web.pages import groups
from tests.forms import TYPED, Form, form_to
from tests.hostile_forms import ELSEWHERE, FORMS, Sent, named, ready, with_forms
from tests.hostile_record import runs
from tests.payloads import payloads
from tests.web_homes import Homes, sent, signed_in

pytestmark = pytest.mark.uncovered

APART = 8 if os.environ.get("VIGILOG_LONG") == "1" else len(payloads())
"""Each field is sent every so manieth payload; one of them in the short form, and every payload by some field."""
PROOFS = {"csrf", "account", "meaning"}
"""What says who asks and signs; test_injection sends those. An account is asked for at the first signature alone."""
COUNT = itertools.count(1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    homes = Homes(tmp_path_factory.mktemp("forms"))
    yield with_forms(homes.open())
    homes.close()


@pytest.fixture(scope="module")
def browser(home: Home) -> TestClient:
    opened = signed_in(home, "EACH")
    # Who has looked once is told what is new.
    sent(opened, "/trials/T1/seen", {"position": str(home.journal.head().position), "back": "/trials/T1/cases"})
    return opened


def test_no_form_is_forgotten() -> None:
    routes = [route for group in groups() for route in group.routes if isinstance(route, APIRoute)]
    taking = [route for route in routes if "POST" in (route.methods or ())]
    walked = {route.path for route in taking for form in FORMS if route.path_regex.match(named(form.to, 1))}
    assert walked.isdisjoint(ELSEWHERE)
    assert walked | set(ELSEWHERE) == {route.path for route in taking}


class Sending:
    """One form of the desk, sent again and again about something else each time."""

    def __init__(self, home: Home, browser: TestClient, row: Sent) -> None:
        self.home, self.browser, self.row = home, browser, row
        self.form = self.read()

    def read(self) -> Form:
        """The form as its page has it about the next thing; the one read before where the page no longer has it."""
        self.number = next(COUNT)
        ready(self.home, self.row, self.number)
        page = self.browser.get(named(self.row.at or self.row.to, self.number))
        found = form_to(page.text, named(self.row.to, self.number))
        assert page.status_code == 200
        assert runs(page.text) == []
        assert found is not None or hasattr(self, "form"), page.text
        return found or self.form

    def send(self, **typed: str) -> Response:
        """Send it about the thing that it was read for, with something harmless in all fields but those."""
        says = {name: named(text, self.number) for name, text in self.row.says.items()}
        said: Mapping[str, str | list[str]] = {**self.form.said, **says, **typed}
        return self.browser.post(named(self.row.to, self.number), data=said, follow_redirects=False)


@pytest.mark.parametrize("row", FORMS, ids=[row.to.rpartition("/T1")[2] for row in FORMS])
def test_no_field_of_a_form_runs_what_is_typed(home: Home, browser: TestClient, row: Sent) -> None:
    sending = Sending(home, browser, row)
    assert set(row.says) - {"passphrase", "present", "do", "account"} <= set(sending.form.kinds), (
        "its page has these fields"
    )
    answer = sending.send()
    assert answer.status_code == row.status, answer.text
    fields = [name for name, kind in sending.form.kinds.items() if kind in TYPED and name not in PROOFS]
    for place, name in enumerate(fields, FORMS.index(row) * 7):
        for payload in payloads()[place % APART :: APART]:
            sending.form = sending.read()
            answer = sending.send(**{name: payload.text})
            assert answer.status_code in {200, 303, 400, 404, 409, 413, 422}, (name, payload, answer.text)
            assert runs(answer.text) == [], (name, payload)
            if answer.status_code == 303:
                shown = browser.get(answer.headers["location"])
                assert answer.headers["location"].startswith("/"), (name, payload)
                assert (shown.status_code, runs(shown.text)) == (200, []), (name, payload)
    home.views.catch_up(home.journal)
    assert home.views.faults() == []
