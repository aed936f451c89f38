"""Programs that ask the API: a token for an account, and a client that shows it."""

from collections.abc import Sequence

from starlette.testclient import TestClient

from safety.home import Home
from safety.sessions import digest
from safety.tokens import Token
from safety.values import microseconds
from safety.web.api.admission import PREFIX
from safety.web.api.scopes import GROUPS
from safety.web.door import door
from safety.web.shield import Pace
from tests.web_homes import PASSPHRASE, signed_in

EVERYTHING = tuple(GROUPS)
YEAR = 365 * 86_400 * 1_000_000
SAID = "There is no such page, or it is not yours to see"


def with_token(home: Home, account: str, scopes: Sequence[str] = EVERYTHING, name: str = "", lasts: int = YEAR) -> str:
    """Keep a token of an account, and give what its program shows."""
    secret = f"{PREFIX}{account}-{name or '-'.join(scopes)}"
    now = microseconds(home.doors.clock())
    named = digest(secret)[:8]
    home.tokens.put(Token(digest(secret), named, account, name or "a program", tuple(scopes), now, now + lasts))
    return secret


def unhurried(home: Home) -> TestClient:
    """A client that is never told to wait."""
    endless = Pace(burst=1e9)
    return TestClient(door(home, endless), base_url="http://localhost", raise_server_exceptions=False)


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
