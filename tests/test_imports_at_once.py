"""Imports beside imports, filings and kills: one lands, the other adds nothing or is refused clearly, and no AE is doubled."""

import re
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest

from safety.aggregates.adverse_event import Reported
from safety.desk import OtherContent
from safety.home import Home
from tests.crash_driver import SOURCE_IDS, import_folder, new_home, opened, write_folder
from tests.fault_injection import Answer, drivers
from tests.stored_whole import acknowledged, commands, damage

pytestmark = pytest.mark.uncovered

ROUNDS = 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "folder")


def reported(home: Home) -> Counter[str | None]:
    """Count the adverse events on record by AESPID."""
    return Counter(known.event.source_id for known in home.journal.read() if isinstance(known.event, Reported))


def refusals(*answers: Answer) -> list[str]:
    """Give what the drivers said no with."""
    return [line for answer in answers for line in answer.said if line.startswith("NOT ")]


def test_two_imports_of_the_same_folder_at_once(folder: Path, tmp_path: Path) -> None:
    empty = new_home(tmp_path / "empty", enrolled=False)
    with drivers(tmp_path / "home") as one, drivers(tmp_path / "home") as other:
        for turn in range(ROUNDS):
            home = shutil.copytree(empty, tmp_path / f"home{turn}")
            one.begin(home, ["import", str(folder), "first"])
            other.begin(home, ["import", str(folder), "second"])
            answers = one.answer(), other.answer()
            assert [answer.code for answer in answers] == [0, 0]
            with opened(home) as found:
                assert reported(found) == Counter(SOURCE_IDS)
                # What adds nothing needs no event, so one of the two command ids is in the log.
                assert len(commands(found).keys() & {"first", "second"}) == 1
                assert damage(found, {}) == []
            assert all("import again" in refusal for refusal in refusals(*answers))


def test_an_import_while_another_process_files_for_the_same_subjects(folder: Path, tmp_path: Path) -> None:
    enrolled = new_home(tmp_path / "enrolled", enrolled=True)
    filed = [f"filed-{thread}-{number}" for thread in range(2) for number in range(40)]
    with drivers(tmp_path / "home") as filing, drivers(tmp_path / "home") as importing:
        for turn in range(ROUNDS):
            home = shutil.copytree(enrolled, tmp_path / f"home{turn}")
            filing.begin(home, ["file", "filed", "2", "40"])
            importing.begin(home, ["import", str(folder), "imported"])
            answers = filing.answer(), importing.answer()
            assert [answer.code for answer in answers] == [0, 0]
            acked = acknowledged(answers[0].said)
            assert sorted(acked) == sorted(filed)
            with opened(home) as found:
                assert damage(found, acked) == []
                assert all("import again" in refusal for refusal in refusals(*answers))
                import_folder(found, folder, "again")
                assert reported(found) == Counter([*SOURCE_IDS, *map(str.upper, filed)])
                assert damage(found, acked) == []


def test_an_import_that_was_killed_before_it_answered_is_in_the_log_once(folder: Path, tmp_path: Path) -> None:
    home = new_home(tmp_path / "home", enrolled=False)
    with drivers(home) as killed:
        killed.begin(home, ["unanswered", "import", str(folder), "imported"])
        answer = killed.answer()
    assert answer.code == -signal.SIGKILL
    assert acknowledged(answer.said) == {}
    with opened(home) as found:
        before = found.journal.head()
        again = import_folder(found, folder, "imported")
        assert again.position == before.position == found.journal.head().position
        assert again.events == []
        assert reported(found) == Counter(SOURCE_IDS)
        assert damage(found, {"imported": before.position}) == []


def test_the_command_id_of_an_import_stands_for_its_content(folder: Path, tmp_path: Path) -> None:
    with opened(new_home(tmp_path / "home", enrolled=False)) as found:
        import_folder(found, folder, "imported")
        events = folder / "adverse_events.csv"
        events.write_text(re.sub("AE1,", "AE11,", events.read_text(encoding="utf-8")), encoding="utf-8")
        before = found.journal.head()
        with pytest.raises(OtherContent, match="The command id imported was used before for something else"):
            import_folder(found, folder, "imported")
        assert found.journal.head() == before
