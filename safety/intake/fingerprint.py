"""A file that is hashed while it is read, so that the digest is of the very bytes that became rows."""

import hashlib
import io
from pathlib import Path
from typing import Any


class FingerprintedFile(io.RawIOBase):
    """A file opened for one reading from start to end."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where the file cannot be opened."""
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._sha256 = hashlib.sha256()

    def readable(self) -> bool:
        """It is open for reading only."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  (a writable buffer has no name in the types of Python 3.11)
        """Fills the buffer and returns how many bytes were read, 0 at the end."""
        # A raw file that does not block always returns a number.
        count = self._file.readinto(buffer) or 0
        self._sha256.update(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        """Closes the file; it may be called twice."""
        self._file.close()
        super().close()

    def hexdigest(self) -> str:
        """SHA-256 of what was read, in hexadecimal."""
        return self._sha256.hexdigest()
