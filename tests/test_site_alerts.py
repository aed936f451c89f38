"""What a site owes is told to the investigators of that site and to nobody of another; a site without one is told before it matters."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifications.channels import ChannelName
from notifications.dispatcher import Dispatcher
from notifications.handler import Delivered
from notifications.owing import Owing
from notifications.record import Bell, Record
from notifications.rendering import Addressee, Content, Letterhead, rendered
from safety.aggregates.account import AbsenceSet, CannotStandIn, Changed
from safety.aggregates.deciding import Form
from safety.directory import Directory
from safety.journal import decode
from safety.projections.on_duty import people, vacancies
from safety.reachability import faults
from safety.scratch import Scratch
from safety.values import Language
from tests.builders import T0, account_added, alert_raised, amended, append, definition, enrolled, pack_adopted
from tests.conftest import Store
from tests.desks import heard
from tests.given import given
from tests.rule_packs import PACK
from tests.test_tick import Night

DAY = timedelta(days=1)
SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]
TO_COMMITTEE = PACK.replace('to = ["sponsor"]', 'to = ["ethics committee"]')


def investigator(name: str, *sites: str) -> Form:
    return account_added(name, roles=("investigator",), sites=sites or None)


def maildir_alone(*, address: bool) -> tuple[ChannelName, ...]:
    """Everybody is reached by the maildir."""
    return ("maildir",)


class Nobody:
    """Sends nothing: what is composed is in the log."""

    async def ring(self, bells: Sequence[Bell]) -> list[Delivered]:
        return [Delivered(bell.message, "-", "-", None) for bell in bells]


class Hospital(Night):
    """A desk of a trial with two sites, whose packs make the sites owe reports of their own."""

    def __init__(self, store: Store, folder: Path) -> None:
        of_second = enrolled("S2", site="02")
        super().__init__(store, account_added("HEAD", roles=("operator",)))
        self.directory = Directory(f"sqlite:///{folder / 'people.db'}")
        self._scratch = Scratch(f"sqlite:///{folder / 'scratch.db'}")
        append(self.journal, amended(definition(sites=SITES)), of_second)
        self.do("trial.adopt_rule_pack", pack_adopted(TO_COMMITTEE))

    def record(self) -> Record:
        owing = Owing(self.journal, self.views)
        return Record(self.desk, owing, self.directory, self._scratch, lambda: f"I-{self.journal.head().position}")

    def mail(self, role: str, language: Language = "en") -> str:
        """Write the message that HEAD is owed in a role, as it is when it is sent."""
        record = self.record()
        letters = [record.letter(Bell(one.trial, one.message)) for one in record.standing().pending]
        (letter,) = [one for one in letters if one is not None and (one.account, one.role) == ("HEAD", role)]
        to_head = Addressee("HEAD", "Head", "head@hospital.org", vacant=letter.because == "vacant", language=language)
        content = Content(letter.bell.message, "T1", record.alerts(letter), to_head, letter.composed_at)
        written, fault = rendered(content, Letterhead("desk@trial.org", None), 1)
        assert fault is None
        return str(written.mail.get_content())

    def told(self) -> dict[str, set[str]]:
        """Compose what is owed, and say by account of which subjects the site's clocks are told."""
        asyncio.run(Dispatcher(self.record(), maildir_alone, Nobody()).sweep())
        raised = {one["id"]: one for trial in ("T1", "T9") for one in self.alerts(trial)}
        found: dict[str, set[str]] = {}
        for row in self.journal.rows():
            event = decode(row).event
            if row.topic.startswith("message.composed"):
                said = event.__dict__
                if said["role"] == "investigator":
                    about = {raised[alert]["concerning"][0] for alert in said["alerts"]}
                    found.setdefault(said["to"], set()).update(about)
        return found

    def close(self) -> None:
        self.directory.close()
        self._scratch.close()
        self.views.close()
        self.journal.close()


@pytest.fixture
def hospital(store: Store, tmp_path: Path) -> Iterator[Hospital]:
    found = Hospital(store, tmp_path)
    yield found
    found.close()


def test_each_site_hears_of_its_own_and_of_no_other(hospital: Hospital) -> None:
    append(hospital.journal, investigator("ONE", "01"), investigator("TWO", "02"), investigator("NONE"))
    hospital.do("adverse_event.report", heard(serious="Y"), by="OPERATOR")
    hospital.do("adverse_event.report", heard(code="S2", serious="Y"), by="OPERATOR")
    assert hospital.told() == {"ONE": {"S1/1"}, "TWO": {"S2/1"}}


def test_an_alert_of_a_trial_that_nobody_registered_holds_up_no_other(hospital: Hospital) -> None:
    append(hospital.journal, investigator("ONE", "01"), alert_raised("A-9", trial="T9", role="investigator"))
    hospital.do("adverse_event.report", heard(serious="Y"), by="OPERATOR")
    assert hospital.told()["ONE"] >= {"S1/1"}


def test_of_a_site_without_an_investigator_the_operator_hears_and_no_other_site(hospital: Hospital) -> None:
    append(hospital.journal, investigator("ONE", "01"))
    hospital.do("adverse_event.report", heard(code="S2", serious="Y"), by="OPERATOR")
    assert hospital.told() == {"HEAD": {"S2/1"}}


def test_who_stands_in_at_a_site_is_told_which_it_is(hospital: Hospital) -> None:
    append(hospital.journal, investigator("ONE", "01"))
    hospital.do("adverse_event.report", heard(code="S2", serious="Y"), by="OPERATOR")
    hospital.told()
    text = hospital.mail("investigator")
    assert "Nobody holds the role investigator at site 02, so this comes to you as operator:\n" in text
    assert "in this trial" not in text, "the other site has one"
    assert "中心 02 无人担任研究者，因此" in hospital.mail("investigator", language="zh")


def test_where_the_subject_is_of_no_site_the_mail_says_so(hospital: Hospital) -> None:
    append(hospital.journal, investigator("ONE", "01"), enrolled("S3", site=None))
    hospital.do("adverse_event.report", heard(code="S3", serious="Y"), by="OPERATOR")
    hospital.told()
    assert "The subject is of no site on record, so nobody of the role investigator" in hospital.mail("investigator")
    assert "受试者不属于任何中心" in hospital.mail("investigator", language="zh")


def test_the_mail_of_a_site_without_an_investigator_names_the_role_at_the_site(hospital: Hospital) -> None:
    append(hospital.journal, investigator("ONE", "01"))
    hospital.tick(T0)
    hospital.told()
    assert "now or soon: investigator at site 02\n" in hospital.mail("operator")
    assert "无人值班：中心 02 的研究者\n" in hospital.mail("operator", language="zh")


def test_a_site_without_an_investigator_is_told_before_it_matters(hospital: Hospital) -> None:
    append(hospital.journal, investigator("ONE", "01"))
    assert hospital.tick(T0)["vacant_roles"] == 1
    (told,) = (alert for alert in hospital.alerts() if alert["rule"] == "ROLE-VACANT")
    assert told["concerning"] == ["INVESTIGATOR", "02"]
    with hospital.views.connect() as connection:
        found = [one for one in faults(connection, hospital.directory, T0) if one["role"] == "investigator"]
    assert {(one["site"], one["kind"]) for one in found} == {("01", "no_address"), ("02", "vacant")}
    assert "nobody holds the role at site 02" in {(one["message"] or "").partition(";")[0] for one in found}
    append(hospital.journal, investigator("TWO", "02"))
    assert hospital.tick(T0)["vacant_roles"] == 1, "filled, and so settled"
    assert [alert["settled"] for alert in hospital.alerts() if alert["rule"] == "ROLE-VACANT"] == [True]


def test_a_cover_is_of_the_sites_that_it_covers() -> None:
    people_of = (investigator("ONE", "01"), investigator("TWO", "02"), investigator("BOTH", "01", "02"))
    for cover, taken in (("TWO", False), ("BOTH", True)):
        form = AbsenceSet(account="ONE", from_at=T0, until_at=T0 + DAY, covered_by=cover)
        if taken:
            assert given(*people_of).when("account.set_absence", form, by="ONE", role="investigator") == (form,)
        else:
            with pytest.raises(CannotStandIn):
                given(*people_of).when("account.set_absence", form, by="ONE", role="investigator")


@pytest.mark.parametrize("lost", [{"roles": ("auditor",)}, {"roles": ("investigator",), "sites": ("02",)}])
def test_a_cover_who_lost_what_it_takes_covers_nobody(hospital: Hospital, lost: dict[str, Any]) -> None:
    away = AbsenceSet(account="ONE", from_at=T0 + DAY, until_at=T0 + 3 * DAY, covered_by="TWO")
    append(hospital.journal, investigator("ONE", "01"), investigator("TWO", "01", "02"), away)
    assert found_vacant(hospital) == set()
    append(hospital.journal, Changed(account="TWO", **lost))
    assert ("01", T0 + DAY) in found_vacant(hospital)


def found_vacant(hospital: Hospital) -> set[tuple[Any, Any]]:
    hospital.views.catch_up(hospital.journal)
    with hospital.views.connect() as connection:
        found = vacancies(people(connection), "T1", {"investigator"}, T0, ("01", "02"))
        return {(one.site, one.begins_at) for one in found}
