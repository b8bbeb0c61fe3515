"""The weekly watch: which limits a week has, and what is said of it."""

from __future__ import annotations

import pytest

from metrics.rules.verdict import weekly
from metrics.rules.verdict.signals import Assurance, Signal
from metrics.rules.verdict.weekly import Usual, Week, Word
from metrics.rules.verdict.words import Direction, Kind

SHARES = Usual(Kind.PROPORTION, 0.9, ((0.88, 100.0), (0.92, 100.0)) * 8, band=(0.8, 1.0))


def test_limits_of_a_share_are_wider_for_a_small_week():
    small, large = (weekly.limits_of(SHARES, [Week(0.9, lines)]) for lines in (25.0, 400.0))

    half = [found.center - found.lower[0] for found in (small, large)]
    assert half[0] == pytest.approx(4 * half[1])
    assert small.upper == (1.0,)


@pytest.mark.parametrize(
    ("kind", "weeks"),
    [
        (Kind.MEAN, ((10.0, 3.0), (12.0, 9.0))),
        (Kind.MEDIAN, ((10.0, 3.0), (12.0, 9.0))),
        (Kind.RATIO, ((-10.0, 3.0), (12.0, 9.0))),  # a credit note
    ],
)
def test_other_kinds_and_what_no_count_can_be_have_the_limits_of_the_band(kind, weeks):
    found = weekly.limits_of(Usual(kind, 11.0, weeks, band=(5.0, 17.0)), [Week(30.0, 1.0)] * 2)

    assert (found.center, found.lower, found.upper) == (11.0, (5.0, 5.0), (17.0, 17.0))


def test_a_week_is_called_by_the_good_direction():
    found = weekly.limits_of(SHARES, [Week(0.9, 100.0), Week(0.5, 100.0)])

    low = (Word.WORSE, Signal.BELOW)
    assert weekly.judge(found, Direction.HIGHER) == [(Word.USUAL, Signal.COMMON), low]
    assert weekly.judge(found, Direction.LOWER)[1] == (Word.BETTER, Signal.BELOW)


@pytest.mark.parametrize(
    ("measured", "target", "icon"),
    [
        ([0.99, 0.98], 0.8, Assurance.PASS),
        ([0.9, 0.91], 0.9, Assurance.HIT_OR_MISS),
        ([], 0.9, None),
        ([0.9, 0.91], None, None),
    ],
)
def test_assurance_needs_measured_weeks_and_a_target(measured, target, icon):
    found = weekly.assure(SHARES, measured, target=target, direction=Direction.HIGHER)

    assert found is icon
