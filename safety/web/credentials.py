"""Makes and checks what people sign in with: argon2id digests of passphrases, codes of authenticators (NIST SP 800-63B)."""

import unicodedata
from functools import cache
from importlib.resources import files
from secrets import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pyotp import TOTP

from safety.credentials import Credential
from safety.web.words import N_

SHORTEST, SHORTEST_WITH_CODE, LONGEST = 15, 8, 200
STEP_SECONDS = 30
MOST_TYPED = 4 * (LONGEST + 1)
"""NFKC composes four characters at most into one: what is longer than this is no passphrase, whatever its form."""
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""argon2id as OWASP asks for at least: 19 MiB, two passes, one lane."""


class TooWeak(Exception):
    """A passphrase that may not be chosen; the text is marked for translation."""


TOO_SHORT = N_("Take 15 characters or more; several words are easy to remember.")
TOO_SHORT_WITH_CODE = N_("Take 8 characters or more.")
TOO_LONG = N_("Take 200 characters or fewer.")
TOO_COMMON = N_("This passphrase is one that others try first; take another.")
TWICE = N_("The two passphrases differ; type the same one twice.")
NAMES_ACCOUNT = N_("The passphrase must not be made of the name of the account or of this desk.")


@cache
def common() -> frozenset[str]:
    """The passphrases that are tried first, from eight characters on."""
    text = files("safety.web").joinpath("common_passphrases.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def normal(passphrase: str) -> str:
    """Bring what two keyboards type for the same text to one form (NFKC, as SP 800-63B 3.1.1.2 asks)."""
    return unicodedata.normalize("NFKC", passphrase)


def check_choice(account: str, passphrase: str, *, with_code: bool) -> None:
    """Refuse a passphrase that is too short or too common; what it is composed of is free. Raises TooWeak."""
    told = normal(passphrase)
    if len(told) < (SHORTEST_WITH_CODE if with_code else SHORTEST):
        raise TooWeak(TOO_SHORT_WITH_CODE if with_code else TOO_SHORT)
    if len(told) > LONGEST:
        raise TooWeak(TOO_LONG)
    folded = told.casefold()
    if folded in common() or repeats(folded):
        raise TooWeak(TOO_COMMON)
    rest = folded.replace(account.casefold(), "").replace("vigilog", "")
    if len(rest) < min(SHORTEST_WITH_CODE, len(folded)) and rest != folded:
        raise TooWeak(NAMES_ACCOUNT)


def repeats(text: str) -> bool:
    """Say whether a text is only a common or short piece said again and again, such as `abcabcabcabcabc`."""
    pieces = (text[:length] for length in range(1, len(text) // 2 + 1))
    return any((piece * len(text))[: len(text)] == text for piece in pieces)


def same_twice(first: str, second: str) -> str:
    """Give a passphrase that was typed twice; raises TooWeak where the two differ."""
    if first != second:
        raise TooWeak(TWICE)
    return first


def chosen_passphrase(account: str, passphrase: str, *, now: int, authenticator: str | None = None) -> Credential:
    """Make what is kept of a passphrase somebody has chosen; raises TooWeak."""
    check_choice(account, passphrase, with_code=authenticator is not None)
    return Credential(account, HASHER.hash(normal(passphrase)), authenticator, 0, now)


@cache
def nobodys() -> str:
    """A digest to check against where an account has none: the answer takes as long as any other."""
    return HASHER.hash("nobody signs in with this")


def fits(credential: Credential | None, passphrase: str) -> bool:
    """Say whether a passphrase is the one that was chosen, and take the same time where none was."""
    # It is cut once it has its form: two keyboards may type one text in two lengths.
    typed = normal(passphrase[:MOST_TYPED])[: LONGEST + 1]
    try:
        HASHER.verify(credential.passphrase if credential else nobodys(), typed)
    except (VerificationError, InvalidHashError):
        return False
    return credential is not None


def step_of(authenticator: str, code: str, now: int) -> int | None:
    """Give the time step that a code is of: the present one or the one before (a slow hand); None when it is of neither."""
    typed = "".join(code.split())
    present = now // 1_000_000 // STEP_SECONDS
    totp = TOTP(authenticator, interval=STEP_SECONDS)
    fitting = (step for step in (present, present - 1) if same(totp.at(step * STEP_SECONDS), typed))
    return next(fitting, None)


def same(one: str, other: str) -> bool:
    """Compare two codes in a time that does not tell how much of them agrees."""
    return compare_digest(one.encode(), other.encode())
