"""Signals of a chart and the two icons made from them. Source: docs/methods/charts.md.

Rules in the order of NHS England, "Making Data Count": a later one does not rename what an
earlier one has named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import fmean

from common.ranges import XMR, moving_ranges

from .limits import TRIAL_BELOW, Limits
from .words import CannotFit, Direction

RUN = 7
NEAR = 2 / 3
LEAST_RANGES = 12


class Signal(StrEnum):
    """What a point is part of; values as NHSRplotthedots writes them."""

    COMMON = "Common Cause"
    ABOVE = "Above UCL"
    BELOW = "Below LCL"
    RISING = "7 Point Trend (Increasing)"
    FALLING = "7 Point Trend (Decreasing)"
    NEAR_UPPER = "2 in 3 Above CL"
    NEAR_LOWER = "2 in 3 Below CL"
    SEVEN_ABOVE = "7 Points Above CL"
    SEVEN_BELOW = "7 Points Below CL"


class Variation(StrEnum):
    """What the last point says."""

    COMMON = "common_cause"
    IMPROVEMENT_HIGH = "improvement_high"
    IMPROVEMENT_LOW = "improvement_low"
    CONCERN_HIGH = "concern_high"
    CONCERN_LOW = "concern_low"
    NEUTRAL_HIGH = "neutral_high"
    NEUTRAL_LOW = "neutral_low"


class Assurance(StrEnum):
    """Whether usual variation stays on the good side of the target."""

    PASS = "pass"  # noqa: S105  # a word of the icon
    FAIL = "fail"
    HIT_OR_MISS = "inconsistent"


@dataclass(frozen=True, slots=True)
class Reassurance:
    """The assurance icon with the limits it rests on; icon None where too few ranges are there."""

    center: float
    moving_range: float
    lower: float
    upper: float
    icon: Assurance | None
    trial: bool


def find_signals(limits: Limits) -> tuple[Signal, ...]:
    """Return what each point is part of. A point on the centre ends a run."""
    points = list(zip(limits.values, limits.lower, limits.upper, strict=True))
    side = [_sign(value - limits.center) for value in limits.values]
    outside = [not low <= value <= high for value, low, high in points]
    near = [
        not beyond and _is_near(*point, limits.center)
        for point, beyond in zip(points, outside, strict=True)
    ]
    steps = [_sign(b - a) for a, b in pairwise(limits.values)]
    trend = _part_of_run(steps, RUN - 1, points=RUN)
    shift = _part_of_run(side, RUN, points=RUN)
    pairs = _part_of_pair(near, side)
    return tuple(map(_name, outside, trend, pairs, shift, side))


def _is_near(value: float, lower: float, upper: float, center: float) -> bool:
    """Say whether a value lies beyond two thirds of the way to a limit."""
    return value > center + NEAR * (upper - center) or value < center - NEAR * (center - lower)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _name(outside: bool, trend: int, pair: bool, shift: int, side: int) -> Signal:
    if outside:
        return Signal.ABOVE if side > 0 else Signal.BELOW
    if trend:
        return Signal.RISING if trend > 0 else Signal.FALLING
    if pair:
        return Signal.NEAR_UPPER if side > 0 else Signal.NEAR_LOWER
    if shift:
        return Signal.SEVEN_ABOVE if shift > 0 else Signal.SEVEN_BELOW
    return Signal.COMMON


def _part_of_run(signs: Sequence[int], length: int, *, points: int) -> list[int]:
    """Return for each point the sign of a run of equal signs it is part of, else 0."""
    found = [0] * max(len(signs) + points - length, 0)
    for start in range(len(signs) - length + 1):
        first = signs[start]
        if first and all(sign == first for sign in signs[start : start + length]):
            found[start : start + points] = [first] * points
    return found


def _part_of_pair(near: Sequence[bool], side: Sequence[int]) -> list[bool]:
    """Return whether a point is near a limit and in three on one side of which two are."""
    found = [False] * len(near)
    for start in range(len(near) - 2):
        three = slice(start, start + 3)
        if abs(sum(side[three])) == 3 and sum(near[three]) >= 2:
            found[three] = [True] * 3
    return [part and one for part, one in zip(found, near, strict=True)]


def variation_icon(
    signals: Sequence[Signal], limits: Limits, direction: Direction | None
) -> Variation:
    """Return the icon of the last point; direction None where neither way is better."""
    if not signals:
        return Variation.COMMON
    return variation(signals[-1], above=limits.values[-1] > limits.center, direction=direction)


def variation(signal: Signal, *, above: bool, direction: Direction | None) -> Variation:
    """Return the icon of a point. above: whether it lies above the centre.

    A trend goes where it goes: one that rises is high even below the centre.
    """
    if signal is Signal.COMMON:
        return Variation.COMMON
    high = signal is Signal.RISING or (above and signal is not Signal.FALLING)
    if direction is None:
        return Variation.NEUTRAL_HIGH if high else Variation.NEUTRAL_LOW
    if high is (direction is Direction.HIGHER):
        return Variation.IMPROVEMENT_HIGH if high else Variation.IMPROVEMENT_LOW
    return Variation.CONCERN_HIGH if high else Variation.CONCERN_LOW


def assurance_icon(
    *, lower: float, upper: float, target: float | None, direction: Direction | None
) -> Assurance | None:
    """Return whether limits stay strictly on one side of a target; None without one."""
    if target is None or direction is None:
        return None
    if lower > target or upper < target:
        good = (lower > target) is (direction is Direction.HIGHER)
        return Assurance.PASS if good else Assurance.FAIL
    return Assurance.HIT_OR_MISS


def pooled_assurance(
    *,
    baseline: Sequence[float],
    measurement: Sequence[float],
    target: float | None,
    direction: Direction | None,
    constant: float = XMR,
    least_ranges: int = LEAST_RANGES,
) -> Reassurance:
    """Return the assurance icon of the measurement weeks.

    The usual range comes from the moving ranges inside baseline and measurement, not across the
    weeks between. Raises CannotFit without a measurement or any moving range.
    """
    ranges = [*moving_ranges(baseline), *moving_ranges(measurement)]
    if not measurement or not ranges:
        raise CannotFit("There are no moving ranges to judge by.")
    center, moving = fmean(measurement), fmean(ranges)
    lower, upper = center - constant * moving, center + constant * moving
    icon = assurance_icon(lower=lower, upper=upper, target=target, direction=direction)
    enough = len(ranges) >= least_ranges
    trial = len(measurement) < TRIAL_BELOW
    return Reassurance(center, moving, lower, upper, icon if enough else None, trial)
