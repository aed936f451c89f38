"""Programs that ask the API: a token for an account, and a client that shows it."""

import itertools
from collections.abc import Sequence
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from safety.home import Home
from safety.sessions import digest
from safety.tokens import Token
from safety.values import microseconds
from safety.web.api.admission import PREFIX
from safety.web.api.scopes import GROUPS, covered, is_scope
from safety.web.door import door
from safety.web.pace import Pace
from safety.web.policy import RULES
from tests.builders import alert_raised, append, definition, enrolled, given, registered, reported
from tests.web_homes import PASSPHRASE, signed_in, with_people

EVERYTHING = (*GROUPS, *(action for action in RULES if is_scope(action) and not covered(GROUPS, action)))
API = "/api/v1"
YEAR = 365 * 86_400 * 1_000_000
SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]
TO_BE_SIGNED = {
    "adverse_event.state_reportability",
    "adverse_event.assess_seriousness", "adverse_event.assess_causality", "adverse_event.assess_expectedness",
    "adverse_event.nullify", "obligation.submit", "obligation.cancel", "periodic_report.submit", "trial.adopt_rule_pack",
}  # fmt: skip
"""Seriousness, causality, expectedness, nullification, what is sent, what is struck through, and what governs."""
SAID = "There is no such page, or it is not yours to see"


def with_token(home: Home, account: str, scopes: Sequence[str] = EVERYTHING, name: str = "", lasts: int = YEAR) -> str:
    """Keep a token of an account that is not revoked, and give what its program shows."""
    kept = {token.id: token for token in home.tokens.of(account)}
    secret = f"{PREFIX}{account}-{name or '-'.join(scopes)}"
    while (found := kept.get(digest(secret)[:8])) and found.revoked_at is not None:
        secret += "-again"
    now = microseconds(home.doors.clock())
    if (named := digest(secret)[:8]) not in kept:
        home.tokens.put(Token(digest(secret), named, account, name or "a program", tuple(scopes), now, now + lasts))
    return secret


def unhurried(home: Home) -> TestClient:
    """A client that is never told to wait."""
    endless = Pace(burst=1e9)
    return TestClient(
        door(home, endless, clock=itertools.count().__next__),
        base_url="http://localhost",
        raise_server_exceptions=False,
    )


def program(
    home: Home, account: str, scopes: Sequence[str] = EVERYTHING, asked: TestClient | None = None
) -> TestClient:
    """A client that shows a token of an account with each request."""
    client = asked or unhurried(home)
    client.headers["authorization"] = f"Bearer {with_token(home, account, scopes)}"
    return client


def with_passphrase(home: Home, *accounts: str) -> None:
    """Let accounts choose the passphrase that every test knows."""
    for account in accounts:
        signed_in(home, account)


def signing(account: str, meaning: str, passphrase: str = PASSPHRASE) -> dict[str, str]:
    """The part of a body that signs it."""
    return {"meaning": meaning, "account": account, "passphrase": passphrase}


def two_sites(opened: Home) -> Home:
    """Two trials; in T1 the subjects A1 of site 01 and B1 of site 02, each with a dose, an adverse event and an alert."""
    append(opened.journal, registered(definition(sites=SITES)), registered(definition(sites=SITES), code="T2"))
    for number, (subject, site) in enumerate((("A1", "01"), ("B1", "02")), 1):
        append(opened.journal, enrolled(subject, site=site), given(subject), reported(subject, 1, serious="Y"))
        append(opened.journal, alert_raised(f"A-{number}", concerning=(f"{subject}/1",)))
    append(opened.journal, enrolled("C1", trial="T2"))
    with_people(
        opened,
        LIN={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        CHEN={"roles": ["safety_officer"], "trials": ["T1"]},
        WANG={"roles": ["safety_officer"], "trials": ["T1"]},
        ZHAO={"roles": ["auditor"], "trials": ["T1"]},
        OPS={"roles": ["operator"]},
    )
    return opened


class Asks:
    """A program of somebody, with a fresh key for each act."""

    def __init__(self, home: Home, account: str) -> None:
        self.client = program(home, account)
        self.account = account
        self._keys = iter(f"act-of-{account}-{number}" for number in range(1000))

    def __call__(self, command: str, form: dict[str, Any], key: str | None = None, **beside: Any) -> Response:  # noqa: ANN401, parts of a body
        headers = {"Idempotency-Key": key or next(self._keys)}
        return self.client.post(f"/api/v1/commands/{command}", json={"form": form, **beside}, headers=headers)

    def signed(self, command: str, form: dict[str, Any], meaning: str, key: str | None = None) -> Response:
        return self(command, form, key, signature=signing(self.account, meaning))


def head(home: Home) -> int:
    return home.journal.head().position


def told(answer: Response, status: int) -> Any:  # noqa: ANN401, a JSON document
    assert answer.status_code == status, answer.text
    return answer.json()


def read(asked: TestClient, path: str, **query: str) -> Any:  # noqa: ANN401, a JSON document
    """What the API tells of a path."""
    return told(asked.get(f"{API}{path}", params=query), 200)
