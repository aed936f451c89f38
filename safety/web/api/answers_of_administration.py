"""What the API answers about the running of the desk: faults, channels, people and how they get in, tokens, kept views."""

from typing import Any

from pydantic import Field

from safety.values import Language
from safety.web.api.answers import Part, Stamped


class Unreachable(Part):
    """Something that would keep an alert from reaching anybody; `from` is when it begins, null where it is so now."""

    trial: str
    role: str
    site: str | None = Field(description="The site that it is about; null is the whole trial.")
    kind: str
    begins: str | None = Field(alias="from")
    message: str


class Administered(Part):
    """A trial with what it still needs."""

    trial: str
    title: str
    faults: int
    packs: list[str] = Field(description="The ids of the rule packs that govern it.")
    reports_open: int = Field(
        description="Periodic reports that are issued and did not go to everybody they are owed to."
    )


class Administration(Part):
    """What is wrong with the desk now, and the trials that one has part in."""

    position: int
    faults: list[Unreachable]
    trials: list[Administered]


class Receipt(Part):
    """What a channel last said of a message: taken, with the code of its answer, or refused, with the class of the error."""

    taken: bool
    at: str | None
    code: int | None
    error: str | None
    message: str


class Channel(Part):
    """A way by which messages leave; `place` says where it leads, never with a password."""

    channel: str
    set_up: bool
    place: str | None
    receipt: Receipt | None
    waiting: int = Field(description="Messages whose last receipt says refused; they are tried again.")


class Channels(Part):
    """Every channel there can be."""

    position: int
    channels: list[Channel]


class TestedChannel(Part):
    """What a test message came to."""

    channel: str
    taken: bool
    code: int | None
    error: str | None


class Rung(Part):
    """A rung of the ladder; `who` would hear if it were climbed now, each for the reason that is said."""

    number: int
    role: str
    after_minutes: int
    who: list[dict[str, str | None]]


class RoleHolders(Part):
    """A role that alerts of the trial may go to, and the accounts that hold it; of several sites each has its investigators."""

    role: str
    site: str | None
    holders: list[str]


class Absence(Part):
    """An absence that lasts or is to come."""

    account: str
    from_at: str | None
    until_at: str | None
    covered_by: str | None


class DrillOfLadder(Part):
    """An exercise of the ladder."""

    alert: str
    state: str
    raised_at: str | None
    acknowledged_by: str | None
    acknowledged_at: str | None


class Rota(Stamped):
    """Who hears of an alert, in what order and how soon; who is away; the last drills."""

    urgent: list[Rung]
    digest: list[Rung]
    roles: list[RoleHolders]
    away: list[Absence]
    faults: list[Unreachable]
    drills: list[DrillOfLadder]


class DrillRaised(Part):
    """The alert of a drill."""

    alert: str


class WayIn(Part):
    """How an account signs in: nothing yet, a first link that is out, a passphrase, or that and an authenticator."""

    state: str
    passkeys: int
    sessions: int
    invited_until: str | None
    last_signed_in_at: str | None


class Person(Part):
    """An account and who stands behind it; `way_in` is told of now alone."""

    account: str
    name: str | None
    email: str | None
    language: Language | None
    roles: list[str]
    trials: list[str]
    sites: list[str]
    revoked: bool
    way_in: WayIn | None


class People(Part):
    """Everybody who has an account."""

    position: int
    people: list[Person]


class Became(Part):
    """An entry of the log about an account, in words."""

    position: int
    at: str | None
    by: str
    reason: str | None
    says: str


class OnePerson(Part):
    """One account, and what became of it, the latest first."""

    position: int
    person: Person
    history: list[Became]


class SignedOut(Part):
    """How many sessions were ended."""

    account: str
    sessions: int


class ApiToken(Part):
    """A token as it is kept: never what opens anything."""

    id: str
    name: str
    scopes: list[str]
    made_at: str | None
    ends_at: str | None
    used_at: str | None
    revoked_at: str | None


class ApiTokens(Part):
    """One's tokens, the newest first, those that open nothing any more among them."""

    tokens: list[ApiToken]


class View(Part):
    """What one shows of a page, under a name; `query` is of the page's own filters."""

    page: str
    name: str
    query: str


class Kept(Stamped):
    """The views that one keeps of a trial's pages, and up to which position one has said that one has seen it."""

    views: list[View]
    seen: int | None


Document = dict[str, Any]
