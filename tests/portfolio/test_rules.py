"""The twelve weeks, by tables of examples and by properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio import rules
from portfolio.rules import Gap, Missing, Outcome, Step, Watched

MONDAY = date(2026, 11, 9)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FRESH = Watched(
    has_target=True,
    agreed=True,
    locked=True,
    known_until=NOW - timedelta(hours=1),
    stale_after_hours=192,
)


@pytest.mark.parametrize(
    ("start", "begins"),
    [
        (date(2026, 11, 9), date(2026, 11, 9)),
        (date(2026, 11, 10), date(2026, 11, 16)),
        (date(2026, 11, 15), date(2026, 11, 16)),
        (date(2024, 2, 28), date(2024, 3, 4)),
        (date(2026, 12, 31), date(2027, 1, 4)),
    ],
)
def test_week_one_begins_on_the_first_monday_on_or_after_the_start(
    start: date, begins: date
) -> None:
    assert rules.first_monday(start) == begins


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2026, 10, 25), -2),
        (date(2026, 11, 2), 0),
        (date(2026, 11, 8), 0),
        (date(2026, 11, 9), 1),
        (date(2026, 11, 15), 1),
        (date(2026, 11, 16), 2),
        (date(2027, 1, 31), 12),
        (date(2027, 2, 1), 13),
    ],
)
def test_weeks_are_counted_from_monday_to_sunday(day: date, number: int) -> None:
    assert rules.week_number(start_date=date(2026, 11, 4), day=day) == number


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 11, 15)),
        ("Europe/Berlin", date(2026, 11, 16)),
        ("America/Chicago", date(2026, 11, 15)),
        ("Asia/Kolkata", date(2026, 11, 16)),
    ],
)
def test_the_day_is_the_one_at_the_site(zone: str, day: date) -> None:
    assert rules.local_day(datetime(2026, 11, 15, 23, 30, tzinfo=UTC), zone) == day


@given(start=DAYS, day=DAYS)
def test_a_week_number_names_the_week_that_holds_the_day(start: date, day: date) -> None:
    number = rules.week_number(start_date=start, day=day)

    assert rules.week_starts(start_date=start, number=number) <= day
    assert day <= rules.week_ends(start_date=start, number=number)


@given(start=DAYS, day=DAYS, weeks=st.integers(-60, 60))
def test_moving_a_start_by_weeks_moves_the_week_number_by_as_many(
    start: date, day: date, weeks: int
) -> None:
    moved = rules.week_number(start_date=start + timedelta(weeks=weeks), day=day)

    assert moved == rules.week_number(start_date=start, day=day) - weeks


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (0, []),
        (1, ["Audit"]),
        (2, ["Audit", "Ownership"]),
        (3, ["Ownership"]),
        (4, ["Ownership", "Deploy"]),
        (7, ["Deploy"]),
        (8, ["Deploy", "Production"]),
        (11, ["Production"]),
        (12, ["Production", "Measure"]),
        (13, []),
    ],
)
def test_a_week_is_in_each_phase_it_falls_into(number: int, names: list[str]) -> None:
    assert rules.phase_names(number) == names


def test_a_chip_never_claims_a_verdict() -> None:
    assert rules.chip_code(baseline_locked=False) == "no_baseline"
    assert rules.chip_code(baseline_locked=True) == "too_early"


def test_money_at_stake_is_the_distance_times_units_times_value_times_52() -> None:
    amount = rules.at_stake(
        baseline=0.91,
        target=0.94,
        units_per_week=Decimal(2000),
        value_per_unit=Decimal(40),
    )

    assert amount == Decimal(124800)


@given(low=st.floats(0, 1e6), high=st.floats(0, 1e6), units=st.decimals(1, 1000, places=2))
def test_money_at_stake_is_the_same_in_both_directions(
    low: float, high: float, units: Decimal
) -> None:
    there = rules.at_stake(
        baseline=low, target=high, units_per_week=units, value_per_unit=Decimal(2)
    )
    back = rules.at_stake(
        baseline=high, target=low, units_per_week=units, value_per_unit=Decimal(2)
    )

    assert there == back
    assert there is not None and there >= 0


@pytest.mark.parametrize("lacking", ["baseline", "target", "units_per_week", "value_per_unit"])
def test_without_any_of_its_parts_there_is_no_money(lacking: str) -> None:
    parts: dict[str, object] = {
        "baseline": 1.0,
        "target": 2.0,
        "units_per_week": Decimal(1),
        "value_per_unit": Decimal(1),
    }

    assert rules.at_stake(**{**parts, lacking: None}) is None  # type: ignore[arg-type]


def missing(**changes: object) -> list[Missing]:
    facts: dict[str, object] = {
        "start_date": MONDAY,
        "zone": "UTC",
        "now": NOW,
        "has_lead": True,
        "has_sponsor": True,
        "primaries": [FRESH],
        **changes,
    }
    return rules.list_missing(**facts)  # type: ignore[arg-type]


def test_a_pilot_with_people_target_and_data_lacks_nothing() -> None:
    assert missing() == []


@pytest.mark.parametrize(
    ("changes", "gap", "due"),
    [
        ({"has_lead": False}, Gap.NO_LEAD, MONDAY),
        ({"has_sponsor": False}, Gap.NO_SPONSOR, MONDAY),
        ({"primaries": []}, Gap.NO_METRIC, date(2026, 11, 22)),
        (
            {"primaries": [Watched(False, False, False, NOW, 192)]},
            Gap.NO_TARGET,
            date(2026, 11, 22),
        ),
        (
            {"primaries": [Watched(True, False, False, NOW, 192)]},
            Gap.NOT_AGREED,
            date(2026, 11, 22),
        ),
        (
            {"primaries": [Watched(True, True, False, NOW, 192, reworded=True)]},
            Gap.REWORDED,
            date(2026, 11, 22),
        ),
        ({"primaries": [Watched(True, True, False)]}, Gap.NO_DATA, MONDAY),
        (
            {"primaries": [Watched(True, True, True, NOW - timedelta(hours=50), 48)]},
            Gap.STOPPED,
            date(2026, 11, 20),
        ),
        ({"untold_at": NOW}, Gap.UNTOLD, (NOW + timedelta(days=6)).date()),
        (
            {"untold_at": NOW, "outcome": Outcome("stop", None, NOW)},
            Gap.UNTOLD,
            (NOW + timedelta(days=6)).date(),
        ),
    ],
)
def test_each_gap_is_found_with_its_day(changes: dict[str, object], gap: Gap, due: date) -> None:
    (found,) = missing(**changes)

    assert (found.gap, found.due_date) == (gap, due)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (datetime(2026, 11, 22, 22, 59, tzinfo=UTC), ""),
        (datetime(2026, 11, 22, 23, 0, tzinfo=UTC), "soon"),
        (datetime(2026, 11, 29, 22, 59, tzinfo=UTC), "soon"),
        (datetime(2026, 11, 29, 23, 0, tzinfo=UTC), "late"),
    ],
)
def test_a_baseline_is_to_be_locked_from_the_monday_after_week_2_to_the_end_of_week_3(
    now: datetime, state: str
) -> None:
    begun = Watched(True, True, False, now, 192)

    found = missing(primaries=[begun], now=now, zone="Europe/Berlin")

    assert [one.gap for one in found] == ([Gap.NOT_LOCKED] if state else [])
    for one in found:
        assert one.due_date == date(2026, 11, 29)
        assert one.state(rules.local_day(now, "Europe/Berlin")) == state


@pytest.mark.parametrize(
    "watched",
    [
        Watched(True, True, True, NOW, 192),
        Watched(True, False, False, NOW, 192),
        Watched(False, False, False, NOW, 192),
        Watched(True, True, False, None, None),
    ],
    ids=["locked", "not agreed", "no target", "no figure"],
)
def test_nobody_is_asked_to_lock_what_is_locked_or_cannot_be_yet(watched: Watched) -> None:
    later = NOW + timedelta(weeks=4)

    assert Gap.NOT_LOCKED not in {one.gap for one in missing(primaries=[watched], now=later)}


def read(days_ago: int | None, **changes: object) -> Watched:
    """Return a metric with a locked baseline, read out so many days ago."""
    at = None if days_ago is None else NOW - timedelta(days=days_ago)
    return replace(FRESH, read_at=at, **changes)  # type: ignore[arg-type]


UNLOCKED = replace(FRESH, locked=False)


@pytest.mark.parametrize(
    ("primaries", "due"),
    [
        ([read(2)], date(2026, 11, 25)),
        ([read(2), read(5)], date(2026, 11, 25)),
        ([read(5), read(2)], date(2026, 11, 25)),
        ([read(2), read(None)], None),
        ([read(None), read(2)], None),
        ([read(2), UNLOCKED], date(2026, 11, 25)),
        ([UNLOCKED, read(2)], date(2026, 11, 25)),
        ([read(None), UNLOCKED], None),
        ([read(2, locked=False)], None),
        ([], None),
    ],
    ids=[
        "one",
        "the first is the latest",
        "the second is the latest",
        "the second is still to come",
        "the first is still to come",
        "the second has no baseline",
        "the first has no baseline",
        "one to come and one without baseline",
        "read out against a baseline that is replaced",
        "no metric",
    ],
)
@pytest.mark.parametrize("outcome", [None, Outcome("extend", 16, NOW)], ids=["new", "extended"])
def test_a_decision_is_due_six_days_after_the_last_metric_with_a_baseline_is_read_out(
    primaries: list[Watched], due: date | None, outcome: Outcome | None
) -> None:
    found = missing(primaries=primaries, outcome=outcome)

    assert [one.due_date for one in found if one.gap is Gap.UNDECIDED] == ([due] if due else [])


@pytest.mark.parametrize("word", ["graduate", "stop"])
def test_a_pilot_that_is_over_lacks_nothing_any_more(word: str) -> None:
    late = replace(read(9), known_until=NOW - timedelta(days=90))

    assert missing(primaries=[late], has_lead=False, outcome=Outcome(word, None, NOW)) == []


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2026, 11, 15), "open"),
        (date(2026, 11, 16), "soon"),
        (date(2026, 11, 22), "soon"),
        (date(2026, 11, 23), "late"),
    ],
)
def test_a_gap_becomes_due_a_week_before_its_day_and_late_after_it(day: date, state: str) -> None:
    assert Missing(Gap.NO_TARGET, date(2026, 11, 22)).state(day) == state


@given(silence=st.integers(0, 2000), allowed=st.integers(1, 1000))
def test_a_metric_has_stopped_only_when_it_is_silent_for_longer_than_allowed(
    silence: int, allowed: int
) -> None:
    stopped = rules.is_stopped(
        known_until=NOW - timedelta(hours=silence), stale_after_hours=allowed, now=NOW
    )

    assert stopped == (silence > allowed)


@given(silence=st.integers(1, 2000), allowed=st.integers(1, 1000))
def test_a_stopped_metric_is_late_at_once(silence: int, allowed: int) -> None:
    watched = Watched(True, True, True, NOW - timedelta(hours=silence), allowed)

    for found in missing(primaries=[watched]):
        assert found.state(NOW.date()) == "late"


@given(
    lead=st.booleans(),
    sponsor=st.booleans(),
    primaries=st.lists(
        st.builds(
            Watched,
            has_target=st.booleans(),
            agreed=st.booleans(),
            locked=st.booleans(),
            known_until=st.none() | st.datetimes(timezones=st.just(UTC)),
            stale_after_hours=st.none() | st.integers(1, 1000),
        ),
        max_size=3,
    ),
)
def test_gaps_come_worst_first_and_each_kind_once(
    lead: bool, sponsor: bool, primaries: list[Watched]
) -> None:
    gaps = [found.gap for found in missing(has_lead=lead, has_sponsor=sponsor, primaries=primaries)]

    assert gaps == [gap for gap in Gap if gap in gaps]


@pytest.mark.parametrize(
    ("number", "step", "day"),
    [
        (-1, Step.BEGINS, date(2026, 11, 9)),
        (0, Step.BEGINS, date(2026, 11, 9)),
        (1, Step.OWNERSHIP, date(2026, 11, 16)),
        (3, Step.DEPLOY, date(2026, 11, 30)),
        (7, Step.PRODUCTION, date(2026, 12, 28)),
        (11, Step.MEASURE, date(2027, 1, 25)),
        (12, Step.ENDS, date(2027, 1, 31)),
        (14, Step.PAST, date(2027, 1, 31)),
    ],
)
def test_the_next_step_is_the_next_phase(number: int, step: Step, day: date) -> None:
    assert rules.next_step(start_date=MONDAY, number=number) == (step, day)
