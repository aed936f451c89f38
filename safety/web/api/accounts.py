"""What the API tells and does of people: who has an account, how they get in, what became of it; name, address and sessions."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from safety.aggregates.account import OPERATOR
from safety.directory import Person as Known
from safety.projections.accounts import accounts
from safety.projections.at import utc
from safety.values import Language
from safety.web.account_history import account_history
from safety.web.acting import Misfilled
from safety.web.api.answers_of_administration import OnePerson, People, Person, SignedOut
from safety.web.api.declaring import Endpoints
from safety.web.api.sent import Sent, read
from safety.web.asking import Ask, Asked, Unclear
from safety.web.pages.admin_people import found, noted, written_down
from safety.web.ways_in import ways_in

endpoints = Endpoints()
Row = dict[str, Any]


class Contact(BaseModel):
    """Name, address and language of a person: kept in the directory, never in the log; a language that is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    language: Language | None = None


@endpoints.reads("/people", "people.read", People)
def read_people(ask: Ask) -> Row:
    """List everybody who has an account, with name and address as the directory has them, and how they get in."""
    with ask.reading() as connection:
        rows = accounts(connection, ask.at)
    return {"position": ask.at.position, "people": told(ask, rows)}


@endpoints.reads("/people/{account}", "people.read", OnePerson)
def read_person(ask: Ask, account: str) -> Row:
    """Give one account, and what became of it."""
    past = [step._asdict() | {"at": utc(step.at)} for step in account_history(ask, found(ask, account)["account"])]
    return {"position": ask.at.position, "person": told(ask, [found(ask, account)])[0], "history": past}


def told(ask: Asked, rows: list[Row]) -> list[Row]:
    """Tell accounts with who stands behind them; how they get in is known of now alone."""
    known = {person.account: person for person in ask.home.directory.people()}
    ways = {} if ask.past else ways_in(ask, [row["account"] for row in rows if row["account"] != OPERATOR])
    return [
        row
        | {name: getattr(known.get(row["account"]), name, None) for name in ("name", "email", "language")}
        | {"way_in": way(ways.get(row["account"]))}
        for row in rows
    ]


def way(of: Any) -> Row | None:  # noqa: ANN401, a WayIn or None
    """Tell how an account gets in, with its moments as ISO 8601."""
    if of is None:
        return None
    moments = {"invited_until": utc(of.invited_until), "last_signed_in_at": utc(of.last_at)}
    return {"state": of.state, "passkeys": of.passkeys, "sessions": of.sessions, **moments}


@endpoints.does("/people/{account}/contact", "people.change", Person, body=Contact)
def change_contact(ask: Ask, account: str, raw: Sent) -> Row:
    """Put another name, address or language into the directory; sent again it is the same."""
    row, said = found(ask, account), read(Contact, raw)
    try:
        may = (tuple(row["roles"]), tuple(row["trials"]))
        language = said.language or ask.home.directory.language(row["account"])
        written_down(ask, Known(row["account"], said.name, said.email, *may, language))
    except Misfilled as fault:
        raise Unclear(str(fault)) from None
    return told(ask, [row])[0]


@endpoints.does("/people/{account}/sign-out", "people.change", SignedOut)
def sign_out(ask: Ask, account: str) -> Row:
    """Sign a person out everywhere."""
    row = found(ask, account)
    open_now = len(ask.home.sessions.of(row["account"], now=ask.now))
    ask.home.sessions.end_all(row["account"])
    noted(ask, "sessions_ended", row["account"])
    return {"account": row["account"], "sessions": open_now}
