"""How often the verdict is wrong without a change, and finds one that is there: 400 series each.

Rates to be found are those of docs/methods/engine.md's table, "Found"; eight points are chance.
"""

from __future__ import annotations

import pytest

from metrics.rules.verdict.words import Level
from tests.metrics.verdict.simulated import counts, false_share, found_share, late_shares, means

pytestmark = pytest.mark.slow
RUNS = 400
MOST_FALSE = 0.08
CHANCE = 0.08
A, B, C = Level.COMPARISON, Level.HISTORY, Level.BEFORE_AFTER

# Level (at A the noise is that of the difference), weeks of history, then the share found for AR 0,
# 0.3 and 0.6 at falls of 20 and 40 %.
FOUND = [
    (B, 104, ((0.71, 1.00), (0.57, 1.00), (0.37, 0.92))),
    (B, 66, ((0.53, 1.00), (0.38, 0.94), (0.21, 0.70))),
    (C, 14, ((0.53, 0.99), (0.44, 0.94), (0.40, 0.90))),
    (C, 8, ((0.28, 0.91), (0.27, 0.86), (0.35, 0.86))),
    (A, 26, ((0.74, 1.00), (0.61, 0.99), (0.45, 0.93))),
]
STRENGTHS = (0.0, 0.3, 0.6)
NULL = [(level, before, rho) for level, before, _ in FOUND for rho in STRENGTHS]
SHIFTED = [
    (level, before, rho, fall, rate)
    for level, before, rates in FOUND
    for rho, pair in zip(STRENGTHS, rates, strict=True)
    for fall, rate in zip((0.2, 0.4), pair, strict=True)
]


@pytest.mark.parametrize(("level", "before", "rho"), NULL)
def test_without_a_change_few_are_called(level, before, rho):
    share = false_share(means(runs=RUNS, before=before, rho=rho), before=before, level=level)

    print(f"false: level {level}, {before} weeks, AR {rho}: {share:.1%}")
    assert share <= MOST_FALSE


@pytest.mark.parametrize(("level", "before", "rho", "fall", "rate"), SHIFTED)
def test_a_change_is_found_as_often_as_the_page_says(level, before, rho, fall, rate):
    series = means(runs=RUNS, before=before, rho=rho, fall=fall, seed=11)

    share = found_share(series, before=before, level=level)

    print(f"found: level {level}, {before} weeks, AR {rho}, fall {fall}: {share:.1%} of {rate:.0%}")
    assert share >= rate - CHANCE


@pytest.mark.parametrize(("level", "before"), [(B, 104), (B, 66), (C, 14), (C, 8)])
@pytest.mark.parametrize("made", [counts, late_shares])
def test_counts_and_shares_that_spread_more_than_chance_are_not_called(made, level, before):
    share = false_share(made(runs=RUNS, before=before), before=before, level=level)

    assert share <= MOST_FALSE


@pytest.mark.parametrize("season", [0.1, 0.3])
@pytest.mark.parametrize("before", [66, 104])
def test_a_season_is_no_change_at_level_b(before, season):
    series = means(runs=RUNS, before=before, rho=0, season=season)

    assert false_share(series, before=before, level=B) <= MOST_FALSE


@pytest.mark.parametrize("season", [0.1, 0.3])
@pytest.mark.parametrize("before", [8, 14])
def test_a_season_that_somebody_declared_is_no_change_at_level_c(before, season):
    series = means(runs=RUNS, before=before, rho=0, season=season)

    share = false_share(series, before=before, level=C, swing=200.0 * season)

    assert share <= MOST_FALSE


@pytest.mark.parametrize("before", [66, 104])
def test_a_drift_is_no_change_at_level_b(before):
    series = means(runs=RUNS, before=before, rho=0, drift=0.005)

    assert false_share(series, before=before, level=B) <= MOST_FALSE


@pytest.mark.parametrize(("level", "before"), [(B, 104), (B, 66), (C, 14), (C, 8)])
def test_one_freak_week_is_no_change(level, before):
    series = means(runs=RUNS, before=before, rho=0, freak=5.0)

    assert false_share(series, before=before, level=level) <= MOST_FALSE
