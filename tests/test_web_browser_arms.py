"""The incidence page of a trial of two arms in a real Chromium: photographed, and the arms told apart without colour."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page

from safety.home import Home
from tests.accessibility import faults
from tests.screens import CHROMIUM, LANGUAGES, WIDTHS, chromium, photograph
from tests.served_desk import Person, Served, served
from tests.two_arms import CELLS, PLACEBO, two_arms
from tests.web_homes import Homes, with_people

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"this machine has no Chromium at {CHROMIUM}"),
    pytest.mark.uncovered,
]

PAGES = {"arms": "/trials/T1/incidence", "arms-by-grade": "/trials/T1/incidence?by=grade&window=all"}
LEGEND = "table.inc caption .armkey"
SHAPES = """(selector) => [...document.querySelectorAll(selector)].map((svg) =>
    [...svg.querySelectorAll('.dot, .dot0')].map((mark) => mark.tagName))"""
"""The shapes of the dots within each of the elements that a selector finds."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    homes = Homes(tmp_path_factory.mktemp("arms"))
    homes.now = datetime.now(UTC)
    home: Home = with_people(two_arms(homes.open("demo")), ZHAO={"roles": ["auditor"], "trials": ["T1"]})
    with served(home) as desk:
        yield desk
    homes.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def in_view(page: Page, text: str) -> int:
    """How many places show a text."""
    return sum(one.is_visible() for one in page.get_by_text(text).all())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_two_arms_are_told_apart_by_shape_and_name(browser: Browser, desk: Served, width: str, language: str) -> None:
    zhao = Person(browser, desk, width, language).sign_in("ZHAO")
    for name, address in PAGES.items():
        page = zhao.page
        page.goto(address)
        photograph(page, f"{name}-{width}-{language}")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        assert faults(page) == []
        rows = page.evaluate(SHAPES, ".plotcell svg.arms")
        assert len(rows) > 5
        assert all(row == ["circle", "rect"] for row in rows), "each row has both arms, each in its own shape"
        assert page.evaluate(SHAPES, LEGEND)[:2] == [["circle"], ["rect"]], "the legend says which is which"
        assert all(key.is_visible() for key in page.locator(LEGEND).all())
        assert in_view(page, CELLS) > 2
        assert in_view(page, PLACEBO) > 2
        dashes = page.eval_on_selector_all(".canvas path.steps", "all => all.map((one) => one.getAttribute('class'))")
        assert dashes == ["steps steps--0", "steps steps--1"], "the lines differ in their strokes"
        assert page.locator("#courses text", has_text=PLACEBO).count() == 1, "the arm stands over its subjects"
    assert zhao.complaints == []
    zhao.context.close()
