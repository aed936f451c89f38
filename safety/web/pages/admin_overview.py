"""The first page of administration: what would keep an alert from reaching anybody, and the trials with what each still needs."""

from collections import Counter
from datetime import datetime
from typing import Any

from fastapi import Response

from safety.aggregates.account import OPERATOR
from safety.aggregates.periodic_report import went_to_all
from safety.projections import Connection
from safety.projections.accounts import accounts
from safety.projections.periodic_report import periodic_reports
from safety.projections.receipts import last_receipts
from safety.projections.trials import trials
from safety.reachability import Fault, faults
from safety.values import microseconds
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.governing import governing_packs
from safety.web.ways_in import ways_in

pages = Pages()

Row = dict[str, Any]


@pages.shows("/admin", "administration.read")
def overview(ask: Ask) -> Response:
    """Show what is wrong, then the trials, then the way to each part of the desk."""
    with ask.reading() as connection:
        found = faults_now(ask, connection)
        rows = administered(ask, connection, found)
        known = [row["account"] for row in accounts(connection, ask.at) if not row["revoked"]]
        failing = [one.channel for one in last_receipts(connection, ask.at).values() if not one.taken]
    waiting = 0
    if ask.may("people.read") and not ask.past:
        ways = ways_in(ask, [account for account in known if account != OPERATOR])
        waiting = sum(way.state in {"none", "invited"} for way in ways.values())
    reached = ask.may("channel.read")
    said: Row = {"faults": found, "trials": rows, "waiting": waiting, "failing": failing if reached else []}
    said["nobody_called"] = not ask.past and not (ask.home.settings.smtp_url or ask.home.settings.webhook_url)
    return ask.render("admin/index.html.j2", **said)


@pages.shows("/admin/trials", "administration.read")
def list_trials(ask: Ask) -> Response:
    """Show the trials that one has part in."""
    with ask.reading() as connection:
        rows = administered(ask, connection, faults_now(ask, connection))
    return ask.render("admin/trials.html.j2", trials=rows)


def faults_now(ask: Asked, connection: Connection, trial: str | None = None) -> list[tuple[Fault, int | None]]:
    """List what would keep an alert of one's trials from reaching anybody, with from when on; none where one looks at the past."""
    if ask.past:
        return []
    found = faults(connection, ask.home.directory, ask.moment, trial)
    mine = [one for one in found if ask.has_part_in(str(one["trial"]))]
    return [(one, None if one["from"] is None else microseconds(datetime.fromisoformat(one["from"]))) for one in mine]


def administered(ask: Asked, connection: Connection, found: list[tuple[Fault, int | None]]) -> list[Row]:
    """Give one's trials with what each still needs."""
    wrong = Counter(fault["trial"] for fault, _ in found)
    rows = [row for row in trials(connection, ask.at) if ask.has_part_in(row["trial"])]
    return [
        {
            **row,
            "faults": wrong[row["trial"]],
            "packs": [pack.id for one in governing_packs(ask, row["trial"]) for pack in one.packs],
            "reports_open": sum(
                one["issued_at"] is not None and not went_to_all(one["owed"], one["submitted"])
                for one in periodic_reports(connection, row["trial"], ask.at)
            ),
        }
        for row in rows
    ]
