"""Trials are registered and amended in the browser after a look at what the file says; a faulty file stores nothing."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from safety.aggregates.trial import Trial
from safety.home import Home
from safety.journal.states import folded
from safety.web.trial_file import LARGEST, changed_lines, flat
from tests.web_homes import Homes, administered, sent, signed_in, token

FILE = (Path(__file__).parent.parent / "trials" / "nct03265613.toml").read_text(encoding="utf-8")


@pytest.fixture
def home(homes: Homes) -> Home:
    return administered(homes)


@pytest.fixture
def browser(home: Home) -> TestClient:
    return signed_in(home, "OPER")


def carried(page: str) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def trial(home: Home, name: str) -> Trial:
    return folded(home.journal.stream(f"{name}/trial")).slice(Trial)


def registered(browser: TestClient) -> None:
    page = sent(browser, "/admin/trials/new", {"trial": "NCT03265613", "text": FILE})
    said = {"trial": "NCT03265613", "carried": carried(page.text), "step": "register"}
    assert sent(browser, "/admin/trials/new", said).headers["location"] == "/trials/NCT03265613/definition"


def test_a_trial_is_registered_after_a_look_at_what_its_file_says(home: Home, browser: TestClient) -> None:
    before = home.journal.head()
    page = sent(browser, "/admin/trials/new", {"trial": "nct03265613", "text": FILE.replace("\n", "\r\n")})
    assert page.status_code == 200
    assert "Safety and Efficacy of Expanded Allogeneic AD-MSCs" in page.text
    assert "UNSURE" in page.text
    assert home.journal.head() == before
    registered(browser)
    assert trial(home, "NCT03265613").sha256 == sha256(FILE.encode()).hexdigest()
    shown = browser.get("/trials/NCT03265613/definition").text
    assert "by OPER, not amended" in shown
    assert "Asia/Shanghai" in shown
    assert "Totals are published" in shown


def test_an_uploaded_file_names_its_trial_and_is_kept_byte_by_byte(home: Home, browser: TestClient) -> None:
    text = FILE.replace("\n", "\r\n")
    form = {"csrf": token(browser.get("/"))}
    page = browser.post("/admin/trials/new", data=form, files={"upload": ("nct03265613.toml", text.encode())})
    assert "<h1>NCT03265613</h1>" in page.text
    said = {"trial": "NCT03265613", "carried": carried(page.text), "step": "register"}
    assert sent(browser, "/admin/trials/new", said).status_code == 303
    assert trial(home, "NCT03265613").file == text


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"trial": "T2", "text": ""}, ["Choose a file"]),
        ({"trial": "", "text": FILE}, ["A trial is named by a short code"]),
        ({"trial": "no code!", "text": FILE}, ["A trial is named by a short code"]),
        ({"trial": "T2", "text": "protocol = "}, ["not valid TOML"]),
        (
            {
                "trial": "T2",
                "text": FILE.replace('zone = "Asia/Shanghai"', 'zone = "Asia/Nowhere"').replace("phase", "fase"),
            },
            ["sites.0.zone", "fase: ", "phase: Field required", "5 faults"],
        ),
        ({"trial": "T2", "text": FILE + "\n[import.subject]\n"}, ["subject"]),
        ({"trial": "T2", "text": "a" * (LARGEST + 1)}, ["larger than 300000 bytes"]),
        ({"trial": "T2", "carried": "not base64!"}, ["Choose a file"]),
        ({"trial": "T1", "text": FILE}, ["Trial T1 is registered already"]),
    ],
)
def test_a_file_with_a_fault_stores_nothing(
    home: Home, browser: TestClient, said: dict[str, str | list[str]], says: list[str]
) -> None:
    before = home.journal.head()
    for step in ("", "register"):
        page = sent(browser, "/admin/trials/new", {**said, "step": step})
        assert page.status_code == 422
        for part in says:
            assert part in page.text
    assert home.journal.head() == before


def test_text_that_is_not_utf_8_is_no_trial_file(browser: TestClient) -> None:
    form = {"csrf": token(browser.get("/")), "trial": "T2"}
    page = browser.post("/admin/trials/new", data=form, files={"upload": ("t2.toml", b"\xff\xfe\x00")})
    assert (page.status_code, "not UTF-8" in page.text) == (422, True)


def test_an_amendment_shows_each_value_that_changes_and_asks_why(home: Home, browser: TestClient) -> None:
    registered(browser)
    was = home.journal.head().position
    assert "treatment_period_weeks = 12" in browser.get("/trials/NCT03265613/amend").text
    changed = FILE.replace("treatment_period_weeks = 12", "treatment_period_weeks = 16").replace(
        "weeks = [0, 4, 8]", "weeks = [0, 4]"
    )
    page = sent(browser, "/trials/NCT03265613/amend", {"text": changed})
    assert (page.status_code, "2 values change" in page.text) == (200, True)
    assert "dosing[1].weeks" in page.text
    assert '<span class="was">0, 4, 8</span>' in page.text
    assert "+treatment_period_weeks = 16" in page.text
    said = {"carried": carried(page.text), "step": "amend"}
    again = sent(browser, "/trials/NCT03265613/amend", {**said, "reason": " "})
    assert (again.status_code, "Say why" in again.text) == (422, True)
    assert home.journal.head().position == was
    long = sent(browser, "/trials/NCT03265613/amend", {**said, "reason": "y" * 2_001})
    assert (long.status_code, f'value="{"y" * 2_001}"' in long.text) == (422, True)
    assert "The reason may hold 2000 characters and holds 2001. Shorten it." in long.text
    done = sent(browser, "/trials/NCT03265613/amend", {**said, "reason": "Amendment 2 of 1 March"})
    assert done.headers["location"] == "/trials/NCT03265613/definition"
    now, then = (browser.get(f"/trials/NCT03265613/definition{at}").text for at in ("", f"?as_of={was}"))
    assert "Amendment 2 of 1 March" in now
    assert "0, 4, 8" not in now.partition("The file itself")[0]
    assert "0, 4, 8" in then
    assert "Amendment 2" not in then
    assert "/amend" not in then


def test_the_same_file_again_amends_nothing(browser: TestClient) -> None:
    registered(browser)
    page = sent(browser, "/trials/NCT03265613/amend", {"text": FILE})
    assert "Nothing: the file is the one that governs already" in page.text
    assert "Put it in force" not in page.text
    comment = sent(browser, "/trials/NCT03265613/amend", {"text": f"{FILE}# a remark\n"})
    assert "No value that governs" in comment.text
    wrong = sent(browser, "/trials/NCT03265613/amend", {"text": "protocol = 1"})
    assert (wrong.status_code, "protocol: " in wrong.text) == (422, True)


def test_who_reads_a_definition_is_offered_no_amendment(home: Home) -> None:
    page = signed_in(home, "CHEN").get("/trials/T1/definition").text
    assert "/amend" not in page
    assert "None was issued: every serious reaction counts as unexpected" in page


def test_a_document_spreads_out_into_its_values() -> None:
    assert flat({"a": None, "b": [1, 2], "c": [{"d": "x"}, {"d": ""}], "e": {"f": False}}) == {
        "b": "1, 2",
        "c[1].d": "x",
        "e.f": "False",
    }
    assert changed_lines("a\nb", "a\nc") == ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]
