"""How often days give a false verdict, find a change, and see what their plan says.

A day varies by 26 % of the mean, so that a week of independent days varies by a tenth, about a
weekday pattern of 20 to -40 %. Rates to be found are those of the prototype that the engine was
specified by (docs/methods/engine.md, "Found"); eight points are chance.
"""

from __future__ import annotations

import numpy as np
import pytest

from metrics.rules.verdict import decision, mde
from metrics.rules.verdict.decision import Basis, Evidence
from metrics.rules.verdict.design import STEP, columns
from metrics.rules.verdict.engine import Design, fit_many, prepare
from metrics.rules.verdict.words import Direction, Grain, Kind, Level, Verdict

pytestmark = pytest.mark.slow
RUNS, MOST_FALSE, CHANCE = 400, 0.08, 0.08
MEAN, SPREAD = 100.0, 26.5
PATTERN = np.array([20.0, 10.0, 5.0, 5.0, 5.0, -5.0, -40.0])
C, GAP, AFTER = Level.BEFORE_AFTER, 42, 28
EVERY_DAY, MON_TO_FRI = tuple(range(7)), tuple(range(5))


def series(before, *, rho=0.0, fall=0.0, weekdays=EVERY_DAY, runs=RUNS, seed=7):
    """Return the days that count and each run's values on them; fall: a share of the mean."""
    rng = np.random.default_rng([seed, before, round(rho * 100), len(weekdays)])
    n = 7 * before + GAP + AFTER
    noise = rng.normal(size=(runs, n + 100))
    for place in range(1, n + 100):
        noise[:, place] = rho * noise[:, place - 1] + np.sqrt(1 - rho**2) * noise[:, place]
    days = np.arange(n)
    values = MEAN + PATTERN[days % 7] + SPREAD * noise[:, 100:]
    values[:, -AFTER:] -= fall * MEAN
    kept = np.isin(days % 7, weekdays) & ((days < 7 * before) | (days >= n - AFTER))
    return days[kept].astype(float), values[:, kept]


def words(t, values, before):
    """Return the word of each series."""
    step = (t >= 7 * before).astype(float)
    weeks = [
        np.flatnonzero((t >= start) & (t < start + 7))
        for start in t[-1] // 7 * 7 - 7 * np.arange(4)
    ]
    design = Design(
        t,
        columns(t, step, level=C, grain=Grain.DAY),
        STEP,
        groups=tuple(tuple(int(place) for place in week) for week in weeks),
    )
    for fit, own in zip(fit_many(prepare(design), values), values, strict=True):
        yield decide(fit, own[step == 0].mean(), own[step == 1].mean(), int((step == 0).sum()))


def decide(fit, usual, measured, days):
    found = decision.decide(
        basis=Basis(
            read_out_reached=True,
            level=C,
            grain=Grain.DAY,
            kind=Kind.MEAN,
            baseline_periods=days,
            baseline_coverage=1.0,
            measured_weeks=4,
            expected_events=None,
            definition_changed=False,
            season_swing=0.0,
        ),
        evidence=Evidence(
            fit.lower, fit.upper, fit.p, fit.leave_one_out_p, raw_change=measured - usual
        ),
        direction=Direction.LOWER,
        matters=0.1 * usual,
    )
    return found.verdict


def share(before, called, **how):
    t, values = series(before, **how)
    return sum(word in called for word in words(t, values, before)) / len(values)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
@pytest.mark.parametrize(
    ("weeks", "weekdays"), [(2, EVERY_DAY), (4, EVERY_DAY), (3, MON_TO_FRI), (4, MON_TO_FRI)]
)
def test_without_a_change_few_are_called(weeks, weekdays, rho):
    found = share(weeks, {Verdict.IMPROVED, Verdict.WORSE}, rho=rho, weekdays=weekdays)

    print(f"false: {found:.1%}")
    assert found <= MOST_FALSE


@pytest.mark.parametrize(
    ("weeks", "fall", "expected"), [(4, 0.2, 47), (4, 0.4, 98), (2, 0.2, 24), (2, 0.4, 90)]
)
def test_a_change_is_found_as_often_as_expected(weeks, fall, expected):
    found = share(weeks, {Verdict.IMPROVED}, fall=fall)

    print(f"found: {found:.1%} of {expected} %")
    assert found >= expected / 100 - CHANCE


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("weeks", [2, 4])
def test_a_plan_of_days_finds_what_it_says_it_sees(weeks, rho):
    t, values = series(weeks, rho=rho, runs=200, seed=8)
    before = t < 7 * weeks
    x = columns(t[before], None, level=C, grain=Grain.DAY)
    planned = mde.daily_plan(t[before], 4)
    history = Design(t[before], x, 0)
    called = []
    for own in values:
        sees = mde.detectable(history=history, y=own[before], planned=planned).mde
        [word] = words(t, (own - np.where(before, 0.0, sees))[None, :], weeks)
        called.append(word is Verdict.IMPROVED)

    print(f"found: {np.mean(called):.1%} of what the plan sees")
    assert np.mean(called) >= 0.8 - CHANCE
