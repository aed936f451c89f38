"""The channels of the house as the desk's pages know them; what delivers is handed in by whoever starts the desk."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Way(NamedTuple):
    """A channel that is named in the settings; `place` says where it leads, never with a password or a secret path."""

    channel: str
    place: str


class Tested(NamedTuple):
    """What a test message came to: the code of the answer where there is one, or the class of the error."""

    code: int | None
    error: str | None


class Outward(Protocol):
    """Says which channels there are, and sends a test message over one."""

    def ways(self) -> Sequence[Way]:
        """Name the channels that messages go out by."""
        ...

    def test(self, channel: str, account: str, address: str | None) -> Tested:
        """Send a test message to a person over one of the channels, through the very code that carries alerts."""
        ...
