"""Natural process limits: how far a number usually moves from week to week."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from common.ranges import moving_ranges, natural_limits

# One moving range says nothing about how much ranges differ; below this no band is drawn.
LEAST_VALUES = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """Mean and natural process limits in the metric's stored unit; count of values used."""

    mean: float
    lower: float
    upper: float
    count: int

    def cut(self, floor: float | None, ceiling: float | None) -> Limits:
        """Return the limits within natural bounds: 0 for a count, 0 and 1 for a share."""
        lower, upper = self.lower, self.upper
        if floor is not None:
            lower, upper = max(lower, floor), max(upper, floor)
        if ceiling is not None:
            lower, upper = min(lower, ceiling), min(upper, ceiling)
        return replace(self, lower=lower, upper=upper)


def xmr_limits(
    values: Sequence[float | None],
    *,
    center: float | None = None,
    floor: float | None = None,
    ceiling: float | None = None,
) -> Limits | None:
    """Compute mean +/- 2.66 x the mean moving range of neighbouring weeks.

    values: one per week in order; None or a non-finite number is a gap, and no range is taken
    across a gap, because that is not one week's move.
    center: what the limits lie around where that is not the plain mean of the weeks: the value of
    a baseline, whose weeks weigh as much as they hold. floor, ceiling: bounds that cut the limits.
    None when there are fewer than three values or two neighbouring pairs, or when the sums
    leave the range of a float: no band is better than a made-up one.
    Source: Wheeler's XmR chart, constant 2.66.
    """
    known = [value if value is not None and math.isfinite(value) else None for value in values]
    present = [value for value in known if value is not None]
    ranges = moving_ranges(known)
    if len(present) < LEAST_VALUES or len(ranges) < LEAST_VALUES - 1:
        return None
    try:
        mean = fmean(present) if center is None else center
        lower, upper = natural_limits(mean, ranges)
    except OverflowError:
        return None
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return None
    return Limits(mean=mean, lower=lower, upper=upper, count=len(present)).cut(floor, ceiling)
