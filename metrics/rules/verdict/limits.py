"""Limits of control charts. Source: docs/methods/charts.md.

Points are in time order; places count from 0. Charts are the picture and the weekly watch, never
the verdict. Plain Python, because pages draw them and a web worker loads no numpy.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from common.ranges import XMR, moving_ranges, natural_limits

from .words import CannotFit

MOVING_RANGE = 3.267
D2 = 1.128
TRIAL_BELOW = 12
T_EXPONENT = 3.6


@dataclass(frozen=True, slots=True)
class Limits:
    """Centre, and a lower and an upper limit for every point, in the unit of the values."""

    values: tuple[float, ...]
    center: float
    lower: tuple[float, ...]
    upper: tuple[float, ...]

    @property
    def outside(self) -> tuple[int, ...]:
        """Return the places of points beyond a limit."""
        points = zip(self.values, self.lower, self.upper, strict=True)
        return tuple(i for i, (v, low, high) in enumerate(points) if v < low or v > high)


@dataclass(frozen=True, slots=True)
class Xmr:
    """An XmR chart's limits. moving_range_upper: limit of the moving ranges. trial: few points."""

    limits: Limits
    moving_range: float
    moving_range_upper: float
    trial: bool


def xmr(
    values: Sequence[float],
    *,
    baseline: int,
    constant: float = XMR,
    range_constant: float = MOVING_RANGE,
    screened: bool = False,
) -> Xmr:
    """Return the limits of individual values from the first baseline points.

    constant, range_constant: Wheeler, "Understanding Variation" (1993). screened: leaves moving
    ranges beyond their own limit out (Nelson, Journal of Quality Technology 14, 1982).
    Raises CannotFit for fewer than two baseline points.
    """
    first = values[:baseline]
    if len(first) < 2:
        raise CannotFit("Limits need at least two points.")
    ranges = moving_ranges(first)
    if screened:
        most = range_constant * fmean(ranges)
        ranges = [one for one in ranges if one <= most]
    if not ranges:
        raise CannotFit("The screening leaves no moving range.")
    center, moving = fmean(first), fmean(ranges)
    limits = level(values, center, *natural_limits(center, ranges, factor=constant))
    return Xmr(limits, moving, range_constant * moving, len(first) < TRIAL_BELOW)


def proportions(
    numerators: Sequence[float],
    denominators: Sequence[float],
    *,
    laney: bool = True,
    baseline: int | None = None,
    excluded: Collection[int] = (),
    sigma: float = 3.0,
) -> Limits:
    """Return the limits of a p chart, or p' (Laney, Quality Engineering 14, 2002), within 0..1.

    excluded: places that do not count for the limits. Raises CannotFit for what is no proportion.
    """
    _check_counts(numerators, denominators)
    if any(x > d for x, d in zip(numerators, denominators, strict=True)):
        raise CannotFit("A numerator is more than its denominator.")
    kept = _kept(len(numerators), baseline, excluded)
    center = _center(numerators, denominators, kept)
    errors = [math.sqrt(center * (1 - center) / d) for d in denominators]
    values = [x / d for x, d in zip(numerators, denominators, strict=True)]
    wide = _spread(values, center, errors, kept) if laney else 1.0
    return _attribute(values, center, errors, half_widths=sigma * wide, top=1.0)


def rates(
    numerators: Sequence[float],
    denominators: Sequence[float] | None,
    *,
    laney: bool = True,
    baseline: int | None = None,
    excluded: Collection[int] = (),
    sigma: float = 3.0,
) -> Limits:
    """Return the limits of a u chart, or u' (Laney 2002), not below 0.

    denominators: exposure of each point; None counts one each, which is a c chart.
    """
    if denominators is None:
        denominators = [1.0] * len(numerators)
    _check_counts(numerators, denominators)
    kept = _kept(len(numerators), baseline, excluded)
    center = _center(numerators, denominators, kept)
    errors = [math.sqrt(center / d) for d in denominators]
    values = [x / d for x, d in zip(numerators, denominators, strict=True)]
    wide = _spread(values, center, errors, kept) if laney else 1.0
    return _attribute(values, center, errors, half_widths=sigma * wide, top=math.inf)


def _check_counts(numerators: Sequence[float], denominators: Sequence[float]) -> None:
    same = len(numerators) == len(denominators) > 0
    if not same or not all(d > 0 for d in denominators) or not all(x >= 0 for x in numerators):
        raise CannotFit("Each point needs a count from 0 and a denominator above 0.")


def _kept(n: int, baseline: int | None, excluded: Collection[int]) -> list[int]:
    """Return the places that count for the limits."""
    kept = [place for place in range(n)[:baseline] if place not in excluded]
    if not kept:
        raise CannotFit("No point is left to compute limits from.")
    return kept


def _center(
    numerators: Sequence[float], denominators: Sequence[float], kept: Sequence[int]
) -> float:
    return math.fsum(numerators[i] for i in kept) / math.fsum(denominators[i] for i in kept)


def _spread(
    values: Sequence[float], center: float, errors: Sequence[float], kept: Sequence[int]
) -> float:
    return sigma_z([values[i] for i in kept], center, [errors[i] for i in kept])


def _attribute(
    values: Sequence[float],
    center: float,
    errors: Sequence[float],
    *,
    half_widths: float,
    top: float,
) -> Limits:
    """Return limits so many errors from the centre, clipped to what the values can be."""
    lower = tuple(max(center - half_widths * error, 0.0) for error in errors)
    upper = tuple(min(center + half_widths * error, top) for error in errors)
    return Limits(tuple(values), center, lower, upper)


def sigma_z(values: Sequence[float], center: float, errors: Sequence[float]) -> float:
    """Return how much wider the points spread than counting alone lets them (Laney 2002)."""
    if len(values) < 2 or not all(error > 0 for error in errors):
        return 1.0
    z = [(value - center) / error for value, error in zip(values, errors, strict=True)]
    return fmean(moving_ranges(z)) / D2


def g_chart(values: Sequence[float], *, sigma: float = 3.0) -> Limits:
    """Return the limits of counts between rare events, each from 0; the centre is their median.

    Source: Benneyan, Health Care Management Science 4 (2001); qicharts2 takes the median too.
    """
    if not values or not all(value >= 0 for value in values):
        raise CannotFit("A count between events is 0 or more.")
    mean = fmean(values)
    half = sigma * math.sqrt(mean * (mean + 1))
    return level(values, median(values), max(0.0, mean - half), mean + half)


def t_chart(values: Sequence[float], *, sigma: float = 3.0, exponent: float = T_EXPONENT) -> Limits:
    """Return the limits of times between rare events, each above 0.

    An XmR chart of the times to the power 1/3.6, turned back (Nelson, Journal of Quality
    Technology 26, 1994).
    """
    if len(values) < 2 or not all(value > 0 for value in values):
        raise CannotFit("Limits need at least two times, each above 0.")
    turned = [value ** (1 / exponent) for value in values]
    center = fmean(turned)
    half = sigma * fmean(moving_ranges(turned)) / D2
    lower = max(0.0, center - half) ** exponent
    return level(values, center**exponent, lower, (center + half) ** exponent)


def level(values: Sequence[float], center: float, lower: float, upper: float) -> Limits:
    """Return limits that are the same for every point."""
    n = len(values)
    return Limits(tuple(values), center, (lower,) * n, (upper,) * n)
