"""Optional watches for slow change after week 12, and the run chart. Source: docs/methods/charts.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from scipy.stats import binom

from .words import CannotFit


@dataclass(frozen=True, slots=True)
class Ewma:
    """An exponentially weighted mean with its limits; outside: places beyond them, from 0."""

    values: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    steady_lower: float
    steady_upper: float
    outside: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cusum:
    """Both sides of a tabular CUSUM in standard deviations; signals: places beyond h, from 0."""

    high: tuple[float, ...]
    low: tuple[float, ...]
    signals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Runs:
    """Anhoej's two tests on a run chart. useful: points not on the centre."""

    center: float
    useful: int
    longest: int
    longest_allowed: int
    crossings: int
    least_crossings: int

    @property
    def signal(self) -> bool:
        """Return whether the points do not behave like chance."""
        return self.longest > self.longest_allowed or self.crossings < self.least_crossings


def ewma(
    values: Sequence[float], *, center: float, sd: float, weight: float, sigmas: float
) -> Ewma:
    """Return an EWMA chart (Roberts, Technometrics 1, 1959). weight: of the newest point, 0..1."""
    if not (0 < weight <= 1 and sd > 0):
        raise CannotFit("The weight lies in 0..1 and the standard deviation above 0.")
    found, last = [], center
    for value in values:
        last = weight * value + (1 - weight) * last
        found.append(last)
    steady = sigmas * sd * math.sqrt(weight / (2 - weight))
    half = [steady * math.sqrt(1 - (1 - weight) ** (2 * i)) for i in range(1, len(found) + 1)]
    return Ewma(
        values=tuple(found),
        lower=tuple(center - one for one in half),
        upper=tuple(center + one for one in half),
        steady_lower=center - steady,
        steady_upper=center + steady,
        outside=tuple(
            i for i, (z, h) in enumerate(zip(found, half, strict=True)) if abs(z - center) > h
        ),
    )


def cusum(values: Sequence[float], *, center: float, sd: float, k: float, h: float) -> Cusum:
    """Return a tabular CUSUM (Page, Biometrika 41, 1954). k, h: in standard deviations."""
    if not sd > 0:
        raise CannotFit("The standard deviation lies above 0.")
    high, low, up, down = [], [], 0.0, 0.0
    for value in values:
        z = (value - center) / sd
        up, down = max(0.0, up + z - k), max(0.0, down - z - k)
        high.append(up)
        low.append(down)
    beyond = (i for i, pair in enumerate(zip(high, low, strict=True)) if max(pair) > h)
    return Cusum(tuple(high), tuple(low), tuple(beyond))


def run_chart(values: Sequence[float]) -> Runs:
    """Return the longest run and the crossings of the median (Anhoej and Olesen, PLoS ONE 9, 2014).

    Raises CannotFit where no point lies off the median.
    """
    center = float(np.median(np.asarray(values, float))) if len(values) else math.nan
    sides = [value > center for value in values if value != center]
    if not sides:
        raise CannotFit("No point lies off the median.")
    n = len(sides)
    return Runs(
        center=center,
        useful=n,
        longest=max(len(list(run)) for _, run in groupby(sides)),
        longest_allowed=round(math.log2(n)) + 3,
        crossings=sum(one != other for one, other in pairwise(sides)),
        least_crossings=int(binom.ppf(0.05, n - 1, 0.5)),
    )
