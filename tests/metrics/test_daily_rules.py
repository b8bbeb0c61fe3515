"""Which days a baseline is made of, and what days can be before they are over."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from metrics.rules import baselines as rules
from metrics.rules.baselines import Period, Wording
from metrics.rules.verdict.design import STEP, columns, relative_variance
from metrics.rules.verdict.engine import Design, fit, make_grid, prepare
from metrics.rules.verdict.mde import daily_offers, daily_plan
from metrics.rules.verdict.words import Grain, Level

LAST = date(2026, 6, 8)  # the Monday of week 2
ENDS = LAST + timedelta(days=7)
FIRST = [Wording(1, None)]
MON_TO_FRI = frozenset(range(5))
C = Level.BEFORE_AFTER


def days(count: int = 28, weekdays: frozenset[int] = frozenset(range(7))) -> list[Period]:
    """Return the last days up to the end of week 2; others than the weekdays are silent."""
    found = []
    for ago in range(count, 0, -1):
        day = ENDS - timedelta(days=ago)
        works = day.weekday() in weekdays
        value = 20.0 + ago % 5 if works else None
        found.append(Period(day, value and value * 10, 10.0 if works else 0.0, value, int(works)))
    return found


def silence(known: list[Period], *places: int) -> list[Period]:
    return [
        Period(one.day, 0, 0.0, None, 0) if place in places else one
        for place, one in enumerate(known)
    ]


def test_the_last_four_weeks_are_a_baseline_of_days_and_no_day_before_them():
    window = rules.choose_days(days(40), FIRST, last=LAST)

    assert (window.level, window.grain, window.definition) == ("C", Grain.DAY, 1)
    assert window.periods[0].day == ENDS - timedelta(days=28)
    assert (len(window.periods), window.stretch, window.coverage) == (28, 28, 1.0)


def test_days_that_are_usually_silent_are_not_asked_for():
    window = rules.choose_days(days(28, MON_TO_FRI), FIRST, last=LAST)

    assert (len(window.periods), window.stretch) == (20, 20)


@pytest.mark.parametrize(("reported", "worked"), [(1, False), (2, True), (3, True)])
def test_a_weekday_is_worked_on_that_was_reported_in_half_of_the_weeks(reported, worked):
    sundays = [place for place, one in enumerate(days()) if one.day.weekday() == 6]
    known = silence(days(), *sundays[reported:])

    assert (6 in rules.worked_weekdays(known)) is worked


def test_a_working_day_without_a_value_is_asked_for_and_not_usable():
    known = silence(days(), 10)
    zero = [Period(one.day, 3.0, 0.0, None, 1) if n == 12 else one for n, one in enumerate(known)]

    window = rules.choose_days(zero, FIRST, last=LAST)

    assert (len(window.periods), window.stretch) == (26, 28)


def test_a_baseline_of_days_begins_with_the_first_usable_one():
    window = rules.choose_days(silence(days(), *range(9)), FIRST, last=LAST)

    assert (len(window.periods), window.stretch) == (19, 19)


def test_days_of_an_older_wording_are_left_out():
    begins = ENDS - timedelta(days=10)

    window = rules.choose_days(days(), [*FIRST, Wording(2, begins)], last=LAST)

    assert (window.definition, len(window.periods)) == (2, 10)


def test_without_a_reported_day_nothing_is_worked_on():
    window = rules.choose_days(silence(days(), *range(28)), FIRST, last=LAST)

    assert (window.periods, window.value, window.coverage) == ((), None, 0.0)


@pytest.mark.parametrize(
    ("known", "possible"),
    [
        ([], 28),  # nothing is over yet
        (days()[:15], 28),
        (days(28, MON_TO_FRI)[:14], 20),
        (days(28, frozenset({0}))[:21], 4),
        (silence(days(), *range(14))[:17], 14),  # three days: each weekday may be worked on
        (silence(days(), *range(28)), 0),
    ],
)
def test_days_to_come_may_be_enough(known, possible):
    assert rules.count_possible_days(known, FIRST, last=LAST) == possible


def test_days_become_the_weeks_they_make_up_and_weeks_stay_as_they_are():
    monday = LAST
    pairs = [(monday + timedelta(days=n), 10.0 + n, 2.0) for n in range(3)]
    weeks = [(monday, 0.1 + 0.2, 3.0), (monday + timedelta(days=7), 0.7, 1.0)]

    assert rules.pool_weeks(pairs) == [(monday, 11.0, 6.0)]
    assert rules.pool_weeks(weeks) == weeks


@pytest.mark.parametrize("weekdays", [range(7), range(5), (0, 2, 5)])
def test_the_step_of_days_is_that_of_plain_least_squares_with_a_column_for_each_weekday(weekdays):
    t = np.array([day for day in (*range(28), *range(70, 98)) if day % 7 in weekdays], float)
    step = (t >= 70).astype(float)
    rng = np.random.default_rng(3)
    y = 50 + 5 * np.sin(t % 7) - 4 * step + rng.normal(size=len(t))
    weights = rng.uniform(1, 3, size=len(t))
    x = columns(t, step, level=C, grain=Grain.DAY)
    plain = make_grid([0.0], [1.0], [1.0])

    found = fit(prepare(Design(t, x, STEP, relative_variance(weights), grid=plain)), y)

    dummies = (
        np.stack([step, *(t % 7 == day for day in weekdays)], axis=1) * np.sqrt(weights)[:, None]
    )
    beta, [rest], rank, _ = np.linalg.lstsq(dummies, y * np.sqrt(weights), rcond=None)
    variance = np.linalg.inv(dummies.T @ dummies)[0, 0] * rest / (len(t) - rank)
    assert found is not None
    assert np.linalg.matrix_rank(x) == x.shape[1] == rank == len(weekdays) + 1
    assert found.effect == pytest.approx(beta[0])
    half = np.sqrt(variance) * stats.t.ppf(0.975, len(t) - rank)
    assert found.df == len(t) - rank
    assert (found.upper - found.lower) / 2 == pytest.approx(half)


def test_a_daily_plan_measures_four_whole_weeks_of_the_weekdays_of_its_history():
    before = np.array([day for day in range(28) if day % 7 < 5], float)

    plan = daily_plan(before[3:], 4)

    after = plan.t[plan.x[:, STEP] == 1]
    assert (after[0], after[-1], len(after)) == (70, 95, 20)
    assert set(after % 7) == set(range(5))


def test_lengths_of_history_that_hold_too_few_days_are_not_offered():
    t = np.array([day for day in range(28) if day % 7 < 5], float)
    y = np.random.default_rng(1).normal(size=len(t))
    history = Design(t, columns(t, None, level=C, grain=Grain.DAY), 0)

    assert sorted({one.history_weeks for one in daily_offers(history=history, y=y)}) == [3, 4]
    assert daily_offers(history=history, y=np.zeros(len(t))) == ()
