"""Every stated option of counting, case by case: partial dates, windows, populations, causality, seriousness, what is not counted."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from safety.aggregates.adverse_event import RowVanished
from safety.aggregates.deciding import Form
from safety.aggregates.dose import RowVanished as DoseVanished
from safety.aggregates.trial import UnknownTrial
from safety.journal import Journal
from safety.projections import At, Views
from safety.projections.exact import fisher, interval
from safety.projections.incidence import NoPrimaryWindow, NoSuchArm, incidence
from safety.values import span
from tests import builders as b

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(journal: Journal) -> Iterator[Ask]:
    """File a history and ask for its incidence: `ask(definition, events, window="primary")`."""
    opened: list[Views] = []

    def filed(governs: Any, *events: Form, at: At | None = None, **asked: Any) -> dict[str, Any]:  # noqa: ANN401, a definition and what incidence takes
        b.append(journal, b.opened(), b.registered(governs), *events)
        url = getattr(journal, "url", None)
        views = Views(url) if url else Views.in_memory()
        opened.append(views)
        views.catch_up(journal)
        assert views.faults() == []
        with views.connect() as connection:
            return incidence(connection, b.TRIAL, at or views.now(connection), **asked)

    yield filed
    for views in opened:
        views.close()
