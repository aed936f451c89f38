"""What a token may be narrowed to: actions of the policy one by one, or the groups of them that programs need together."""

from collections.abc import Collection, Mapping

from safety.aggregates.account import Account
from safety.web.policy import RULES, granted
from safety.web.words import N_

READ = "read"
GROUPS: Mapping[str, tuple[str, frozenset[str]]] = {
    READ: (
        N_("Read what I may read"),
        frozenset(name for name, rule in RULES.items() if rule.kind == "reads" and not rule.anyone),
    ),
    "file": (
        N_("File and follow up subjects, doses and adverse events"),
        frozenset(
            name
            for name in RULES
            if name.startswith(("subject.", "dose."))
            or name.removeprefix("adverse_event.") in {"preview", "report", "follow_up", "correct", "nullify"}
        )
        - {"subject.list", "subject.read"},
    ),
    "assess": (
        N_("Assess, code and merge adverse events"),
        frozenset(
            name
            for name in RULES
            if name.startswith(("adverse_event.assess_", "adverse_event.state_"))
            or name in {"adverse_event.code", "adverse_event.merge", "adverse_event.unmerge"}
        ),
    ),
    "answer": (
        N_("Acknowledge alerts, record reports as sent and answered"),
        frozenset(
            name
            for name, rule in RULES.items()
            if rule.kind == "writes" and name.startswith(("alert.", "obligation.", "periodic_report."))
        ),
    ),
    "administer": (
        N_("Trials, rule packs, accounts and the duty rota"),
        frozenset(
            name
            for name, rule in RULES.items()
            if rule.kind == "writes" and name.startswith(("trial.", "account.", "people.", "rota."))
        ),
    ),
    "keep": (
        N_("Keep what is mine: views of pages, how far I have seen, tokens to revoke"),
        frozenset({"saved_view.keep", "seen.mark", "me.change"}),
    ),
}
"""Groups of actions by the name that a token says, each with what it says to a person."""


def covered(scopes: Collection[str], action: str) -> bool:
    """Say whether scopes let an action through; what they let through the policy may still refuse."""
    return any(scope == action or (scope in GROUPS and action in GROUPS[scope][1]) for scope in scopes)


def offered(account: Account) -> list[str]:
    """Name the groups of which an account may do anything: a token of another would open nothing."""
    trial = account.trials[0] if account.trials else None
    return [name for name, (_, actions) in GROUPS.items() if any(granted(account, one, trial) for one in actions)]


def is_scope(text: str) -> bool:
    """Say whether a text is a group, or an action that a token can be narrowed to."""
    return text in GROUPS or (text in RULES and not RULES[text].anyone and RULES[text].kind != "keeps")
