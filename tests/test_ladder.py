"""The ladder: who hears next and when, from a trial's settings, and what refuses to be climbed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from safety.aggregates.ladder import Ladder
from safety.aggregates.trial import Definition, InvalidTrialFile
from tests.builders import T0
from tests.command_line import TRIAL_FILE

MINUTE = timedelta(minutes=1)
DAY = 24 * 60


def ladder(**stated: Any) -> Ladder:  # noqa: ANN401, whatever a trial file states
    return Ladder.model_validate(stated)


def rungs(*stated: tuple[str, int]) -> list[dict[str, object]]:
    return [{"role": role, "after_minutes": after} for role, after in stated]


# The settings


def told(of: Ladder, count: int, urgency: str = "urgent") -> list[tuple[str, int, int]]:
    """Role, minutes after the root, and repeat, of the rungs from 2 on."""
    steps = [of.step(urgency, rung) for rung in range(2, count + 2)]  # type: ignore[arg-type]  # the two words of Urgency
    return [(step.role, step.after // MINUTE, step.repeat) for step in steps if step is not None]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        pytest.param(
            {},
            [
                ("safety_officer", 15, 0),
                ("operator", 30, 0),
                ("operator", 60, 0),
                ("operator", 120, 1),
                ("operator", 240, 2),
                ("operator", 480, 3),
                ("operator", 960, 4),
                ("operator", 1920, 5),
                ("operator", 3360, 6),
            ],
            id="the program's own",
        ),
        pytest.param(
            {"urgent": rungs(("investigator", 10))},
            [("investigator", 10, 0), ("investigator", 30, 1), ("investigator", 70, 2), ("investigator", 150, 3)],
            id="one rung",
        ),
        pytest.param(
            {"urgent": rungs(("operator", 1), ("operator", 3 * DAY))},
            [("operator", 1, 0), ("operator", 3 * DAY, 0), ("operator", 4 * DAY, 1)],
            id="a gap of more than a day",
        ),
    ],
)
def test_who_hears_next_and_when(stated: dict[str, Any], expected: list[tuple[str, int, int]]) -> None:
    assert told(ladder(**stated), len(expected)) == expected


def test_what_is_not_urgent_goes_up_its_own_ladder_or_none() -> None:
    assert told(ladder(), 3, "digest") == []
    assert told(ladder(digest=rungs(("operator", DAY))), 2, "digest") == [
        ("operator", DAY, 0),
        ("operator", 2 * DAY, 1),
    ]


@for_all(gap=st.integers(1, 60_000), first=st.integers(1, 5_000), rung=st.integers(2, 400))
def test_between_two_rungs_lies_the_difference_and_never_more_than_a_day_once_it_repeats(
    gap: int, first: int, rung: int
) -> None:
    of = ladder(urgent=rungs(("safety_officer", first), ("operator", first + gap)))
    here, following, between = of.step("urgent", rung), of.step("urgent", rung + 1), of.between("urgent", rung)
    assert here is not None
    assert following is not None
    assert between == following.after - here.after
    assert between > timedelta(0)
    if following.repeat:
        assert between == timedelta(minutes=min(gap * 2**following.repeat, DAY))


@pytest.mark.parametrize(
    ("stated", "where"),
    [
        ({"urgent": []}, "urgent"),
        ({"urgent": rungs(("operator", 30), ("operator", 30))}, "each rung must come later"),
        ({"urgent": rungs(("king", 30))}, "role"),
        ({"urgent": rungs(("operator", 0))}, "after_minutes"),
        ({"reminders": [0, 60]}, "the furthest first"),
        ({"digest_at": "24:00"}, "digest_at"),
        ({"digests": [{"role": "operator", "at": "08:00"}] * 2}, "one time a role"),
        ({"rungs": []}, "rungs"),
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_refused(stated: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError, match=where):
        ladder(**stated)


def test_a_trial_file_states_it_and_a_fault_is_named_by_its_path() -> None:
    own = f'{TRIAL_FILE}[ladder]\nurgent = [{{ role = "investigator", after_minutes = 5 }}]\n'
    assert Definition.from_toml(own).ladder.urgent[0].role == "investigator"
    assert Definition.from_toml(TRIAL_FILE).ladder == Ladder()
    with pytest.raises(InvalidTrialFile, match=r"ladder\.urgent\.0\.after_minutes: "):
        Definition.from_toml(own.replace("= 5", "= -5"))


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("UTC", "2026-03-01T08:00:00", "2026-03-02T08:00:00"),
        ("Asia/Shanghai", "2026-03-01T00:00:00", "2026-03-02T00:00:00"),
        ("Asia/Shanghai", "2026-02-28T23:59:59", "2026-03-01T00:00:00"),
        ("America/New_York", "2026-03-07T14:00:00", "2026-03-08T12:00:00"),
        ("America/New_York", "2026-10-31T13:00:00", "2026-11-01T13:00:00"),
    ],
)
def test_a_digest_is_at_its_local_time_on_every_day(zone: str, after: str, expected: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert ladder().digest_after("operator", moment, zone) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
@for_all(minutes=st.integers(0, 2 * 365 * DAY), hour=st.integers(0, 23))
def test_there_is_one_digest_within_about_a_day_of_any_moment(zone: str, minutes: int, hour: int) -> None:
    of, after = ladder(digest_at=f"{hour:02}:30"), T0 + minutes * MINUTE
    found = of.digest_after("operator", after, zone)
    assert after < found <= after + timedelta(hours=25)


def test_a_role_may_have_a_digest_of_its_own() -> None:
    of = ladder(digest_at="08:00", digests=[{"role": "operator", "at": "17:30"}])
    at = datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert of.digest_after("operator", at, "UTC") == at.replace(hour=17, minute=30)
    assert of.digest_after("safety_officer", at, "UTC") == at.replace(hour=8)


def test_reminders_that_are_past_are_not_owed() -> None:
    of, due = ladder(reminders=[DAY, 60, 0]), T0 + timedelta(days=2)
    left = [of.reminder_after(due, due - minutes * MINUTE) for minutes in (2 * DAY, DAY, 61, 60, 1, 0)]
    wanted = [DAY, 60, 60, 0, 0, None]
    assert left == [None if minutes is None else due - minutes * MINUTE for minutes in wanted]


def test_the_ladder_prints_itself() -> None:
    first, quiet, before = ladder().words
    assert "after 15 min safety officer, after 30 min operator, after 60 min operator; then the last again" in first
    assert quiet == "Not urgent: in the digest of the role whose duty it is, at 08:00; said once."
    ahead = "; a day ahead or more in the digest."
    assert before == f"Reminders of a due time: 3 d before, 1 d before, 4 h before, at it{ahead}"
    own = ladder(digest=rungs(("operator", DAY)), digests=[{"role": "operator", "at": "17:30"}], reminders=[90])
    assert own.words[1].endswith(
        "at 08:00, for the operator at 17:30; if nobody acknowledges, after 1440 min operator, and so on."
    )
    assert own.words[2] == f"Reminders of a due time: 90 min before{ahead}"
