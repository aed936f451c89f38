"""Passkeys (WebAuthn): a device signs what this desk has just made up for this browser; a person unlocked it by PIN or finger.

A passkey proves two things at once, the device and who unlocked it, so it signs in alone and gives any signature of a session.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic_core import from_json
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from safety.credentials import Passkey
from safety.sessions import MINUTE, digest
from safety.web.visiting import Visitor

HOLDS = 5 * MINUTE
"""So many microseconds a person has to unlock the device."""
REQUIRED = UserVerificationRequirement.REQUIRED
MOST = 10
"""Passkeys of one account."""
NO_PROOF = (WebAuthnException, ValueError, KeyError, TypeError)
"""What the library raises of an answer that proves nothing: it lets through what its own parsing raises."""
Purpose = str
TO_ADD, TO_SIGN_IN, TO_SIGN = "add a passkey", "sign in", "sign"


class Reached(NamedTuple):
    """Under which address the browser knows this desk: the party that a passkey is bound to, and the origin that it vouches for."""

    host: str
    origin: str


def reached(visitor: Visitor) -> Reached:
    """Give the desk's public address; on its own machine without TLS, the port that was asked."""
    if visitor.plain:
        return Reached("localhost", f"http://{visitor.request.headers.get('host', '')}")
    public = urlsplit(visitor.home.settings.public_url)
    return Reached(public.hostname or "", f"{public.scheme}://{public.netloc}")


def offer_to_add(visitor: Visitor, account: str, name: str) -> str:
    """Ask the browser for a new passkey: what `navigator.credentials.create` takes, as JSON."""
    held = visitor.home.credentials.passkeys(account)
    options = generate_registration_options(
        rp_id=reached(visitor).host,
        rp_name="Vigilog",
        user_name=account,
        user_id=handle(visitor, account),
        user_display_name=name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in held],
    )
    ask(visitor, TO_ADD, options.challenge)
    return options_to_json(options)


def offer_to_prove(visitor: Visitor, purpose: Purpose) -> str:
    """Ask the browser for a proof: what `navigator.credentials.get` takes, as JSON; it names no passkey, so it tells of no account."""
    options = generate_authentication_options(rp_id=reached(visitor).host, user_verification=REQUIRED)
    ask(visitor, purpose, options.challenge)
    return options_to_json(options)


def ask(visitor: Visitor, purpose: Purpose, challenge: bytes) -> None:
    """Keep a challenge for this browser and purpose."""
    said, until = bytes_to_base64url(challenge), visitor.now + HOLDS
    visitor.home.sessions.challenge(visitor.secret, purpose, said, now=visitor.now, until=until)


def added(visitor: Visitor, account: str, answer: str) -> bool:
    """Keep the passkey that a browser answers with; False where the answer is not to what it was asked."""
    challenge = visitor.home.sessions.challenged(visitor.secret, TO_ADD, now=visitor.now)
    if challenge is None or len(visitor.home.credentials.passkeys(account)) >= MOST:
        return False
    place = reached(visitor)
    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except NO_PROOF:
        return False
    named = bytes_to_base64url(found.credential_id)
    kept = Passkey(named, account, found.credential_public_key, found.sign_count, visitor.now)
    return visitor.home.credentials.add_passkey(kept)


def whose(visitor: Visitor, answer: str) -> str:
    """Give the account that an answer claims to be of; nothing is proved yet. Empty where it is nobody's."""
    passkey = claimed(visitor, answer)
    return passkey.account if passkey else ""


def claimed(visitor: Visitor, answer: str) -> Passkey | None:
    """Find the passkey that an answer names."""
    try:
        said = from_json(answer)
        named = str(said["rawId"])
    except (ValueError, KeyError, TypeError):
        return None
    return visitor.home.credentials.passkey(named)


def proves(visitor: Visitor, purpose: Purpose, answer: str) -> bool:
    """Say whether an answer proves the account that it claims to be of; what was asked is used up either way."""
    challenge = visitor.home.sessions.challenged(visitor.secret, purpose, now=visitor.now)
    passkey = claimed(visitor, answer)
    if challenge is None or passkey is None:
        return False
    place = reached(visitor)
    try:
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        )
    except NO_PROOF:
        return False
    return visitor.home.credentials.count_use(passkey.id, found.new_sign_count)


def handle(visitor: Visitor, account: str) -> bytes:
    """Name an account to a device without telling who it is."""
    return bytes.fromhex(digest(f"{visitor.home.opened.log}:{account}"))
