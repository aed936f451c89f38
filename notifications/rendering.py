"""What a message says: which alerts, of which adverse events by code, and a link; never a term, a narrative or a date of birth."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache, lru_cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from notifications.channels import Written
from notifications.leading import desk_line, leads_to, link_to, page_of
from notifications.owed_report import OwedReport
from notifications.wording import BANNERS, DRILL, EXERCISES, Wording, words
from safety.values import Language, Role, moment

SEVEN_BITS = policy.default.clone(cte_type="7bit")
"""Names are also Chinese, and not every server on the way takes eight bits."""


class OwedAlert(NamedTuple):
    """An alert as a message carries it; it concerns adverse events, each `<subject>/<number>`, or what else it is about.

    `rung` and `repeat` say where on the ladder it stands, `asked_before` who did not answer, `changes` what has happened to
    what it concerns since the ladder began, `report` which report it calls for; `sites`: whose people hear, None for all.
    Moments are microseconds from 1970 UTC.
    """

    alert: str
    trial: str
    rule: str
    role: Role
    concerning: tuple[str, ...]
    raised_at: int
    rung: int = 1
    repeat: int | None = None
    due_at: int | None = None
    urgency: str = "urgent"
    asked_before: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    report: OwedReport | None = None
    sites: AbstractSet[str] | None = None

    @property
    def page(self) -> str:
        """The page of what it is about, within the desk."""
        return page_of(self.trial, self.rule, self.role, self.concerning)


class Addressee(NamedTuple):
    """Whom a message is for, in which language; `vacant`: nobody holds the role; `instead_of`: who holds it and is away."""

    account: str
    name: str
    address: str
    vacant: bool
    instead_of: str | None = None
    language: Language = "en"


class Letterhead(NamedTuple):
    """What stands on every message: who sends it, where people reach the desk if that is known, and what log it comes from."""

    sender: str
    desk: str | None
    purpose: str = "production"
    templates: Environment | None = None


class Content(NamedTuple):
    """A message before it is written: its id, what it carries, for whom, when it was composed, and the trial's zone."""

    message: str
    trial: str
    alerts: Sequence[OwedAlert]
    to: Addressee
    composed_at: int
    zone: str = "UTC"

    @property
    def wording(self) -> Wording:
        """How things are said to whom it is for."""
        return Wording(words(self.to.language), self.zone, self.composed_at)

    @property
    def subject(self) -> str:
        """What a person reads first."""
        first, more, said = self.alerts[0], len(self.alerts) - 1, self.wording
        named = {"trial": self.trial, "what": said.what(first.rule)}
        if more:
            return said.words("[Vigilog] %(trial)s: %(what)s and %(n)d more", n=more, **named)
        return said.words("[Vigilog] %(trial)s: %(what)s", **named)

    def purpose(self, head: Letterhead) -> str:
        """What it is for: what the log is for, or a drill where it carries nothing else."""
        return "drill" if all(alert.rule == DRILL for alert in self.alerts) else head.purpose

    @property
    def is_digest(self) -> bool:
        """Whether nothing in it is urgent."""
        return all(alert.urgency == "digest" for alert in self.alerts)


def instant(at: int | None) -> str | None:
    """Write a moment for machines."""
    return None if at is None else f"{moment(at):%Y-%m-%dT%H:%M:%SZ}"


@cache
def templates() -> Environment:
    """The templates beside this file; a name that is not given is an error, not a blank."""
    return Environment(
        loader=PackageLoader("notifications"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rendered(content: Content, head: Letterhead, attempt: int) -> tuple[Written, str | None]:
    """Write a message, and say of which class the error was if a template failed: built-in text goes out then.

    What is said of time is said as of the moment it was composed, so that a resend is the same.
    """
    banner, environment, said = BANNERS.get(content.purpose(head)), head.templates or templates(), content.wording
    named = {**content._asdict(), "desk": head.desk, "written_at": content.composed_at, "instant": instant}
    ways = {"_": said.words, "said": said, "leads_to": leads_to, "link_to": link_to, "desk_line": desk_line}
    told = {**named, **ways, "banner": banner}
    try:
        text = environment.get_template("digest.txt.j2" if content.is_digest else "alert.txt.j2").render(told)
        body = environment.get_template("alert.json.j2").render(told)
    except Exception as fault:  # noqa: BLE001, whatever a template raises, its alert has to go out
        written = Written(mail(content, head, plain(content, banner, head.desk), attempt), plain_json(content))
        return written, type(fault).__name__.upper()
    return Written(mail(content, head, text, attempt), body), None


def plain(content: Content, banner: str | None, desk: str | None) -> str:
    """Write what is owed without any template."""
    said, of = content.wording, content.to.account
    lines = [said.words(banner)] if banner else []
    lines += [said.words("Trial %(trial)s owes %(account)s:", trial=content.trial, account=of)]
    for alert in content.alerts:
        named = {"rule": alert.rule, "which": said.named(alert.concerning), "alert": alert.alert}
        lines += [said.words("- %(rule)s %(which)s, alert %(alert)s", **named)]
        lines += [f"  {leads_to(desk, alert.page, said.words)}"]
    failed = said.words("The template of this message failed; the operator is told.")
    return "\n".join([*lines, desk_line(desk, said.words), failed, ""])


def plain_json(content: Content) -> str:
    """Write for machines what is owed, without any template."""
    alerts = [{"id": alert.alert, "rule": alert.rule, "concerning": alert.concerning} for alert in content.alerts]
    return json.dumps({"message": content.message, "trial": content.trial, "to": content.to.account, "alerts": alerts})


def named_by(sender: str, name: str) -> str:
    """Give the Message-ID of a mail of this name: it ends with the house that sends it (RFC 5322 3.6.4)."""
    return f"<{name}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"


@lru_cache(maxsize=256)
def addressed(name: str, value: str) -> str:
    """Read an address line; it is the same for every mail to somebody, and reading it takes longer than writing the text."""
    read: str = SEVEN_BITS.header_factory(name, value)
    return read


def mail(content: Content, head: Letterhead, text: str, attempt: int) -> EmailMessage:
    """Put a text into an envelope; its Message-ID follows from the message's, so that a resend is recognisably the same mail."""
    written = EmailMessage(policy=SEVEN_BITS)
    exercise = EXERCISES.get(content.purpose(head))
    subject = content.subject if exercise is None else f"{content.wording.words(exercise)} {content.subject}"
    # The library reads `=?...?=` in what it is given as letters already encoded, line ends among them.
    written["Subject"] = subject.replace("=?", "= ?")
    written["From"] = addressed("From", head.sender)
    written["To"] = addressed("To", content.to.address)
    written["Date"] = format_datetime(moment(content.composed_at))
    written["Message-ID"] = named_by(head.sender, content.message.lower())
    written["X-Vigilog-Attempt"] = str(attempt)
    written.set_content(text)
    return written
