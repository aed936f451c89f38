"""What beside the log goes with an account that is added, changed or revoked through the API: the directory and the ways in."""

from typing import Any

from safety.aggregates.account import Changed, Revoked
from safety.aggregates.deciding import Form, Refused
from safety.desk import Done, OtherContent
from safety.directory import Person
from safety.web.api.forms import AddAccount
from safety.web.asking import Asked
from safety.web.ways_in import shut_out


class Unwritable(Refused):
    """The person cannot be written down: {why}."""


def added(ask: Asked, form: AddAccount, asked: dict[str, Any]) -> Done:
    """Add an account with the person behind it; who cannot be written down is not let in."""
    directory = ask.home.directory
    language = form.language or directory.language(form.account)
    person = Person(form.account, form.name, form.email, form.roles, form.trials, language)
    if (fault := person.fault()) is not None:
        raise Unwritable(why=fault)
    came = ask.home.desk.do("account.add", form.form(), **asked)
    if came.repeated and directory.find(person.account) not in {None, person}:
        raise OtherContent(command_id=asked["command_id"])
    directory.put(person)
    return came


def followed(ask: Asked, form: Form) -> None:
    """Do what goes with an account that was changed or revoked; the directory repeats the roles, and nobody is left inside."""
    if not isinstance(form, Changed | Revoked):
        return
    known = ask.home.directory.find(form.account)
    roles, trials = (form.roles, form.trials) if isinstance(form, Changed) else ((), known.trials if known else ())
    if known is not None:
        ask.home.directory.put(known._replace(roles=roles, trials=trials))
    if isinstance(form, Revoked):
        shut_out(ask, form.account)
        ask.access.note(
            "sessions_ended", ask.account, ask.source, action=ask.action, thing=f"/admin/people/{form.account}"
        )
