"""The course of one case under one pack, as one party knows it: step by step, what opens, is replaced, is sent, is dropped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from safety.regulation.dates import Reckoned, local_date
from safety.regulation.due import Due, Grounds, HeldBack
from safety.regulation.explaining import local
from safety.regulation.facts import Knowledge
from safety.regulation.pack import Pack
from safety.regulation.rule import STARTED_BY_TRUTH, Rule
from safety.regulation.running import RUNNING, Obligation, capped_by, reckoned_for
from safety.regulation.steps import Setting, Step


class Course:
    """Walks the steps of one party through the rules that bind it, under one pack."""

    def __init__(self, pack: Pack, rules: Sequence[Rule], setting: Setting) -> None:
        self._pack, self._rules, self._setting = pack, rules, setting
        self._knowledge = Knowledge()
        self._owed: dict[str, list[Obligation]] = {rule.id: [] for rule in pack.rules}
        self._since: dict[str, datetime] = {}
        self._determined: datetime | None = None
        self._judged_away: set[str] = set()
        self._barred: set[str] = set()  # cancelled, and nothing has changed since that could open it again
        self._held: dict[str, HeldBack] = {}
        self._nullified = False
        self._values: dict[str, bool] = {}
        configured = {name: setting.configuration.get(name) for name in pack.configuration}
        self._configuration: Mapping[str, bool | None] = configured
        self._configured = {name: value is not False for name, value in configured.items()}
        self.notes: list[str] = []

    def take(self, step: Step) -> None:
        """Go one step: know, open, send, drop, in this order."""
        changed = self._knowledge.merge(step.facts)
        self._values = self._knowledge.readings(self._pack.related) | self._configured
        if self._knowledge.get("determined") and self._determined is None:
            self._determined = step.at
        self._run_clocks(step, changed)
        self._open_what_is_due(step, self._rules)
        for rule_id in step.submitted:
            self._submit(rule_id, step)
        if "downgraded" in step.acts and self._downgrade(step, changed):
            self._open_what_is_due(step, [rule for rule in self._rules if rule.trigger == "qualifies"])
        if "nullified" in step.acts:
            self._nullify(step)
        self._remember_judgements()

    def obligations(self) -> Iterator[Due]:
        """What the steps so far have come to."""
        for owed in self._owed.values():
            for one in owed:
                grounds = replace(one.grounds, remarks=tuple(one.remarks))
                clock = one.reckoned
                yield Due(
                    self._pack, one.rule, one.rule.to, one.opened_by, one.starts_at, clock.zone, clock.day0,
                    clock.due_on, clock.due_at, one.state, one.closed_at, one.ordinal, grounds,
                )  # fmt: skip

    def held_back(self) -> Iterator[HeldBack]:
        """What qualifies now and is not reported one by one."""
        yield from self._held.values()

    # --- what runs ---------------------------------------------------------------------------------------------------

    def _run_clocks(self, step: Step, changed: frozenset[str]) -> None:
        for rule in self._rules:
            conditions = self._pack.conditions[rule.id]
            if not conditions.runs(self._values):
                self._since.pop(rule.id, None)
            else:
                self._since.setdefault(rule.id, step.at)
            if not conditions.holds(self._values):
                self._held.pop(rule.id, None)
                self._barred.discard(rule.id)
            elif conditions.uses & changed:
                self._barred.discard(rule.id)

    def _remember_judgements(self) -> None:
        """Keep which rules a valid case was judged not to fall under: somebody said no to something they ask for."""
        if not self._values["minimum_criteria"]:
            return
        for rule in self._rules:
            conditions = self._pack.conditions[rule.id]
            said_no = any(self._knowledge.get(name) is False for name in conditions.judges)
            if said_no and not conditions.holds(self._values):
                self._judged_away.add(rule.id)

    # --- openings ----------------------------------------------------------------------------------------------------

    def _open_what_is_due(self, step: Step, rules: Sequence[Rule]) -> None:
        for rule in rules:
            if rule.trigger == "submission" or not self._pack.conditions[rule.id].holds(self._values):
                continue
            if self._nullified and rule.trigger != "new_information":
                continue
            starts_at = self._start(rule, step)
            if starts_at is None or not self._in_force(rule, starts_at):
                continue
            builds_on = self._reason(rule, step)
            if builds_on is None:
                continue
            if rule.excludes_anticipated and self._values["anticipated"]:
                says = f"{rule.id} is held back: the event is anticipated by the safety surveillance plan ({rule.citation})"
                self._held.setdefault(rule.id, HeldBack(self._pack, rule, step.at, says))
                continue
            self._open(rule, step, starts_at, builds_on)

    def _start(self, rule: Rule, step: Step) -> datetime | None:
        """The instant a rule's clock would start; None while its determination is awaited or denied."""
        if rule.trigger not in STARTED_BY_TRUTH:
            return step.at
        since = self._since.get(rule.id, step.at)
        if rule.starts == "qualifies":
            return since
        determined = self._knowledge.get("determined")
        if determined is None:
            return None if step.determined_later else since
        return max(since, self._determined or since) if determined else None

    def _in_force(self, rule: Rule, starts_at: datetime) -> bool:
        on = self._setting.rules_on or local_date(starts_at, self._setting.zone)
        return self._pack.in_force(rule, on)

    def _reason(self, rule: Rule, step: Step) -> str | None:
        """Whether a rule's trigger fires at this step: what it builds on in words, empty where on nothing; None if not."""
        if rule.trigger in STARTED_BY_TRUTH:
            if rule.id in self._barred or self._running(rule.id):
                return None
            if rule.trigger == "upgrade":
                return self._upgraded_from(rule, step)
            if any(map(self._running, self._pack.superseded_by[rule.id])):
                return None
            if rule.trigger == "qualifies":
                return ""
            return "judged not reportable before, and qualifies now" if rule.id in self._judged_away else None
        return self._act_reason(rule, step)

    def _act_reason(self, rule: Rule, step: Step) -> str | None:
        zone = self._setting.zone
        if rule.trigger == "urgent_measure":
            return "" if "urgent_measure" in step.acts else None
        if rule.trigger == "handled":
            owed = [one for one in self._built_on(rule) if one.state != "cancelled"] if "handled" in step.acts else []
            return f"{owed[0].rule.id} was owed since {local(owed[0].opened_by, zone)}" if owed else None
        if not step.acts & {"new_information", "downgraded", "nullified"}:
            return None
        for one in self._built_on(rule):
            if one.submitted_step is not None and one.submitted_step < step.number and one.closed_at is not None:
                return f"{one.rule.id} was submitted at {local(one.closed_at, zone)}"
        return None

    def _upgraded_from(self, rule: Rule, step: Step) -> str | None:
        for one in self._built_on(rule):
            if one.step < step.number and one.state in RUNNING:
                return f"{one.rule.id} was opened at {local(one.opened_by, self._setting.zone)}: an upgrade"
        return None

    def _built_on(self, rule: Rule) -> Iterator[Obligation]:
        for rule_id in rule.of:
            yield from self._owed[rule_id]

    def _running(self, rule_id: str) -> bool:
        return any(one.state in RUNNING for one in self._owed[rule_id])

    def _open(self, rule: Rule, step: Step, starts_at: datetime, builds_on: str, of: Obligation | None = None) -> None:
        reckoned, capped = capped_by(of, rule, reckoned_for(rule, starts_at, self._pack.zone, self._setting))
        reckoned, replaces = self._replace(rule, step, reckoned)
        grounds = Grounds(
            zone=self._setting.zone,
            stated=dict(self._knowledge.stated),
            acts=() if rule.trigger in STARTED_BY_TRUTH else step.facts,
            configuration=self._configuration,
            builds_on=builds_on or None,
            since=self._since.get(rule.id),
            determined=self._determined if self._knowledge.get("determined") else None,
            replaces=replaces,
            capped=capped,
            replayed_on=self._setting.rules_on,
            format=self._format(rule, starts_at),
        )
        owed = self._owed[rule.id]
        owed.append(Obligation(rule, step.number, step.at, starts_at, reckoned, grounds, len(owed) + 1))
        self._held.pop(rule.id, None)

    def _replace(self, rule: Rule, step: Step, own: Reckoned) -> tuple[Reckoned, tuple[str, ...]]:
        """Supersede what is open of the rules this one replaces; it never postpones the first of their clocks."""
        replaces = []
        for one in [one for rule_id in rule.supersedes for one in self._owed[rule_id] if one.state == "open"]:
            one.close("superseded", step.at, f"superseded by {rule.id} at {local(step.at, self._setting.zone)}")
            before = one.reckoned
            says = f"replaces {one.rule.id}, one combined report"
            if own.due_at is not None and before.due_at is not None and before.due_at < own.due_at:
                own = replace(own, due_on=before.due_on, due_at=before.due_at)
                says += f", due when {one.rule.id} was: an upgrade never postpones the first clock"
            replaces.append(says)
        return own, tuple(replaces)

    def _format(self, rule: Rule, starts_at: datetime) -> str | None:
        on = self._setting.rules_on or local_date(starts_at, self._setting.zone)
        return self._pack.format_of(
            rule, on, self._configuration, sponsor_investigator=self._setting.sponsor_investigator
        )

    # --- endings -----------------------------------------------------------------------------------------------------

    def _submit(self, rule_id: str, step: Step) -> None:
        """Record that a report was sent; what counts from it starts now, from the report actually sent."""
        sent = [one for one in self._owed.get(rule_id, ()) if one.state == "open"]
        at = local(step.at, self._setting.zone)
        for one in sent:
            one.close("submitted", step.at, f"submitted at {at}")
            one.submitted_step = step.number
        if not sent:
            if rule_id in self._owed:
                self.notes.append(f"{rule_id} was submitted at {at}, and this party owed none then: nothing changed")
            return
        for rule in self._rules:
            follows = rule.trigger == "submission" and rule_id in rule.of
            if follows and self._in_force(rule, step.at) and self._pack.conditions[rule.id].holds(self._values):
                first = min(sent, key=lambda one: one.starts_at)
                self._open(rule, step, step.at, f"{rule_id} was actually sent at {at}", first)

    def _downgrade(self, step: Step, changed: frozenset[str]) -> bool:
        """Cancel what the downgrade takes away; what it cannot take away stays open and says so."""
        cancelled = False
        at = local(step.at, self._setting.zone)
        for rule in self._rules:
            if rule.trigger not in STARTED_BY_TRUTH:
                continue
            why = self._stays_because(rule, changed)
            for one in (one for one in self._owed[rule.id] if one.state == "open"):
                if why is not None:
                    one.remarks.append(f"stays open after the downgrade of {at}: {why}")
                    continue
                one.close("cancelled", step.at, f"cancelled by the downgrade of {at}")
                self._barred.add(rule.id)
                cancelled = True
        return cancelled

    def _stays_because(self, rule: Rule, changed: frozenset[str]) -> str | None:
        conditions = self._pack.conditions[rule.id]
        if not conditions.holds(self._values):
            return None
        if "related_investigator" in conditions.uses and self._knowledge.get("related_investigator"):
            return "the investigator says related, which a sponsor cannot downgrade"
        return "its condition still holds" if conditions.uses & changed else None

    def _nullify(self, step: Step) -> None:
        """Cancel everything open of a void case, but the word to those who had a report of it."""
        at = local(step.at, self._setting.zone)
        for owed in self._owed.values():
            for one in owed:
                told_now = one.rule.trigger == "new_information" and one.step == step.number
                if one.state == "open" and not told_now:
                    one.close("cancelled", step.at, f"cancelled: the case was nullified at {at}")
        self._held.clear()
        self._nullified = True
