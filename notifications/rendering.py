"""What a message says: which alerts, of which adverse events by code, and a link; never a term, a narrative or a date of birth."""

from collections.abc import Sequence
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from safety.values import moment

RULES = {
    "SAE-REPORTED": "a serious adverse event was reported",
    "SAE-ESCALATED": "an adverse event became serious",
    "SAE-IMPORTED": "an import brought serious adverse events",
    "PERIODIC-REPORT-ISSUED": "a periodic safety report was issued and is to be submitted",
    "PERIODIC-REPORT-FAILED": "a periodic safety report that is due could not be rendered",
}
MOST_NAMED = 20
"""How many adverse events an alert names in a mail; an import may bring hundreds."""


class OwedAlert(NamedTuple):
    """An alert as a message carries it; it concerns adverse events, each `<subject>/<number>`."""

    alert: str
    trial: str
    rule: str
    role: str
    concerning: tuple[str, ...]
    raised_at: int

    @property
    def words(self) -> str:
        """What happened."""
        return RULES.get(self.rule, self.rule)

    @property
    def named(self) -> str:
        """Which adverse events, by the codes of subject and number."""
        few = [" AE ".join(one.rsplit("/", 1)) for one in self.concerning[:MOST_NAMED]]
        more = len(self.concerning) - len(few)
        return ", ".join(few) + (f" and {more} more" if more else "")

    @property
    def raised(self) -> str:
        """When it was raised, in UTC to the minute."""
        return f"{moment(self.raised_at):%Y-%m-%d %H:%M} UTC"


class Recipient(NamedTuple):
    """Whom a message is for; `vacant`: nobody holds the role, so it comes to this person instead."""

    name: str
    address: str
    vacant: bool


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


def mail(
    message: str, trial: str, alerts: Sequence[OwedAlert], to: Recipient, *, sender: str, link: str
) -> EmailMessage:
    """Render a message; its Message-ID follows from its id, so that a resend is recognisably the same mail."""
    first = alerts[0]
    more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    # 7bit: names are also Chinese, and not every server on the way takes eight bits.
    written = EmailMessage(policy=policy.default.clone(cte_type="7bit"))
    written["Subject"] = f"[Vigilog] {trial}: {first.words}{more}"
    written["From"] = sender
    written["To"] = to.address
    written["Date"] = format_datetime(moment(max(alert.raised_at for alert in alerts)))
    written["Message-ID"] = f"<{message.lower()}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    text = templates().get_template("alert.txt.j2")
    written.set_content(text.render(trial=trial, alerts=alerts, to=to, link=link))
    return written
