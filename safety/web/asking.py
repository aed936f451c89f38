"""What a page is given when it is asked for by somebody who may: for which trial, of which sites, as of which moment."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request

from safety.aggregates.account import Account
from safety.aggregates.deciding import Form
from safety.aggregates.trial import Definition, UnknownTrial
from safety.desk import Done
from safety.journal import Signature
from safety.projections import At, Connection
from safety.projections.at import utc
from safety.projections.trials import definition
from safety.web.looking_back import NoMoment, looked_back
from safety.web.policy import RULES, Grant, granted, own_sites
from safety.web.showing import Show
from safety.web.visiting import Visitor

ACT = re.compile(r"[\x21-\x7e]{1,200}")
"""What the id of an act may look like: the log keeps it for ever."""


class NotThere(Exception):
    """What was asked for does not exist, or is not for who asks: the answer is the same."""


class InThePast(Exception):
    """Somebody who looks at the past asks for something that writes."""


class Unclear(Exception):
    """The request says something that cannot be understood; the text says what, and what to write instead."""


class Asked(Visitor):
    """A request of somebody who is signed in and may ask it."""

    def __init__(self, visitor: Visitor, account: str, state: Account, action: str, grant: Grant) -> None:
        """Take over what the visitor brought; `look_at` settles trial and moment."""
        self.__dict__.update(visitor.__dict__)
        self.account, self.state, self.action, self.grant = account, state, action, grant
        self.role = grant.role
        self.trial = ""
        self.governs: Definition | None = None
        self.sites: frozenset[str] | None = None
        """The sites whose things may be shown and taken; None is every site."""
        self.at = At(0)
        self.head = 0
        """The last position of the log, whichever one is looked at."""
        self.past = False
        self.stamped = self.now
        """The moment that the page shows, in microseconds from 1970 UTC."""

    @property
    def name(self) -> str:
        """The printed name of who asks; the account where the directory has none."""
        person = self.home.directory.find(self.account)
        return person.name if person else self.account

    @property
    def role_name(self) -> str:
        """The role in which this is asked, in the reader's words."""
        return self.show.role(self.role)

    @property
    def stamped_iso(self) -> str | None:
        """The moment of the stamp as a machine reads it."""
        return utc(self.stamped)

    @property
    def time_bar(self) -> str:
        """Where another moment is chosen: the history of the trial, where there is one to look at."""
        history = self.trial and self.is_built("/trials/{trial}/history") and self.may("history.read")
        return self.in_trial("/history") if history else "#main"

    def has_part_in(self, trial: str) -> bool:
        """Say whether the account has part in a trial."""
        return not self.state.trials or trial in self.state.trials

    def sees_whole(self, sites: Sequence[str]) -> bool:
        """Say whether numbers of a whole trial may be shown: whoever is of a site must not infer another from them."""
        restricted = self.role == "investigator" or bool(self.state.sites)
        return not restricted or own_sites(self.state, tuple(sites)) == frozenset(sites)

    @property
    def signed_before(self) -> bool:
        """Say whether a signature was given in this session, so that the next needs one component only."""
        return self.session is not None and self.session.signed_at is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open the views for one answer; ask them at `self.at`."""
        with self.home.views.connect() as connection:
            yield connection

    def look_at(self, trial: str | None) -> None:
        """Settle the trial and the moment; raises NotThere, Unclear and InThePast."""
        self.home.views.catch_up(self.home.journal)
        with self.reading() as connection:
            self.at = self.home.views.now(connection)
            self.head = self.at.position
            if trial is not None:
                self._settle(connection, trial)
            if moment := self.request.query_params.get("as_of", "").strip():
                self._look_back(connection, moment)
        if self.past and RULES[self.action].kind == "writes":
            raise InThePast

    def _settle(self, connection: Connection, trial: str) -> None:
        """Take the trial that the address names and the sites of it that may be shown."""
        try:
            self.governs = definition(connection, trial, self.at)
        except UnknownTrial:
            raise NotThere from None
        self.trial = trial
        self.show = Show(self.words, self.governs.zone)
        if self.grant.relation == "site":
            self.sites = own_sites(self.state, tuple(site.id for site in self.governs.sites))

    def _look_back(self, connection: Connection, asked: str) -> None:
        """Take the moment that the address names, and the definition that governed then."""
        head, zone = self.at.position, self.governs.zone if self.governs else "UTC"
        try:
            position, stamped = looked_back(self.home.journal, asked, zone=zone, head=head, now=self.now)
            self.governs = definition(connection, self.trial, At(position)) if self.trial else None
        except NoMoment as fault:
            raise Unclear(self.words(str(fault), head=head)) from None
        except UnknownTrial:
            raise Unclear(self.words("The trial was not registered yet at that moment; choose a later one.")) from None
        self.past = position < head or stamped < self.now
        self.stamped, self.at = min(stamped, self.now), At(position)

    def to(self, path: str, **query: object) -> str:
        """Give the address of another page at the same moment: who looks at the past stays in it."""
        said = {name: str(value) for name, value in query.items() if value not in (None, "")}
        if self.past and "as_of" not in said:
            said["as_of"] = self.request.query_params.get("as_of", "")
        return f"{path}?{urlencode(said)}" if said else path

    def to_entry(self, position: int) -> str:
        """Give the address of an entry of the log; one that came after the moment looked at is not there as of it."""
        path = f"/log/{position}"
        return self.to(path) if position <= self.at.position else path

    def in_trial(self, path: str = "", **query: object) -> str:
        """Give the address of a page of the trial that is looked at."""
        return self.to(f"/trials/{self.trial}{path}", **query)

    def may(self, action: str) -> bool:
        """Say whether who asks may do something else on this trial: what they may not is not offered."""
        now = not self.past or RULES[action].kind != "writes"
        return now and granted(self.state, action, self.trial or None) is not None

    def new_act(self) -> str:
        """Make the id of an act when its form is opened: sent twice, it is done once."""
        return self.home.doors.new_id()

    def act(self) -> str:
        """Give the id by which the log knows the act of this form; raises Unclear where the form has lost its own."""
        act = self.text("act") or self.request.headers.get("idempotency-key", "") or self.new_act()
        if not ACT.fullmatch(act):
            raise Unclear(self.words("The form came back without its own number; open it again and send it once more."))
        return self.own(act)

    def own(self, act: str) -> str:
        """Give the id of an act of who asks, from the one that their form or program made.

        It begins with the account, so that nobody takes the id of what somebody else, or time itself, is going to do:
        the desk names what it does by what is due, and anybody can work that out. No account's name holds a colon.
        """
        return f"{self.account}:{act}"

    def do(
        self,
        command: str,
        form: Form,
        *,
        reason: str | None = None,
        signature: Signature | None = None,
        read_at: int | None = None,
        part: str = "",
    ) -> Done:
        """Have the desk do a command under the id that the form was opened with; raises what the desk raises.

        A form that asks for several has each done under that id and its own `part`. What has to be signed comes with the signature that `safety.web.signing.signature` has taken; `read_at` is the
        position that the form was filled in from, where nobody may have changed what it is about meanwhile.
        """
        act = self.act()
        asked = {"by": self.account, "command_id": f"{act} {part}" if part else act, "reason": reason}
        return self.home.desk.do(command, form, **asked, signature=signature, read_at=read_at)  # type: ignore[arg-type]  # names of keywords, spelled once


async def asked(request: Request) -> Asked:
    """Give what the route's own admission has settled."""
    found: Asked = request.state.asked
    return found


Ask = Annotated[Asked, Depends(asked)]
