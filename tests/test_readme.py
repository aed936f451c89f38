"""What the README says is true: its example runs, its commands exist and work, its picture is the demo's."""

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.text import Text

from docs.draw_demo import PICTURE, told
from tests.command_line import CommandLine

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")}
COMMAND = re.compile(r"python3 run\.py vigilog (.+?)(?:\s{2,}#.*|`.*)?$", re.MULTILINE)


def test_the_example_runs_and_prints_what_it_says() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    expected = example.rstrip().splitlines()[-1].removeprefix("# ")
    done = subprocess.run([sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", f"{expected}\n")


def the_first_trials_folder(folder: Path) -> Path:
    """A folder with the column names that the first trial's map reads."""
    folder.mkdir()
    dates = "2018-03-05,2018-04-02,2018-04-30"
    subjects = "\n".join(["subject,infusion_wk0,infusion_wk4,infusion_wk8", f"S01,{dates}", f"S04,{dates}"])
    (folder / "subjects.csv").write_text(f"{subjects}\n", encoding="utf-8")
    events = "subject,seq,term,ctcae_grade,serious,relationship,start_date\nS04,1,Pyrexia,1,N,PROBABLE,2018-03-05\n"
    (folder / "adverse_events.csv").write_text(events, encoding="utf-8")
    return folder


def test_the_commands_work_in_the_order_in_which_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    cli = CommandLine(tmp_path / "home")
    folder = the_first_trials_folder(tmp_path / "data")
    commands = COMMAND.findall(README)
    assert len(commands) >= 7
    for command in commands:
        cli(*command.replace("FOLDER", str(folder)).split())


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_file_that_is_linked_or_named_is_there(text: str) -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", text)
    named = re.findall(r"`((?:docs|safety|tests|trials|bench|schemas|requirements)/[\w./]*)`", text)
    missing = [name for name in [*linked, *named] if not (ROOT / name).exists()]
    assert [name for name in missing if name not in {"safety/reports/", "safety/regulation/packs/"}] == []


def test_the_picture_is_what_the_demo_shows() -> None:
    drawn = re.findall(r"<text[^>]*>(.*?)</text>", PICTURE.read_text(encoding="utf-8"))
    letters = re.sub(r"\s", "", html.unescape("".join(drawn)))
    shown = re.sub(r"\s", "", Text.from_ansi(told()).plain)
    assert letters == f"python3run.pydemo{shown}", "draw it anew: python docs/draw_demo.py"
