"""Who may do what, written by hand from what the desk is for, role by role; it is the table's other half and is never made from it.

An investigator files and reads at the own site alone. A safety officer reads and decides a whole trial. An auditor reads
a whole trial and writes nothing. An operator runs the desk: people, trials, channels, and the clocks that nobody else
holds; what subjects told is not the operator's to read.
"""

ANYONE = {
    "probe.health",
    "probe.numbers",
    "api.describe",
    "static.read",
    "language.choose",
    "session.begin",
    "session.end",
    "credential.begin",
}
"""Without signing in; and so for everybody who has."""

OWN = {"me.read", "me.change"}
"""Everybody who is signed in, of what is their own."""

OWN_IN_A_TRIAL = {"seen.mark", "saved_view.keep"}
"""Everybody who has part in a trial, of what they keep about it."""

FILING = {
    "subject.enrol",
    "subject.correct",
    "subject.withdraw",
    "subject.complete",
    "subject.record_death",
    "dose.give",
    "dose.correct",
    "dose.withhold",
    "adverse_event.preview",
    "adverse_event.report",
    "adverse_event.follow_up",
    "adverse_event.correct",
    "adverse_event.assess_seriousness",
    "adverse_event.assess_causality",
    "adverse_event.state_reportability",
    "adverse_event.nullify",
    "alert.acknowledge",
    "obligation.submit",
    "obligation.acknowledge",
    "obligation.reject",
}
READING_SUBJECTS = {
    "worklist.read",
    "live.follow",
    "alert.list",
    "subject.list",
    "subject.read",
    "case.list",
    "case.read",
    "duplicate.list",
    "narrative.read",
    "query.list",
    "listing.read",
    "listing.export",
    "history.read",
    "screen.export",
}
READING_TRIALS = {"incidence.read", "incidence.export", "comparison.read", "periodic_report.read", "packs.read"}
DECIDING = {
    "adverse_event.assess_expectedness",
    "adverse_event.code",
    "adverse_event.merge",
    "adverse_event.unmerge",
    "alert.settle",
    "obligation.take",
    "obligation.cancel",
    "obligation.review",
    "periodic_report.submit",
    "periodic_report.acknowledge",
    "trial.issue_reference_safety_information",
    "trial.adopt_rule_pack",
    "rota.change",
    "log.request_redaction",
    "log.redact",
}

OF_ONES_SITE = {"investigator": FILING | READING_SUBJECTS}
"""On things of a site of one's own, in a trial of one's own; never on those of another site."""

OF_ONES_TRIAL = {
    "investigator": {"trial.list", "rota.read", "draft.keep"},
    "safety_officer": FILING
    | READING_SUBJECTS
    | READING_TRIALS
    | DECIDING
    | {"trial.list", "rota.read", "draft.keep", "periodic_report.read_text"},
    "auditor": READING_SUBJECTS | READING_TRIALS | {"trial.list", "rota.read", "periodic_report.read_text"},
    "operator": {
        "trial.list",
        "worklist.read",
        "live.follow",
        "alert.list",
        "alert.acknowledge",
        "case.list",
        "case.read",
        "incidence.read",
        "periodic_report.read",
        "rota.read",
        "rota.change",
        "drill.raise",
        "trial.amend",
        "trial.issue_reference_safety_information",
    },
}
"""On things of a trial of one's own, whichever site; never on those of another trial."""

OF_ALL = {
    "auditor": {"log.verify", "access_log.read", "administration.read"},
    "safety_officer": {"administration.read"},
    "operator": {
        "packs.read",
        "log.verify",
        "access_log.read",
        "administration.read",
        "trial.register",
        "people.read",
        "people.change",
        "account.add",
        "channel.read",
        "channel.test",
    },
}
"""Whatever it is of."""

IN_CLEAR = {
    "investigator": {"subject.read", "case.read", "narrative.read", "history.read", "adverse_event.report",
                     "adverse_event.follow_up", "adverse_event.correct"},
    "safety_officer": {"subject.read", "case.read", "narrative.read", "history.read", "adverse_event.report",
                       "adverse_event.follow_up", "adverse_event.correct", "log.request_redaction",
                       "log.redact", "periodic_report.read_text"},
    "auditor": {"subject.read", "case.read", "narrative.read", "history.read", "periodic_report.read_text"},
    "operator": set[str](),
}  # fmt: skip
"""Where free text of subjects is read in clear; contacts are read in `people.*` and `account.add` by operators alone."""

WHERE = ("own site", "other site", "other trial")


def allowed(role: str, action: str, where: str) -> bool:
    """Say what the lists above say of one cell."""
    if action in ANYONE | OWN | OF_ALL.get(role, set()):
        return True
    if where != "other trial" and action in OF_ONES_TRIAL[role] | OWN_IN_A_TRIAL:
        return True
    return where == "own site" and action in OF_ONES_SITE.get(role, set())
