"""What a message says: which alerts, of which adverse events by code, and a link; never a term, a narrative or a date of birth."""

from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from safety.values import moment

RULES = {
    "SAE-REPORTED": "a serious adverse event was reported",
    "SAE-ESCALATED": "an adverse event became serious",
    "SAE-IMPORTED": "an import brought serious adverse events",
}


class OwedAlert(NamedTuple):
    """An alert as a message carries it."""

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
    def raised(self) -> str:
        """When it was raised, in UTC to the minute."""
        return f"{moment(self.raised_at):%Y-%m-%d %H:%M} UTC"


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
    message: str,
    trial: str,
    alerts: Sequence[OwedAlert],
    *,
    name: str,
    address: str,
    sender: str,
    link: str,
    vacant: bool,
) -> EmailMessage:
    """Render a message; its Message-ID follows from its id, so that a resend is recognisably the same mail."""
    first = alerts[0]
    more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    written = EmailMessage()
    written["Subject"] = f"[Vigilog] {trial}: {first.words}{more}"
    written["From"] = sender
    written["To"] = address
    written["Date"] = format_datetime(moment(max(alert.raised_at for alert in alerts)))
    written["Message-ID"] = f"<{message.lower()}@{sender.rpartition('@')[2] or 'localhost'}>"
    text = templates().get_template("alert.txt.j2")
    written.set_content(text.render(trial=trial, alerts=alerts, name=name, link=link, vacant=vacant))
    return written
