"""A demonstration that is served by the program itself, as a process of its own, for tests in a real browser."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PROGRAM = Path(sys.executable).with_name("vigilog")


class Entrance(NamedTuple):
    """How somebody gets in: the desk's address, the link that signs in, and the passphrase to sign with."""

    address: str
    link: str
    passphrase: str


@contextmanager
def served(home: Path, *accounts: str, **settings: str) -> Iterator[dict[str, Entrance]]:
    """Serve a home of a demonstration, and give each account's entrance; the host is `localhost`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGILOG_")}
    process = subprocess.Popen(
        [sys.executable, PROGRAM, "serve", "--port", "0", "--into-demo"],
        env={**environment, "VIGILOG_HOME": str(home), **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        found: dict[str, Entrance] = {}
        assert process.stderr is not None
        for line in process.stderr:
            if said := re.search(r"as (\S+) \S.* (http\S+) and sign with the passphrase (\S+)", line):
                link = said[2].replace("127.0.0.1", "localhost")
                found[said[1]] = Entrance(link.partition("first/")[0], link, said[3])
            if set(accounts) <= set(found):
                break
        yield found
    finally:
        process.kill()
        process.communicate()
