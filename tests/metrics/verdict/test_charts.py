"""Limits, signals and icons: the edges that published figures do not show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.rules.verdict import limits, signals, watch
from metrics.rules.verdict.limits import Limits
from metrics.rules.verdict.signals import Assurance, Signal, Variation
from metrics.rules.verdict.words import Direction

S = Signal


def flat(values, center=10.0, half=3.0):
    n = len(values)
    return Limits(tuple(map(float, values)), center, (center - half,) * n, (center + half,) * n)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([13, 7], [S.COMMON] * 2),
        ([13.1, 6.9], [S.ABOVE, S.BELOW]),
        ([11] * 7, [S.SEVEN_ABOVE] * 7),
        ([11] * 6, [S.COMMON] * 6),
        ([11, 11, 11, 10, 11, 11, 11], [S.COMMON] * 7),
        ([8.1, 9, 9.5, 10, 10.1, 10.2, 10.3], [S.RISING] * 7),
        ([11.9, 11, 10.5, 10, 9.9, 9.8, 9.7], [S.FALLING] * 7),
        ([8.1, 9, 9, 10, 10.1, 10.2, 10.3], [S.COMMON] * 7),
        ([12.5, 11, 12.5], [S.NEAR_UPPER, S.COMMON, S.NEAR_UPPER]),
        ([12.5, 9, 12.5], [S.COMMON] * 3),
        ([7.5, 7.5, 9], [S.NEAR_LOWER, S.NEAR_LOWER, S.COMMON]),
        ([12, 12, 12], [S.COMMON] * 3),
        ([12.5, 13.5, 12.5], [S.NEAR_UPPER, S.ABOVE, S.NEAR_UPPER]),
        ([12.5, 13.5, 11], [S.COMMON, S.ABOVE, S.COMMON]),
        ([8, 12.1, 12.2, 12.3, 12.4, 12.5, 12.6, 13.1], [S.RISING] * 7 + [S.ABOVE]),
        ([], []),
    ],
)
def test_each_rule_names_the_points_that_are_part_of_it(values, wanted):
    assert list(signals.find_signals(flat(values))) == wanted


@pytest.mark.parametrize(
    ("value", "direction", "icon"),
    [
        (14, Direction.HIGHER, Variation.IMPROVEMENT_HIGH),
        (14, Direction.LOWER, Variation.CONCERN_HIGH),
        (6, Direction.HIGHER, Variation.CONCERN_LOW),
        (6, Direction.LOWER, Variation.IMPROVEMENT_LOW),
        (14, None, Variation.NEUTRAL_HIGH),
        (6, None, Variation.NEUTRAL_LOW),
        (10, Direction.LOWER, Variation.COMMON),
    ],
)
def test_the_last_point_makes_the_variation_icon(value, direction, icon):
    chart = flat([10, value])

    assert signals.variation_icon(signals.find_signals(chart), chart, direction) is icon


@pytest.mark.parametrize(
    ("direction", "icon"),
    [(Direction.HIGHER, Variation.IMPROVEMENT_HIGH), (Direction.LOWER, Variation.CONCERN_HIGH)],
)
def test_a_trend_is_judged_by_the_way_it_goes_and_not_by_its_side_of_the_center(direction, icon):
    chart = flat([8.1, 8.2, 8.4, 9, 9.1, 9.2, 9.3])

    assert signals.variation_icon(signals.find_signals(chart), chart, direction) is icon


@pytest.mark.parametrize(
    ("target", "direction", "icon"),
    [
        (6.9, Direction.HIGHER, Assurance.PASS),
        (6.9, Direction.LOWER, Assurance.FAIL),
        (13.1, Direction.LOWER, Assurance.PASS),
        (13.1, Direction.HIGHER, Assurance.FAIL),
        (7, Direction.HIGHER, Assurance.HIT_OR_MISS),
        (13, Direction.LOWER, Assurance.HIT_OR_MISS),
        (None, Direction.LOWER, None),
        (10, None, None),
    ],
)
def test_only_limits_strictly_on_one_side_assure(target, direction, icon):
    found = signals.assurance_icon(lower=7, upper=13, target=target, direction=direction)

    assert found is icon


def test_moving_ranges_are_not_taken_across_the_weeks_between():
    found = signals.pooled_assurance(
        baseline=[10, 11] * 6, measurement=[50, 51], target=20, direction=Direction.HIGHER
    )

    assert found.moving_range == 1
    assert (found.icon, found.trial) == (Assurance.PASS, True)


def test_twelve_points_make_firm_limits():
    assert limits.xmr([1.0, 2.0] * 6, baseline=12).trial is False
    assert limits.xmr([1.0, 2.0] * 6, baseline=11).trial is True


def test_a_share_stays_within_its_range_and_a_rate_above_zero():
    shares = limits.proportions([0, 1, 9, 9], [5, 5, 10, 10], laney=False)
    counts = limits.rates([0, 1, 0, 5], None, laney=False)

    assert min(shares.lower) == 0
    assert max(shares.upper) == 1
    assert min(counts.lower) == 0


def test_without_any_event_the_limits_close_round_zero():
    found = limits.rates([0, 0, 0], [5, 5, 5])

    assert (found.center, set(found.upper), found.outside) == (0, {0.0}, ())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: limits.xmr([1.0], baseline=1),
        lambda: limits.xmr([1.0, 2.0], baseline=2, range_constant=0.5, screened=True),
        lambda: limits.proportions([2], [1]),
        lambda: limits.proportions([], []),
        lambda: limits.rates([1], [0]),
        lambda: limits.rates([-1], [1]),
        lambda: limits.rates([1], [1], excluded=[0]),
        lambda: limits.g_chart([]),
        lambda: limits.g_chart([-1]),
        lambda: limits.t_chart([1, 0]),
        lambda: watch.run_chart([5, 5]),
        lambda: watch.run_chart([]),
        lambda: watch.ewma([1], center=0, sd=0, weight=0.1, sigmas=3),
        lambda: watch.cusum([1], center=0, sd=0, k=0.5, h=5),
        lambda: signals.pooled_assurance(
            baseline=[1], measurement=[2], target=None, direction=None
        ),
    ],
)
def test_figures_without_limits_are_refused_in_words(wrong):
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        wrong()


SERIES = st.lists(st.floats(-1e3, 1e3).map(lambda one: round(one, 2)), min_size=2, max_size=40)


@pytest.mark.slow
@given(values=SERIES)
def test_the_mirrored_chart_has_the_mirrored_signals(values):
    mirror = {
        S.ABOVE: S.BELOW,
        S.RISING: S.FALLING,
        S.NEAR_UPPER: S.NEAR_LOWER,
        S.SEVEN_ABOVE: S.SEVEN_BELOW,
    }
    mirror |= {other: one for one, other in mirror.items()}

    one = signals.find_signals(flat(values, center=0.0, half=200.0))
    other = signals.find_signals(flat([-value for value in values], center=0.0, half=200.0))

    assert list(other) == [mirror.get(signal, signal) for signal in one]
