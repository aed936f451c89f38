"""The record of one adverse event as the log has it: every entry in order, in the reader's words, with who said it and why."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from safety.aggregates.adverse_event import REPORTABILITY, Corrected
from safety.aggregates.deciding import Form
from safety.aggregates.subject import SubjectCorrected
from safety.journal import decode
from safety.values import FieldClass
from safety.web.asking import Asked
from safety.web.clocks import REASONS, about
from safety.web.policy import granted
from safety.web.reasons import SPOKEN
from safety.web.record_fields import NAMES
from safety.web.words import N_

PARTIES = {"investigator": N_("Investigator"), "sponsor": N_("Sponsor")}
YES, NO, UNSTATED = N_("yes"), N_("no"), N_("not stated")
PLAIN = {
    "adverse_event.reported": ("pen", N_("Reported")),
    "adverse_event.followed_up": ("pen", N_("Followed up")),
    "adverse_event.coded": ("pen", N_("Coded")),
    "adverse_event.unmerged": ("out", N_("Stands for itself again")),
    "adverse_event.nullified": ("void", N_("Nullified")),
    "adverse_event.row_vanished": ("q", N_("The row is no longer in the data")),
    "adverse_event.row_reappeared": ("q", N_("The row is in the data again")),
    "obligation.grounds_found": ("info", N_("Grounds found in the record itself")),
    "obligation.reviewed": ("check", N_("Duties looked at again under what governs now")),
    "alert.released": ("bell", N_("Alert goes out with the digest")),
    "message.faulted": ("late", N_("Message could not be written as it should")),
    "subject.enrolled": ("user", N_("Subject enrolled")),
    "subject.withdrawn": ("out", N_("Subject withdrawn")),
    "subject.completed": ("check", N_("Subject completed the trial")),
    "subject.died": ("late", N_("Subject died")),
    "subject.row_vanished": ("q", N_("The row of the subject is no longer in the data")),
    "subject.row_reappeared": ("q", N_("The row of the subject is in the data again")),
}
"""What an entry of a topic says, where it says no more than that, with its shape in the timeline."""


class Entry(NamedTuple):
    """One entry of the log about a case, as a page tells it; `event` is the event itself, for who looks for a judgement.

    `settles`: which alert an entry settles, by its clock.
    """

    position: int
    at: int
    mark: str
    kind: str
    text: str
    detail: str
    event: Any
    signed: bool
    settles: str = ""
    by: str = ""


SETTLED = N_("Alert settled: %(names)s")
OWN_WORDS = {"obligation.rejected", "obligation.taken"}
"""Entries whose reason is free text."""
Said = Mapping[str, Any]
NAMED: dict[str, tuple[str, str, str, Callable[[Asked, Said], dict[str, Any]]]] = {
    "dose.given": ("drop", "inf", N_("Infusion %(n)d given, %(on)s"), lambda ask, said: {"n": said["number"], "on": ask.show.date(said["started_on"])}),
    "dose.corrected": ("drop", "inf", N_("Infusion %(n)d corrected"), lambda _, said: {"n": said["number"]}),
    "dose.withheld": ("drop", "", N_("Infusion %(n)d withheld"), lambda _, said: {"n": said["number"]}),
    "dose.row_vanished": (
        "q", "", N_("The row of infusion %(n)d is no longer in the data"), lambda _, said: {"n": said["number"]},
    ),
    "dose.row_reappeared": (
        "q", "", N_("The row of infusion %(n)d is in the data again"), lambda _, said: {"n": said["number"]},
    ),
    "adverse_event.corrected": (
        "pen", "", N_("Corrected: %(fields)s"), lambda ask, said: {"fields": fields(ask, Corrected, said)},
    ),
    "subject.corrected": (
        "pen", "", N_("Subject corrected: %(fields)s"),
        lambda ask, said: {"fields": fields(ask, SubjectCorrected, said)},
    ),
    "adverse_event.reportability_stated": (
        "pen", "", N_("Stated for reporting: %(what)s"),
        lambda ask, said: {"what": ask.words("; ").join(text for _, text in statements(ask, said))},
    ),
    "adverse_event.merged": ("out", "", N_("Merged into AE %(n)d"), lambda _, said: {"n": said["into"]}),
    "adverse_event.seriousness_assessed": (
        "pen", "", N_("Serious in the view of the %(party)s: %(answer)s"),
        lambda ask, said: {"party": party(ask, said), "answer": answer(ask, said["serious"])},
    ),
    "adverse_event.causality_assessed": (
        "pen", "", N_("Causality in the view of the %(party)s: %(answer)s"),
        lambda ask, said: {"party": party(ask, said), "answer": ask.show.coded(said["causality"])},
    ),
    "adverse_event.expectedness_assessed": (
        "pen", "", N_("Expected: %(answer)s"), lambda ask, said: {"answer": answer(ask, said["expected"])},
    ),
    "alert.settled": ("check", "", SETTLED, lambda _, said: {"names": said["names"]}),
    "alert.raised": (
        "bell", "", N_("Alert to %(role)s: %(about)s"),
        lambda ask, said: {"role": ask.show.role(said["role"]), "about": about(ask, said["rule"])},
    ),
    "alert.acknowledged": (
        "check", "ok", N_("Alert acknowledged by %(who)s"), lambda _, said: {"who": said["acknowledged_by"] or "–"},
    ),
    "message.composed": ("bell", "", N_("Message written to %(who)s"), lambda _, said: {"who": said["to"]}),
    "message.sent": ("out", "ok", N_("Message taken by %(channel)s"), lambda _, said: {"channel": said["channel"]}),
    "message.failed": (
        "late", "late", N_("Message not taken by %(channel)s: %(error)s"),
        lambda _, said: {"channel": said["channel"], "error": said["error"]},
    ),
    "obligation.opened": (
        "soon", "", N_("Obligation %(name)s opened, to %(to)s"),
        lambda ask, said: {"name": said["obligation"], "to": ask.words.listed(said["to"])},
    ),
    "obligation.antedated": (
        "soon", "", N_("Obligation %(name)s was due earlier than first thought: Day 0 is %(day)s"),
        lambda ask, said: {"name": said["obligation"], "day": ask.show.date(said["day0"].isoformat())},
    ),
    "obligation.taken": (
        "user", "", N_("Obligation %(name)s taken by %(who)s"),
        lambda _, said: {"name": said["obligation"], "who": said["taken_by"]},
    ),
    "obligation.superseded": (
        "void", "", N_("Obligation %(name)s gave way to %(by)s"),
        lambda _, said: {"name": said["obligation"], "by": said["by"]},
    ),
    "obligation.cancelled": (
        "void", "", N_("Obligation %(name)s struck through: %(why)s"),
        lambda ask, said: {"name": said["obligation"], "why": ask.words(REASONS[str(said["reason"])])},
    ),
    "obligation.submitted": (
        "out", "ok", N_("Obligation %(name)s: report sent to %(to)s, %(when)s"),
        lambda ask, said: {"name": said["obligation"], "to": ask.words.listed(said["to"]), "when": ask.show.at(said["sent_at"])},
    ),
    "obligation.acknowledged": (
        "check", "ok", N_("Obligation %(name)s: %(who)s acknowledged, %(when)s"),
        lambda ask, said: {
            "name": said["obligation"], "who": ask.words.gettext(said["recipient"]), "when": ask.show.at(said["acknowledged_at"]),
        },
    ),
    "obligation.rejected": (
        "late", "late", N_("Obligation %(name)s: %(who)s rejected the report, %(when)s; the clock goes on"),
        lambda ask, said: {
            "name": said["obligation"], "who": ask.words.gettext(said["recipient"]), "when": ask.show.at(said["rejected_at"]),
        },
    ),
}  # fmt: skip
"""Sentences that hold names: shape, colour, text, and what fills it."""


def reads_text(ask: Asked) -> bool:
    """Say whether who asks reads the free text of cases in clear: on a list it is shown to the same people as on the case."""
    grant = granted(ask.state, "case.read", ask.trial)
    return grant is not None and FieldClass.TEXT in grant.fields


def shows_text(ask: Asked, texts: Iterable[str | None]) -> bool:
    """Say whether a page shows free text in clear to who asks; where it has some, the access log notes it, once a page.

    Raises Unavailable where it cannot be noted, and nothing is shown then.
    """
    clear = reads_text(ask)
    if clear and any(texts):
        ask.access.read(ask.account, ask.source, ask.action, ask.request.url.path)
    return clear


def party(ask: Asked, said: Said) -> str:
    """Name the party that judges."""
    who = PARTIES[said["assessor"]]
    return ask.words(who)


def answer(ask: Asked, said: str | None) -> str:
    """Write yes, no or nothing said."""
    word = {"Y": YES, "N": NO}.get(str(said), UNSTATED)
    return ask.words(word)


def fields(ask: Asked, form: type[Form], said: Said) -> str:
    """Name the fields that a correction puts right."""
    names = {described.alias or name: name for name, described in form.model_fields.items()}
    texts = (NAMES.get(names.get(one, one), one) for one in said["variables"])
    return ask.words(", ").join(ask.words.gettext(text) for text in texts)


def statements(ask: Asked, said: Said) -> Iterator[tuple[str, str]]:
    """Give each thing that a statement of reportability says, by its name, in words: a state with its answer, or what was done."""
    for name in REPORTABILITY:
        if said[name] is not None:
            text = SPOKEN[name]
            evidence = f" ({said['evidence']})" if name == "exemption_agreed" and said["evidence"] else ""
            yield (
                name,
                ask.words("%(what)s: %(answer)s", what=ask.words.gettext(text), answer=answer(ask, said[name]))
                + evidence,
            )
    for name in ("handled", "urgent_measure"):
        if said[name] == "Y":
            text = SPOKEN[name]
            yield name, ask.words.gettext(text)


def record_of(ask: Asked, case: Said) -> list[Entry]:
    """Give every entry about a case, its subject, its alerts and their messages, up to the moment, in the log's order."""
    alerts, messages = (
        {one["id"] for one in case["alerts"]},
        {name for one in case["alerts"] for name in one["messages"]},
    )
    streams = [f"subject/{case['subject']}", *(f"alert/{a}" for a in alerts), *(f"message/{m}" for m in messages)]
    rows = [row for name in streams for row in ask.home.journal.stream(f"{ask.trial}/{name}")]
    known = sorted((row for row in rows if row.position <= ask.at.position), key=lambda row: row.position)
    return list(_told(ask, [decode(row) for row in known], case["number"]))


def alert_name(ask: Asked, raised: Said) -> str:
    """Name an alert by the clock that it is about, else by what it is about."""
    clocks = [one.replace(":", "/") for one in raised["concerning"] if ":" in one]
    return clocks[0] if clocks else about(ask, raised["rule"])


def _told(ask: Asked, recorded: list[Any], number: int) -> Iterator[Entry]:
    alerts: dict[str, str] = {}
    for one in recorded:
        topic, said = one.topic.rpartition(".v")[0], one.event.__dict__
        of_another = topic.startswith(("adverse_event.", "obligation.")) and said.get("number", number) != number
        if of_another:
            continue
        if topic == "alert.raised":
            alerts[said["alert"]] = alert_name(ask, said)
        if topic == "alert.settled":
            said = {**said, "names": alerts[said["alert"]]}
        if topic in NAMED:
            mark, kind, text, fill = NAMED[topic]
            words = ask.words(text, **fill(ask, said))
        else:
            mark, text = PLAIN.get(topic, ("info", topic))
            kind, words = "", ask.words(text)
        meta = one.about()
        who = f"{meta.by}, {ask.show.role(meta.role)}"
        why = meta.reason or "" if FieldClass.TEXT in ask.grant.fields else ""
        parts = [who, why, in_ones_own_words(ask, topic, said), aware(ask, said, one.recorded_at)]
        detail = " · ".join(part for part in parts if part)
        signed = meta.signature is not None
        settles = said.get("names", "")
        yield Entry(one.position, one.recorded_at, mark, kind, words, detail, one.event, signed, settles, meta.by)


def in_ones_own_words(ask: Asked, topic: str, said: Said) -> str:
    """Give the free text of an entry, to whom it is shown in clear."""
    if FieldClass.TEXT not in ask.grant.fields:
        return ""
    return str(said.get("reason" if topic in OWN_WORDS else "explanation") or "")


def aware(ask: Asked, said: Said, recorded_at: int) -> str:
    """Say when who filed had become aware, where that was well before the log took it."""
    known = said.get("aware")
    if known is None or known.basis == "filed":
        return ""
    before = recorded_at / 1_000_000 - known.at.timestamp()
    return ask.words("aware %(time)s before", time=ask.show.lasted(before)) if before > 3600 else ""  # noqa: PLR2004, an hour
