"""Another process that looks whether delivery is alive, and speaks over channels of its own: silence itself must alarm."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from notifications.channels import Channel, NotDelivered, Written
from notifications.composition import record_of, ways_out
from notifications.record import Bell, Letter, Pending, Record
from notifications.rendering import OwedAlert, named_by
from notifications.wording import spelled
from safety.aggregates.message import permanent
from safety.cli.door import machine_faults
from safety.home import LOG, Doors, Home, Unusable, open_home
from safety.settings import Settings
from safety.values import moment

OWED_FOR = timedelta(minutes=5)
"""How long an alert or a message may wait until nobody has been reached at all."""

STUCK_FOR = timedelta(hours=1)
"""How long a channel may go on failing for a passing reason."""

SILENT_FOR = timedelta(minutes=2)
"""How long a part of the program may go without leaving word."""

AGAIN_AFTER = timedelta(hours=1)
ROOM_BYTES = 200_000_000
STATE = "said.json"


class Fault(NamedTuple):
    """Something that is wrong: its kind, by which it is known again, and a sentence in codes only."""

    kind: str
    sentence: str


class Said(NamedTuple):
    """What a channel of the watchdog said last: the kinds of faults (none: that all is well), when, and the day it last said all is quiet."""

    kinds: tuple[str, ...] = ()
    at: str = ""
    quiet_on: str = ""


class Saying(NamedTuple):
    """What is to be said now."""

    subject: str
    text: str
    said: Said


def faults_of(settings: Settings, doors: Doors) -> tuple[list[Fault], str]:
    """Look at a home from outside, and give what is wrong and a line that says how things stand; nothing is written to its log."""
    if settings.database_url is None and not (settings.home / LOG).exists():
        return [Fault("NO-LOG", f"There is no log in the home {settings.home}.")], ""
    try:
        with closing(open_home(settings, doors, into_demo=True)) as home:
            now = doors.clock()
            record = record_of(home)
            standing = record.standing()
            waits = [*owed(standing.owed, now), *stuck(record, standing.pending, now)]
            stands = f"Position of the log: {home.journal.head().position}. Alerts that nobody has been told of: {len(standing.owed)}."
            return [*silent(home, now), *behind(home, now), *waits, *cramped(settings.home)], stands
    except machine_faults() as fault:
        return [Fault("UNUSABLE", f"The home cannot be used: {fault}")], ""


def silent(home: Home, now: datetime) -> Iterable[Fault]:
    """Parts of the program that have not left word for too long."""
    beats = home.scratch.beats()
    if not beats:
        yield Fault("NEVER-RAN", "Nothing has left word that it delivers: run `vigilog work`.")
    for part, beat_at in sorted(beats.items()):
        since = now - moment(beat_at)
        if since > SILENT_FOR:
            yield Fault(f"SILENT-{part}", f"The part {part} has been silent for {spelled(since)}.")
        elif -since > SILENT_FOR:
            yield Fault(f"SILENT-{part}", f"The part {part} left word last {spelled(-since)} ahead of this clock.")


def behind(home: Home, now: datetime) -> Iterable[Fault]:
    """A clock that was set back: what waits would seem to wait no time at all, until it has caught up with the log."""
    ahead = moment(home.journal.head().recorded_at) - now
    if ahead > OWED_FOR:
        yield Fault("CLOCK-BEHIND", f"The clock is {spelled(ahead)} behind the log: put one of them right.")


def owed(alerts: Iterable[OwedAlert], now: datetime) -> Iterable[Fault]:
    """The oldest alert that no message has brought to anybody."""
    oldest = min(alerts, key=lambda alert: alert.raised_at, default=None)
    if oldest is not None and (since := now - moment(oldest.raised_at)) > OWED_FOR:
        yield Fault("OWED", f"Alert {oldest.alert} of trial {oldest.trial} has been owed for {spelled(since)}.")


def stuck(record: Record, pending: Iterable[Pending], now: datetime) -> Iterable[Fault]:
    """Messages that no channel has taken, and channels that go on failing; what bounced is owed to the operator already."""
    letters = [record.letter(Bell(one.trial, one.message)) for one in pending]
    waiting = [letter for letter in letters if letter is not None]
    untaken = [letter for letter in waiting if not letter.sent and now - moment(letter.composed_at) > OWED_FOR]
    if untaken:
        yield Fault("UNTAKEN", f"Messages that no channel has taken for {spelled(OWED_FOR)} and more: {len(untaken)}.")
    for channel in sorted({name for letter in waiting for name in failing(letter, now)}):
        yield Fault(f"FAILING-{channel}", f"The channel {channel} has failed for {spelled(STUCK_FOR)} and more.")


def failing(letter: Letter, now: datetime) -> list[str]:
    """Name the channels that have failed at a message for too long, for a passing reason."""
    return [
        channel
        for channel, last in letter.failing.items()
        if letter.waits_for(channel) and not permanent(last.error) and now - moment(last.since) > STUCK_FOR
    ]


def cramped(home: Path) -> Iterable[Fault]:
    """A disk that is about to be full."""
    if (free := shutil.disk_usage(home).free) < ROOM_BYTES:
        yield Fault("DISK", f"The disk of the home has {free // 1_000_000} MB left.")


def to_say(found: Sequence[Fault], how_it_stands: str, last: Said, now: datetime) -> Saying | None:
    """Say what is wrong at once and then hourly, that it is well again, and once a day that all is quiet; None: nothing now."""
    kinds, today = tuple(sorted(fault.kind for fault in found)), f"{now:%Y-%m-%d}"
    said = Said(kinds, now.isoformat(), last.quiet_on)
    if found:
        # Said later than now it was said by a clock that has been set back since.
        again = kinds != last.kinds or not last.at or abs(now - datetime.fromisoformat(last.at)) >= AGAIN_AFTER
        text = "\n".join([*(fault.sentence for fault in found), "", how_it_stands])
        return Saying(f"ALARM: {', '.join(kinds)}", text, said) if again else None
    if last.kinds:
        return Saying("well again", f"What was wrong is no more: {', '.join(last.kinds)}.\n\n{how_it_stands}", said)
    if last.quiet_on != today:
        text = f"{how_it_stands}\n\nThis comes every day. The day it does not, the watchdog itself needs looking after."
        return Saying("all quiet", text, said._replace(quiet_on=today))
    return None


def channels_of(settings: Settings) -> list[Channel]:
    """The watchdog's own ways out; e-mail where it is named to whom."""
    smtp_url = settings.watchdog_smtp_url if settings.watchdog_mail_to else None
    webhook = settings.watchdog_webhook_url, settings.watchdog_webhook_secret
    return ways_out(settings.watchdog_home, smtp_url, *webhook)


def written(saying: Saying, settings: Settings, now: datetime, new_id: str) -> Written:
    """Put what is to be said into a mail and into JSON."""
    mail = EmailMessage()
    mail["Subject"] = f"[Vigilog watchdog] {saying.subject}"
    mail["From"] = settings.mail_from
    mail["To"] = settings.watchdog_mail_to or "watchdog@localhost"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = named_by(settings.mail_from, new_id)
    mail["X-Vigilog-Attempt"] = "1"
    mail.set_content(saying.text)
    return Written(mail, json.dumps({"watchdog": saying.subject, "text": saying.text, "at": now.isoformat()}))


def watch(settings: Settings, doors: Doors, channels: Sequence[Channel], tell: Callable[[str], object]) -> list[Fault]:
    """Look once and say over each channel what it has not said; give what is wrong, mute channels included.

    Raises Unusable where it cannot keep what it said.
    """
    found, how_it_stands = faults_of(settings, doors)
    now, file = doors.clock(), settings.watchdog_home / STATE
    said, mute = last_said(file), []
    for channel in channels:
        saying = to_say(found, how_it_stands, said.get(channel.name, Said()), now)
        if saying is None:
            continue
        try:
            asyncio.run(channel.send(written(saying, settings, now, doors.new_id())))
        except NotDelivered as fault:
            sentence = f"The watchdog cannot speak over {channel.name}: {fault.error}."
            mute.append(Fault(f"MUTE-{channel.name}", sentence))
            continue
        tell(f"{channel.name}: {saying.subject}")
        said[channel.name] = saying.said
    keep(file, said)
    return [*found, *mute]


def last_said(file: Path) -> dict[str, Said]:
    """Read what each channel said last; a file that is damaged says nothing, so that all is said anew."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {name: Said(tuple(said["kinds"]), said["at"], said["quiet_on"]) for name, said in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def keep(file: Path, said: Mapping[str, Said]) -> None:
    """Keep what each channel said."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(json.dumps({name: one._asdict() for name, one in said.items()}), encoding="utf-8")
    except OSError as fault:
        raise Unusable(f"the watchdog cannot keep what it said in {file}: {fault.strerror}") from fault
