"""What a message says: which alerts, of which adverse events by code, and a link; never a term, a narrative or a date of birth."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache, lru_cache
from typing import NamedTuple, get_args
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from notifications.channels import Written
from notifications.leading import desk_line, leads_to, link_to, page_of
from notifications.owed_report import OwedReport
from safety.values import Role, moment

RULES = {
    "SAE-REPORTED": "a serious adverse event was reported",
    "SAE-ESCALATED": "an adverse event became serious",
    "SAE-WORSENED": "a serious adverse event became fatal or life-threatening",
    "SAE-DOWNGRADED": "an adverse event is no longer serious",
    "SAE-MERGED": "a serious adverse event was merged into another number",
    "SAE-NULLIFIED": "a serious adverse event was nullified",
    "SAE-IMPORTED": "an import brought serious adverse events",
    "PERIODIC-REPORT-ISSUED": "a periodic safety report was issued and is to be submitted",
    "PERIODIC-REPORT-FAILED": "a periodic safety report that is due could not be rendered",
    "OBLIGATION-OPENED": "a report is owed, its clock runs",
    "OBLIGATIONS-IMPORTED": "an import brought reports that are owed",
    "OBLIGATION-REJECTED": "a report was rejected, its clock goes on",
    "OBLIGATION-ANTEDATED": "a report that is still owed is due earlier than was told: its party knew sooner",
    "OBLIGATION-LATE": "a report that was sent turned out late: its party knew sooner",
    "DUE-REMINDER": "a report is still owed",
    "ROLE-VACANT": "a role that alerts go to has nobody in it, now or soon",
    "CLOCK-JUMPED": "the machine's clock jumped",
    "DRILL": "this is a drill: acknowledge it as you would a serious adverse event",
    "UNDELIVERABLE": "a message could not be delivered: put the address right",
    "TEMPLATE-FAILED": "a template failed and plain text went out instead",
    "DELIVERY-FAILED": "the program fails at a message again and again",
}
BANNERS = {
    "drill": "*** DRILL *** This is an exercise: nothing has happened to anybody. Act as if it had. *** DRILL ***",
    "demo": "*** DEMO *** This comes from a demonstration, not from a trial. *** DEMO ***",
}
"""By the purpose of the log; what comes from a real one needs none, unless it is a drill."""
DRILL = "DRILL"
"""The rule of an alert that only exercises the ladder; never in one message with what is real."""

SEVEN_BITS = policy.default.clone(cte_type="7bit")
"""Names are also Chinese, and not every server on the way takes eight bits."""
ROLES = {role.upper() for role in get_args(Role)}
"""As an alert about a role names it."""

MOST_NAMED = 20
"""How many adverse events an alert names in a mail; an import may bring hundreds."""


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

    @property
    def words(self) -> str:
        """What happened."""
        return RULES.get(self.rule, self.rule)

    @property
    def named(self) -> str:
        """Which adverse events, by the codes of subject and number."""
        few = [name_of(one) for one in self.concerning[:MOST_NAMED]]
        more = len(self.concerning) - len(few)
        return ", ".join(few) + (f" and {more} more" if more else "")

    @property
    def place(self) -> str:
        """Where on the ladder it stands, if not at its foot."""
        again = f", repeat {self.repeat}" if self.repeat else ""
        return f", rung {self.rung}{again}" if self.rung > 1 else ""


class Addressee(NamedTuple):
    """Whom a message is for; `vacant`: nobody holds the role; `instead_of`: who holds it and is away."""

    account: str
    name: str
    address: str
    vacant: bool
    instead_of: str | None = None


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
    def subject(self) -> str:
        """What a person reads first."""
        first, more = self.alerts[0], len(self.alerts) - 1
        return f"[Vigilog] {self.trial}: {first.words}{f' and {more} more' if more else ''}"

    def purpose(self, head: Letterhead) -> str:
        """What it is for: what the log is for, or a drill where it carries nothing else."""
        return "drill" if all(alert.rule == DRILL for alert in self.alerts) else head.purpose

    @property
    def is_digest(self) -> bool:
        """Whether nothing in it is urgent."""
        return all(alert.urgency == "digest" for alert in self.alerts)

    def local(self, at: int) -> str:
        """Write a moment in the trial's zone, with the offset: an hour that the clocks repeat is two moments."""
        there = moment(at).astimezone(ZoneInfo(self.zone))
        return f"{there:%Y-%m-%d %H:%M} {self.zone} (UTC{there:%z})"

    def due(self, due_at: int) -> str:
        """Write the first instant that is too late as people count: midnight is the end of the day before."""
        there = moment(due_at).astimezone(ZoneInfo(self.zone))
        if (there.hour, there.minute) != (0, 0):
            return self.local(due_at)
        return f"by the end of {there - timedelta(days=1):%Y-%m-%d} {self.zone} (UTC{there:%z})"

    def since(self, at: int) -> str:
        """Say since when something goes on, and for how long that is."""
        return f"since {self.local(at)}: {spelled(timedelta(microseconds=max(0, self.composed_at - at)))}"

    def left(self, due_at: int) -> str:
        """Say how long is left until a due time, or since when it has passed."""
        apart = timedelta(microseconds=due_at - self.composed_at)
        return f"{spelled(apart)} left" if apart > timedelta(0) else f"OVERDUE by {spelled(-apart)}"


def name_of(concerning: str) -> str:
    """Name an adverse event by subject and number; anything else as it is called."""
    what, _, number = concerning.rpartition("/")
    if concerning in ROLES:
        return concerning.lower().replace("_", " ")
    return f"{what} AE {number}" if number.isdecimal() else concerning.replace("/", " ")


def spelled(span: timedelta) -> str:
    """Write a span in days, hours and minutes, the two largest of them; rounded down, so that nobody counts on too much."""
    minutes = int(span / timedelta(minutes=1))
    parts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(said[:2]) or "less than a minute"


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
    banner, environment = BANNERS.get(content.purpose(head)), head.templates or templates()
    said = {**content._asdict(), "banner": banner, "desk": head.desk, "written_at": content.composed_at}
    ways = {"leads_to": leads_to, "link_to": link_to, "desk_line": desk_line}
    times = {name: getattr(content, name) for name in ("local", "due", "left", "since")}
    told = {**said, **ways, **times, "instant": instant}
    try:
        text = environment.get_template("digest.txt.j2" if content.is_digest else "alert.txt.j2").render(told)
        body = environment.get_template("alert.json.j2").render(told)
    except Exception as fault:  # noqa: BLE001, whatever a template raises, its alert has to go out
        written = Written(mail(content, head, plain(content, banner, head.desk), attempt), plain_json(content))
        return written, type(fault).__name__.upper()
    return Written(mail(content, head, text, attempt), body), None


def plain(content: Content, banner: str | None, desk: str | None) -> str:
    """Write what is owed without any template."""
    lines = [banner] if banner else []
    lines += [f"Trial {content.trial} owes {content.to.account}:"]
    for alert in content.alerts:
        lines += [f"- {alert.rule} {alert.named}, alert {alert.alert}", f"  {leads_to(desk, alert.page)}"]
    return "\n".join([*lines, desk_line(desk), "The template of this message failed; the operator is told.", ""])


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
    exercise = {"drill": "DRILL ", "demo": "DEMO "}.get(content.purpose(head), "")
    # The library reads `=?...?=` in what it is given as letters already encoded, line ends among them.
    written["Subject"] = f"{exercise}{content.subject}".replace("=?", "= ?")
    written["From"] = addressed("From", head.sender)
    written["To"] = addressed("To", content.to.address)
    written["Date"] = format_datetime(moment(content.composed_at))
    written["Message-ID"] = named_by(head.sender, content.message.lower())
    written["X-Vigilog-Attempt"] = str(attempt)
    written.set_content(text)
    return written
