"""The people of the desk: who they are, what they may do, how they get in; added, changed, revoked."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import Response

from safety.aggregates.account import OPERATOR, Added, Changed, Revoked
from safety.directory import Person
from safety.projections.accounts import accounts
from safety.projections.trials import governing
from safety.settings import LOOPBACK
from safety.values import Role, code
from safety.web.account_history import account_history
from safety.web.acting import Fault, Misfilled, acted, built, reason_in
from safety.web.addresses import coded
from safety.web.asking import Ask, Asked, NotThere
from safety.web.declaring import Pages
from safety.web.first_links import first_link
from safety.web.showing import ROLES
from safety.web.signing_in import FIRST_LINK_HOLDS
from safety.web.ways_in import shut_out, ways_in
from safety.web.words import LANGUAGES, N_, Language

pages = Pages()

PEOPLE, PERSON = "/admin/people", "/admin/people/{account}"
NO_ACCOUNT = N_("An account is a short code, such as WANG: letters, digits, dots and dashes.")
NO_NAME = N_("The name must be one line of text that can be printed.")
NO_ADDRESS = N_("The e-mail address must be of the form chen@hospital.org, in plain letters.")
NO_LANGUAGE = N_("Choose the language of the mails: English or Chinese.")
NO_ROLE = N_("Choose one role or more.")
NO_TRIAL = N_("Choose the trials, or all of them.")
DONE = {
    "added": N_("The account is there. Nobody can use it before it has a way in."),
    "contact": N_("Name and address are kept."),
    "roles": N_("What this person may do is changed, from now on."),
    "revoked": N_("This person may do nothing any more, and is signed out everywhere."),
    "sessions": N_("This person is signed out everywhere."),
}
"""What was done, as it is said once on the person's page."""
Row = dict[str, Any]


@pages.shows(PEOPLE, "people.read")
def list_people(ask: Ask) -> Response:
    """Show everybody who has an account, and how they get in."""
    with ask.reading() as connection:
        found = accounts(connection, ask.at)
    people = {person.account: person for person in ask.home.directory.people()}
    ways = ways_in(ask, [row["account"] for row in found])
    return ask.render("admin/people.html.j2", found=found, people=people, ways=ways, operator=OPERATOR)


@pages.shows(PEOPLE + "/new", "account.add")
def ask_new(ask: Ask) -> Response:
    """Ask who the person is and what they may do."""
    return new_shown(ask)


@pages.takes(PEOPLE + "/new", "account.add")
def add(ask: Ask) -> Response:
    """Let a person act; who cannot be written down in the directory is not let in."""
    said: Row = {}

    def form() -> Added:
        said["form"] = made = built(ask, Added, account=account_of(ask.text("account"), ask), **may(ask))
        said["person"] = person_of(ask, made.account, made.roles, made.trials)
        reason_in(ask)
        return made

    fault = acted(ask, "account.add", form, reason=ask.text("why") or None)
    if fault is not None:
        return new_shown(ask, fault)
    ask.home.directory.put(said["person"])
    return gone_to(ask, said["form"].account, "added")


@pages.shows(PERSON, "people.read")
def show_person(ask: Ask, account: str, done: str = "") -> Response:
    """Show one person."""
    return person_shown(ask, found(ask, account), done=ask.words(DONE[done]) if done in DONE else "")


@pages.takes(PERSON + "/contact", "people.change")
def change_contact(ask: Ask, account: str) -> Response:
    """Put another name, address or language into the directory; the log holds none of them."""
    row = found(ask, account)
    try:
        person = person_of(ask, row["account"], row["roles"], row["trials"])
    except Misfilled as fault:
        return person_shown(ask, row, Fault(fault.field, str(fault)))
    written_down(ask, person)
    return gone_to(ask, row["account"], "contact")


def written_down(ask: Asked, person: Person) -> None:
    """Write a person down in the directory, and note that; raises Misfilled where no mail can carry them."""
    checked(ask, person)
    ask.home.directory.put(person)
    noted(ask, "contact_changed", person.account)


@pages.takes(PERSON + "/roles", "people.change")
def change_roles(ask: Ask, account: str) -> Response:
    """Let a person act in other roles, trials and sites; who was revoked is let in again."""
    row = found(ask, account)
    said: Row = {}

    def form() -> Changed:
        said["form"] = made = built(ask, Changed, account=row["account"], **may(ask))
        reason_in(ask)
        return made

    fault = acted(ask, "account.change", form, reason=ask.text("why") or None)
    if fault is not None:
        return person_shown(ask, row, fault)
    known = ask.home.directory.find(row["account"])
    if known is not None:
        ask.home.directory.put(known._replace(roles=said["form"].roles, trials=said["form"].trials))
    return gone_to(ask, row["account"], "roles")


@pages.takes(PERSON + "/revoke", "people.change")
def revoke(ask: Ask, account: str) -> Response:
    """Let a person do nothing any more: sessions, first link and passphrase go with it."""
    row = found(ask, account)

    def form() -> Revoked:
        reason_in(ask, place="why-revoked")
        return Revoked(account=row["account"])

    fault = acted(ask, "account.revoke", form, reason=ask.text("why") or None)
    if fault is not None:
        return person_shown(ask, row, fault)
    shut_out(ask, row["account"])
    noted(ask, "sessions_ended", row["account"])
    known = ask.home.directory.find(row["account"])
    if known is not None:
        ask.home.directory.put(known._replace(roles=()))
    return gone_to(ask, row["account"], "revoked")


@pages.takes(PERSON + "/link", "people.change")
def make_link(ask: Ask, account: str) -> Response:
    """Make a first link and show it this once; an earlier one is void, and only its digest is kept."""
    row = found(ask, account)
    if row["revoked"]:
        raise NotThere
    address = public_address(ask)
    link = first_link(ask.home, row["account"], address or "/")
    noted(ask, "link_made", row["account"])
    reach = "unknown" if address is None else "here" if urlsplit(address).hostname in LOOPBACK else "people"
    return ask.render("admin/link.html.j2", row=row, link=link, reach=reach, until=ask.now + FIRST_LINK_HOLDS)


@pages.takes(PERSON + "/sessions", "people.change")
def end_sessions(ask: Ask, account: str) -> Response:
    """Sign a person out everywhere."""
    row = found(ask, account)
    ask.home.sessions.end_all(row["account"])
    noted(ask, "sessions_ended", row["account"])
    return gone_to(ask, row["account"], "sessions")


def gone_to(ask: Asked, account: str, done: str) -> Response:
    """Go to the page of a person, which says what was `done`."""
    return ask.go(f"{PEOPLE}/{account}?done={done}")


def public_address(ask: Asked) -> str | None:
    """Give the address under which others reach the desk; None where nobody has said so.

    Where the settings name but this machine, it is where the operator's own browser stands: that says so in `Origin`, which
    it writes itself, whatever a proxy makes of Host, and which was held against where the form stood (`shield.forged`).
    """
    origin = ask.request.headers.get("origin", "")
    if not ask.home.settings.is_local:
        return ask.home.settings.public_url.rstrip("/") + "/"
    if urlsplit(origin).hostname is not None:  # it may be `null`
        return f"{origin}/"
    return str(ask.request.base_url) if ask.plain else None


def noted(ask: Asked, kind: Any, account: str) -> None:  # noqa: ANN401, a Kind of the access log, spelled at each call
    """Note in the access log what was done to somebody's way in."""
    ask.access.note(kind, ask.account, ask.source, action=ask.action, thing=f"{PEOPLE}/{account}")


def found(ask: Asked, account: str) -> Row:
    """Give an account that there is at the moment; raises NotThere."""
    named = coded(account)
    with ask.reading() as connection:
        row = next((one for one in accounts(connection, ask.at) if one["account"] == named), None)
    if row is None:
        raise NotThere
    return row


def account_of(text: str, ask: Asked) -> str:
    """Read the code of an account; raises Misfilled."""
    try:
        return code(text)
    except ValueError:
        raise Misfilled("account", ask.words(NO_ACCOUNT)) from None


def person_of(ask: Asked, account: str, roles: tuple[Role, ...], trials: tuple[str, ...]) -> Person:
    """Read a person's entry of the directory; raises Misfilled where no mail can carry it."""
    named = (account, ask.text("name"), ask.text("email") or None)
    return checked(ask, Person(*named, tuple(roles), tuple(trials), language_of_mails(ask, account)))


def language_of_mails(ask: Asked, account: str) -> Language:
    """Read in which language a person is written to: as it is where the form says nothing; raises Misfilled."""
    chosen = ask.text("language") or ask.home.directory.language(account)
    for language in LANGUAGES:
        if chosen == language:
            return language
    raise Misfilled("language", ask.words(NO_LANGUAGE))


def checked(ask: Asked, person: Person) -> Person:
    """Give a person back whom a mail can carry; raises Misfilled."""
    if person._replace(email=None).fault() is not None:
        raise Misfilled("name", ask.words(NO_NAME))
    if person.fault() is not None:
        raise Misfilled("email", ask.words(NO_ADDRESS))
    return person


def may(ask: Asked) -> Row:
    """Read what a person may do; raises Misfilled where nothing was chosen: nobody gets all trials by leaving a box empty."""
    roles = [role for role in ROLES if role in ask.form.getlist("roles")]
    trials = [] if ask.text("where") == "all" else [str(name) for name in ask.form.getlist("trials")]
    if not roles:
        raise Misfilled("roles", ask.words(NO_ROLE))
    if not trials and ask.text("where") != "all":
        raise Misfilled("where", ask.words(NO_TRIAL))
    return {"roles": roles, "trials": trials, "sites": sites_in(ask, roles) or None}


def sites_in(ask: Asked, roles: Sequence[str]) -> list[str]:
    """Read at which sites a person is; the only site there is says nothing of who is no investigator, and is not kept: another may come."""
    said = [str(site) for site in ask.form.getlist("sites")]
    only = said == [site["id"] for site in places(ask)[1]]
    return [] if only and len(said) == 1 and "investigator" not in roles else said


def places(ask: Asked) -> tuple[list[Row], list[Row]]:
    """Give the trials and the sites that there are to choose from; a site with the trials that have it."""
    with ask.reading() as connection:
        known = governing(connection)
    of: dict[str, list[str]] = {}
    for trial, governs in known:
        for site in governs.sites:
            of.setdefault(site.id, []).append(trial)
    return [{"id": trial, "title": governs.title} for trial, governs in known], [
        {"id": site, "trials": trials} for site, trials in sorted(of.items())
    ]


def chosen_may(ask: Asked, row: Row | None) -> Row:
    """Give what the form of roles shows: what was just chosen, else what the account has, else the only trial and site there is."""
    why = "" if ask.request.url.path.endswith("/revoke") else ask.text("why")
    if ask.request.method == "POST" and (ask.form.getlist("roles") or ask.text("where")):
        many = {name: [str(one) for one in ask.form.getlist(name)] for name in ("roles", "trials", "sites")}
        return {**many, "where": ask.text("where"), "why": why}
    if row is None or not row["roles"]:
        trials, sites = ([one["id"] for one in found] if len(found) == 1 else [] for found in places(ask))
        return {"roles": [], "trials": trials, "sites": sites, "where": "only" if trials else "", "why": why}
    many = {name: row[name] for name in ("roles", "trials", "sites")}
    return {**many, "where": "only" if row["trials"] else "all", "why": why}


def new_shown(ask: Asked, fault: Fault | None = None) -> Response:
    """Show the form of a new account; what was typed stays."""
    trials, sites = places(ask)
    said = {"trials": trials, "sites": sites, "roles": list(ROLES), "has": chosen_may(ask, None)}
    return ask.render("admin/new_person.html.j2", 422 if fault else 200, fault=fault, **said)


def person_shown(ask: Asked, row: Row, fault: Fault | None = None, done: str = "") -> Response:
    """Show a person, with what is wrong with a form that was sent, or with what was `done`."""
    trials, sites = places(ask)
    said = {"trials": trials, "sites": sites, "roles": list(ROLES), "has": chosen_may(ask, row)}
    person = ask.home.directory.find(row["account"])
    way = ways_in(ask, [row["account"]])[row["account"]]
    past = account_history(ask, row["account"])
    page = {"row": row, "person": person, "way": way, "operator": row["account"] == OPERATOR, "past": past, **said}
    return ask.render("admin/person.html.j2", 422 if fault else 200, fault=fault, done=done, **page)
