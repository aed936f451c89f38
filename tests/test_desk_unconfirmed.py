"""A commit whose answer does not come: the refusal names the command's id, and the same id tells what was stored."""

import pytest

from safety.journal import Unconfirmed
from tests.desks import heard
from tests.test_journal_lost_server import cut_at_commits
from tests.test_tick import Night


def test_the_id_to_ask_again_with_is_told(fresh_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(fresh_postgres_url)
    cut_at_commits(fresh_postgres_url, monkeypatch)
    with pytest.raises(Unconfirmed, match=r"did not confirm.*; its command id is C-77$"):
        night.do("adverse_event.report", heard(), command_id="C-77")
    monkeypatch.undo()
    assert len(night.do("adverse_event.report", heard(), command_id="C-77")) == 1
    night.views.close()
    night.journal.close()
