"""An OpenID Connect provider: where it asks people who they are, and what it then says of them, believed only when all of it fits.

The authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207). Tokens stay on the server and are
forgotten once they are read. Nothing is kept of the provider between two sign-ins: its keys may change at any time.
"""

import json
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import quote_plus, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from joserfc import jwk, jwt
from joserfc.errors import JoseError

from safety.settings import Settings

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""What an ID token may be signed with: never nothing, never a shared secret."""
SCOPE = "openid email"
TIMEOUT_SECONDS = 10
MOST_BYTES = 1_000_000
LEEWAY_SECONDS = 60
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class NotIdentified(Exception):
    """The provider did not say who it is, or what it says does not fit; the text is for the log of the machine only."""


class Asked(NamedTuple):
    """What a browser was sent to the provider with; the answer has to fit it."""

    state: str
    nonce: str
    verifier: str
    onward: str


class Person(NamedTuple):
    """Whom the provider vouches for; `email` only where it says that it has verified the address."""

    issuer: str
    subject: str
    email: str | None


class Provider:
    """The provider that the settings name."""

    def __init__(self, settings: Settings, back: str) -> None:
        """Read what it says of itself; `back` is where it sends the browser. Raises NotIdentified."""
        self._issuer, self._client, self._back = str(settings.oidc_issuer), settings.oidc_client_id, back
        self._secret = "" if settings.oidc_secret_file is None else settings.oidc_secret_file.read_text("utf-8").strip()
        self._described = fetched(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if self._described.get("issuer") != self._issuer:
            raise NotIdentified("the provider calls itself otherwise than the settings do")

    def place(self, name: str) -> str:
        """Give one of its addresses, which has to be over TLS or on this machine."""
        found = str(self._described.get(name, ""))
        parts = urlsplit(found)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
            return found
        raise NotIdentified(f"its {name} is not over TLS")

    def question(self, asked: Asked) -> str:
        """Give the address to which a browser is sent."""
        challenge = urlsafe_b64encode(sha256(asked.verifier.encode()).digest()).decode().rstrip("=")
        said = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self._back,
            "scope": SCOPE,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        place = self.place("authorization_endpoint")
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(said)}"

    def person(self, asked: Asked, code: str, issuer: str | None, now: int) -> Person:
        """Give whom a code stands for; `issuer` as the answer names it, `now` in seconds. Raises NotIdentified."""
        if issuer is not None and issuer != self._issuer:
            raise NotIdentified("the answer is of another provider")
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": asked.verifier,
        }
        pair = b64encode(f"{quote_plus(self._client)}:{quote_plus(self._secret)}".encode()).decode()
        token = fetched(self.place("token_endpoint"), urlencode(said).encode(), {"Authorization": f"Basic {pair}"})
        claims = self._claims(str(token.get("id_token", "")), asked.nonce, now)
        verified = claims.get("email_verified") is True and isinstance(claims.get("email"), str)
        return Person(self._issuer, str(claims["sub"]), str(claims["email"]) if verified else None)

    def _claims(self, token: str, nonce: str, now: int) -> dict[str, Any]:
        """Check an ID token (OpenID Connect Core 3.1.3.7) and give what it says."""
        rules = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client},
            sub={"essential": True, "allow_blank": False},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            keys = jwk.KeySet.import_key_set(fetched(self.place("jwks_uri")))  # type: ignore[arg-type]  # it checks the shape itself
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            rules.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as fault:
            raise NotIdentified(type(fault).__name__) from None
        if claims.get("azp", self._client) != self._client:
            raise NotIdentified("the token was made for another client")
        if claims["aud"] not in (self._client, [self._client]):
            raise NotIdentified("the token is also for somebody else")
        return claims


class Stays(HTTPRedirectHandler):
    """Follows nobody anywhere."""

    def redirect_request(self, *_: object) -> None:
        """Take a redirection for the fault that it is."""


OPENER = build_opener(Stays)


def fetched(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Ask the provider and read its JSON; raises NotIdentified."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise NotIdentified("no address of the web")
    request = Request(url, body, {"Accept": "application/json", **(headers or {})})  # noqa: S310, its scheme is one of the two
    try:
        with OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
            if answer.status != HTTPStatus.OK:
                raise NotIdentified(f"it answers {answer.status}")
            found = json.loads(answer.read(MOST_BYTES))
    except (URLError, OSError, ValueError) as fault:
        raise NotIdentified(type(fault).__name__) from None
    if not isinstance(found, dict):
        raise NotIdentified("its answer is no object")
    return found
