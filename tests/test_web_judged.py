"""Whose signature stands under a judgement: that of the entry which made it, and none where nobody signed for it."""

import csv
import re

import pytest

from safety.aggregates.adverse_event import (
    CausalityAssessed,
    Corrected,
    ExpectednessAssessed,
    FollowedUp,
    SeriousnessAssessed,
)
from safety.aggregates.deciding import Form
from safety.home import Home
from safety.journal import Signature
from tests.follow_ups import CASE, with_an_event
from tests.web_homes import Homes, signed_in

AE1 = {"trial": "T1", "subject": "S1", "number": 1}
TAKES_BACK = {"takes_back": "medical_review"}


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_an_event(homes)


def said(form: type[Form], **values: object) -> Form:
    return form.model_validate({**AE1, **values})


def done(home: Home, command: str, form: Form, by: str, *, signs: bool = True) -> None:
    signature = Signature("assessment", ("passphrase",), f"Dr {by}") if signs else None
    home.desk.do(f"adverse_event.{command}", form, by=by, command_id=home.doors.new_id(), signature=signature)


def signers(home: Home) -> list[str]:
    """Who has signed for what the case page says that the parties judge."""
    page = signed_in(home, "CHEN").get(CASE).text
    return re.findall(r"Signed by Dr (\w+)", page)


def test_a_signature_goes_with_the_causality_that_it_signed(home: Home) -> None:
    done(home, "assess_causality", said(CausalityAssessed, assessor="investigator", causality="PROBABLE"), "LIN")
    assert signers(home) == ["LIN"]
    done(home, "correct", said(Corrected, causality="REMOTE", variables=("AEREL",)), "WANG")
    assert signers(home) == ["WANG"], "what stands is not what LIN has signed"
    done(home, "follow_up", said(FollowedUp, causality="POSSIBLE"), "LIN", signs=False)
    assert signers(home) == []


def test_a_signature_goes_with_the_seriousness_that_it_signed(home: Home) -> None:
    first = {"serious": "Y", "hospitalisation": "Y", "disability": "Y"}
    done(home, "assess_seriousness", said(SeriousnessAssessed, assessor="investigator", **first), "LIN")
    right = {"disability": "N", "variables": ("AESDISAB",)}
    done(home, "correct", said(Corrected, **right), "WANG")
    assert signers(home) == ["LIN", "WANG"], "LIN's judgement but for one criterion"
    done(home, "assess_seriousness", said(SeriousnessAssessed, assessor="sponsor", serious="Y"), "CHEN")
    assert signers(home) == ["LIN", "WANG", "CHEN"], "the other party's stands beside it"
    second = {"serious": "N", **TAKES_BACK}
    done(home, "assess_seriousness", said(SeriousnessAssessed, assessor="investigator", **second), "WANG")
    assert signers(home) == ["WANG", "CHEN"], "it says all of it anew"


def test_a_signature_stands_with_its_change_in_the_history_on_paper_and_in_the_file(home: Home) -> None:
    before = home.journal.head().position
    done(home, "assess_causality", said(CausalityAssessed, assessor="investigator", causality="PROBABLE"), "LIN")
    done(home, "follow_up", said(FollowedUp, outcome="UNKNOWN"), "WANG", signs=False)
    auditor = signed_in(home, "ZHAO")
    for query in ("subject=S1&number=1", f"a={before}&b={home.journal.head().position}"):
        page = auditor.get(f"/trials/T1/history?{query}").text
        assert re.findall(r"Signed by Dr (\w+)", page) == ["LIN"]
        head, *rows = csv.reader(
            line
            for line in auditor.get(f"/trials/T1/history/export?{query}").text.splitlines()
            if line[:1] not in "#\ufeff"
        )
        told = [dict(zip(head, row, strict=True)) for row in rows]
        signed = [row for row in told if row["Signed by"]]
        assert [(row["Signed by"], row["Meaning of the signature"], row["New value"]) for row in signed] == [
            ("Dr LIN (LIN)", "Assessment", "PROBABLE")
        ]
        assert len(signed[0]["SHA-256 that was signed"]) == 64
        assert len(told) > 1


def test_a_signature_stands_with_the_judgement_that_it_signed_in_the_files_of_cases(home: Home) -> None:
    columns = [f"{name}: Signed by" for name in ("Investigator's causality", "Unexpected")]
    auditor = signed_in(home, "ZHAO")

    def signed() -> set[tuple[str, ...]]:
        """Who has signed in both files, of the first adverse event."""
        found = set()
        for screen in ("cases", "listing"):
            lines = auditor.get(f"/trials/T1/{screen}/export").text.splitlines()
            told = list(csv.DictReader(line for line in lines if line[:1] not in "#\ufeff"))
            found.add(tuple(told[0][column] for column in columns))
            assert [len(told[0][column.replace("Signed by", "SHA-256 that was signed")]) for column in columns] == [
                64 if told[0][column] else 0 for column in columns
            ]
        return found

    by_party = {"assessor": "sponsor", "causality": "POSSIBLE"}
    by_product = {"assessor": "investigator", "causality": "POSSIBLE", "product": "Drug"}
    for said_of in (by_party, by_product):
        done(home, "assess_causality", said(CausalityAssessed, **said_of), "CHEN" if said_of is by_party else "LIN")
    assert signed() == {("", "")}, "another judgement than those that the row shows"
    done(home, "assess_causality", said(CausalityAssessed, assessor="investigator", causality="PROBABLE"), "LIN")
    done(
        home,
        "assess_expectedness",
        said(ExpectednessAssessed, expected="N"),
        "CHEN",
    )
    assert signed() == {("Dr LIN (LIN)", "Dr CHEN (CHEN)")}
    done(home, "follow_up", said(FollowedUp, causality="POSSIBLE"), "LIN", signs=False)
    assert signed() == {("", "Dr CHEN (CHEN)")}, "what stands is not what LIN has signed"
