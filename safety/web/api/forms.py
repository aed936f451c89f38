"""What the body of a command holds: the event's own form, and beside it the reason and, where it has to be, the signature.

The form is the event's body: one class for the record, the screens and the API. Two commands are exceptions, because a
screen fills a part in: a trial's definition is read from its file, and an account's name, address and language go to the directory.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from safety.aggregates.account import Added
from safety.aggregates.deciding import COMMANDS, Form, TrialForm
from safety.aggregates.trial import Amended, Definition, InvalidTrialFile, Registered, WithFile
from safety.intake import FolderMap, Unreadable
from safety.values import Language, Position
from safety.web.signing import Meaning

SIGNED: Mapping[str, tuple[Meaning, ...]] = {
    "adverse_event.assess_seriousness": ("assessment", "review"),
    "adverse_event.assess_causality": ("assessment", "review"),
    "adverse_event.assess_expectedness": ("assessment", "review"),
    "adverse_event.state_reportability": ("assessment", "review"),
    "adverse_event.nullify": ("authorship", "approval", "review"),
    "obligation.submit": ("responsibility", "approval"),
    "obligation.cancel": ("approval", "review"),
    "periodic_report.submit": ("responsibility", "approval"),
    "trial.adopt_rule_pack": ("approval", "responsibility"),
}
"""What has to be signed, with the meanings that a signature under it may have (21 CFR 11.50(a)(3))."""

JUDGING: Mapping[str, tuple[Meaning, ...]] = {
    "adverse_event.follow_up": ("assessment", "review"),
    "adverse_event.correct": ("assessment", "review"),
}
"""What has to be signed where it changes what a party has judged, as `safety.web.judged` says."""
MEANINGS = {**SIGNED, **JUDGING}

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Secret = Annotated[str, StringConstraints(max_length=1_000)]


class Signing(BaseModel):
    """Who signs proves it anew: with a token always by account, passphrase and, where there is one, the code shown now."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    meaning: Meaning
    account: Annotated[str, StringConstraints(max_length=64)] = ""
    passphrase: Secret = Field(json_schema_extra={"format": "password"})
    code: Annotated[str, StringConstraints(max_length=16)] = ""


class Body(BaseModel):
    """The body of a command."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    form: Form
    reason: Reason | None = Field(None, description="Why, as the audit trail will say it.")
    read_at: Position | None = Field(
        None, description="The position that the form was filled in from: what changed since then is refused with 409."
    )


class SignedBody(Body):
    """The body of a command that has to be signed."""

    signature: Signing


class JudgingBody(Body):
    """The body of a command that has to be signed where it changes a judgement on record."""

    signature: Signing | None = Field(
        None,
        description="Needed where the form changes what a party has judged: takes back AESER or a criterion, says another "
        "AEREL, or corrects any of them.",
    )


class RegisterTrial(TrialForm, WithFile):
    """The trial exists, as its file defines it; the definition is read from the file."""

    def form(self) -> Registered:
        """Give the event's form; raises Refused where the file has faults."""
        return Registered(trial=self.trial, file=self.file, sha256=self.sha256, definition=read(self.file))


class AmendTrial(TrialForm, WithFile):
    """The protocol or its counting rules changed; the definition is read from the file."""

    reason: str = Field(min_length=1, max_length=2_000)

    def form(self) -> Amended:
        """Give the event's form; raises Refused where the file has faults."""
        said = {"trial": self.trial, "file": self.file, "sha256": self.sha256, "reason": self.reason}
        return Amended.model_validate({**said, "definition": read(self.file)})


class AddAccount(Added):
    """A person may act in these roles; name, address and language are kept in the directory, never in the log."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    language: Language | None = None

    def form(self) -> Added:
        """Give the event's form."""
        return Added.model_validate(self.model_dump(exclude={"name", "email", "language"}))


FORMS: Mapping[str, type[Form]] = {
    "trial.register": RegisterTrial,
    "trial.amend": AmendTrial,
    "account.add": AddAccount,
}
"""The commands whose form a screen fills in part."""


def read(file: str) -> Definition:
    """Read a trial's definition from its file, and see to it that its import map can be read; raises InvalidTrialFile."""
    try:
        FolderMap.from_toml(file, "the file", required=False)
        return Definition.from_toml(file)
    except Unreadable as fault:
        raise InvalidTrialFile(faults=str(fault)) from None
    except RecursionError:
        raise InvalidTrialFile(faults="its tables lie too deep in each other") from None


def form_of(command: str) -> type[Form]:
    """Give the form that a command takes."""
    return FORMS.get(command, COMMANDS[command].form)


def body_of(command: str) -> type[Body]:
    """Make the model of a command's body; what is always signed cannot be sent unsigned, and what never is takes no signature."""
    base = SignedBody if command in SIGNED else JudgingBody if command in JUDGING else Body
    fields: dict[str, Any] = {"form": (form_of(command), ...)}
    return create_model(command.replace(".", "_"), __base__=base, __doc__=COMMANDS[command].form.__doc__, **fields)


def preview_of(command: str, body: type[Body]) -> type[Body]:
    """Make the model of what is asked about a command: its form alone, for nothing is signed; the command's own where it is the same."""
    if not issubclass(body, SignedBody | JudgingBody):
        return body
    name = f"{command.replace('.', '_')}_preview"
    fields: dict[str, Any] = {"form": (form_of(command), ...)}
    return create_model(name, __base__=Body, __doc__=COMMANDS[command].form.__doc__, **fields)
