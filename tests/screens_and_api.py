"""What a program asks where a person opens a screen: every route of the pages with its answer, written by hand.

An answer is a method and path of the API (several where a page shows several), or a `Reason` why there is none. The form of
a command is answered by the command, whose body the description tells, and by its preview where the page has one.
"""

from typing import NamedTuple


class Reason(NamedTuple):
    """Why a screen has no route of the API."""

    why: str


def command(name: str, *more: str) -> tuple[str, ...]:
    """The command of a form, and what else the form shows."""
    return (f"POST /commands/{name}", *more)


def previewed(name: str, *more: str) -> tuple[str, ...]:
    """The command of a form that says what it would set off."""
    return command(name, f"POST /commands/{name}/preview", *more)


PROVES = Reason(
    "It proves who a person is: passphrase, code and passkey are typed or touched by that person, in a browser."
)
HANDED = Reason(
    "A first link lets its holder choose somebody's passphrase: a token that could make one could become anybody."
)
GROWS = Reason("A token that made tokens would never end; a person makes each with a passphrase, and sees it once.")
BROWSERS = Reason("It is a browser's own: the language of its pages, and the form that its session ended over.")

CASE = "/trials/{trial}/cases/{subject}/{number}"
SUBJECT = "/trials/{trial}/subjects/{subject}"
REPORT = "/trials/{trial}/periodic-reports/{kind}/{period}"
ONE_CASE = f"GET {CASE}"
ONE_SUBJECT = f"GET {SUBJECT}"
ABSENT = command("account.set_absence", "GET /trials/{trial}/rota")

ANSWERS: dict[str, tuple[str, ...] | Reason] = {
    "GET /": ("GET /trials",),
    "GET /sign-in": PROVES,
    "POST /sign-in": PROVES,
    "POST /sign-in/passkey/begin": PROVES,
    "POST /sign-in/passkey": PROVES,
    "GET /sign-in/elsewhere": PROVES,
    "GET /sign-in/elsewhere/back": PROVES,
    "POST /sign-out": Reason("A program has no session; it revokes its token: POST /me/tokens/{token}/revoke."),
    "GET /first/{link}": PROVES,
    "POST /first/{link}": PROVES,
    "POST /language": BROWSERS,
    "GET /kept": BROWSERS,
    "POST /kept/drop": BROWSERS,
    "GET /me": ("GET /me",),
    "POST /me/passphrase": PROVES,
    "POST /me/sessions": PROVES,
    "POST /me/authenticator": PROVES,
    "POST /me/passkey/begin": PROVES,
    "POST /me/passkey": PROVES,
    "POST /me/passkey/remove": PROVES,
    "POST /me/passkey/sign": PROVES,
    "GET /me/tokens": ("GET /me/tokens",),
    "POST /me/tokens": GROWS,
    "POST /me/tokens/{token}/revoke": ("POST /me/tokens/{token}/revoke",),
    "GET /trials/{trial}/live": Reason(
        "It tells a page to ask anew; a program asks GET /trials/{trial}/history?after=N, which misses nothing."
    ),
    "POST /trials/{trial}/seen": ("POST /trials/{trial}/seen", "GET /trials/{trial}/views"),
    "POST /trials/{trial}/views": ("POST /trials/{trial}/views", "GET /trials/{trial}/views"),
    "POST /trials/{trial}/views/forget": ("POST /trials/{trial}/views/forget",),
    "GET /trials/{trial}/worklist": ("GET /trials/{trial}/worklist", "GET /trials/{trial}/obligations"),
    "GET /trials/{trial}/worklist/export": ("GET /trials/{trial}/worklist",),
    "POST /trials/{trial}/alerts/{alert}/acknowledge": command("alert.acknowledge", "GET /trials/{trial}/alerts"),
    "POST /trials/{trial}/alerts/acknowledge": command("alert.acknowledge", "GET /trials/{trial}/alerts"),
    "GET /trials/{trial}/alerts/{alert}/settle": command("alert.settle", "GET /trials/{trial}/alerts"),
    "POST /trials/{trial}/alerts/{alert}/settle": command("alert.settle"),
    "GET /trials/{trial}/subjects": ("GET /trials/{trial}/subjects",),
    f"GET {SUBJECT}": (ONE_SUBJECT,),
    "GET /trials/{trial}/enrol": command("subject.enrol"),
    "POST /trials/{trial}/enrol": command("subject.enrol"),
    f"GET {SUBJECT}/withdraw": command("subject.withdraw", ONE_SUBJECT),
    f"POST {SUBJECT}/withdraw": command("subject.withdraw"),
    f"GET {SUBJECT}/complete": command("subject.complete", ONE_SUBJECT),
    f"POST {SUBJECT}/complete": command("subject.complete"),
    f"GET {SUBJECT}/death": command("subject.record_death", ONE_SUBJECT),
    f"POST {SUBJECT}/death": command("subject.record_death"),
    f"GET {SUBJECT}/correct": previewed("subject.correct", ONE_SUBJECT),
    f"POST {SUBJECT}/correct": previewed("subject.correct"),
    f"GET {SUBJECT}/dose": command("dose.give", ONE_SUBJECT),
    f"POST {SUBJECT}/dose": command("dose.give"),
    f"GET {SUBJECT}/withhold": command("dose.withhold", ONE_SUBJECT),
    f"POST {SUBJECT}/withhold": command("dose.withhold"),
    f"GET {SUBJECT}/doses/{{number}}/correct": command("dose.correct", ONE_SUBJECT),
    f"POST {SUBJECT}/doses/{{number}}/correct": command("dose.correct"),
    "GET /trials/{trial}/file": previewed("adverse_event.report", ONE_SUBJECT),
    "POST /trials/{trial}/file": previewed("adverse_event.report"),
    "GET /trials/{trial}/cases": ("GET /trials/{trial}/cases",),
    "GET /trials/{trial}/cases/export": ("GET /trials/{trial}/cases",),
    f"GET {CASE}": (ONE_CASE,),
    f"GET {CASE}/follow-up": previewed("adverse_event.follow_up", ONE_CASE),
    f"POST {CASE}/follow-up": previewed("adverse_event.follow_up"),
    f"GET {CASE}/correct": previewed("adverse_event.correct", ONE_CASE),
    f"POST {CASE}/correct": previewed("adverse_event.correct"),
    f"GET {CASE}/nullify": command("adverse_event.nullify", ONE_CASE),
    f"POST {CASE}/nullify": command("adverse_event.nullify"),
    f"GET {CASE}/causality": previewed("adverse_event.assess_causality", ONE_CASE),
    f"POST {CASE}/causality": command("adverse_event.assess_causality"),
    f"GET {CASE}/seriousness": previewed("adverse_event.assess_seriousness", ONE_CASE),
    f"POST {CASE}/seriousness": command("adverse_event.assess_seriousness"),
    f"GET {CASE}/expectedness": previewed("adverse_event.assess_expectedness", ONE_CASE),
    f"POST {CASE}/expectedness": command("adverse_event.assess_expectedness"),
    f"GET {CASE}/reportability": previewed("adverse_event.state_reportability", ONE_CASE),
    f"POST {CASE}/reportability": previewed("adverse_event.state_reportability"),
    f"GET {CASE}/coding": command("adverse_event.code", ONE_CASE),
    f"POST {CASE}/coding": command("adverse_event.code"),
    f"GET {CASE}/take": command("obligation.take", ONE_CASE),
    f"POST {CASE}/take": command("obligation.take"),
    f"GET {CASE}/submit": previewed("obligation.submit", ONE_CASE),
    f"POST {CASE}/submit": command("obligation.submit"),
    f"GET {CASE}/acknowledgement": command("obligation.acknowledge", ONE_CASE),
    f"POST {CASE}/acknowledgement": command("obligation.acknowledge"),
    f"GET {CASE}/rejection": command("obligation.reject", ONE_CASE),
    f"POST {CASE}/rejection": command("obligation.reject"),
    f"GET {CASE}/cancel": previewed("obligation.cancel", ONE_CASE),
    f"POST {CASE}/cancel": command("obligation.cancel"),
    "GET /trials/{trial}/duplicates": ("GET /trials/{trial}/duplicates",),
    f"GET {CASE}/merge": previewed("adverse_event.merge", ONE_CASE),
    f"POST {CASE}/merge": command("adverse_event.merge"),
    f"GET {CASE}/unmerge": previewed("adverse_event.unmerge", ONE_CASE),
    f"POST {CASE}/unmerge": command("adverse_event.unmerge"),
    f"GET {CASE}/narrative": (f"GET {CASE}/narrative",),
    "GET /trials/{trial}/queries": ("GET /trials/{trial}/queries",),
    "GET /trials/{trial}/listing": ("GET /trials/{trial}/listing", "GET /trials/{trial}/incidence/events"),
    "GET /trials/{trial}/listing/export": ("GET /trials/{trial}/listing", "GET /trials/{trial}/incidence/events"),
    "GET /trials/{trial}/incidence": (
        "GET /trials/{trial}/incidence",
        "GET /trials/{trial}/incidence/over-time",
        "GET /trials/{trial}/incidence/events",
        ONE_SUBJECT,
    ),
    "GET /trials/{trial}/incidence/export": ("GET /trials/{trial}/incidence",),
    "GET /trials/{trial}/history": (
        "GET /trials/{trial}/knowledge",
        "GET /trials/{trial}/comparison",
        "GET /trials/{trial}/changes/{subject}",
        "GET /trials/{trial}/history",
    ),
    "GET /trials/{trial}/history/export": ("GET /trials/{trial}/knowledge", "GET /trials/{trial}/comparison"),
    "GET /log/{position}": ("GET /log/{position}",),
    "GET /admin": ("GET /administration", "GET /people", "GET /channels"),
    "GET /admin/trials": ("GET /administration", "GET /trials"),
    "GET /admin/access": ("GET /access-log",),
    "GET /admin/trials/new": previewed("trial.register"),
    "POST /admin/trials/new": previewed("trial.register"),
    "GET /trials/{trial}/definition": ("GET /trials/{trial}/definition",),
    "GET /trials/{trial}/amend": previewed("trial.amend", "GET /trials/{trial}/definition"),
    "POST /trials/{trial}/amend": previewed("trial.amend"),
    "GET /trials/{trial}/reference": command("trial.issue_reference_safety_information"),
    "POST /trials/{trial}/reference": command("trial.issue_reference_safety_information"),
    "GET /admin/channels": ("GET /channels",),
    "POST /admin/channels/{channel}/test": ("POST /channels/{channel}/test",),
    "GET /admin/packs": ("GET /rule-packs",),
    "GET /admin/packs/{pack}": ("GET /rule-packs/{pack}",),
    "GET /trials/{trial}/packs": ("GET /trials/{trial}/rule-packs",),
    "GET /trials/{trial}/packs/what-if": ("GET /trials/{trial}/what-if",),
    "GET /trials/{trial}/packs/{sha256}": ("GET /trials/{trial}/rule-packs/{sha256}",),
    "GET /trials/{trial}/packs/adopt": previewed("trial.adopt_rule_pack", "GET /trials/{trial}/what-if"),
    "POST /trials/{trial}/packs/adopt": previewed("trial.adopt_rule_pack"),
    "GET /admin/people": ("GET /people",),
    "GET /admin/people/new": command("account.add"),
    "POST /admin/people/new": command("account.add"),
    "GET /admin/people/{account}": ("GET /people/{account}",),
    "POST /admin/people/{account}/contact": ("POST /people/{account}/contact",),
    "POST /admin/people/{account}/roles": command("account.change"),
    "POST /admin/people/{account}/revoke": command("account.revoke"),
    "POST /admin/people/{account}/link": HANDED,
    "POST /admin/people/{account}/sessions": ("POST /people/{account}/sign-out",),
    "GET /trials/{trial}/reports": ("GET /trials/{trial}/periodic-reports-due", "GET /trials/{trial}/periodic-reports"),
    "GET /trials/{trial}/reports/{kind}/{period}": (f"GET {REPORT}",),
    "GET /trials/{trial}/reports/{kind}/{period}/page": (f"GET {REPORT}/text",),
    "GET /trials/{trial}/reports/{kind}/{period}/text": (f"GET {REPORT}/text",),
    "GET /trials/{trial}/reports/{kind}/{period}/file": (f"GET {REPORT}/text",),
    "POST /trials/{trial}/reports/{kind}/{period}/submit": command("periodic_report.submit"),
    "POST /trials/{trial}/reports/{kind}/{period}/acknowledge": command("periodic_report.acknowledge"),
    "GET /trials/{trial}/rota": ("GET /trials/{trial}/rota",),
    "POST /trials/{trial}/rota/absences": ABSENT,
    "POST /trials/{trial}/rota/absences/back": ABSENT,
    "POST /trials/{trial}/rota/drill": ("POST /trials/{trial}/drill",),
}
