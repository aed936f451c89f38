"""Random histories of a trial that a desk could have let happen: seeded, with every class of event in them."""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

from safety.aggregates.adverse_event import RowReappeared, RowVanished
from safety.aggregates.deciding import Form
from safety.aggregates.dose import RowReappeared as DoseReappeared
from safety.aggregates.dose import RowVanished as DoseVanished
from safety.aggregates.subject import RowReappeared as SubjectReappeared
from safety.aggregates.subject import RowVanished as SubjectVanished
from tests import builders as b

DATES = (
    None,
    "2018",
    "2018-03",
    "2018-02-27",
    "2018-03-01",
    "2018-03-01T09:00",
    "2018-03-01T09:00:30",
    "2018-05",
    "2019-01-31",
)
TERMS = (None, "Pyrexia", "Chills", "Rash")
YES_NO = (None, "Y", "N")
CRITERIA = ("results_in_death", "life_threatening", "hospitalisation", "medically_important")


class History:
    """Gives one event after the other; remembers only what a next event needs to be possible."""

    def __init__(self, seed: int, trial: str = b.TRIAL) -> None:
        self._random = Random(seed)
        self._trial = trial
        self._planned: Counter[str] = Counter()
        self._doses: dict[str, list[int]] = {}
        self._numbers: dict[str, list[int]] = {}
        self._alerts: list[str] = []
        self._messages: list[str] = []

    def events(self, count: int) -> Iterator[Form]:
        """Begin the log and the trial, then give so many more events."""
        yield b.opened()
        yield b.account_added()
        yield b.registered(b.definition(window={}), self._trial)
        for _ in range(count):
            yield self._random.choice(self._possible())()

    def _possible(self) -> list[Callable[[], Form]]:
        about_adverse_events = [*[self._followed_up] * 2, self._corrected, self._judged, self._ended] * 2
        return [
            *[self._enrolled] * (1 + 2 * (len(self._doses) < 4)),
            *([self._given, self._reported, self._reported] * 2 if self._doses else []),
            *([self._of_subject, self._of_trial] if self._doses else []),
            *([self._of_dose] if any(self._doses.values()) else []),
            *(about_adverse_events if any(self._numbers.values()) else []),
            *([self._raised] if any(self._numbers.values()) else []),
            *([self._composed] if self._alerts else []),
            *([self._receipt, self._receipt] if self._messages else []),
        ]

    def _one(self, *values: object) -> object:
        return self._random.choice(values)

    def _subject(self) -> str:
        return self._random.choice(list(self._doses))

    def _of(self, known: dict[str, list[int]]) -> tuple[str, int]:
        code = self._random.choice([code for code, numbers in known.items() if numbers])
        return code, self._random.choice(known[code])

    def _particulars(self) -> dict[str, object]:
        """Some of what may be said of an adverse event."""
        said: dict[str, object] = {
            "term": self._one(*TERMS),
            "preferred_term": self._one(*TERMS),
            "started_on": self._one(*DATES),
            "ended_on": self._one(*DATES),
            "severity": self._one(None, "MILD", "MODERATE", "SEVERE"),
            "grade": self._one(None, "1", "2", "3"),
            "serious": self._one(*YES_NO),
            "causality": self._one(None, "NONE", "POSSIBLE", "PROBABLE"),
            "outcome": self._one(None, "FATAL", "RECOVERED/RESOLVED"),
            "aware": self._one(None, b.aware(), b.aware(party="sponsor")),
            self._random.choice(CRITERIA): self._one(*YES_NO),
        }
        return {name: value for name, value in said.items() if value is not None and self._random.random() < 0.7}

    def _enrolled(self) -> Form:
        code = f"S{len(self._doses) + 1}"
        self._doses[code], self._numbers[code] = [], []
        fields = {"arm": self._one("A", "B", "Screen Failure", None), "enrolled_on": self._one(*DATES)}
        return b.enrolled(code, trial=self._trial, **fields)

    def _given(self) -> Form:
        code = self._subject()
        self._planned[code] += 1
        number = self._planned[code]
        if self._random.random() < 0.2:
            return b.withheld(code, number, trial=self._trial)
        self._doses[code].append(number)
        started_on = self._random.choice(DATES)
        return b.given(code, number, started_on, trial=self._trial, ended_on=self._one(None, "2018-03-02"))

    def _of_dose(self) -> Form:
        code, number = self._of(self._doses)
        if self._random.random() < 0.5:
            form = self._random.choice((DoseVanished, DoseReappeared))
            return b.built(form, trial=self._trial, subject=code, number=number)
        return b.dose_corrected(code, number, "EXSTDTC", "EXLOT", trial=self._trial, started_on=self._one(*DATES))

    def _of_subject(self) -> Form:
        code = self._subject()
        mode = self._random.choice(("treatment", "follow_up", "data_collection"))
        return self._random.choice(
            (
                b.subject_corrected(
                    code, "ARM", "AGE", trial=self._trial, arm=self._one("A", "B"), age=self._one(None, 40)
                ),
                b.withdrawn(code, mode, trial=self._trial),
                b.completed(code, trial=self._trial),
                b.died(code, trial=self._trial, died_on=self._one(*DATES)),
                b.built(SubjectVanished, trial=self._trial, subject=code),
                b.built(SubjectReappeared, trial=self._trial, subject=code),
            )
        )

    def _of_trial(self) -> Form:
        reading = self._random.choice(("stated", "any_criterion"))
        return self._random.choice(
            (
                b.amended(b.definition(window={}, serious=reading), self._trial),
                b.rsi_issued(trial=self._trial),
                b.data_imported(trial=self._trial),
                b.redaction_requested(1),
            )
        )

    def _reported(self) -> Form:
        code = self._subject()
        number = len(self._numbers[code]) + 1
        self._numbers[code].append(number)
        return b.reported(code, number, **{"trial": self._trial, "started_on": None, **self._particulars()})  # type: ignore[arg-type]  # started_on is among the fields

    def _followed_up(self) -> Form:
        code, number = self._of(self._numbers)
        return b.followed_up(code, number, trial=self._trial, **self._particulars())

    def _corrected(self) -> Form:
        code, number = self._of(self._numbers)
        named = self._random.sample(("AESTDTC", "AEENDTC", "AESER", "AEREL", "AETERM", "AESHOSP", "aware"), 3)
        return b.corrected(code, number, *named, trial=self._trial, **self._particulars())

    def _judged(self) -> Form:
        code, number = self._of(self._numbers)
        assessor = self._random.choice(("investigator", "sponsor"))
        fields = {"trial": self._trial, "aware": self._one(None, b.aware())}
        criterion = {self._random.choice(CRITERIA): self._one(*YES_NO), "serious": self._one(*YES_NO)}
        causality = self._random.choice(("NONE", "POSSIBLE"))
        return self._random.choice(
            (
                b.seriousness_assessed(code, number, assessor, **fields, **criterion),
                b.causality_assessed(code, number, assessor, causality, product=self._one(None, "AD-MSC"), **fields),
                b.expectedness_assessed(code, number, self._random.choice(("Y", "N")), **fields),
                b.coded(code, number, trial=self._trial),
            )
        )

    def _ended(self) -> Form:
        code, number = self._of(self._numbers)
        place = {"trial": self._trial, "subject": code, "number": number}
        merged = b.merged(code, number, 1).model_copy(update={"trial": self._trial})
        unmerged = b.unmerged(code, number).model_copy(update={"trial": self._trial})
        vanished, reappeared = b.built(RowVanished, **place), b.built(RowReappeared, **place)
        return self._random.choice(
            (b.nullified(code, number, trial=self._trial), merged, unmerged, vanished, reappeared)
        )

    def _raised(self) -> Form:
        code, number = self._of(self._numbers)
        self._alerts.append(f"{self._trial}-A{len(self._alerts) + 1}")
        due_at = self._one(None, b.T0)
        return b.alert_raised(self._alerts[-1], trial=self._trial, concerning=(f"{code}/{number}",), due_at=due_at)

    def _composed(self) -> Form:
        self._messages.append(f"{self._trial}-M{len(self._messages) + 1}")
        carried = tuple(self._random.sample(self._alerts, min(2, len(self._alerts))))
        return b.composed(self._messages[-1], carried, trial=self._trial)

    def _receipt(self) -> Form:
        message = self._random.choice(self._messages)
        return self._random.choice(
            (
                b.sent(message, trial=self._trial),
                b.sent(message, "smtp", trial=self._trial, smtp_code=250),
                b.failed(message).model_copy(update={"trial": self._trial}),
            )
        )
