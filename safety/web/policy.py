"""Who may do what through the web door: one table, written to be checked by hand; no route opens without a row of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from safety.aggregates.account import Account
from safety.values import FieldClass, Role

Kind = Literal["reads", "keeps", "writes"]
"""`reads` changes nothing; `keeps` changes what is the reader's own (session, settings, drafts); `writes` goes into the record."""

Relation = Literal["self", "site", "trial", "all"]
"""What an account has to be to the thing: it is its own; of a site of its own; of a trial of its own; or whatever it is of."""

STANDS_FOR: Mapping[str, Role] = {"deputy_safety_officer": "safety_officer"}
"""A deputy may do what a safety officer may; only the ladder of alerts tells them apart."""

ROLES: tuple[Role, ...] = tuple(role for role in get_args(Role) if role not in STANDS_FOR)

TABLE = """
action                                   kind    anyone  operator       investigator  safety_officer  auditor

probe.health                             reads   yes     all            all           all             all
probe.numbers                            reads   yes     all            all           all             all
api.describe                             reads   yes     all            all           all             all
static.read                              reads   yes     all            all           all             all
language.choose                          keeps   yes     self           self          self            self
session.begin                            keeps   yes     self           self          self            self
session.end                              keeps   yes     self           self          self            self
credential.begin                         keeps   yes     self           self          self            self

me.read                                  reads   -       self           self          self            self
me.change                                keeps   -       self           self          self            self
draft.keep                               keeps   -       -              trial         trial           -
seen.mark                                keeps   -       trial          trial         trial           trial
saved_view.keep                          keeps   -       trial          trial         trial           trial

trial.list                               reads   -       trial          trial         trial           trial
worklist.read                            reads   -       trial          site          trial           trial
live.follow                              reads   -       trial          site          trial           trial
alert.list                               reads   -       trial          site          trial           trial
subject.list                             reads   -       -              site          trial           trial
subject.read                             reads   -       -              site+text     trial+text      trial+text
case.list                                reads   -       trial          site          trial           trial
case.read                                reads   -       trial          site+text     trial+text      trial+text
duplicate.list                           reads   -       -              site          trial           trial
narrative.read                           reads   -       -              site+text     trial+text      trial+text
query.list                               reads   -       -              site          trial           trial
incidence.read                           reads   -       trial          -             trial           trial
incidence.export                         reads   -       -              -             trial           trial
listing.read                             reads   -       -              site          trial           trial
listing.export                           reads   -       -              site          trial           trial
history.read                             reads   -       -              site+text     trial+text      trial+text
comparison.read                          reads   -       -              -             trial           trial
screen.export                            reads   -       -              site          trial           trial
periodic_report.read                     reads   -       trial          -             trial           trial
packs.read                               reads   -       all            -             trial           trial
rota.read                                reads   -       trial          trial         trial           trial
log.verify                               reads   -       all            -             -               all
access_log.read                          reads   -       all            -             -               all
administration.read                      reads   -       all            -             all             all
periodic_report.read_text                reads   -       -              -             trial+text      trial+text

subject.enrol                            writes  -       -              site          trial           -
subject.correct                          writes  -       -              site          trial           -
subject.withdraw                         writes  -       -              site          trial           -
subject.complete                         writes  -       -              site          trial           -
subject.record_death                     writes  -       -              site          trial           -
dose.give                                writes  -       -              site          trial           -
dose.correct                             writes  -       -              site          trial           -
dose.withhold                            writes  -       -              site          trial           -
adverse_event.preview                    reads   -       -              site          trial           -
adverse_event.report                     writes  -       -              site+text     trial+text      -
adverse_event.follow_up                  writes  -       -              site+text     trial+text      -
adverse_event.correct                    writes  -       -              site+text     trial+text      -
adverse_event.assess_seriousness         writes  -       -              site          trial           -
adverse_event.assess_causality           writes  -       -              site          trial           -
adverse_event.assess_expectedness        writes  -       -              -             trial           -
adverse_event.state_reportability        writes  -       -              site          trial           -
adverse_event.code                       writes  -       -              -             trial           -
adverse_event.merge                      writes  -       -              -             trial           -
adverse_event.unmerge                    writes  -       -              -             trial           -
adverse_event.nullify                    writes  -       -              site          trial           -
alert.acknowledge                        writes  -       trial          site          trial           -
alert.settle                             writes  -       -              -             trial           -
obligation.take                          writes  -       -              -             trial           -
obligation.submit                        writes  -       -              site          trial           -
obligation.acknowledge                   writes  -       -              site          trial           -
obligation.reject                        writes  -       -              site          trial           -
obligation.cancel                        writes  -       -              -             trial           -
obligation.review                        writes  -       -              -             trial           -
periodic_report.submit                   writes  -       -              -             trial           -
periodic_report.acknowledge              writes  -       -              -             trial           -

trial.register                           writes  -       all            -             -               -
trial.amend                              writes  -       trial          -             -               -
trial.issue_reference_safety_information writes  -       trial          -             trial           -
trial.adopt_rule_pack                    writes  -       -              -             trial           -
people.read                              reads   -       all+contact    -             -               -
people.change                            writes  -       all+contact    -             -               -
account.add                              writes  -       all+contact    -             -               -
rota.change                              writes  -       trial          -             trial           -
drill.raise                              writes  -       trial          -             -               -
channel.read                             reads   -       all            -             -               -
channel.test                             writes  -       all            -             -               -
log.request_redaction                    writes  -       -              -             trial+text      -
log.redact                               writes  -       -              -             trial+text      -
"""
"""`-` is no. A cell says how the account must stand to the thing; `+text`, `+unblinded` and `+contact` are the sealed field
classes that it then reads in clear. Nobody reads unblinded values here: that takes breaking the blind, which no screen does.
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do: for things of which relation, and which sealed field classes it reads in clear."""

    role: Role
    relation: Relation
    fields: frozenset[FieldClass] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    action: str
    kind: Kind
    anyone: bool
    grants: Mapping[Role, Grant]


def grant_of(role: Role, cell: str) -> Grant:
    """Read one cell."""
    relation, *fields = cell.split("+")
    if relation not in get_args(Relation):
        raise ValueError(f"{cell}: a cell begins with one of {', '.join(get_args(Relation))}, or is -")
    return Grant(role, cast("Relation", relation), frozenset(FieldClass(name) for name in fields))


def rules(table: str) -> dict[str, Rule]:
    """Read the table; a row that says something twice or nothing is an error, not a gap that somebody walks through."""
    head, *rows = (line.split() for line in table.splitlines() if line.strip())
    if head != ["action", "kind", "anyone", *ROLES]:
        raise ValueError(f"the table must have a column for each role, in this order: {', '.join(ROLES)}")
    found: dict[str, Rule] = {}
    for action, kind, anyone, *cells in rows:
        if action in found or kind not in get_args(Kind) or anyone not in {"yes", "-"} or len(cells) != len(ROLES):
            raise ValueError(f"the row of {action} is not one row of known words")
        grants = {role: grant_of(role, cell) for role, cell in zip(ROLES, cells, strict=True) if cell != "-"}
        found[action] = Rule(action, cast("Kind", kind), anyone == "yes", grants)
    return found


RULES = rules(TABLE)


def own_sites(account: Account, trials_sites: tuple[str, ...]) -> frozenset[str]:
    """Give the sites of a trial that an account belongs to.

    One that names no site belongs to the only site of a trial that has one; where there are more, to none of them:
    who forgot to say so must not open them all.
    """
    if account.sites:
        return frozenset(account.sites) & frozenset(trials_sites)
    return frozenset(trials_sites) if len(trials_sites) == 1 else frozenset()


def granted(account: Account, action: str, trial: str | None = None) -> Grant | None:
    """Say what lets an account do an action on a trial's things, or None.

    Of a grant for a site the caller must show and take only what is of `own_sites`; who holds several roles acts in the
    first that may.
    """
    own = trial is None or not account.trials or trial in account.trials
    for role in account.roles:
        grant = RULES[action].grants.get(STANDS_FOR.get(role, role))
        if grant is not None and (own or grant.relation in {"all", "self"}):
            return grant
    return None
