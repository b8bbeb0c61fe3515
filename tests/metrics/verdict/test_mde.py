"""What a plan can see: against simulation, and what must hold whatever the history."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.rules.verdict import mde
from metrics.rules.verdict.design import columns
from metrics.rules.verdict.engine import Design, fit_many, prepare
from metrics.rules.verdict.words import Level


def history(weeks, level=Level.BEFORE_AFTER):
    t = np.arange(float(weeks))
    return Design(t, columns(t, None, level=level), 0)


def noise(shape, seed=1):
    return 100 + 10 * np.random.default_rng(seed).normal(size=shape)


def seen(weeks, after, level, y):
    planned = mde.weekly_plan(weeks, after, level)
    return mde.detectable(history=history(weeks, level), y=y, planned=planned)


@pytest.mark.slow
def test_four_of_five_plans_find_the_effect_that_was_promised():
    runs, before, after = 300, 14, 4
    series = noise((runs, before + after), seed=20)
    promised = np.array([seen(before, after, Level.BEFORE_AFTER, y[:before]).mde for y in series])
    series[:, before:] -= promised[:, None]

    found = fit_many(prepare(mde.weekly_plan(before, after, Level.BEFORE_AFTER)), series)

    assert 0.75 <= np.mean([one.p <= 0.05 for one in found]) <= 0.95


@pytest.mark.slow
@pytest.mark.parametrize(
    ("weeks", "level", "share"),
    [
        (14, Level.BEFORE_AFTER, 0.27),
        (66, Level.HISTORY, 0.27),
        (104, Level.HISTORY, 0.21),
    ],
)
def test_typical_plans_see_what_the_page_says(weeks, level, share):
    found = [seen(weeks, 4, level, y).mde for y in noise((20, weeks), seed=4)]

    assert np.mean(found) / 100 == pytest.approx(share, abs=0.035)


@pytest.mark.slow
def test_the_table_has_a_row_for_each_length_and_more_weeks_see_more():
    found = mde.offers(history=history(104, Level.HISTORY), y=noise(104))

    assert len(found) == len(mde.HISTORY_WEEKS) * len(mde.AFTER_WEEKS)
    by_row = {(one.history_weeks, one.after_weeks): one for one in found}
    assert [by_row[weeks, 4].level for weeks in (26, 66, 104)] == [
        Level.BEFORE_AFTER,
        Level.HISTORY,
        Level.HISTORY,
    ]
    assert by_row[104, 4].mde < by_row[66, 4].mde
    for weeks in mde.HISTORY_WEEKS:
        falling = [by_row[weeks, after].mde for after in mde.AFTER_WEEKS]
        assert falling == sorted(falling, reverse=True)


@pytest.mark.slow
def test_a_comparison_line_offers_level_a():
    found = mde.offers(history=history(30), y=noise(30), comparison=True)

    assert {one.level for one in found} == {Level.COMPARISON}


def test_a_history_without_spread_promises_nothing():
    assert mde.offers(history=history(14), y=[5.0] * 14) == ()
    assert seen(14, 4, Level.BEFORE_AFTER, [5.0] * 14) is None


def test_another_unit_scales_what_is_seen():
    y = noise(14)
    one, other = (seen(14, 4, Level.BEFORE_AFTER, y * factor) for factor in (1, 60))

    assert other.mde == pytest.approx(one.mde * 60, rel=1e-9)
