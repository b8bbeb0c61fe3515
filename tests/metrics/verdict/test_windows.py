"""Weeks of a plan, and which periods count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.rules.verdict.plan import Plan, Span
from metrics.rules.verdict.windows import Figure, select
from metrics.rules.verdict.words import CannotFit, Grain, Level

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
MONDAY = date(2026, 1, 5)
PLAN = Plan(MONDAY)
A, B, C = Level.COMPARISON, Level.HISTORY, Level.BEFORE_AFTER


def weekly(numbers, **more):
    """Return a figure for each week of the plan by its number."""
    return [Figure(PLAN.week(number), 5.0, 10.0, **more) for number in numbers]


def daily(first, last, value=5.0):
    days = (PLAN.week(last + 1) - PLAN.week(first)).days
    return [Figure(PLAN.week(first) + DAY * place, value, 10.0) for place in range(days)]


def selected(figures, level=C, grain=Grain.WEEK):
    return select(figures, plan=PLAN, level=level, grain=grain)


@pytest.mark.parametrize(
    ("start", "first"),
    [
        (date(2026, 1, 5), date(2026, 1, 5)),
        (date(2026, 1, 6), date(2026, 1, 12)),
        (date(2026, 1, 11), date(2026, 1, 12)),
    ],
)
def test_week_1_begins_on_the_first_monday_from_the_start_on(start, first):
    assert Plan(start).week(1) == first
    assert Plan(start).week(0) == first - WEEK


@pytest.mark.parametrize(
    ("go_live", "last_week", "first"),
    [
        (None, 12, 9),
        (MONDAY + 7 * WEEK, 12, 9),
        (MONDAY + 8 * WEEK - DAY, 12, 9),
        (MONDAY + 8 * WEEK, 12, 9),
        (MONDAY + 8 * WEEK + DAY, 12, 10),
        (MONDAY + 10 * WEEK + 6 * DAY, 12, 12),
        (None, 16, 13),
        (MONDAY + 9 * WEEK, 24, 22),
        (MONDAY + 13 * WEEK, 16, 18),
    ],
)
def test_a_go_live_that_slips_past_week_8_moves_the_measured_weeks(go_live, last_week, first):
    plan = Plan(MONDAY, go_live, last_week)

    assert plan.measurement == Span(plan.week(first), plan.week(first + 4))


def test_the_read_out_waits_for_late_figures_in_the_time_of_the_site():
    # Week 12 ends on 30 March; clocks went forward the day before.
    assert PLAN.read_out_at("Europe/Berlin") == datetime(2026, 4, 5, 22, 0, tzinfo=UTC)
    assert Plan(MONDAY, maturity_days=0).read_out_at("UTC") == datetime(2026, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "grain", "first"),
    [
        (A, Grain.WEEK, -101),
        (B, Grain.WEEK, -101),
        (C, Grain.WEEK, -11),
        (C, Grain.DAY, -1),
    ],
)
def test_the_baseline_ends_with_week_2_and_is_so_long_at_most(level, grain, first):
    assert PLAN.baseline(level, grain) == Span(PLAN.week(first), PLAN.week(3))


def test_weeks_of_the_transition_and_outside_all_windows_count_for_nothing():
    found = selected(weekly(range(-30, 30)))

    assert [one.day for one in found.baseline] == [PLAN.week(n) for n in range(-11, 3)]
    assert [one.day for one in found.measurement] == [PLAN.week(n) for n in range(9, 13)]
    assert (found.coverage, found.measured_weeks, found.definition_changed) == (1.0, 4, False)


@pytest.mark.parametrize(
    "useless",
    [
        Figure(PLAN.week(1), None, 10.0),
        Figure(PLAN.week(1), 5.0, 0.0),
        Figure(PLAN.week(1), 5.0, 10.0, 0.79),
        Figure(PLAN.week(1), float("nan"), 10.0),
        Figure(PLAN.week(1), 5.0, float("inf")),
        Figure.of(PLAN.week(1), 3, 0),
    ],
)
def test_a_week_that_does_not_count_is_left_out(useless):
    found = selected([*weekly([-2, -1, 0, 2, 9, 10, 11]), useless])

    assert len(found.baseline) == 4
    assert found.coverage == 0.8
    assert found.measured_weeks == 3


def test_a_week_with_four_fifths_of_its_days_counts():
    assert len(selected(weekly([1, 2], reported=0.8)).baseline) == 2


def test_a_young_metric_has_a_short_baseline_and_not_one_full_of_gaps():
    found = selected(weekly([-3, -2, -1, 0, 1, 2, 9, 10, 11, 12]), level=B)

    assert (len(found.baseline), found.coverage) == (6, 1.0)
    assert found.origin == PLAN.week(-3)


def test_no_figures_at_all_are_an_empty_answer():
    found = selected([])

    assert (found.baseline, found.measurement, found.coverage) == ((), (), 0.0)
    assert (found.measured_weeks, found.definition_changed) == (0, False)


def test_a_period_with_two_figures_is_refused():
    with pytest.raises(CannotFit, match="Two figures"):
        selected(weekly([1, 1]))


def test_an_older_wording_shortens_the_baseline_and_is_named_where_that_is_too_much():
    old, new = weekly(range(-11, -2), version=1), weekly([*range(-2, 3), *range(9, 13)], version=2)
    longer = weekly([*range(-5, 3), *range(9, 13)], version=2)

    short = selected([*old, *new])
    enough = selected([*weekly(range(-11, -5), version=1), *longer])

    assert (len(short.baseline), short.definition_changed, short.coverage) == (5, True, 1.0)
    assert (len(enough.baseline), enough.definition_changed) == (8, False)


@pytest.mark.parametrize("changed", [9, 11, 12])
def test_a_wording_that_changes_among_the_measured_weeks_is_named(changed):
    figures = weekly([*range(-11, 3), *range(9, changed)], version=1)

    found = selected([*figures, *weekly(range(changed, 13), version=2)])

    assert found.definition_changed
    assert found.baseline == ()


def test_days_make_a_measured_week_where_four_of_five_count():
    days = daily(-1, 2) + daily(9, 12)
    holes = {PLAN.week(9), PLAN.week(10), PLAN.week(10) + DAY}
    days = [Figure(one.day, None, 0) if one.day in holes else one for one in days]

    found = selected(days, grain=Grain.DAY)

    assert (len(found.baseline), found.measured_weeks) == (28, 3)


def test_days_on_which_nobody_works_are_no_gaps():
    days = [one for one in daily(-1, 2) + daily(9, 12) if one.day.weekday() < 5]

    found = selected(days, grain=Grain.DAY)

    assert (len(found.baseline), found.coverage, found.measured_weeks) == (20, 1.0, 4)


@pytest.mark.slow
@given(
    numbers=st.lists(st.integers(-20, 30), unique=True),
    far=st.integers(40, 400),
    past=st.booleans(),
)
def test_a_useless_week_far_away_changes_nothing(numbers, far, past):
    figures = weekly(numbers)
    useless = Figure(PLAN.week(-far if past else far), None, 0.0)
    sound = Figure(PLAN.week(-far - 100 if past else far + 1), 7.0, 3.0)

    assert selected([*figures, useless, sound]) == selected(figures)
