#!/usr/bin/env python3
"""Prepare Vigilog's private environment from its hash-pinned lock, then run the program or its checks in it.

    python3 run.py demo [...]       the demonstration: a published trial filed as events, its alert, its primary outcome
    python3 run.py vigilog ...      any command of the program; its exit code is passed on
    python3 run.py test [...]       every check; arguments go to pytest, which then asks for no coverage

Needs Python 3.11 or newer with pip, and a network the first time; nothing outside this folder is changed.
Exit codes are the program's own; 2 is unusable arguments, 3 is a machine on which the environment cannot be prepared.
"""

# Standard library only, and a syntax that older Pythons can read: they must get as far as the sentence that refuses them.
from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMP = VENV / "vigilog-stamp"
LOG = TOOLS / "setup.log"
REQUIREMENTS = ROOT / "requirements"
CHECK_FAILED, USAGE_ERROR, MACHINE_REFUSED, INTERRUPTED = 1, 2, 3, 130

CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "import-linter": ["lint-imports", "--no-logo"],
    # One more than there are processors, for a browser and a broker keep a test waiting; neighbours share what a file sets up.
    "pytest": ["pytest", "-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal"],
}


def main(arguments: list[str]) -> int:
    """Do what the first argument says; the demo and the program replace this process."""
    command, rest = (arguments or [""])[0], arguments[1:]
    if command not in {"demo", "test", "vigilog"}:
        asked = command in {"-h", "--help"}
        print(__doc__, file=sys.stdout if asked else sys.stderr)
        return 0 if asked else refuse(f"the first argument is demo, test or vigilog, not {command!r}.", USAGE_ERROR)
    try:
        prepare("dev" if command == "test" else "runtime")
    except SetUpError as error:
        return refuse(str(error), MACHINE_REFUSED)
    except OSError as error:
        return refuse(f"the environment cannot be prepared here: {error}.", MACHINE_REFUSED)
    except KeyboardInterrupt:
        return refuse("stopped; the next start goes on from here.", INTERRUPTED)
    if command == "test":
        return check(rest)
    return become(["demo", *rest] if command == "demo" else rest)


class SetUpError(Exception):
    """The environment cannot be prepared; the message is one sentence that says why and what to do."""


def refuse(sentence: str, code: int) -> int:
    """Print one sentence to standard error and answer the exit code."""
    print(f"run.py: {sentence}", file=sys.stderr)
    return code


def become(arguments: list[str]) -> NoReturn:
    """Replace this process by the program: signals and exit codes are the program's own."""
    program = [str(BIN / "python"), str(BIN / "vigilog"), *arguments]
    os.execv(program[0], program)  # noqa: S606 -- a shell would stand between


def prepare(kind: str) -> None:
    """Make .venv hold the lock called `kind`; a development environment serves the program too and is kept.

    Raises SetUpError where this Python will not do or a step fails, and OSError where this folder cannot be written.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 -- pyproject.toml cannot refuse a Python that never reads it
        raise SetUpError(f"Vigilog needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}.")
    if os.name != "posix":
        raise SetUpError("Vigilog runs on Linux and macOS; on Windows use the Windows Subsystem for Linux.")
    if is_ready(kind):
        return
    import fcntl  # noqa: PLC0415 -- only a cold start needs it, and Windows has none

    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("run.py: another run.py is preparing the environment; waiting for it", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready(kind):
            install(wider(kind))


def is_ready(kind: str) -> bool:
    """Say whether .venv was completed in this folder from the lock and the project description as they are now."""
    return stamped() == stamp(wider(kind)) and (BIN / "python").exists()


def wider(kind: str) -> str:
    """Answer `dev` where the environment already is one, else `kind`."""
    return "dev" if stamped()[:1] == ["dev"] else kind


def stamped() -> list[str]:
    """Read kind, folder and digest of the finished environment; empty where there is none."""
    try:
        return STAMP.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def stamp(kind: str) -> list[str]:
    """Compute the lines that a finished environment of this kind carries; settings of tools do not count."""
    project = (ROOT / "pyproject.toml").read_bytes().partition(b"\n[tool.")[0]
    locks = [(REQUIREMENTS / f"{name}.txt").read_bytes() for name in (kind, "build", "bootstrap")]
    return [kind, str(ROOT), hashlib.sha256(b"\0".join([project, *locks])).hexdigest()]


def install(kind: str) -> None:
    """Fetch uv, then make or update .venv; the stamp goes first and comes back last, so a half-made one is remade."""
    LOG.write_bytes(b"")
    usable = stamped()[1:2] == [str(ROOT)] and (BIN / "python").exists()
    STAMP.unlink(missing_ok=True)
    environment = installers_environment()
    uv = fetched_uv(environment)
    if not usable:
        step("making .venv", [*uv, "venv", "--clear", "--python", sys.executable, str(VENV)], environment)
    lock = REQUIREMENTS / f"{kind}.txt"
    packages = sum(line[:1].isalpha() for line in lock.read_text(encoding="utf-8").splitlines())
    target = ["--python", str(BIN / "python")]
    locked = [*target, "--require-hashes", str(lock)]
    step(f"installing up to {packages} packages", [*uv, "pip", "sync", *locked], environment)
    editable = [*target, "--no-deps", "--build-constraints", str(REQUIREMENTS / "build.txt"), "--editable", str(ROOT)]
    step("installing Vigilog", [*uv, "pip", "install", *editable], environment)
    STAMP.write_text("\n".join(stamp(kind)), encoding="utf-8")


def fetched_uv(environment: dict[str, str]) -> list[str]:
    """Answer the command of the pinned uv, which pip puts in .tools: that needs neither root, venv nor ensurepip."""
    pinned = (REQUIREMENTS / "bootstrap.txt").read_bytes()
    folder = TOOLS / f"uv-{hashlib.sha256(pinned).hexdigest()[:12]}"
    if not folder.exists():
        import shutil  # noqa: PLC0415 -- only a cold start needs it

        half = TOOLS / "uv-half"
        shutil.rmtree(half, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--require-hashes"]
        lock = ["-r", str(REQUIREMENTS / "bootstrap.txt")]
        step("fetching uv, the installer", [*pip, "--target", str(half), *lock], environment)
        half.rename(folder)
    return [str(folder / "bin" / "uv")]


def step(what: str, command: list[str], environment: dict[str, str]) -> None:
    """Run one step of the set-up, showing its name and seconds; what it prints goes to the log.

    Raises SetUpError with the reason that the step gave.
    """
    import subprocess  # noqa: PLC0415 -- only a cold start needs these two
    import time  # noqa: PLC0415

    print(f"run.py: {what} ... ", end="", file=sys.stderr, flush=True)
    began, offset = time.monotonic(), LOG.stat().st_size
    with LOG.open("ab") as log:
        running = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        while running.poll() is None:
            try:
                running.wait(timeout=1)
            except subprocess.TimeoutExpired:
                print(".", end="", file=sys.stderr, flush=True)
    finally:
        print(f" {time.monotonic() - began:.1f} s", file=sys.stderr)
    if running.returncode:
        reason = reason_in(LOG.read_bytes()[offset:].decode(errors="replace"))
        advice = "check the network, which is needed once"
        if reason.endswith("No module named pip"):
            advice = "install pip (on Debian: apt install python3-pip)"
        raise SetUpError(f"{what} failed with {reason!r}; {advice}, and start again; all it said is in {LOG}.")


def reason_in(output: str) -> str:
    """Pick the line that says why: the last one that begins as an error or its cause, else the last one."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    marked = [line for line in lines if re.match(r"\w*(error|cause)\b", line, re.IGNORECASE)]
    return (marked or lines or ["no output"])[-1]


def installers_environment() -> dict[str, str]:
    """Hand uv the index and the certificates that pip and this Python are set to; uv itself reads neither.

    What the user has set for uv wins.
    """
    import ssl  # noqa: PLC0415 -- only a cold start needs these two
    import subprocess  # noqa: PLC0415

    set_here = {"UV_PYTHON_DOWNLOADS": "never"}
    certificates = ssl.get_default_verify_paths()
    if certificates.cafile or (certificates.capath and any(Path(certificates.capath).iterdir())):
        set_here["UV_SYSTEM_CERTS"] = "true"
    ask = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    answer = subprocess.run(ask, capture_output=True, text=True, check=False)  # exit 1 is: none is set
    index = os.environ.get("PIP_INDEX_URL", answer.stdout.strip())
    if index:
        set_here["UV_DEFAULT_INDEX"] = index
    return {**set_here, **os.environ}


def check(arguments: list[str]) -> int:
    """Run every check, the tests last; answer 1 if any failed."""
    import subprocess  # noqa: PLC0415 -- the program's start must not pay for these two
    import time  # noqa: PLC0415

    coverage = [] if arguments else ["--cov", "--cov-report=term:skip-covered"]
    failed = []
    for name, command in CHECKS.items():
        print(f"== {name}", flush=True)
        extra = [*coverage, *arguments] if name == "pytest" else []
        began = time.monotonic()
        code = subprocess.call([str(BIN / command[0]), *command[1:], *extra], cwd=ROOT)
        if code:
            failed.append(name)
        if name != "pytest":  # pytest's summary says its seconds and stays the last line
            print(f"== {name}: {'FAILED' if code else 'passed'} in {time.monotonic() - began:.1f} s", flush=True)
    return refuse(f"failed: {', '.join(failed)}.", CHECK_FAILED) if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
