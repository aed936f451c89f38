"""Every event in whose fields somebody's own words may stand, with one payload in each of them; and which fields those are."""

from collections.abc import Iterator
from typing import Any

from safety.aggregates import obligation
from safety.aggregates.adverse_event import ReportabilityStated
from safety.aggregates.deciding import Form, variables
from safety.aggregates.register import TOPICS
from safety.aggregates.trial import Definition
from tests import builders as b
from tests.payloads import Payload

AUTHORITY = "AUTHORITY"


def stated(payload: Payload) -> str:
    """A payload where something has to stand: what is made of blanks alone is a full stop."""
    return payload.text.strip() or "."


def coding(payload: Payload) -> dict[str, str]:
    """The fields of a coded term, as long as they may be."""
    text = payload.text
    wide = dict.fromkeys(("low_level_term", "preferred_term", "body_system", "system_organ_class"), text[:250])
    return {**wide, "dictionary": text[:64], "preferred_term_code": text[:20], "dictionary_version": text[:32]}


def governing(number: int, payload: Payload, governs: Definition) -> Iterator[Form]:
    """What governs the trial, decided again and again in other words: packs signed for, amendments, reference safety information."""
    name, text = stated(payload), payload.text
    yield b.pack_adopted(printed_name=name[:200], meaning=name[:500])
    yield b.amended(governs).model_copy(update={"reason": name[:2_000], "file": name})
    yield b.rsi_issued(f"V-{number}", file=name, listed=[{"preferred_term": text[:250]}])


def changes(subject: str, number: int, payload: Payload) -> Iterator[Form]:
    """What is told again and put right about an adverse event, a dose and a subject."""
    said = {"term": stated(payload), "narrative": stated(payload), "causality": stated(payload)[:64].strip()}
    yield b.followed_up(subject, 1, **said, **coding(payload))
    yield b.coded(subject, 1, **coding(payload))
    right = {**said, **coding(payload)}
    yield b.corrected(subject, 1, *named(TOPICS["adverse_event.corrected.v1"], right), **right)
    about = {"trial": b.TRIAL, "subject": subject, "number": 1}
    evidence = {"exemption_agreed": "Y", "evidence": stated(payload)[:200]}
    yield ReportabilityStated.model_validate({**about, **evidence})
    dose = dict.fromkeys(("treatment", "visit"), stated(payload)[:200]) | dict.fromkeys(
        ("unit", "route", "lot"), stated(payload)[:64]
    )
    dose["interruption"] = stated(payload)
    yield b.dose_corrected(subject, number, *named(TOPICS["dose.corrected.v1"], dose), **dose)
    person = {"country": stated(payload)[:64], "arm": stated(payload)[:200], "actual_arm": stated(payload)[:200]}
    yield b.subject_corrected(f"S-{number}", *named(TOPICS["subject.corrected.v1"], person), **person)


def named(form: type[Form], fields: dict[str, str]) -> list[str]:
    """The variables that a correction names."""
    wire = variables(form)
    return [wire[name] for name in fields]


def duties(subject: str, number: int, payload: Payload) -> Iterator[Form]:
    """What becomes of an obligation: opened with its reasons, known of earlier, taken in hand, sent, acknowledged, struck."""
    duty, name = f"SILVER-{number}/1", stated(payload)
    to = (name[:200].strip(),)
    opened = b.obligation_opened(subject, 1, obligation=duty, to=to, citation=name[:500], because=(name, "a reason"))
    yield opened
    about: dict[str, Any] = {"trial": b.TRIAL, "subject": subject, "number": 1, "obligation": duty}
    when = {part: getattr(opened, part) for part in ("starts_at", "zone", "day0", "due_on", "due_at")}
    yield obligation.Antedated.model_validate({**about, **when, "because": (name,)})
    yield obligation.Taken.model_validate({**about, "taken_by": "CHEN", "reason": name})
    yield obligation.Submitted.model_validate({**about, "sent_at": b.T0, "to": to, "reference": name[:200].strip()})
    acknowledged = {"recipient": to[0], "acknowledged_at": b.T0, "reference": name[:200].strip()}
    yield obligation.Acknowledged.model_validate({**about, **acknowledged})
    struck = {"reason": "opened_in_error", "explanation": name, "printed_name": name[:200], "meaning": name[:500]}
    yield obligation.Cancelled.model_validate({**about, **struck})


NOT_WRITTEN = {
    "aware": "a zone of the time zone database, or refused",
    "zone": "a zone of the time zone database, or refused",
    "variables": "names of variables, or refused",
    "code_version": "what the program says of itself",
    "concerning": "what an alert is about, which the desk names",
    "owed": "what a rule of periodic reports says, from packs that come with the program",
    "html": "what the desk has rendered; hostile_report",
    "profile": "a text that is checked as TOML; hostile_pack",
    "packs": "a text that is checked as TOML; hostile_pack",
    "definition": "a text that is checked as TOML; hostile_record registers a trial of each",
    "pack_version": "of a pack, which is checked",
    "confidence": "of a pack, a word of a list",
    "basis": "of a pack, a word of a list",
}
"""Fields of text that nobody fills in as they like, and why; of a periodic report, `text` as well."""


def takes_text(said: dict[str, Any], known: dict[str, Any]) -> bool:
    """Say whether the schema of a field lets any text stand in it."""
    if "$ref" in said:
        return takes_text(known[said["$ref"].rpartition("/")[2]], known)
    inner = [
        *said.get("anyOf", ()),
        *said.get("properties", {}).values(),
        *([said["items"]] if "items" in said else ()),
    ]
    plain = said.get("type") == "string" and said.keys().isdisjoint({"pattern", "enum", "const", "format"})
    return plain or any(takes_text(one, known) for one in inner)


def fields_of_text() -> Iterator[tuple[str, str]]:
    """Every field of every event in which any text may stand, with the topic."""
    for topic, form in TOPICS.items():
        schema = form.model_json_schema(by_alias=False)
        for name, said in schema["properties"].items():
            if takes_text(said, schema.get("$defs", {})) and (topic, name) != ("periodic_report.issued.v1", "text"):
                yield topic, name
