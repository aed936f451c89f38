"""The channels by which messages leave: which are set up, what each last took or refused, and a test that really sends."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import Response

from safety.projections.receipts import last_receipts, unfinished
from safety.web.asking import Ask, Asked, NotThere, Unclear
from safety.web.declaring import Pages
from safety.web.outward import Outward, Tested
from safety.web.words import N_

pages = Pages()

CHANNELS = "/admin/channels"
NAMES: Mapping[str, str] = {"maildir": N_("Mail folder"), "smtp": N_("E-mail"), "webhook": N_("Webhook")}
SETTINGS = {"smtp": "VIGILOG_SMTP_URL", "webhook": "VIGILOG_WEBHOOK_URL"}
"""The setting that names a channel; the mail folder is always there."""
ERRORS: Mapping[str, str] = {
    "CONNECTIONREFUSEDERROR": N_("nothing answers at that host and port"),
    "GAIERROR": N_("the name of the host is not known"),
    "TIMEOUTERROR": N_("no answer came in time"),
    "SSLCERTVERIFICATIONERROR": N_("its certificate cannot be verified"),
    "SMTPSERVERDISCONNECTED": N_("the server hung up"),
    "SMTP-URL-UNUSABLE": N_("VIGILOG_SMTP_URL is no smtp:// or smtps:// address"),
    "WEBHOOK-URL-UNUSABLE": N_("VIGILOG_WEBHOOK_URL is no http:// or https:// address"),
    "SMTP-535": N_("it does not take the user and password of VIGILOG_SMTP_URL"),
    "SMTP-550": N_("it knows no such address, or does not relay to it"),
}
"""What is known to be behind an error, by its class as the receipts have it."""


NO_ADDRESS = N_("There is no e-mail address of yours in the directory; write one down, then test again.")


class NoAddress(Unclear):
    """The directory knows no e-mail address of who asks for a test."""


class Result(NamedTuple):
    """What a test came to: over which channel, the sentence, and whether it came through."""

    channel: str
    says: str
    taken: bool


@pages.shows(CHANNELS, "channel.read")
def show_channels(ask: Ask) -> Response:
    """Show the channels and the last receipt of each."""
    return shown(ask)


@pages.takes(CHANNELS + "/{channel}/test", "channel.test")
def test_channel(ask: Ask, channel: str) -> Response:
    """Send a test message to who asks, and say what came of it."""
    try:
        came = tested(ask, channel)
    except NoAddress:
        return shown(ask, Result(channel, ask.words(NO_ADDRESS), taken=False), 422)
    return shown(ask, Result(channel, sentence(ask, channel, came, address_of(ask)), came.error is None))


def tested(ask: Asked, channel: str) -> Tested:
    """Send a test message to who asks over a channel, and note it.

    Raises:
        NotThere: there is no such channel here.
        NoAddress: it is e-mail, and the directory knows no address of who asks.

    """
    outward, address = outward_of(ask), address_of(ask)
    if outward is None or channel not in {way.channel for way in outward.ways()}:
        raise NotThere
    if channel == "smtp" and address is None:
        raise NoAddress(NO_ADDRESS)
    found = outward.test(channel, ask.account, address)
    came = str(found.code or "-") if found.error is None else found.error
    ask.access.note("channel_tested", ask.account, ask.source, action=ask.action, thing=f"{channel}: {came}")
    return found


def address_of(ask: Asked) -> str | None:
    """Give the address of who asks, as the directory has it."""
    person = ask.home.directory.find(ask.account)
    return person.email if person else None


def outward_of(ask: Asked) -> Outward | None:
    """Give what may be asked of the channels; None where the desk was started without them."""
    found: Outward | None = ask.request.app.state.outward
    return found


def sentence(ask: Asked, channel: str, tested: Tested, address: str | None) -> str:
    """Say what came of a test."""
    if tested.error is not None:
        return ask.words("Refused: %(why)s.", why=reason(ask, tested.error))
    if channel == "smtp":
        said = {"address": address, "code": tested.code}
        return ask.words("The server took the mail to %(address)s (code %(code)d). See whether it arrives.", **said)
    if channel == "webhook":
        return ask.words("The receiver took it (code %(code)d).", code=tested.code)
    return ask.words("The mail lies in the folder.")


def reason(ask: Asked, error: str) -> str:
    """Say an error in words with its class, which is what the receipts show."""
    known = ERRORS.get(error)
    return f"{ask.words(known)} ({error})" if known else error


def shown(ask: Asked, result: Result | None = None, status: int = 200) -> Response:
    """Show every channel there can be, set up or not."""
    outward = outward_of(ask)
    places = {way.channel: way.place for way in outward.ways()} if outward else {}
    with ask.reading() as connection:
        receipts, waiting = last_receipts(connection, ask.at), unfinished(connection, ask.at)
    rows: list[dict[str, Any]] = [
        {
            "channel": channel,
            "name": ask.words(name),
            "set_up": channel in places,
            "place": places.get(channel, ""),
            "setting": SETTINGS.get(channel),
            "receipt": (one := receipts.get(channel)),
            "why": reason(ask, one.error) if one and one.error else "",
            "waiting": waiting.get(channel, 0),
        }
        for channel, name in NAMES.items()
    ]
    page = {"rows": rows, "result": result, "started": outward is not None, "folder": "mail"}
    return ask.render("admin/channels.html.j2", status, **page)
