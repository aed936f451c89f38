"""What becomes of a clock, said on the command line: taken in hand, sent, acknowledged, rejected, struck through by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from safety.cli.asking import instant
from safety.cli.door import (
    UNUSABLE_ARGUMENTS,
    ByOption,
    CommandId,
    IntoDemo,
    TrialOption,
    adverse_event_of,
    by_whom,
    code_of,
    fail,
    home,
    say,
)
from safety.cli.printing import Format, FormatOption
from safety.cli.record import do, print_done, printed_name

if TYPE_CHECKING:
    from safety.aggregates.deciding import Form
    from safety.home import Home

app = typer.Typer()

About = Annotated[str, typer.Argument(metavar="SUBJECT/AE", help="Subject and number of the adverse event: S01/1.")]
Obligation = Annotated[str, typer.Argument(help="The obligation, as `vigilog obligations` names it: EU-7/1.")]
Recipient = Annotated[str, typer.Option("--recipient", help="Which of the recipients.")]
At = Annotated[str | None, typer.Option("--at", help="When, a time with its zone; now if left out.")]
Reference = Annotated[str | None, typer.Option("--reference", help="Under which reference.")]


class How(NamedTuple):
    """How an act is asked for: by whom, under which id, answered in which form, in which home."""

    by: str | None
    command_id: str | None
    form: Format
    into_demo: bool


class Meant(NamedTuple):
    """One clock of the record, opened to be acted on: the home, its names, and who acts in which words."""

    opened: "Home"
    named: dict[str, Any]
    how: How

    def when(self, text: str | None) -> datetime:
        """Read --at; now where it is left out."""
        return self.opened.doors.clock() if text is None else instant(text, "--at", "a time")

    def done(self, command: str, form: "Form", sentence: str) -> None:
        """Do a command, and say or print what came of it."""
        done = do(self.opened, command, form, by=self.how.by, command_id=self.how.command_id)
        if self.how.form is Format.JSON:
            print_done(done)
            return
        about = f"Obligation {self.named['obligation']} of {self.named['subject']}/{self.named['number']}"
        say(f"{about} {sentence}{'' if done.events and not done.repeated else ' already'}.")


@contextmanager
def meant(about: str, obligation: str, trial: str, how: How) -> Iterator[Meant]:
    """Open the home for one act on one obligation."""
    if how.form is Format.CSV:
        fail("--format takes table or json here; there are no rows to print", UNUSABLE_ARGUMENTS)
    subject, number = adverse_event_of(about)
    named = {"trial": code_of(trial, "--trial"), "subject": subject, "number": number, "obligation": obligation}
    with home(into_demo=how.into_demo) as opened:
        yield Meant(opened, named, how)


@app.command("take")
def take(
    about: About,
    obligation: Obligation,
    *,
    trial: TrialOption,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why it is taken over from whoever has it in hand.")
    ] = None,
    by: ByOption = None,
    command_id: CommandId = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Take a running clock in hand, in your own name; the clock and its alerts go on."""
    with meant(about, obligation, trial, How(by, command_id, form, into_demo)) as act:
        from safety.aggregates.obligation import Taken  # noqa: PLC0415, keeps --help light

        taken = Taken(**act.named, reason=reason)
        act.done("obligation.take", taken, f"is in the hands of {by_whom(by, act.opened)}")


@app.command("submit")
def submit(
    about: About,
    obligation: Obligation,
    *,
    trial: TrialOption,
    at: At = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="To this recipient; may be given again. To all that do not have it if left out."),
    ] = None,
    reference: Reference = None,
    by: ByOption = None,
    command_id: CommandId = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Record that its report was sent: when it actually left, to whom, under which reference."""
    with meant(about, obligation, trial, How(by, command_id, form, into_demo)) as act:
        from safety.aggregates.obligation import Submitted  # noqa: PLC0415, keeps --help light

        sent = Submitted(**act.named, sent_at=act.when(at), to=tuple(to or ()), reference=reference)
        act.done("obligation.submit", sent, "is recorded as sent")


@app.command("acknowledge")
def acknowledge(
    about: About,
    obligation: Obligation,
    *,
    trial: TrialOption,
    recipient: Recipient,
    at: At = None,
    reference: Reference = None,
    by: ByOption = None,
    command_id: CommandId = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Record that a recipient confirmed its report."""
    with meant(about, obligation, trial, How(by, command_id, form, into_demo)) as act:
        from safety.aggregates.obligation import Acknowledged  # noqa: PLC0415, keeps --help light

        said = Acknowledged(**act.named, recipient=recipient, acknowledged_at=act.when(at), reference=reference)
        act.done("obligation.acknowledge", said, "is recorded as acknowledged")


@app.command("reject")
def reject(
    about: About,
    obligation: Obligation,
    *,
    trial: TrialOption,
    recipient: Recipient,
    at: At = None,
    reason: Annotated[str | None, typer.Option("--reason", help="What the recipient gave as its reason.")] = None,
    by: ByOption = None,
    command_id: CommandId = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Record that a recipient did not take its report: the clock goes on."""
    with meant(about, obligation, trial, How(by, command_id, form, into_demo)) as act:
        from safety.aggregates.obligation import Rejected  # noqa: PLC0415, keeps --help light

        said = Rejected(**act.named, recipient=recipient, rejected_at=act.when(at), reason=reason)
        act.done("obligation.reject", said, "is recorded as rejected, and its clock goes on")


@app.command("cancel")
def cancel(
    about: About,
    obligation: Obligation,
    *,
    trial: TrialOption,
    reason: Annotated[
        str,
        typer.Option("--reason", help="downgraded, nullified, duplicate, not_applicable or opened_in_error."),
    ],
    explanation: Annotated[str | None, typer.Option("--explanation", help="In your own words.")] = None,
    by: ByOption = None,
    command_id: CommandId = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Strike a running clock through: a safety officer signs for it in their own printed name."""
    with meant(about, obligation, trial, How(by, command_id, form, into_demo)) as act:
        from safety.aggregates.obligation import Cancelled  # noqa: PLC0415, keeps --help light

        name = printed_name(act.opened, by)
        said = {**act.named, "reason": reason, "explanation": explanation, "printed_name": name}
        act.done("obligation.cancel", Cancelled.model_validate(said), "is struck through")
