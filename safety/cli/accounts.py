"""The accounts as scripts read them: who may act as what, who stands behind it, and who is away; nothing that lets anybody in."""

from typing import TYPE_CHECKING, Any

import typer

from safety.cli.asking import caught_up
from safety.cli.door import IntoDemo, home
from safety.cli.printing import Format, FormatOption, print_table, show
from safety.cli.shown import minute

if TYPE_CHECKING:
    from datetime import datetime

    from safety.directory import Person

app = typer.Typer()
ACCOUNTS = {
    "account": "Account",
    "name": "Name",
    "roles": "May act as",
    "trials": "In trials",
    "sites": "At sites",
    "away": "Away",
    "email": "E-mail",
}


@app.command("list")
def list_accounts(*, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False) -> None:
    """List the accounts: who may act as what and where, who stands behind each, and who is away now."""
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.projections.accounts import accounts  # noqa: PLC0415, keeps --help light

        with caught_up(opened).connect() as connection:
            now = opened.views.now(connection)
            known = {person.account: person for person in opened.directory.people()}
            at = opened.doors.clock()
            rows = [told(row, known.get(row["account"]), at) for row in accounts(connection, now)]
    found = {"position": now.position, "accounts": rows}
    show(found, rows, form, lambda: print_table("Accounts", [in_words(row) for row in rows], ACCOUNTS, "No account."))


def told(row: dict[str, Any], person: "Person | None", at: "datetime") -> dict[str, Any]:
    """Tell an account with who stands behind it and the absence that lasts at a moment."""
    from safety.values import iso  # noqa: PLC0415, keeps --help light

    lasts = next((one for one in row["absences"] if one.from_at <= at < one.until_at), None)
    return {
        "account": row["account"],
        "name": None if person is None else person.name,
        "email": None if person is None else person.email,
        "language": None if person is None else person.language,
        **{name: row[name] for name in ("roles", "trials", "sites", "revoked")},
        "away": None
        if lasts is None
        else {"from": iso(lasts.from_at), "until": iso(lasts.until_at), "covered_by": lasts.covered_by},
    }


def in_words(row: dict[str, Any]) -> dict[str, Any]:
    """One account as people read it."""
    away, roles = row["away"], [role.replace("_", " ") for role in row["roles"]]
    language = "" if row["language"] in {None, "en"} else f"mails in {row['language']}"
    covered = "" if away is None else f"{away['covered_by'] or 'nobody'} covers"
    return row | {
        "roles": "nothing: revoked" if row["revoked"] else ", ".join(roles),
        "trials": ", ".join(row["trials"]) or "all",
        "email": ", ".join(filter(None, (row["email"], language))),
        "away": "" if away is None else f"until {minute(away['until'])}; {covered}",
    }
