"""The pages of subjects: doses given and next planned, adverse events, what is missing; of one's own sites alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.home import Home
from tests.builders import append, completed, definition, enrolled, given, nullified, registered, reported, withheld
from tests.test_web_pages import CHINESE, words
from tests.web_homes import TERM, Homes, sent, signed_in, with_people

WHOLE = {"grade": "2", "causality": "POSSIBLE", "outcome": "RECOVERED/RESOLVED", "ended_on": "2018-03-07"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    homes = Homes(tmp_path)
    opened = homes.open()
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(two))
    append(opened.journal, enrolled("S1"), given("S1", 1, "2018-03-01"), withheld("S1", 2))
    append(opened.journal, reported("S1", 1, serious=None, hospitalisation="Y"))
    append(opened.journal, reported("S1", 2, **WHOLE, action_taken="DOSE NOT CHANGED"), nullified("S1", 1))
    append(opened.journal, reported("S1", 3, started_on=None, serious=None, hospitalisation="Y"))
    append(opened.journal, enrolled("S2"), given("S2", 1, "2018-03"), enrolled("S3"), completed("S3"))
    append(opened.journal, enrolled("THEIRS", site="02"), enrolled("NOWHERE", site=None))
    people = {"trials": ["T1"], "sites": ["01"]}
    yield with_people(
        opened,
        LIN={"roles": ["investigator"], **people},
        WANG={"roles": ["investigator"], "trials": ["T1"], "sites": ["02"]},
        CHEN={"roles": ["safety_officer"]},
        ZHAO={"roles": ["auditor"]},
        OPS={"roles": ["operator"]},
    )
    homes.close()


def test_ones_subjects_are_listed_with_the_next_dose_and_what_is_missing(home: Home) -> None:
    told = words(signed_in(home, "LIN").get("/trials/T1/subjects"))
    assert "3 subjects of site 01." in told
    assert (
        "S1 1 given last on 1 Mar 2018 no. 3 of 3 26 Apr 2018 the day has passed 2 1 serious something in 1 event 01"
        in told
    )
    assert "S2 1 given last on Mar 2018 no. 2 of 3 day not known 0 nothing 01" in told
    assert "S3 completed 0 given none 0 nothing 01" in told
    assert "THEIRS" not in told
    assert "NOWHERE" not in told


def test_who_sees_the_trial_sees_every_subject_and_pages_through_them(home: Home) -> None:
    append(home.journal, *(enrolled(f"X{number:03}") for number in range(50)))
    browser = signed_in(home, "CHEN")
    first = words(browser.get("/trials/T1/subjects"))
    assert "55 subjects" in first
    assert "NOWHERE 0 given" in first
    assert "THEIRS" in first
    assert "Next page" in first
    assert "X049" in words(browser.get("/trials/T1/subjects?page=2"))
    assert "No subject to show" in words(browser.get("/trials/T1/subjects?page=9"))


def test_with_no_subject_on_record_each_page_says_what_to_do_and_filing_goes_on_where_it_began(homes: Homes) -> None:
    home = homes.open()
    append(home.journal, registered())
    people = {"LIN": {"roles": ["investigator"]}, "AUDIT": {"roles": ["auditor"]}}
    with_people(home, **people)
    lin = signed_in(home, "LIN")
    assert 'class="btn btn--go" href="/trials/T1/enrol"' in lin.get("/trials/T1/subjects").text
    assert "/enrol" not in signed_in(home, "AUDIT").get("/trials/T1/subjects").text
    form = lin.get("/trials/T1/file")
    assert "An event is filed to the code of a subject." in words(form)
    assert 'href="/trials/T1/enrol?then=file"' in form.text
    tried = sent(lin, "/trials/T1/file", {"term": TERM, "do": "file"})
    assert tried.status_code == 422
    assert "Enrol one; what you typed stays in this form." in words(tried)
    assert f'value="{TERM}"' in tried.text
    enrol = lin.get("/trials/T1/enrol?then=file").text
    assert 'name="then" value="file"' in enrol
    assert '<option value="01" selected>' in enrol, "the only site"
    wrong = sent(lin, "/trials/T1/enrol", {"subject": "", "site": "01", "then": "file"})
    assert 'name="then" value="file"' in wrong.text
    done = sent(lin, "/trials/T1/enrol", {"subject": "S1", "site": "01", "then": "file"})
    assert done.headers["location"] == "/trials/T1/file?subject=S1"
    assert '<option value="S1" selected>' in lin.get("/trials/T1/file").text


def test_an_investigator_of_no_site_is_told_whom_to_ask(homes: Homes) -> None:
    home = homes.open()
    append(home.journal, registered(definition(sites=[{"id": "01", "zone": "UTC"}, {"id": "02", "zone": "UTC"}])))
    with_people(home, LIN={"roles": ["investigator"]})
    for page in ("/trials/T1/subjects", "/trials/T1/file"):
        assert "No site of this trial is yours." in words(signed_in(home, "LIN").get(page))


def test_one_subject_shows_events_doses_and_each_gap_in_words(home: Home) -> None:
    page = signed_in(home, "LIN").get("/trials/T1/subjects/s1")
    told = words(page)
    assert "1 adverse event still lacks something. Next planned: no. 3 of 3, 26 Apr 2018." in told
    assert (
        "AE&nbsp;3 Pyrexia not recorded not recorded serious not recorded not recorded "
        "when it began, whether the product may have caused it, the outcome, what was done with the product, how severe it is"
        in told
    )
    assert "AE&nbsp;2 Pyrexia 5 Mar 2018 Grade 2 G2 no Possibly related recovered nothing" in told
    assert "AE&nbsp;1 Pyrexia nullified" in told
    assert (
        "1 1 Mar 2018 AD-MSC 35 10^6 CELLS not recorded given Correct 2 not recorded not recorded not recorded withheld"
        in told
    )
    assert "3 26 Apr 2018 planned, the day has passed Record the dose as given or as withheld." in told
    assert 'href="/trials/T1/file?subject=S1"' in page.text


@pytest.mark.parametrize("subject", ["THEIRS", "NOWHERE", "NOBODY", "%20", "a%20b"])
def test_another_sites_subject_is_answered_like_one_that_does_not_exist(home: Home, subject: str) -> None:
    browser = signed_in(home, "LIN")
    theirs = browser.get(f"/trials/T1/subjects/{subject}")
    nobody = browser.get("/trials/T1/subjects/NEVER-HEARD-OF")
    assert theirs.status_code == nobody.status_code == 404
    assert words(theirs).replace(subject, "") == words(nobody).replace("NEVER-HEARD-OF", "")


def test_an_auditor_reads_as_of_a_moment_and_is_offered_no_form(home: Home) -> None:
    page = signed_in(home, "ZHAO").get("/trials/T1/subjects/S1?as_of=5")
    assert page.status_code == 200
    assert "no. 2 of 3" in words(page)
    assert "/file" not in page.text
    assert signed_in(home, "OPS").get("/trials/T1/subjects").status_code == 404


def test_it_is_said_in_chinese(home: Home) -> None:
    told = words(signed_in(home, "LIN").get("/trials/T1/subjects/S1", headers=CHINESE))
    assert "1 例不良事件仍有缺项。 下次计划：第 3 次，共 3 次，2018-04-26。" in told
    assert "开始日期、与研究产品的因果关系、转归" in told
