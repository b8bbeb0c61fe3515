"""The demo's public series, read out: real figures with their season, gaps and unequal weeks."""

from __future__ import annotations

from datetime import date

import pytest

from demo.table import read_figures
from metrics.rules.verdict.decision import Target
from metrics.rules.verdict.plan import Plan
from metrics.rules.verdict.readout import Question, read_out
from metrics.rules.verdict.windows import Figure
from metrics.rules.verdict.words import Direction, Kind, Level, Reason, TargetReading, Verdict

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER
B, C = Level.HISTORY, Level.BEFORE_AFTER


def figure(row):
    if row.value is not None:
        return Figure(row.week, row.value, row.count)
    return Figure.of(row.week, row.numerator, row.denominator)


def told(metric, first_week, kind, level, direction, target, swing=None):
    question = Question(
        plan=Plan(first_week),
        kind=kind,
        direction=direction,
        level=level,
        figures=tuple(figure(row) for row in read_figures() if row.metric == metric),
        season_swing=swing,
        target=Target(target, direction, strict=True),
    )
    return read_out(question, reached=True)


def rounded(estimate, digits):
    return tuple(round(one, digits) for one in (estimate.value, estimate.lower, estimate.upper))


def test_on_time_lines_improved_and_are_on_target_without_being_sure():
    found = told("scms_on_time_lines", date(2013, 12, 9), Kind.PROPORTION, B, HIGHER, 0.94)

    assert (found.verdict, found.target) == (Verdict.IMPROVED, TargetReading.NOT_SURE)
    assert rounded(found.effect, 3) == (0.261, 0.083, 0.465)
    assert (round(found.baseline, 3), round(found.measurement, 3)) == (0.872, 0.951)
    assert rounded(found.measured, 3) == (0.949, 0.817, 1.0)


def test_air_freight_cannot_be_told():
    found = told("scms_air_freight_pct_of_value", date(2013, 12, 9), Kind.RATIO, B, LOWER, 0.03)

    assert found.reasons == (Reason.INTERVAL_TOO_WIDE,)
    assert rounded(found.effect, 3) == (0.006, -0.031, 0.049)


def test_the_way_to_receipt_is_shorter_and_the_target_met():
    metric = "p2p_po_to_receipt_days_consignment"
    found = told(metric, date(2018, 7, 9), Kind.MEDIAN, C, LOWER, 20.0, swing=1.0)

    assert (found.verdict, found.target) == (Verdict.IMPROVED, TargetReading.MET)
    assert rounded(found.effect, 1) == (-9.5, -18.0, -1.7)


def test_same_day_orders_have_too_short_a_past():
    found = told("p2p_same_day_po", date(2018, 9, 24), Kind.PROPORTION, C, HIGHER, 0.9, swing=0.0)

    assert found.reasons == (Reason.BASELINE_TOO_SHORT,)
    assert len(found.windows.baseline) == 5


def test_blocks_are_released_later_with_two_weeks_of_gaps():
    metric = "p2p_payment_block_release_days"
    found = told(metric, date(2018, 6, 25), Kind.MEDIAN, C, LOWER, 3.0, swing=10.0)

    assert (found.verdict, found.target) == (Verdict.WORSE, TargetReading.NOT_MET)
    assert rounded(found.effect, 0) == (76, 51, 108)
    assert len(found.windows.baseline) == 12


@pytest.mark.parametrize(("week", "swing"), [(date(2018, 7, 9), None), (date(2018, 3, 5), 1.0)])
def test_the_same_series_without_statement_or_past_makes_no_claim(week, swing):
    metric = "p2p_po_to_receipt_days_consignment"

    found = told(metric, week, Kind.MEDIAN, C, LOWER, 20.0, swing=swing)

    assert found.verdict is Verdict.NOT_ENOUGH
