"""A trial file as a form brings it: uploaded or pasted, read whole, each fault by its table path; and how two of them differ."""

from base64 import b64decode, b64encode
from binascii import Error
from difflib import unified_diff
from pathlib import PurePath
from typing import Any, NamedTuple

from starlette.datastructures import UploadFile

from safety.aggregates.trial import Definition, InvalidTrialFile
from safety.intake import FolderMap, Unreadable
from safety.values import code
from safety.web.asking import Asked
from safety.web.words import N_

LARGEST = 300_000
"""Bytes of a trial file: what a form can carry once more behind its preview."""
NO_FILE = N_("Choose a file, or paste its text.")
TOO_LARGE = N_("The file is larger than %(most)d bytes; that is no trial file.")
NOT_TEXT = N_("The file is not UTF-8 text; save it as UTF-8.")
NO_CODE = N_("A trial is named by a short code, such as NCT03265613.")

ABSENT = "–"


class FileFaults(Exception):
    """The file cannot be used: every fault, in the order of the file; nothing was stored."""

    def __init__(self, *faults: str) -> None:
        """Keep each fault."""
        super().__init__("; ".join(faults))
        self.faults = faults


class TrialFile(NamedTuple):
    """A trial file that can be used: the id of its trial, its text as it was sent, and what it defines."""

    trial: str
    text: str
    definition: Definition

    @property
    def carried(self) -> str:
        """The text as a hidden field brings it back byte by byte; a browser would change its line ends."""
        return b64encode(self.text.encode()).decode()


class Difference(NamedTuple):
    """A value that another definition changes: its table path, and both values in words."""

    path: str
    was: str
    now: str


def sent_file(ask: Asked, trial: str = "") -> TrialFile:
    """Read the trial file of a form; `trial` is its id where it is known. Raises FileFaults."""
    text, name = sent_text(ask)
    named = trial or ask.text("trial") or PurePath(name).stem
    try:
        FolderMap.from_toml(text, ask.words("the trial file"), required=False)
        return TrialFile(code(named), text, Definition.from_toml(text))
    except InvalidTrialFile as fault:
        raise FileFaults(*fault.faults) from fault
    except Unreadable as fault:
        raise FileFaults(str(fault)) from fault
    except ValueError:
        raise FileFaults(ask.words(NO_CODE)) from None


def sent_text(ask: Asked) -> tuple[str, str]:
    """Give the text of the file and its name: carried behind a preview, uploaded, or pasted. Raises FileFaults."""
    upload = ask.form.get("upload")
    if carried := ask.text("carried"):
        try:
            data, name = b64decode(carried, validate=True), ""
        except (Error, ValueError):
            raise FileFaults(ask.words(NO_FILE)) from None
    elif isinstance(upload, UploadFile) and upload.filename:
        data, name = upload.file.read(LARGEST + 1), upload.filename
    else:
        pasted = str(ask.form.get("text") or "")
        data, name = pasted.replace("\r\n", "\n").encode(), ""
    if not data.strip():
        raise FileFaults(ask.words(NO_FILE))
    if len(data) > LARGEST:
        raise FileFaults(ask.words(TOO_LARGE, most=LARGEST))
    try:
        return data.decode("utf-8-sig"), name
    except UnicodeDecodeError:
        raise FileFaults(ask.words(NOT_TEXT)) from None


def differences(was: Definition, now: Definition) -> list[Difference]:
    """List what another definition changes, by table path."""
    before, after = flat(was.model_dump(mode="json")), flat(now.model_dump(mode="json"))
    paths = [*after, *(path for path in before if path not in after)]
    return [
        Difference(path, before.get(path, ABSENT), after.get(path, ABSENT))
        for path in paths
        if before.get(path) != after.get(path)
    ]


def flat(value: Any, path: str = "") -> dict[str, str]:  # noqa: ANN401, whatever JSON holds
    """Spread a document out: each value by its table path; what is not there, and what is empty, says nothing."""
    if isinstance(value, dict):
        parts = [(f"{path}.{name}" if path else name, part) for name, part in value.items()]
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        parts = [(f"{path}[{number}]", part) for number, part in enumerate(value, 1)]
    else:
        said = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        return {path: said} if said else {}
    return {name: said for inner, part in parts for name, said in flat(part, inner).items()}


def changed_lines(was: str, now: str) -> list[str]:
    """Give the lines of a text that changed, as a unified difference without its head."""
    return list(unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=2))[2:]
