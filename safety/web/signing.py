"""Electronic signatures (21 CFR 11.50, 11.70, 11.200): who signs proves it anew, says what it means, and it stands with the record.

A page that has something signed shows `sign_block` of macros.html.j2 in its form, calls `signature` when the form comes
back, and hands what it gives to `ask.do`. A page that shows a record shows `signature_of` each position that was signed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from safety.journal import Signature, decode
from safety.journal.row import Stored
from safety.web.asking import Asked
from safety.web.credentials import fits
from safety.web.passkeys import TO_SIGN, proves, whose
from safety.web.signing_in import Doubted, TooSoon, goes_together, inside, known, with_delay
from safety.web.words import N_

Meaning = Literal["authorship", "assessment", "review", "approval", "responsibility"]
MEANINGS: Mapping[Meaning, tuple[str, str]] = {
    "authorship": (N_("Authorship"), N_("I wrote this, and it is what I know.")),
    "assessment": (N_("Assessment"), N_("I made this judgement of seriousness, expectedness and causality.")),
    "review": (N_("Review"), N_("I checked a judgement made by another person.")),
    "approval": (N_("Approval"), N_("I take responsibility for acting on it.")),
    "responsibility": (N_("Responsibility"), N_("I answer for this being complete and sent.")),
}
"""Each meaning as the log has it, with its name and what it says (21 CFR 11.50(a)(3))."""

NOT_YOU = N_("This does not prove that it is you. Type your own account, passphrase and the code shown now.")
NOT_YOU_AGAIN = N_("This is not your passphrase. Type it again.")
NO_MEANING = N_("Say what your signature means.")
WAIT = N_("Wait %(n)d s, then sign again.")


class NotSigned(Exception):
    """The signature was not given; the text says what to do, in the reader's words. Nothing was stored."""


@dataclass(frozen=True)
class Signed:
    """A signature as it is shown wherever its record is (21 CFR 11.50(b)); `at` in microseconds from 1970 UTC."""

    name: str
    account: str
    role: str
    meaning: str
    at: int
    position: int
    sha256: str


@dataclass(frozen=True)
class Wanted:
    """What the signing block asks for: the meanings there are to choose from, and whether every component is needed."""

    meanings: tuple[Meaning, ...]
    whole: bool
    """The first signature of a session takes account, passphrase and code; a later one the passphrase (11.200(a)(1))."""
    with_code: bool
    with_passkey: bool = False
    """Whether who signs has a passkey, which proves as much as all of them."""
    chosen: str = ""
    error: str = ""

    def choices(self, ask: Asked) -> list[tuple[str, str, str, str]]:
        """Give the meanings as `pick` takes them."""
        said = ask.words.gettext
        return [(name, said(MEANINGS[name][0]), said(MEANINGS[name][1]), "") for name in self.meanings]


def wanted(ask: Asked, *meanings: Meaning, error: str = "") -> Wanted:
    """Say what the signing block has to ask for; what was chosen before an error stays chosen."""
    credential = ask.home.credentials.find(ask.account)
    with_code = credential is not None and credential.authenticator is not None
    with_passkey = bool(ask.home.credentials.passkeys(ask.account))
    return Wanted(meanings, not ask.signed_before, with_code, with_passkey, ask.text("meaning") or meanings[0], error)


def signature(ask: Asked, *meanings: Meaning) -> Signature:
    """Take the signature that a form was sent with.

    Raises:
        NotSigned: no meaning of those offered, or the components do not prove who is signed in.

    """
    meaning = ask.text("meaning")
    if meaning not in meanings:
        raise NotSigned(ask.words(NO_MEANING))
    methods = methods_proved(ask)
    if ask.session is not None:
        ask.home.sessions.signed(ask.session, now=ask.now)
    return Signature(meaning, methods, ask.name)


def methods_proved(ask: Asked) -> tuple[str, ...]:
    """Prove that who signs is who is signed in, and name what proved it; raises NotSigned."""
    passphrase, code, answer = str(ask.form.get("passphrase") or ""), ask.text("code"), ask.text("passkey")
    credential = ask.home.credentials.find(ask.account)

    def proved() -> bool:
        if answer:
            return whose(ask, answer) == ask.account and proves(ask, TO_SIGN, answer)
        if ask.signed_before:
            return fits(credential, passphrase)
        return known(ask.text("account")) == ask.account and goes_together(ask, ask.account, passphrase, code)

    try:
        with_delay(ask, ask.account, proved, inside(ask, ask.account))
    except TooSoon as wait:
        raise NotSigned(ask.words(WAIT, n=wait.seconds)) from None
    except Doubted:
        raise NotSigned(ask.words(NOT_YOU_AGAIN if ask.signed_before else NOT_YOU)) from None
    if answer:
        return ("passkey", "user verification")
    if ask.signed_before:
        return ("passphrase",)
    return ("account", "passphrase", "code") if credential and credential.authenticator else ("account", "passphrase")


def signature_of(ask: Asked, position: int) -> Signed | None:
    """Give the signature of an entry of the log, or None where it is not signed; the page has seen to it that it may be shown."""
    for row in ask.home.journal.page(position - 1, position, 1):
        return signed_in_row(ask, row)
    return None


def signed_in_row(ask: Asked, row: Stored) -> Signed | None:
    """Give the signature of a row of the log, or None where it is not signed; the page has seen to it that it may be shown."""
    recorded = decode(row)
    meta = recorded.about()
    if meta.signature is None:
        return None
    said = meta.signature["meaning"]
    meaning = ask.words.gettext(MEANINGS[said][0]) if said in get_args(Meaning) else said
    who = recorded.signer or meta.by
    role = ask.show.role(meta.role)
    return Signed(who, meta.by, role, meaning, recorded.recorded_at, row.position, meta.sha256)


def with_signatures(ask: Asked, changes: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give each change of the record with the signature of its entry, `signed`; None where nobody signed it."""
    position, signed = 0, None
    for change in changes:
        if change["position"] != position:  # the changes of one entry stand together
            position, signed = change["position"], signature_of(ask, change["position"])
        yield {**change, "signed": signed}
