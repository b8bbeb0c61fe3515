"""Limits of control charts. Source: docs/methods/charts.md.

Points are in time order; places count from 0. Charts are the picture and the weekly watch, never
the verdict.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .engine import Floats
from .words import CannotFit

XMR = 2.66
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
    first = np.asarray(values[:baseline], float)
    if len(first) < 2:
        raise CannotFit("Limits need at least two points.")
    ranges = np.abs(np.diff(first))
    if screened:
        ranges = ranges[ranges <= range_constant * ranges.mean()]
    if not len(ranges):
        raise CannotFit("The screening leaves no moving range.")
    center, moving = float(first.mean()), float(ranges.mean())
    half = constant * moving
    n = len(values)
    limits = Limits(tuple(values), center, (center - half,) * n, (center + half,) * n)
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
    x, d = _counts(numerators, denominators)
    if (x > d).any():
        raise CannotFit("A numerator is more than its denominator.")
    kept = _kept(len(x), baseline, excluded)
    center = x[kept].sum() / d[kept].sum()
    error = np.sqrt(center * (1 - center) / d)
    wide = sigma_z((x / d)[kept], center, error[kept]) if laney else 1.0
    return _attribute(x / d, center, error, half_widths=sigma * wide, top=1.0)


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
    x, d = _counts(numerators, [1.0] * len(numerators) if denominators is None else denominators)
    kept = _kept(len(x), baseline, excluded)
    center = x[kept].sum() / d[kept].sum()
    error = np.sqrt(center / d)
    wide = sigma_z((x / d)[kept], center, error[kept]) if laney else 1.0
    return _attribute(x / d, center, error, half_widths=sigma * wide, top=np.inf)


def _counts(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[Floats, Floats]:
    x, d = np.asarray(numerators, float), np.asarray(denominators, float)
    if x.shape != d.shape or not len(x) or not (d > 0).all() or not (x >= 0).all():
        raise CannotFit("Each point needs a count from 0 and a denominator above 0.")
    return x, d


def _kept(n: int, baseline: int | None, excluded: Collection[int]) -> NDArray[np.bool_]:
    kept = np.arange(n) < (n if baseline is None else baseline)
    kept[list(excluded)] = False
    if not kept.any():
        raise CannotFit("No point is left to compute limits from.")
    return kept


def _attribute(
    values: Floats,
    center: float,
    error: Floats,
    *,
    half_widths: float,
    top: float,
) -> Limits:
    """Return limits so many errors from the centre, clipped to what the values can be."""
    lower = np.maximum(center - half_widths * error, 0.0)
    upper = np.minimum(center + half_widths * error, top)
    return Limits(_plain(values), float(center), _plain(lower), _plain(upper))


def sigma_z(values: Floats, center: float, error: Floats) -> float:
    """Return how much wider the points spread than counting alone lets them (Laney 2002)."""
    if len(values) < 2 or not (error > 0).all():
        return 1.0
    return float(np.abs(np.diff((values - center) / error)).mean() / D2)


def g_chart(values: Sequence[float], *, sigma: float = 3.0) -> Limits:
    """Return the limits of counts between rare events, each from 0; the centre is their median.

    Source: Benneyan, Health Care Management Science 4 (2001); qicharts2 takes the median too.
    """
    v = np.asarray(values, float)
    if not len(v) or not (v >= 0).all():
        raise CannotFit("A count between events is 0 or more.")
    mean = v.mean()
    half = sigma * np.sqrt(mean * (mean + 1))
    return _level(v, float(np.median(v)), max(0.0, mean - half), mean + half)


def t_chart(values: Sequence[float], *, sigma: float = 3.0, exponent: float = T_EXPONENT) -> Limits:
    """Return the limits of times between rare events, each above 0.

    An XmR chart of the times to the power 1/3.6, turned back (Nelson, Journal of Quality
    Technology 26, 1994).
    """
    v = np.asarray(values, float)
    if len(v) < 2 or not (v > 0).all():
        raise CannotFit("Limits need at least two times, each above 0.")
    turned = v ** (1 / exponent)
    center = turned.mean()
    half = sigma * np.abs(np.diff(turned)).mean() / D2
    lower = max(0.0, center - half) ** exponent
    return _level(v, float(center**exponent), lower, float((center + half) ** exponent))


def _level(values: Floats, center: float, lower: float, upper: float) -> Limits:
    n = len(values)
    return Limits(_plain(values), center, (float(lower),) * n, (float(upper),) * n)


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(map(float, values))
