"""Where on the desk a message leads: the page of what an alert is about, at the desk's address where this process knows it."""

from collections.abc import Sequence
from typing import get_args

from safety.aggregates.undeliverable import DELIVERY_FAILED, TEMPLATE_FAILED, UNDELIVERABLE
from safety.catalogues import ENGLISH, Words
from safety.projections.worklist import cases_of
from safety.regulation.periodic import Kind
from safety.tick import ROLE_VACANT
from safety.values import Role

OF_DELIVERY = {UNDELIVERABLE, TEMPLATE_FAILED, DELIVERY_FAILED}
ACCOUNT = "ACCOUNT:"
"""How an alert names who cannot be reached."""


def page_of(trial: str, rule: str, role: Role, concerning: Sequence[str]) -> str:
    """Give the page of what an alert is about: a case and its clock, a periodic report, the rota; else where the alert waits.

    Every role that hears of an alert of such a rule opens that page: what a mail leads to must not be refused.
    """
    if trial == "-":
        return "/"
    if rule in OF_DELIVERY and role == "operator":
        accounts = [one.removeprefix(ACCOUNT) for one in concerning if one.startswith(ACCOUNT)]
        return f"/admin/people/{accounts[0]}" if accounts else "/admin/channels"
    within = "rota" if rule == ROLE_VACANT else report_page(concerning) or case_page(concerning) or "worklist"
    return f"/trials/{trial}/{within}"


def case_page(concerning: Sequence[str]) -> str | None:
    """Give the page of the one case that is concerned, down to its clock where one is named; None of none or several."""
    cases = cases_of(concerning)
    if len(cases) != 1:
        return None
    subject, number = cases[0]
    clocks = [one.replace(":", "/") for one in concerning if ":" in one]
    return f"cases/{subject}/{number}{f'#duty-{clocks[0]}' if clocks else ''}"


def report_page(concerning: Sequence[str]) -> str | None:
    """Give the page of the periodic report that is concerned: one that could not be issued has none but the list."""
    kind, _, period = concerning[0].partition(" ") if concerning else ("", "", "")
    if kind not in get_args(Kind):
        return None
    return f"reports/{kind}/{period}" if len(concerning) == 1 else "reports"


def leads_to(desk: str | None, page: str, said: Words = ENGLISH) -> str:
    """Write where a page is: a link, or its place on a desk whose address is not known here."""
    return said("on the desk: %(page)s", page=page) if desk is None else link_to(desk, page)


def link_to(desk: str, page: str) -> str:
    """Write the link to a page of a desk."""
    return f"{desk.rstrip('/')}{page}"


def desk_line(desk: str | None, said: Words = ENGLISH) -> str:
    """Say where the desk is, or that it is not known, and who would have to say it."""
    if desk is None:
        return said("The desk: its address is not known to what wrote this; VIGILOG_PUBLIC_URL has to say it")
    return said("The desk: %(address)s", address=desk)
