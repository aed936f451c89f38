"""The desk in a real Chromium: signing in by keyboard, in both languages and at both widths; every page is photographed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens import CHROMIUM, LANGUAGES, WIDTHS, chromium, opened, photograph
from tests.web_homes import SUBJECT, Homes, with_a_trial, with_people

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"this machine has no Chromium at {CHROMIUM}")

CASE = f"/trials/T1/cases/{SUBJECT}/1"
OF_A_CASE = {
    "worklist": "/trials/T1/worklist",
    "worklist-narrowed": "/trials/T1/worklist?serious=1&due=late",
    "case": CASE,
    "assess-causality": f"{CASE}/causality",
    "duplicates": "/trials/T1/duplicates",
    "merge": f"{CASE}/merge?with=2",
    "narrative": f"{CASE}/narrative",
    "entry": "/log/6",
    "history-of-a-field": f"/trials/T1/history?subject={SUBJECT}&number=1&field=term",
}
OF_A_CASE |= {name: f"{CASE}/{name}" for name in ("follow-up", "correct", "nullify")}
OF_A_CASE |= {name: f"/trials/T1/subjects/{SUBJECT}/{name}" for name in ("dose", "withhold", "withdraw", "death")}
OF_A_CASE |= {"correct-dose": f"/trials/T1/subjects/{SUBJECT}/doses/1/correct", "enrol": "/trials/T1/enrol"}
PROGRAM = Path(sys.executable).with_name("vigilog")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A demonstration that is served: its address, and the link with which CHEN signs in."""
    homes = Homes(tmp_path_factory.mktemp("browser"))
    home = with_people(with_a_trial(homes.open("demo")), CHEN={"roles": ["safety_officer"], "trials": ["T1"]})
    folder = str(home.settings.home)
    homes.close()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGILOG_")}
    process = subprocess.Popen(
        [sys.executable, PROGRAM, "serve", "--port", "0", "--into-demo"],
        env={**environment, "VIGILOG_HOME": folder},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        link = next(found[1] for line in process.stderr if (found := re.search(r"as CHEN \S+ (http\S+)", line)))
        address = link.partition("first/")[0]
        yield tuple(text.replace("127.0.0.1", "localhost") for text in (address, link))  # type: ignore[misc]  # two of them
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_way_from_sign_in_to_the_cases(desk: tuple[str, str], width: str, language: str) -> None:
    address, link = desk
    with chromium() as browser, opened(browser, width, language, address) as page:
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.goto("/sign-in")
        photograph(page, f"sign-in-{width}-{language}")
        page.goto(link)
        page.focus("form.body button")
        page.keyboard.press("Enter")
        page.wait_for_selector("tr[data-row]")
        photograph(page, f"trials-{width}-{language}")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(".work")
        page.goto("/trials/T1/cases")
        assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-Hans"}[language]
        photograph(page, f"cases-{width}-{language}")
        page.goto("/trials/T1/cases?as_of=6")
        photograph(page, f"past-{width}-{language}")
        page.keyboard.press(".")
        page.wait_for_selector("body:not(.is-past)")
        for name, path in OF_A_CASE.items():
            page.goto(path)
            photograph(page, f"{name}-{width}-{language}")
        page.goto("/me")
        photograph(page, f"me-{width}-{language}")
        for name in ("incidence", "listing", "history"):
            page.goto(f"/trials/T1/{name}")
            photograph(page, f"{name}-{width}-{language}")
        pages = [f"/trials/T1/{name}" for name in ("cases", "cases?as_of=6", "incidence", "listing", "history")]
        for path in ("/sign-in", "/", "/me", *pages, *OF_A_CASE.values()):
            page.goto(path)
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider == 0, f"{path} scrolls sideways by {wider} px"
        assert [text for text in complaints if "[DOM]" not in text] == []


def test_with_scripts_off_it_works_the_same(desk: tuple[str, str]) -> None:
    address, link = desk
    with chromium() as browser:
        context = browser.new_context(base_url=address, java_script_enabled=False)
        page = context.new_page()
        page.goto(link)
        page.click("form.body button")
        page.click("th a")
        assert "worklist" in page.url
        page.goto("/trials/T1/cases")
        page.fill("#subject", "nobody")
        page.click("form.filters button")
        assert page.locator(".empty").count() == 1
        page.click("button[name=language][value=zh]")
        assert page.locator("html").get_attribute("lang") == "zh-Hans"
        context.close()
