"""The access log as operators and auditors read it."""

from fastapi import Response

from safety.web.asking import Ask
from safety.web.declaring import Pages
from safety.web.words import N_

pages = Pages()

SHOWN = 200
KINDS = {
    "signed_in": N_("signed in"),
    "refused": N_("sign-in or signature refused"),
    "signed_out": N_("signed out"),
    "passphrase_set": N_("chose a passphrase"),
    "authenticator_set": N_("set up an authenticator"),
    "passkey_added": N_("added a passkey"),
    "passkey_removed": N_("removed a passkey"),
    "denied": N_("asked for what is not theirs, or not there"),
    "exported": N_("exported"),
    "read_sealed": N_("read free text"),
    "link_made": N_("made a first link for somebody"),
    "sessions_ended": N_("ended somebody's sessions"),
    "contact_changed": N_("changed a name, an address or a language"),
    "channel_tested": N_("sent a test over a channel"),
    "token_made": N_("made an API token"),
    "token_revoked": N_("revoked an API token"),
    "token_refused": N_("API token refused"),
}


@pages.shows("/admin/access", "access_log.read")
def list_access(ask: Ask) -> Response:
    """Show the last entries, newest first."""
    found = [(entry, ask.words.gettext(KINDS[entry.kind])) for entry in ask.access.entries(SHOWN)]
    return ask.render("access/list.html.j2", found=found)
