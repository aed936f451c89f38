"""Many small histories in one log on one database, each as a trial of its own: `C0`, `C1` and so on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from safety.aggregates.deciding import Form
from safety.journal import open_journal
from safety.projections import Views
from tests import builders as b
from tests.conftest import Store, new_database

BOTH = ("sqlite", "postgresql")


def empty_place(database: str, request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> Store:
    """Give a place for a log that lasts longer than one test."""
    if database == "postgresql":
        return new_database(request.getfixturevalue("postgres_server"))
    return folders.mktemp("one_log") / "log.db"


@contextmanager
def one_log(store: Store, histories: Sequence[Sequence[Form]]) -> Iterator[Views]:
    """File every history and give the views of all of them."""
    journal, views = open_journal(store, lambda: 1), b.views_beside(store)
    events: list[Form] = [b.opened()]
    for number, history in enumerate(histories):
        events += [happened.model_copy(update={"trial": f"C{number}"}) for happened in history]
    b.append(journal, *events)
    views.catch_up(journal)
    assert views.faults() == []
    yield views
    views.close()
    journal.close()
