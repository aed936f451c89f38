"""Which rows were let go of while tables are built: no for sure, or perhaps (Bloom 1970), in a fixed 4 MB a table."""

from collections.abc import Iterable

BITS = 2**25
"""With a million keys, one answer in 270 is a perhaps that turns out to be a no: it costs one look into the table."""


class LetGo:
    """A set of keys that never says no wrongly; it takes memory once something is in it."""

    __slots__ = ("_marks",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self._marks = bytearray()

    def __contains__(self, key: object) -> bool:
        """Say whether the key may have been let go: both of its bits are set."""
        marks = self._marks
        if not marks:
            return False
        number = hash(key)
        one, other = number % BITS, (number >> 32) % BITS
        return marks[one >> 3] >> (one & 7) & marks[other >> 3] >> (other & 7) & 1 == 1

    def update(self, keys: Iterable[object]) -> None:
        """Let go of keys."""
        if not self._marks:
            self._marks = bytearray(BITS // 8)
        marks = self._marks
        for key in keys:
            number = hash(key)
            for place in (number % BITS, (number >> 32) % BITS):
                marks[place >> 3] |= 1 << (place & 7)
