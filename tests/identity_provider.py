"""A small OpenID Connect provider on this machine, which signs what it is told to sign: also what no honest one would."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "vigilog-desk", "a secret of the client"


def unsigned(claims: dict[str, Any]) -> str:
    """A token of the algorithm `none`."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


class IdentityProvider:
    """Who it vouches for, what it says of them, and what it says falsely: `claims` go over the true ones."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signs_with: RSAKey | OctKey | None = self.key
        self.algorithm = "RS256"
        self.now = 0
        self.claims: dict[str, Any] = {}
        self.described: dict[str, Any] = {}
        self.redirects = False
        self.port = 0
        self._codes: dict[str, dict[str, str]] = {}

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def description(self) -> dict[str, Any]:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        said = {name: f"{self.issuer}/{path}" for name, path in places.items()}
        return {"issuer": self.issuer, **said, **self.described}

    def answered(self, location: str, **changes: str) -> str:
        """What the browser comes back with that was sent to an address: a path of the desk. Somebody has signed in there."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        said = {"code": code, "state": asked["state"], "iss": self.issuer, **changes}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode(said)}"

    def token(self, form: dict[str, str], credentials: str) -> tuple[int, dict[str, Any]]:
        """The token of a code, once, to whoever proves to have asked for it."""
        asked = self._codes.pop(form["code"], None)
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if b64decode(credentials.removeprefix("Basic ")).decode() != f"{CLIENT}:{SECRET.replace(' ', '+')}":
            return 401, {"error": "invalid_client"}
        true = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "subject-1",
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": asked["nonce"],
            "email": "chen@example.org",
            "email_verified": True,
        }
        claims = {name: value for name, value in {**true, **self.claims}.items() if value is not None}
        if self.signs_with is None:
            return 200, {"id_token": unsigned(claims), "access_token": "x", "token_type": "Bearer"}
        made = jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.signs_with, algorithms=[self.algorithm])
        return 200, {"id_token": made, "access_token": "x", "token_type": "Bearer"}

    @contextmanager
    def running(self) -> Iterator["IdentityProvider"]:
        """Run in a thread of this process."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if provider.redirects:
                    self.send_response(302)
                    self.send_header("Location", f"{provider.issuer}/elsewhere")
                    self.end_headers()
                    return
                keys = {"keys": [provider.key.as_dict(private=False)]}
                self._say(200, provider.description() if "openid-configuration" in self.path else keys)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                self._say(*provider.token(form, self.headers["Authorization"]))

            def _say(self, status: int, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_port
            Thread(target=server.serve_forever, daemon=True).start()
            yield self
            server.shutdown()
