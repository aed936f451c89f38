"""A device that holds one passkey, made of nothing but keys and CBOR: what a telephone does, and what a false one would."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(held: bytes) -> str:
    return urlsafe_b64encode(held).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Device:
    """Holds one passkey for one place (WebAuthn level 2, section 6), and counts its uses."""

    def __init__(self, origin: str, rp_id: str | None = None) -> None:
        self.origin, self._rp_id = origin, rp_id
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._raw = sha256(str(self._key.private_numbers().private_value).encode()).digest()
        self.id = b64(self._raw)
        self.uses = 0

    def made(self, options: dict[str, Any]) -> str:
        """Answer `navigator.credentials.create`."""
        place = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: place.x.to_bytes(32, "big"), -3: place.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self._raw).to_bytes(2, "big") + self._raw + cbor2.dumps(cose)
        flags = PRESENT | VERIFIED | ATTESTED
        rp_id = self._rp_id or options["rp"]["id"]
        held = {"fmt": "none", "attStmt": {}, "authData": self._data(rp_id, flags) + attested}
        told = self._told("webauthn.create", options["challenge"], self.origin)
        return self._answer({"clientDataJSON": b64(told), "attestationObject": b64(cbor2.dumps(held))})

    def proved(
        self,
        options: dict[str, Any],
        *,
        origin: str | None = None,
        rp_id: str | None = None,
        challenge: str | None = None,
        kind: str = "webauthn.get",
        verified: bool = True,
        present: bool = True,
        spoiled: bool = False,
        cross_key: bool = False,
    ) -> str:
        """Answer `navigator.credentials.get`; with keywords, as a false device would."""
        self.uses += 1
        flags = (PRESENT if present else 0) | (VERIFIED if verified else 0)
        data = self._data(rp_id or options["rpId"], flags)
        told = self._told(kind, challenge or options["challenge"], origin or self.origin)
        key = ec.generate_private_key(ec.SECP256R1()) if cross_key else self._key
        signature = key.sign(data + sha256(told).digest(), ec.ECDSA(SHA256()))
        if spoiled:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        said = {"clientDataJSON": b64(told), "authenticatorData": b64(data), "signature": b64(signature)}
        return self._answer(said)

    def _data(self, rp_id: str, flags: int) -> bytes:
        return sha256(rp_id.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4, "big")

    def _told(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        said = {"id": self.id, "rawId": self.id, "type": "public-key", "response": response}
        return json.dumps({**said, "clientExtensionResults": {}})
