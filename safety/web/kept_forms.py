"""A form that is sent when its session has ended: kept for its account alone for an hour, and sent again after signing in."""

import json
import re
from collections.abc import Iterator
from secrets import compare_digest
from typing import NamedTuple

from safety.sessions import MINUTE
from safety.web.asking import Asked
from safety.web.record_fields import NAMES, RECORD_FIELDS
from safety.web.visiting import Visitor, form_token
from safety.web.words import N_

HOLDS = 60 * MINUTE
WHERE = "/kept"
NEVER = {"csrf", "passphrase", "again", "present", "code", "passkey", "secret"}
"""What is typed to prove who one is is not kept; it is asked for again."""

TITLES = {
    "file": N_("File an adverse event"),
    "follow-up": N_("Follow up"),
    "correct": N_("Correct"),
    "causality": N_("Assess causality"),
    "seriousness": N_("Assess seriousness"),
    "expectedness": N_("Assess expectedness"),
    "reportability": N_("State what decides on reporting"),
    "coding": N_("Code the reported term"),
    "submit": N_("Record as sent"),
    "acknowledgement": N_("Record acknowledgement"),
    "rejection": N_("Record rejection"),
    "cancel": N_("Strike through"),
    "enrol": N_("Enrol a subject"),
    "dose": N_("Record a dose"),
    "withdraw": N_("Record a withdrawal"),
    "complete": N_("Record the completion"),
    "death": N_("Record a death"),
    "settle": N_("Settle"),
}
"""What a form does, by the end of where it goes; another is named by its address."""
OF_MACHINES = {"act", "do", "read_at", "back", "then", "position", "upload"}
OF_FORMS = {
    "on": N_("date"),
    "off": N_("ended on"),
    "why": N_("reason"),
    "criteria": N_("criteria of seriousness"),
    "aware_day": N_("aware on"),
    "because_of": N_("because of adverse event"),
}
"""What the forms call otherwise than the record does."""
CHOSEN = {"serious", "severity", "causality", "outcome", "action_taken", "expected", "sex"}
"""Fields in which one of some values is chosen."""
CALLED = {**NAMES, **RECORD_FIELDS, **OF_FORMS}
PART = re.compile(r"(.+)_[ymd]$")


class Kept(NamedTuple):
    """Where a form was going, and its fields in order."""

    path: str
    fields: list[tuple[str, str]]


def keep(visitor: Visitor) -> bool:
    """Keep the form of a request, if its browser held a session that ended by itself; say whether it did.

    Its token was checked before: the form is of a page of this browser.
    """
    account = None if visitor.held is None else visitor.home.sessions.was(visitor.held)
    return account is not None and keep_for(visitor, account)


def keep_of_before(visitor: Visitor) -> bool:
    """Keep the form of a page that was opened in an earlier session of who is signed in; its token says that it was."""
    if visitor.session is None:
        return False
    said, account = str(visitor.form.get("csrf") or "").encode(), visitor.session.account
    tokens = (form_token(session).encode() for session in visitor.home.sessions.lately(account))
    return any(compare_digest(said, token) for token in tokens) and keep_for(visitor, account)


def keep_for(visitor: Visitor, account: str) -> bool:
    """Keep what a form says for an account; say whether there was anything to keep."""
    fields = [(name, value) for name, value in visitor.form.multi_items() if isinstance(value, str)]
    said = [(name, value) for name, value in fields if name not in NEVER]
    path = visitor.request.url.path
    if not said or path.startswith(("/me", "/sign", WHERE)):
        return False
    until = visitor.now + HOLDS
    visitor.home.left_off.keep_form(account, path, json.dumps(said), now=visitor.now, until=until)
    return True


def kept(ask: Asked) -> Kept | None:
    """Give the form that is kept for who asks."""
    found = ask.home.left_off.kept_form(ask.account, now=ask.now)
    if found is None:
        return None
    path, said = found
    return Kept(path, [(str(name), str(value)) for name, value in json.loads(said)])


def title_of(ask: Asked, path: str) -> str:
    """Say what a form does, and to what, as far as its address tells."""
    *_, about, last = path.split("/")
    parts = re.search(r"/(?:subjects|cases)/([^/]+)(?:/(\d+))?/", path)
    named = " · AE ".join(part for part in parts.groups() if part) if parts else ""
    text = ask.words.gettext(TITLES[last]) if last in TITLES else f"{about} / {last}"
    return f"{named}{ask.words(': ')}{text}" if named else text


def typed(ask: Asked, found: Kept) -> list[tuple[str, str]]:
    """Give what a person typed or chose, field by field under its name; the parts of a date and what was ticked stand together."""
    said: dict[str, list[str]] = {}
    for name, value in fields_of_people(found):
        said.setdefault(name, []).append(spoken(ask, name, value))
    dates = {part[1] for name, _ in found.fields if (part := PART.match(name))}
    between = {name: "-" if name in dates else ask.words(", ") for name in said}
    return [(ask.words.gettext(CALLED.get(name, name)), between[name].join(values)) for name, values in said.items()]


def spoken(ask: Asked, name: str, value: str) -> str:
    """Say what was chosen in the reader's words; what was written stands as it was."""
    if name == "criteria":
        return ask.words.gettext(CALLED.get(value, value))
    if name in CHOSEN:
        return ask.show.coded({"y": "Y", "n": "N"}.get(value, value))
    return value


def fields_of_people(found: Kept) -> Iterator[tuple[str, str]]:
    """Give the fields that hold something a person wrote or chose; a date's parts under its own name."""
    for name, value in found.fields:
        part = PART.match(name)
        if value and name not in OF_MACHINES:
            yield (part[1] if part else name), value
