"""A metric from its periods to the word and all that stands beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.rules.verdict.decision import Target
from metrics.rules.verdict.readout import Question, ReadOut, read_out
from metrics.rules.verdict.windows import Figure
from metrics.rules.verdict.words import (
    CannotFit,
    Direction,
    Flag,
    Grain,
    Kind,
    Level,
    Reason,
    TargetReading,
    Verdict,
)

from .test_windows import PLAN

A, B, C = Level.COMPARISON, Level.HISTORY, Level.BEFORE_AFTER
HIGHER, LOWER = Direction.HIGHER, Direction.LOWER


def noisy(numbers, seed=1, mean=100.0, spread=5.0, fall=0.0):
    """Return independent weekly values by week number; fall: from week 9 on."""
    rng = np.random.default_rng(seed)
    return tuple(
        Figure(PLAN.week(n), mean + spread * rng.normal() - (fall if n >= 9 else 0), 10.0)
        for n in numbers
    )


def asked(figures, level=C, **more):
    usual = {"kind": Kind.MEAN, "direction": LOWER, "season_swing": 0.0}
    return Question(plan=PLAN, level=level, figures=figures, **{**usual, **more})


def told(figures, level=C, **more):
    return read_out(asked(figures, level, **more), reached=True)


WEEKS = range(-11, 13)
FELL = noisy(WEEKS, fall=40)
SAME = noisy(WEEKS)


def test_nothing_is_computed_before_the_read_out():
    assert read_out(asked(FELL), reached=False) == ReadOut(
        Verdict.PENDING, (Reason.BEFORE_READ_OUT,), C
    )


def test_a_clear_fall_is_an_improvement_with_all_that_stands_beside_it():
    found = told(FELL, target=Target(75, LOWER, strict=True))

    assert (found.verdict, found.reasons, found.flags) == (Verdict.IMPROVED, (), ())
    assert found.effect.lower < found.effect.value < found.effect.upper < 0
    assert found.effect.value == pytest.approx(found.measurement - found.baseline, abs=1.5)
    assert found.target is TargetReading.MET
    assert found.measured.value == pytest.approx(found.measurement, abs=1.5)
    assert found.matters == pytest.approx(found.baseline - 75)
    assert len(found.leave_one_out_p) == 4
    assert [point.measured for point in found.points] == [False] * 14 + [True] * 4
    assert all(abs(point.expected - 100) < 10 for point in found.points)


def test_the_same_change_is_worse_where_higher_is_better():
    assert told(FELL, direction=HIGHER).verdict is Verdict.WORSE


def test_a_change_too_small_to_matter_is_a_finding():
    found = told(noisy(WEEKS, spread=1.0), matters=10.0)

    assert (found.verdict, found.reasons) == (Verdict.NO_CHANGE, ())


def test_a_season_that_nobody_declared_stops_the_verdict_but_not_the_figures():
    found = told(FELL, season_swing=None)

    assert found.reasons == (Reason.SEASON_UNKNOWN,)
    assert found.effect is not None


def test_a_declared_season_widens_the_interval_beside_the_plain_one():
    found = told(FELL, season_swing=10.0)

    assert found.widened == pytest.approx((found.effect.lower - 8, found.effect.upper + 8))


def test_one_freak_week_is_not_called_a_change():
    figures = tuple(
        replace(one, value=one.value - 60) if one.day == PLAN.week(10) else one
        for one in noisy(range(-101, 13), spread=2.0)
    )

    found = told(figures, B)

    assert found.verdict is Verdict.NOT_ENOUGH


def test_level_b_takes_season_and_trend_away():
    def value(week, fall):
        angle = 2 * np.pi * week / (365.25 / 7)
        rng = np.random.default_rng(week + 500)
        return 100 + 15 * np.sin(angle) + 0.1 * week + rng.normal() - (fall if week >= 9 else 0)

    still, fallen = (
        tuple(Figure(PLAN.week(n), value(n, fall), 10.0) for n in range(-101, 13))
        for fall in (0, 30)
    )

    assert told(still, B, matters=5.0).verdict is Verdict.NO_CHANGE
    assert told(fallen, B).verdict is Verdict.IMPROVED
    assert told(fallen, B).effect.value == pytest.approx(-30, abs=2)


def test_a_claim_against_the_raw_figures_rests_on_the_trend():
    # A steep fall that only levels off: below any line that history could draw, it went up.
    figures = tuple(
        Figure(PLAN.week(n), 300 - 2.0 * min(n, 2) + np.random.default_rng(n + 200).normal(), 9.0)
        for n in range(-101, 13)
    )

    found = told(figures, B)

    assert found.reasons == (Reason.RESTS_ON_TREND,)


def test_an_expected_share_above_one_rests_on_the_trend():
    figures = tuple(
        Figure(
            PLAN.week(n),
            min(0.98, 0.5 + 0.0047 * (n + 101)) - (0.3 if n >= 9 else 0.0) + 0.001 * (n % 3),
            500.0,
        )
        for n in range(-101, 13)
    )

    found = told(figures, B, kind=Kind.PROPORTION, direction=HIGHER)

    assert max(point.expected for point in found.points) > 1
    assert found.reasons == (Reason.RESTS_ON_TREND,)


def test_level_a_judges_the_difference_and_measures_the_pilot():
    beside = noisy(range(-40, 13), seed=3, mean=50.0, spread=9.0)
    figures = tuple(
        replace(one, value=one.value + 20 + w - (12 if one.day >= PLAN.week(9) else 0))
        for one, w in zip(beside, np.random.default_rng(4).normal(size=len(beside)), strict=True)
    )

    found = told(figures, A, comparison=beside)

    assert found.verdict is Verdict.IMPROVED
    assert found.effect.value == pytest.approx(-12, abs=2)
    assert found.measured.value == pytest.approx(found.measurement, abs=2)
    assert found.points[0].expected == pytest.approx(beside[0].value + 20, abs=2)


def test_a_comparison_line_that_moved_is_flagged():
    beside = noisy(range(-40, 13), seed=3, fall=40)
    figures = noisy(range(-40, 13), seed=5)

    assert Flag.COMPARISON_MOVED in told(figures, A, comparison=beside).flags


def test_weeks_without_a_comparison_do_not_count():
    figures, beside = noisy(range(-40, 13)), noisy(range(-40, 11), seed=2)

    found = told(figures, A, comparison=beside)

    assert found.reasons == (Reason.MEASUREMENT_INCOMPLETE,)


def counted_anew(begins):
    """Return a comparison line whose wording, and with it its height, changed with a week."""
    return tuple(
        replace(one, value=one.value + 60, version=2) if one.day >= PLAN.week(begins) else one
        for one in noisy(range(-40, 13), seed=2)
    )


def test_a_comparison_line_counted_otherwise_from_week_3_on_gives_no_verdict():
    found = told(noisy(range(-40, 13), fall=4), A, comparison=counted_anew(3))

    assert found.verdict is Verdict.NOT_ENOUGH
    assert found.reasons[0] is Reason.DEFINITION_CHANGED


def test_a_comparison_line_counted_otherwise_long_ago_shortens_the_baseline():
    found = told(noisy(range(-40, 13)), A, comparison=counted_anew(-35))

    assert len(found.windows.baseline) == 38
    assert not set(found.reasons) & {Reason.DEFINITION_CHANGED, Reason.RESTS_ON_TREND}


def test_two_figures_of_a_comparison_line_for_one_week_are_refused_in_words():
    figures, beside = noisy(range(-40, 13)), noisy(range(-40, 13), seed=2)

    with pytest.raises(CannotFit, match="comparison line"):
        told(figures, A, comparison=(*beside, beside[-1]))


def test_a_value_that_the_comparison_line_cannot_have_is_refused_in_words():
    figures = tuple(replace(one, value=0.5) for one in noisy(range(-40, 13)))
    beside = (*figures[:-1], replace(figures[-1], value=5.0))

    with pytest.raises(CannotFit, match="cannot be 5"):
        told(figures, A, kind=Kind.PROPORTION, comparison=beside)


def test_on_the_log_scale_effects_and_what_matters_are_shares():
    rng = np.random.default_rng(8)
    figures = tuple(
        Figure(PLAN.week(n), 40 * np.exp(0.05 * rng.normal()) * (0.7 if n >= 9 else 1), 10.0)
        for n in WEEKS
    )

    found = told(figures, logarithm=True, target=Target(32, LOWER, strict=True))

    assert found.verdict is Verdict.IMPROVED
    assert found.effect.value == pytest.approx(-0.3, abs=0.05)
    assert found.matters == pytest.approx(0.2, abs=0.03)
    assert found.measured.value == pytest.approx(28, abs=2)
    assert found.target is TargetReading.MET
    assert found.points[-1].expected == pytest.approx(40, abs=3)


def test_days_are_compared_weekday_by_weekday():
    rng = np.random.default_rng(6)
    figures = tuple(
        Figure(day, 50 - (25 if day.weekday() > 4 else 0) + rng.normal(), 10.0)
        for start, days in ((PLAN.week(-1), 28), (PLAN.week(9), 28))
        for day in (start + timedelta(days=place) for place in range(days))
    )

    found = told(figures, grain=Grain.DAY, matters=5.0)

    assert found.verdict is Verdict.NO_CHANGE
    assert len(found.leave_one_out_p) == 4
    assert found.effect.upper - found.effect.lower < 4


def test_a_plant_that_works_five_days_a_week_is_judged_by_them():
    rng = np.random.default_rng(6)
    starts = [PLAN.week(n) for n in (-1, 0, 1, 2, 9, 10, 11, 12)]
    days = [start + timedelta(days=place) for start in starts for place in range(5)]
    figures = tuple(
        Figure(day, 50 - 20 * (day >= PLAN.week(9)) + rng.normal(), 10.0) for day in days
    )

    assert told(figures, grain=Grain.DAY).verdict is Verdict.IMPROVED


@pytest.mark.parametrize(
    ("figures", "reasons"),
    [
        ((), (Reason.BASELINE_TOO_SHORT, Reason.BASELINE_GAPS, Reason.MEASUREMENT_INCOMPLETE)),
        (
            FELL[:1],
            (Reason.BASELINE_TOO_SHORT, Reason.BASELINE_GAPS, Reason.MEASUREMENT_INCOMPLETE),
        ),
        (noisy(range(-11, 3)), (Reason.MEASUREMENT_INCOMPLETE,)),
        (noisy([*range(-11, 3), 9]), (Reason.MEASUREMENT_INCOMPLETE,)),
        (noisy(range(9, 13)), (Reason.BASELINE_TOO_SHORT, Reason.BASELINE_GAPS)),
        (noisy([2, *range(9, 13)]), (Reason.BASELINE_TOO_SHORT,)),
        (noisy(WEEKS, spread=0.0), (Reason.NO_VARIATION,)),
        (noisy(WEEKS, spread=0.0, fall=5), (Reason.NO_VARIATION,)),
    ],
    ids=["none", "one", "no after", "one after", "no before", "one before", "constant", "step"],
)
def test_figures_that_carry_nothing_end_in_a_stored_reason(figures, reasons):
    found = told(figures)

    assert (found.verdict, found.reasons) == (Verdict.NOT_ENOUGH, reasons)


def test_ten_thousand_weeks_are_cut_to_the_window():
    found = told(noisy(range(-9980, 13)), B)

    assert len(found.windows.baseline) == 104


def test_rare_events_are_refused():
    figures = tuple(Figure.of(PLAN.week(n), n % 2, 7.0) for n in WEEKS)

    assert told(figures, kind=Kind.RATE).reasons == (Reason.TOO_FEW_EVENTS,)


@pytest.mark.parametrize(
    ("kind", "value", "more"),
    [
        (Kind.PROPORTION, 1.2, {}),
        (Kind.PROPORTION, -0.1, {}),
        (Kind.RATE, -1.0, {}),
        (Kind.MEAN, -1.0, {"logarithm": True}),
        (Kind.MEAN, 0.0, {"logarithm": True}),
    ],
)
def test_a_value_that_the_metric_cannot_have_is_refused_in_words(kind, value, more):
    figures = (
        *(Figure(PLAN.week(n), 0.5, 10.0) for n in range(-11, 12)),
        Figure(PLAN.week(12), value, 9),
    )

    with pytest.raises(CannotFit, match=r"cannot"):
        told(figures, kind=kind, **more)


def test_a_level_stays_within_what_the_metric_can_be():
    rng = np.random.default_rng(9)
    figures = tuple(Figure(PLAN.week(n), min(1.0, 0.98 + 0.02 * rng.normal()), 90.0) for n in WEEKS)

    found = told(figures, kind=Kind.PROPORTION, direction=HIGHER)

    assert found.measured.upper == 1.0


def days_of(value):
    """Return daily figures of both windows; value: of a weekday, the day's place and measured."""
    rng = np.random.default_rng(6)
    return tuple(
        Figure(
            start + timedelta(days=n), value(n % 7, n, start > PLAN.week(3)) + rng.normal(), 10.0
        )
        for start in (PLAN.week(-1), PLAN.week(9))
        for n in range(28)
    )


def test_a_baseline_of_days_on_its_way_is_flagged_about_its_weekdays():
    steps = (30, 20, 10, 0, -10, -20, -30)
    sloping = days_of(lambda weekday, n, measured: 100 + steps[weekday] + (0 if measured else n))
    level = days_of(lambda weekday, n, measured: 100 + steps[weekday])

    assert Flag.PRE_TREND in told(sloping, grain=Grain.DAY).flags
    assert Flag.PRE_TREND not in told(level, grain=Grain.DAY).flags


def test_days_on_which_nothing_ever_happens_do_not_hide_that_the_others_got_worse():
    figures = tuple(
        replace(f, value=0.0) if f.day.weekday() > 4 else f
        for f in days_of(lambda weekday, n, measured: 16 if measured else 8)
    )

    found = told(figures, grain=Grain.DAY, kind=Kind.RATE)

    assert min(point.expected for point in found.points) < 0
    assert (found.verdict, found.reasons) == (Verdict.WORSE, ())


def test_a_baseline_on_its_way_and_another_spread_are_flagged():
    sloping = tuple(replace(f, value=f.value - 6 * k) for k, f in enumerate(SAME))
    wild = tuple(
        replace(f, value=f.value + 80 * (-1) ** k) if f.day >= PLAN.week(9) else f
        for k, f in enumerate(SAME)
    )

    assert Flag.PRE_TREND in told(sloping).flags
    assert Flag.VARIANCE_CHANGED in told(wild).flags
    assert Flag.SUSPICIOUS in told(noisy(WEEKS, fall=70)).flags


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), fall=st.floats(-40, 40), power=st.integers(-8, 8))
def test_another_unit_leaves_word_reasons_and_flags(seed, fall, power):
    factor = 2.0**power
    figures = noisy(WEEKS, seed=seed, fall=fall)
    scaled = tuple(replace(one, value=one.value * factor) for one in figures)

    one = told(figures, season_swing=4.0, matters=8.0)
    two = told(scaled, season_swing=4.0 * factor, matters=8.0 * factor)

    assert (one.verdict, one.reasons, one.flags) == (two.verdict, two.reasons, two.flags)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), fall=st.floats(-40, 40))
def test_the_mirror_image_has_the_mirrored_read_out(seed, fall):
    figures = noisy(WEEKS, seed=seed, fall=fall)
    mirrored = tuple(replace(one, value=-one.value) for one in figures)

    one, two = told(figures, matters=8.0), told(mirrored, direction=HIGHER, matters=8.0)

    assert (one.verdict, one.reasons) == (two.verdict, two.reasons)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), far=st.integers(40, 400), data=st.data())
def test_a_useless_week_and_another_order_change_nothing(seed, far, data):
    figures = noisy(WEEKS, seed=seed, fall=10)
    useless = (Figure(PLAN.week(-far), None, 0.0), Figure(PLAN.week(far), None, 0.0))
    shuffled = tuple(data.draw(st.permutations(figures + useless)))

    assert told(shuffled) == told(figures)
