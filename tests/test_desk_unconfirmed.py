"""A commit whose answer does not come: the refusal names the command's id, and the same id tells what was stored."""

from typing import Any

import psycopg
import pytest

from safety.journal import Unconfirmed
from tests.desks import heard
from tests.test_journal_lost_server import cut
from tests.test_tick import Night


def test_the_id_to_ask_again_with_is_told(fresh_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(fresh_postgres_url)
    execute = psycopg.Connection.execute

    def cut_at_commit(self: Any, query: Any, *rest: Any, **named: Any) -> Any:  # noqa: ANN401, as psycopg has it
        if query == "COMMIT":
            cut(fresh_postgres_url)
        return execute(self, query, *rest, **named)

    monkeypatch.setattr(psycopg.Connection, "execute", cut_at_commit)
    with pytest.raises(Unconfirmed, match=r"did not confirm.*; its command id is C-77$"):
        night.do("adverse_event.report", heard(), command_id="C-77")
    monkeypatch.undo()
    assert len(night.do("adverse_event.report", heard(), command_id="C-77")) == 1
    night.views.close()
    night.journal.close()
