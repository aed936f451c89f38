"""The commands about the rules themselves: which packs there are, and what they make due of given facts; they need no home."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from safety.cli import asking
from safety.cli.door import UNUSABLE_ARGUMENTS, IntoDemo, code_of, fail, home, system_doors, text_of
from safety.cli.printing import Format, FormatOption, print_blank, print_notes, print_table, show

if TYPE_CHECKING:
    from safety.regulation.evaluator import Due, Evaluation
    from safety.regulation.facts_file import FactsFile
    from safety.regulation.pack import Pack, Profile

app = typer.Typer()
regulation_app = typer.Typer(help="Rule packs, and what they make due.", no_args_is_help=True)
app.add_typer(regulation_app, name="regulation")

PACKS = {
    "id": "Pack",
    "version": "Version",
    "authority": "Authority",
    "effective_from": "From",
    "signed_by": "Signed by",
}
DUTIES = {
    "rule": "Rule",
    "to": "To",
    "day0": "Day 0",
    "due_on": "Due on",
    "due_at": "Too late from",
    "confidence": "Confidence",
    "state": "State",
}


@dataclass(frozen=True)
class Governing:
    """What --pack named: packs, and what the profiles among them say of the trial."""

    named: str
    packs: "tuple[Pack, ...]"
    profiles: "tuple[Profile, ...]"

    @property
    def configuration(self) -> dict[str, bool | None]:
        """What the profiles say of the trial; the last one wins."""
        return {name: value for profile in self.profiles for name, value in profile.configuration.items()}


@regulation_app.command("packs")
def list_packs(
    *,
    trial: Annotated[str | None, typer.Option("--trial", help="A trial: says who signed for what governs it.")] = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """The rule packs and profiles that come with the program; with a trial, who signed for those that govern it."""
    from safety.packaged import packaged_packs, packaged_profiles  # noqa: PLC0415, keeps --help light

    signed = {} if trial is None else signatures(code_of(trial, "--trial"), into_demo=into_demo)

    packs = [
        listed(pack, signed)
        | {"effective_to": day(pack.effective_to), "rules": len(pack.rules), "unsure": pack.unsure}
        | {"unsure_rules": {rule.id: rule.unsure for rule in pack.rules if rule.unsure is not None}}
        for pack in packaged_packs()
    ]
    profiles: list[dict[str, Any]] = [
        listed(profile, signed) | {"packs": list(profile.packs)} for profile in packaged_profiles()
    ]
    empty = "There is no rule pack."
    show(
        {"packs": packs, "profiles": profiles},
        packs + profiles,
        form,
        lambda: print_table("Rule packs and profiles", [*map(as_sure_as_it_is, packs), *profiles], PACKS, empty),
    )


def as_sure_as_it_is(pack: dict[str, Any]) -> dict[str, Any]:
    """A pack as a row of the table: what nobody could confirm of it is seen there."""
    return pack | ({"effective_from": f"{pack['effective_from']} UNSURE"} if pack["unsure"] else {})


@regulation_app.command("evaluate")
def evaluate_facts(
    file: Annotated[Path, typer.Argument(metavar="FACTS.json", help="The facts of one case over time (JSON).")],
    *,
    pack: Annotated[
        list[str],
        typer.Option("--pack", help="Id of a rule pack or profile, or a file .toml of one; may be given again."),
    ],
    form: FormatOption = Format.TABLE,
) -> None:
    """What the facts of a case make due under a pack, to whom, by when, and why."""
    governing = named(pack)
    given = read(text_of(file, "the facts file"))
    refuse_unknown_configuration(governing, given)
    found = evaluated(governing, given)
    rows: list[dict[str, Any]] = [obligation(due) for due in found.obligations]
    answer = {"pack": governing.named, "obligations": rows, **beside(found)}
    show(answer, rows, form, lambda: print_evaluation(answer))


def signatures(trial: str, *, into_demo: bool) -> dict[str, str | None]:
    """By the hash of each text that governs a trial: the account that signed for it."""
    from safety.aggregates.rule_pack import RulePacks  # noqa: PLC0415, keeps --help light
    from safety.journal.states import folded  # noqa: PLC0415

    with home(into_demo=into_demo, reads_only=True) as opened:
        asking.governing(opened, trial)
        adopted = folded(opened.journal.stream(f"{trial}/trial")).slice(RulePacks).governing
    return {
        document.sha256: one.adoption.signed_by
        for one in adopted
        for document in (*one.packs, *([one.adoption.profile] if one.adoption.profile else []))
    }


def named(names: list[str]) -> Governing:
    """The packs and profiles that were named, packaged or in files."""
    from safety.packaged import NotPackaged, packaged_pack, packaged_packs  # noqa: PLC0415, keeps --help light
    from safety.regulation.pack import InvalidPack, Profile, refuse_contradicting  # noqa: PLC0415

    found: list[Pack | Profile] = []
    for name in names:
        try:
            found.append(one_named(name))
        except NotPackaged as fault:
            fail(f"--pack: {fault}", UNUSABLE_ARGUMENTS)
        except InvalidPack as fault:
            fail(f"the pack {name}: {first(fault.faults)}", UNUSABLE_ARGUMENTS)
    profiles = tuple(one for one in found if isinstance(one, Profile))
    packs = [one for one in found if not isinstance(one, Profile)]
    try:
        packs += [packaged_pack(part) for profile in profiles for part in profile.packs]
        refuse_contradicting((*packaged_packs(), *packs))
    except (NotPackaged, InvalidPack) as fault:
        fail(f"--pack: {fault}", UNUSABLE_ARGUMENTS)
    return Governing(", ".join(one.id for one in found), tuple(packs), profiles)


def one_named(name: str) -> "Pack | Profile":
    """A pack or profile by its id, or by the name of a file that ends in .toml."""
    from safety.packaged import packaged, read_either  # noqa: PLC0415, keeps --help light

    if name.endswith(".toml"):
        return read_either(text_of(Path(name), "the pack"))
    return packaged(code_of(name, "--pack"))


def read(text: str) -> "FactsFile":
    """Read the file of facts."""
    from safety.regulation.facts import InvalidFacts  # noqa: PLC0415, keeps --help light
    from safety.regulation.facts_file import read_facts  # noqa: PLC0415

    try:
        return read_facts(text)
    except InvalidFacts as fault:
        refuse(fault.faults)


def first(faults: tuple[str, ...]) -> str:
    """The first fault, and how many follow."""
    return faults[0] + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else "")


def refuse(faults: tuple[str, ...]) -> NoReturn:
    """Tell what is wrong with the file of facts."""
    fail(f"the facts file: {first(faults)}", UNUSABLE_ARGUMENTS)


def refuse_unknown_configuration(governing: Governing, given: "FactsFile") -> None:
    """A word of the configuration that no pack asks for would be silently without effect."""
    from safety.regulation.conditions import close_matches, shortly  # noqa: PLC0415, keeps --help light

    known = frozenset(name for pack in governing.packs for name in pack.configuration)
    faults = tuple(
        f"configuration.{shortly(name)}: no rule asks for it" + (f"; {close_matches(name, known)}" if known else "")
        for name in given.configuration
        if name not in known
    )
    if faults:
        refuse(faults)


def evaluated(governing: Governing, given: "FactsFile") -> "Evaluation":
    """Evaluate the facts; what the file says of the trial wins over what the profile says."""
    from safety.regulation.dates import Unreckonable  # noqa: PLC0415, keeps --help light
    from safety.regulation.evaluator import evaluate  # noqa: PLC0415
    from safety.regulation.facts import InvalidFacts  # noqa: PLC0415

    today = any(profile.rules_of == "today" for profile in governing.profiles)
    one_party = any(profile.sponsor_investigator for profile in governing.profiles)
    try:
        return evaluate(
            governing.packs,
            given.facts,
            zone=given.zone,
            sponsor_investigator=given.sponsor_investigator or one_party,
            configuration={**governing.configuration, **given.configuration},
            rules_on=system_doors().clock().date() if today else None,
            authority_zone=given.authority_zone,
        )
    except InvalidFacts as fault:
        refuse(fault.faults)
    except Unreckonable as fault:
        refuse((str(fault),))


def listed(pack: "Pack | Profile", signed: dict[str, str | None]) -> dict[str, Any]:
    """A pack or profile as the contract lists it; nobody has signed what no trial has adopted."""
    return {
        "id": pack.id,
        "version": pack.version,
        "sha256": pack.sha256,
        "title": pack.title,
        "authority": pack.authority,
        "effective_from": pack.effective_from.isoformat(),
        "note": pack.note,
        "signed_by": signed.get(pack.sha256),
    }


def obligation(due: "Due") -> dict[str, Any]:
    """An obligation as the contract shows it."""
    return {
        "rule": due.rule.id,
        "pack": due.pack.id,
        "from": due.rule.sender,
        "to": list(due.to),
        "day0": due.day0.isoformat(),
        "due_on": day(due.due_on),
        "due_at": utc(due.due_at),
        "unit": due.rule.unit,
        "state": due.state,
        "opened_at": utc(due.opened_by),
        "starts_at": utc(due.starts_at),
        "closed_at": utc(due.closed_at),
        "because": list(due.sentences),
        "citation": due.rule.citation,
        "confidence": due.rule.confidence,
        "basis": due.rule.basis,
        "format": due.format,
        "note": due.rule.note,
    }


def beside(found: "Evaluation") -> dict[str, Any]:
    """What an answer tells beside the obligations."""
    return {
        "held_back": [{"rule": held.rule.id, "at": utc(held.at), "because": held.says} for held in found.held_back],
        "earliest": [
            {"to": to, "rule": due.rule.id, "due_at": utc(due.due_at)} for to, due in found.earliest().items()
        ],
        "notes": list(found.notes),
    }


def day(value: date | None) -> str | None:
    """A date of an answer."""
    return None if value is None else value.isoformat()


def utc(at: datetime | None) -> str | None:
    """An instant of an answer, UTC."""
    from safety.values import iso  # noqa: PLC0415, keeps --help light

    return None if at is None else iso(at)


def print_evaluation(answer: dict[str, Any]) -> None:
    """Print what is due as a table, then each one's reasons."""
    owed = answer["obligations"]
    print_table(
        f"{answer['pack']}: what the facts make due",
        [row | {"due_at": row["due_at"] or row["unit"]} for row in owed],
        DUTIES,
        "Nothing is due.",
    )
    for row in owed:
        print_blank()
        print_notes({row["rule"]: "\n".join(row["because"])})
    notes = {held["rule"]: held["because"] for held in answer["held_back"]}
    for number, note in enumerate(answer["notes"], 1):
        notes[f"note {number}"] = note
    if notes:
        print_blank()
        print_notes(notes)
