"""Given what has happened, when somebody decides, then these events or a refusal."""

from datetime import datetime
from typing import TypeVar

from hypothesis import settings

from safety.aggregates.deciding import NOTHING, Act, Form, StreamState, fold
from safety.aggregates.register import COMMANDS
from safety.values import Role
from tests.builders import T0

S = TypeVar("S")

unhurried = settings(deadline=None)
"""For properties: how long an example takes says something of the machine, not of the code."""


class Given:
    """The states that a history comes to; a command reads them as it reads the desk's."""

    def __init__(self, *history: Form) -> None:
        self._states: dict[str, StreamState] = {}
        for happened in history:
            self._states[happened.stream] = fold(self._states.get(happened.stream, NOTHING), happened)

    def __call__(self, stream: str, of: type[S], /) -> S:
        return self.state(stream).slice(of)

    def state(self, stream: str) -> StreamState:
        return self._states.get(stream, NOTHING)

    def when(
        self, command: str, form: Form, *, role: Role = "operator", by: str = "OPERATOR", at: datetime = T0
    ) -> tuple[Form, ...]:
        """Give what the command decides, or let its refusal through."""
        return COMMANDS[command].decide(self, form, Act(by, role, at))


def given(*history: Form) -> Given:
    return Given(*history)
