"""A demonstration that is served by the program itself, as a process of its own, for tests in a real browser."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("vigilog")


@contextmanager
def served(home: Path, *accounts: str, **settings: str) -> Iterator[dict[str, str]]:
    """Serve a home of a demonstration, and give the link with which each account signs in; the host is `localhost`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGILOG_")}
    process = subprocess.Popen(
        [sys.executable, PROGRAM, "serve", "--port", "0", "--into-demo"],
        env={**environment, "VIGILOG_HOME": str(home), **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        links: dict[str, str] = {}
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"as (\S+) \S.* (http\S+) and", line):
                links[found[1]] = found[2].replace("127.0.0.1", "localhost")
            if set(accounts) <= set(links):
                break
        yield links
    finally:
        process.kill()
        process.communicate()
