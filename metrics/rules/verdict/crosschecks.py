"""Tests of two samples, as a second opinion beside the verdict and never instead of it.

All assume independent periods, which weekly figures are not. Source: docs/methods/crosschecks.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from .words import CannotFit


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference with its 95 % interval. t, df, p: None where the method has none."""

    value: float
    lower: float
    upper: float
    t: float | None = None
    df: float | None = None
    p: float | None = None


def welch(a: Sequence[float], b: Sequence[float], *, level: float = 0.95) -> Difference:
    """Return the difference of means b - a with unequal variances (Welch, Biometrika 34, 1947)."""
    first, second = _sample(a), _sample(b)
    parts = first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)
    error = math.sqrt(sum(parts))
    if error == 0:
        raise CannotFit("Neither sample varies.")
    df = sum(parts) ** 2 / (parts[0] ** 2 / (len(first) - 1) + parts[1] ** 2 / (len(second) - 1))
    value = float(second.mean() - first.mean())
    half = float(stats.t.ppf((1 + level) / 2, df)) * error
    p = float(2 * stats.t.sf(abs(value / error), df))
    return Difference(value, value - half, value + half, value / error, float(df), p)


def _sample(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = np.asarray(values, float)
    if len(found) < 2:
        raise CannotFit("A sample needs at least two values.")
    return found


def mann_whitney(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """Return U of the first sample and its two-sided p, corrected for ties and continuity.

    Source: Mann and Whitney, Annals of Mathematical Statistics 18 (1947).
    """
    found = stats.mannwhitneyu(_sample(a), _sample(b), method="asymptotic", use_continuity=True)
    return float(found.statistic), float(found.pvalue)


def newcombe(x1: float, n1: float, x2: float, n2: float, *, level: float = 0.95) -> Difference:
    """Return the difference of two proportions, x1/n1 - x2/n2, with the hybrid score interval.

    Source: Newcombe, Statistics in Medicine 17 (1998), method 10.
    """
    z = float(stats.norm.ppf((1 + level) / 2))
    (p1, l1, u1), (p2, l2, u2) = _wilson(x1, n1, z), _wilson(x2, n2, z)
    lower = p1 - p2 - math.hypot(p1 - l1, u2 - p2)
    upper = p1 - p2 + math.hypot(u1 - p1, p2 - l2)
    return Difference(p1 - p2, lower, upper)


def _wilson(x: float, n: float, z: float) -> tuple[float, float, float]:
    """Return a proportion with its score limits (Wilson, JASA 22, 1927)."""
    if not 0 <= x <= n or n <= 0:
        raise CannotFit("A proportion needs 0 <= x <= n and n above 0.")
    p = x / n
    middle = p + z**2 / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return p, (middle - half) / scale, (middle + half) / scale


def rate_ratio(
    events1: int, exposure1: float, events2: int, exposure2: float, *, level: float = 0.95
) -> Difference:
    """Return the ratio of two Poisson rates, first over second, exact given their sum.

    Source: Clopper and Pearson, Biometrika 26 (1934); p sums the outcomes no likelier than this.
    """
    if min(events1, events2) < 0 or events1 + events2 == 0 or min(exposure1, exposure2) <= 0:
        raise CannotFit("Rates need events from 0, at least one in all, and exposures above 0.")
    share = exposure1 / (exposure1 + exposure2)
    found = stats.binomtest(events1, events1 + events2, share)
    ends = found.proportion_ci(level, method="exact")
    scale = exposure2 / exposure1
    lower = ends.low / (1 - ends.low) * scale
    upper = math.inf if ends.high == 1 else ends.high / (1 - ends.high) * scale
    ratio = math.inf if events2 == 0 else events1 / events2 * scale
    return Difference(ratio, float(lower), float(upper), p=float(found.pvalue))


def power_of_t(*, n: int, delta: float, sd: float, alpha: float = 0.05) -> float:
    """Return the power of a two-sided two-sample t test, n a group, counting the right side only."""
    if n < 2 or not sd > 0 or not 0 < alpha < 1:
        raise CannotFit("Power needs n of 2 or more, sd above 0 and alpha in 0..1.")
    df = 2 * (n - 1)
    shift = abs(delta) / sd * math.sqrt(n / 2)
    return float(stats.nct.sf(stats.t.ppf(1 - alpha / 2, df), df, shift))
