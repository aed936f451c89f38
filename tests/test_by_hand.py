"""What only the import or only the investigator may say, whoever fills in the form."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from safety.aggregates.filing import NotTheSponsors
from safety.desk import NotByHand
from tests.builders import definition, reported
from tests.desks import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "log.db").begin()


def test_a_person_cannot_state_what_the_data_said(office: Office) -> None:
    before = office.journal.head()
    with pytest.raises(NotByHand, match="leave it out of a form that a person fills in"):
        office.do("adverse_event.report", reported(source="import"))
    assert office.journal.head() == before


def test_the_sponsor_does_not_state_the_investigators_causality_in_a_report(office: Office) -> None:
    with pytest.raises(NotTheSponsors, match=r"^AEREL is the investigator's to say"):
        office.do("adverse_event.report", reported(causality="PROBABLE"), by="CHEN")
    office.do("adverse_event.report", reported(), by="CHEN")


def test_a_value_of_the_scale_means_one_thing() -> None:
    with pytest.raises(ValidationError, match="cannot mean related and not related"):
        definition(causality={"not_related": ("POSSIBLE", "NONE")})
