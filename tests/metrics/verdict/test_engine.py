"""The engine against a second implementation, and what must hold whatever the figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.rules.verdict.design import columns, relative_variance
from metrics.rules.verdict.engine import CannotFit, Design, fit, fit_many, prepare
from metrics.rules.verdict.words import Grain, Level

from . import plainly


def made(before, after, level=Level.BEFORE_AFTER, grain=Grain.WEEK, denominators=None, gap=6):
    """Return a design of so many periods before and after, four measurement weeks left out."""
    t = np.concatenate([np.arange(before), before + gap + np.arange(after)]).astype(float)
    step = (np.arange(len(t)) >= before).astype(float)
    x = columns(t, step, level=level, grain=grain)
    parts = np.array_split(np.flatnonzero(step), 4)
    variance = None if denominators is None else relative_variance(denominators)
    shares = np.ones(after) if denominators is None else denominators[before:]
    row = np.average(x[before:], axis=0, weights=shares)
    groups = tuple(tuple(map(int, part)) for part in parts)
    return Design(t, x, 1, variance, groups, row)


def series(n, seed, size=1.0):
    noise = np.random.default_rng(seed).normal(size=n)
    return 50 + size * (noise + 0.5 * np.concatenate([[0], noise[:-1]]))


SHAPES = [
    (14, 4, Level.BEFORE_AFTER, Grain.WEEK),
    (70, 4, Level.HISTORY, Grain.WEEK),
    (14, 28, Level.BEFORE_AFTER, Grain.DAY),
    (30, 12, Level.COMPARISON, Grain.WEEK),
]


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("before", "after", "level", "grain"), SHAPES)
def test_effect_level_and_every_left_out_week_agree_with_a_plain_second_implementation(
    before, after, level, grain, weighted
):
    n = before + after
    rng = np.random.default_rng(n)
    denominators = rng.integers(5, 90, n).astype(float) if weighted else None
    y = series(n, 7)
    y[before:] -= 1.5
    design = made(before, after, level, grain, denominators)
    unit = np.eye(design.x.shape[1])[1]

    found = fit(prepare(design), y)

    effect = plainly.estimate(design.t, design.x, y, unit, denominators)
    measured = plainly.estimate(design.t, design.x, y, design.level, denominators)
    for name in ("effect", "lower", "upper", "p"):
        assert getattr(found, name) == pytest.approx(getattr(effect, name), rel=1e-8, abs=1e-9)
    assert found.level.value == pytest.approx(measured.effect, rel=1e-9)
    assert found.level.lower == pytest.approx(measured.lower, rel=1e-9)
    assert found.level.upper == pytest.approx(measured.upper, rel=1e-9)
    for group, p in zip(design.groups, found.leave_one_out_p, strict=True):
        kept = np.setdiff1d(np.arange(n), group)
        d = None if denominators is None else denominators[kept]
        without = plainly.estimate(design.t[kept], design.x[kept], y[kept], unit, d)
        assert p == pytest.approx(without.p, rel=1e-7, abs=1e-9)


def test_a_batch_gives_each_series_what_it_gets_alone():
    prepared = prepare(made(14, 4))
    batch = np.stack([series(18, seed) for seed in range(5)])

    for y, found in zip(batch, fit_many(prepared, batch), strict=True):
        alone = fit(prepared, y)
        assert found.effect == pytest.approx(alone.effect, rel=1e-12)
        assert found.p == pytest.approx(alone.p, rel=1e-10)
        assert found.expected == pytest.approx(alone.expected, rel=1e-12)


def test_the_same_figures_give_the_same_bits():
    prepared, y = prepare(made(70, 4, Level.HISTORY)), series(74, 3)

    assert fit(prepared, y) == fit(prepared, y)


def test_what_is_expected_plus_the_effect_is_the_measured_level():
    design = made(20, 4)
    found = fit(prepare(design), series(24, 1))

    assert found.expected[-1] + found.effect == pytest.approx(found.level.value, rel=1e-12)


FIGURES = st.lists(
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda one: round(one, 3)), min_size=18, max_size=18
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(y=FIGURES, factor=st.floats(1e-6, 1e6), seed=st.integers(0, 99))
def test_another_unit_changes_the_figures_and_not_the_doubt(y, factor, seed):
    prepared = prepare(made(14, 4))
    y = np.array(y) + series(18, seed)

    one, other = fit(prepared, y), fit(prepared, y * factor)

    assert other.p == pytest.approx(one.p, rel=1e-6, abs=1e-12)
    assert other.effect == pytest.approx(one.effect * factor, rel=1e-6, abs=1e-9 * factor)
    assert other.leave_one_out_p == pytest.approx(one.leave_one_out_p, rel=1e-6, abs=1e-12)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(y=FIGURES, seed=st.integers(0, 99))
def test_the_mirrored_series_has_the_mirrored_interval(y, seed):
    prepared = prepare(made(14, 4))
    y = np.array(y) + series(18, seed)

    one, other = fit(prepared, y), fit(prepared, -y)

    assert (other.lower, other.upper) == pytest.approx((-one.upper, -one.lower), rel=1e-9)
    assert one.lower <= one.upper
    assert 0 <= one.p <= 1


def test_where_the_week_count_begins_does_not_matter():
    design = made(70, 4, Level.HISTORY)
    later = Design(design.t + 1000, design.x, 1, None, design.groups)
    y = series(74, 5)

    one, other = fit(prepare(design), y), fit(prepare(later), y)

    assert other.p == pytest.approx(one.p, rel=1e-9)


@pytest.mark.parametrize(
    "y",
    [[5.0] * 18, [5.0] * 14 + [3.0] * 4, [0.0] * 18, [1e12] * 18],
    ids=["constant", "two constants", "zeros", "large and constant"],
)
def test_a_series_without_spread_has_no_answer(y):
    assert fit(prepare(made(14, 4)), y) is None


def test_a_constant_baseline_before_varying_weeks_has_one():
    assert fit(prepare(made(14, 4)), [5.0] * 14 + [3.0, 4.0, 3.5, 3.0]) is not None


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_refused(value):
    y = series(18, 1)
    y[3] = value

    with pytest.raises(CannotFit, match="not a number"):
        fit(prepare(made(14, 4)), y)


def test_a_single_point_on_a_side_cannot_be_left_out():
    design = Design(np.arange(9.0), np.column_stack([np.ones(9), np.eye(9)[8]]), 1, None, ((8,),))

    with pytest.raises(CannotFit, match="tell the columns apart"):
        prepare(design)


def test_weekday_contrasts_add_up_to_nothing_over_a_week():
    found = columns(np.arange(7.0), None, level=Level.BEFORE_AFTER, grain=Grain.DAY)

    assert found[:, 1:].sum(axis=0).tolist() == [0] * 6
