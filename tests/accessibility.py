"""Looks at a page as axe-core does (MPL-2.0, in `vendor/`, for tests alone): what keeps somebody from reading or using it."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
LOOK = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)} (${node.any.concat(node.all, node.none).map((why) => why.message).join("; ")})`))"""


@cache
def source() -> str:
    return AXE.read_text()


def faults(page: Page) -> list[str]:
    """What is serious or critical on the page as it stands, each with its rule and the element."""
    page.evaluate(source())
    found: list[str] = page.evaluate(LOOK)
    return found
