"""Every form of the desk with something harmless in it that is taken, and a record in which the n-th sending finds its own things."""

from collections.abc import Mapping
from typing import NamedTuple

from safety.aggregates.obligation import Submitted, Taken
from safety.home import Home
from tests import builders as b
from tests.command_line import TRIAL_FILE
from tests.web_homes import PASSPHRASE, with_people

CASE = "/trials/T1/cases/P{n}/1"
SUBJECT = "/trials/T1/subjects/P{n}"


def signed(meaning: str) -> dict[str, str]:
    """What the last field of a signed form is filled in with."""
    return {"meaning": meaning, "account": "EACH", "passphrase": PASSPHRASE}


class Sent(NamedTuple):
    """Where a form goes, what is filled in, and the page that it stands on, if that has another address."""

    to: str
    says: Mapping[str, str]
    at: str = ""
    status: int = 303
    """What a form is answered with that is taken: 200 where it is shown once more before it is."""


FORMS = (
    Sent("/trials/T1/enrol", {"subject": "NEW{n}", "site": "01", "arm": "A"}),
    Sent(f"{SUBJECT}/dose", {"number": "2"}),
    Sent(f"{SUBJECT}/withhold", {"number": "2", "reason": "fever"}),
    Sent(f"{SUBJECT}/doses/1/correct", {"lot": "L-2", "why": "misread"}),
    Sent(f"{SUBJECT}/correct", {"age": "44", "why": "misread"}),
    Sent(f"{SUBJECT}/withdraw", {"mode": "treatment"}),
    Sent(f"{SUBJECT}/complete", {"on_y": "2026", "on_m": "2"}),
    Sent(f"{SUBJECT}/death", {"on_y": "2026", "on_m": "2"}),
    Sent("/trials/T1/file", {"subject": "P{n}", "term": "Sepsis", "narrative": "It began.", "do": "file"}),
    Sent(f"{CASE}/follow-up", {"narrative": "It went on.", "do": "file"}),
    Sent(f"{CASE}/correct", {"term": "Chills", "why": "misread", "do": "file"}),
    Sent(f"{CASE}/nullify", {"reason": "other", "explanation": "typed twice", **signed("approval")}),
    Sent(f"{CASE}/causality", {"causality": "PROBABLE", "why": "timing", **signed("assessment")}),
    Sent(f"{CASE}/seriousness", {"serious": "N", "why": "no criterion", **signed("assessment")}),
    Sent(f"{CASE}/expectedness", {"expected": "N", "why": "not listed", **signed("assessment")}),
    Sent(f"{CASE}/reportability", {"infection_transmission": "Y", "why": "told late", **signed("assessment")}),
    Sent(f"{CASE}/coding", {"preferred_term": "Chills", "dictionary": "MedDRA", "why": "looked up"}),
    Sent(f"{CASE}/merge", {"stays": "1", "why": "the same fall"}, f"{CASE}/merge?with=2"),
    Sent("/trials/T1/cases/P{n}/4/unmerge", {"why": "another fall"}),
    Sent(f"{CASE}/take", {"reason": "on leave"}, f"{CASE}/take?obligation=TAKEN-%7Bn%7D/1"),
    Sent(
        f"{CASE}/submit", {"reference": "R-1", **signed("responsibility")}, f"{CASE}/submit?obligation=OPEN-%7Bn%7D/1"
    ),
    Sent(f"{CASE}/acknowledgement", {"reference": "R-1"}, f"{CASE}/acknowledgement?obligation=SENT-%7Bn%7D/1"),
    Sent(f"{CASE}/rejection", {"why": "not legible"}, f"{CASE}/rejection?obligation=SENT-%7Bn%7D/1"),
    Sent(
        f"{CASE}/cancel",
        {"reason": "opened_in_error", "explanation": "no event", **signed("approval")},
        f"{CASE}/cancel?obligation=OPEN-%7Bn%7D/1",
    ),
    Sent("/trials/T1/alerts/A-{n}/acknowledge", {}, CASE),
    Sent("/trials/T1/alerts/A-{n}/settle", {"why": "told by telephone"}),
    Sent("/trials/T1/seen", {}, CASE),
    Sent("/trials/T1/views", {"name": "Late {n}"}, "/trials/T1/worklist?due=late"),
    Sent(
        "/trials/T1/reference", {"version": "IB-{n}", "effective_on": "2026-02-01", "listed": "Pyrexia", "text": "IB"}
    ),
    Sent("/trials/T1/packs/adopt", signed("approval"), "/trials/T1/packs/adopt?pack=SITE-EC"),
    Sent(
        "/trials/T1/rota/absences",
        {"absent": "W{n}", "cover": "WANG", "from_at": "2026-04-01T08:00", "until_at": "2026-04-05T08:00"},
        "/trials/T1/rota",
    ),
    Sent(
        "/admin/people/new",
        {"account": "NEW{n}", "name": "Dr New", "language": "zh", "roles": "auditor", "where": "all", "why": "new"},
    ),
    Sent(
        "/admin/people/W{n}/contact",
        {"name": "Dr Who", "email": "w@example.org", "language": "zh"},
        "/admin/people/W{n}",
    ),
    Sent("/admin/people/W{n}/roles", {"roles": "auditor", "where": "all", "why": "moved"}, "/admin/people/W{n}"),
    Sent("/admin/people/W{n}/revoke", {"why": "left"}, "/admin/people/W{n}"),
    Sent("/admin/trials/new", {"trial": "X{n}", "text": TRIAL_FILE}, status=200),
    Sent("/trials/T1/amend", {"text": TRIAL_FILE}, status=200),
    Sent("/me/tokens", {"name": "a script", "scopes": "read", "lasts": "30", "present": PASSPHRASE}, status=200),
)
ELSEWHERE = {
    "/trials/{trial}/alerts/acknowledge": "boxes are ticked in it; test_web_alerts",
    "/admin/channels/{channel}/test": "nothing is typed into it",
    "/admin/people/{account}/link": "nothing is typed into it",
    "/admin/people/{account}/sessions": "nothing is typed into it",
    "/trials/{trial}/rota/absences/back": "nothing is typed into it",
    "/trials/{trial}/rota/drill": "nothing is typed into it",
    "/trials/{trial}/views/forget": "nothing is typed into it",
    "/me/tokens/{token}/revoke": "nothing is typed into it",
    "/me/sessions": "nothing is typed into it",
    "/kept/drop": "nothing is typed into it",
    "/sign-out": "nothing is typed into it",
    "/trials/{trial}/reports/{kind}/{period}/submit": "a choice and a date; test_web_admin_reports",
    "/trials/{trial}/reports/{kind}/{period}/acknowledge": "a choice and a date; test_web_admin_reports",
    "/language": "test_injection",
    "/sign-in": "test_injection",
    "/first/{link}": "a passphrase; test_web_first_link",
    "/me/passphrase": "passphrases; test_web_me",
    "/me/authenticator": "a code; test_web_me",
    "/me/passkey": "what a browser makes; test_web_passkeys",
    "/me/passkey/begin": "what a browser makes; test_web_passkeys",
    "/me/passkey/remove": "what a browser makes; test_web_passkeys",
    "/me/passkey/sign": "what a browser makes; test_web_passkeys",
    "/sign-in/passkey": "what a browser makes; test_web_passkeys",
    "/sign-in/passkey/begin": "what a browser makes; test_web_passkeys",
}
"""Forms that take no text, or whose text is sent by other tests."""


def with_forms(home: Home) -> Home:
    """Put a trial into a home, and the one person who fills in all of its forms."""
    b.append(home.journal, b.registered())
    everything = {"roles": ["safety_officer", "auditor", "operator"]}
    return with_people(home, EACH=everything, WANG={"roles": ["safety_officer"]})


def ready(home: Home, row: Sent, number: int) -> None:
    """Put what the n-th sending of a form is about into the record."""
    about = f"{row.to} {row.at} {row.says}"
    if "P{n}" in about or "A-{n}" in about:
        with_subject(home, number)
    if "W{n}" in about:
        with_people(home, **{f"W{number}": {"roles": ["safety_officer"]}})


def with_subject(home: Home, number: int) -> None:
    """A subject with a dose, four adverse events of which one is merged into another, three clocks and an alert."""
    subject = f"P{number}"
    b.append(home.journal, b.enrolled(subject), b.given(subject), b.reported(subject, 1, serious="Y"))
    b.append(home.journal, *(b.reported(subject, other) for other in (2, 3, 4)))
    b.append(home.journal, b.merged(subject, 4, 3), b.alert_raised(f"A-{number}", concerning=(f"{subject}/1",)))
    for kind in ("OPEN", "SENT", "TAKEN"):
        b.append(home.journal, b.obligation_opened(subject, 1, obligation=f"{kind}-{number}/1", to=("AUTHORITY",)))
    about = {"trial": "T1", "subject": subject, "number": 1}
    taken = Taken.model_validate({**about, "obligation": f"TAKEN-{number}/1", "taken_by": "WANG"})
    submitted = {**about, "obligation": f"SENT-{number}/1", "to": ("AUTHORITY",), "sent_at": b.T0}
    b.append(home.journal, taken, Submitted.model_validate(submitted))


def named(text: str, number: int) -> str:
    """A text of a row as it is for the n-th sending."""
    return text.replace("%7Bn%7D", str(number)).replace("{n}", str(number))
