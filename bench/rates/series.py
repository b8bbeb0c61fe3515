"""Made series of which the truth is known: a metric's weeks, four of them after go-live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from metrics.rules.verdict.design import WEEKS_A_YEAR
from metrics.rules.verdict.engine import Floats
from metrics.rules.verdict.words import Kind

MEAN, SPREAD, GAP, AFTER = 100.0, 10.0, 6, 4


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Series with the same periods; lower is better in each.

    values: shape (runs, periods that count). beside: the comparison line's, zeros without one.
    denominator: of each value.
    """

    values: Floats
    beside: Floats
    kind: Kind
    denominator: float

    def __len__(self) -> int:
        return len(self.values)

    def parts(self, size: int) -> Iterator[tuple[Floats, Floats]]:
        """Give values and beside of so many series at a time."""
        for start in range(0, len(self), size):
            yield self.values[start : start + size], self.beside[start : start + size]


def kept(before: int) -> Floats:
    """Return the periods that count: the baseline and the last four weeks, six left out."""
    return np.r_[0:before, before + GAP : before + GAP + AFTER].astype(float)


def means(
    *,
    runs: int,
    before: int,
    rho: float = 0.0,
    fall: float = 0.0,
    season: float = 0.0,
    drift: float = 0.0,
    freak: float = 0.0,
    compared: bool = False,
    seed: int = 1,
) -> Made:
    """Return weekly means that vary by a tenth. fall, season, drift a week: shares of the mean.

    rho: how much a week remembers of the one before. season: height of a yearly sine of random
    phase. freak: what one of the measured weeks is off by, in standard deviations. compared: beside
    a line of the same season and drift, with noise of its own.
    """
    rng = np.random.default_rng([seed, runs, before, round(rho * 100)])
    n = before + GAP + AFTER
    weeks = np.arange(n)
    angle = 2 * np.pi * (weeks / WEEKS_A_YEAR + rng.uniform(size=(runs, 1)))
    still = MEAN * (1 + season * np.sin(angle) + drift * weeks)
    values = still + SPREAD * _noise(rng, runs, n, rho)
    values[:, -AFTER:] -= fall * MEAN
    values[np.arange(runs), n - 1 - rng.integers(AFTER, size=runs)] += freak * SPREAD
    beside = still + SPREAD * _noise(rng, runs, n, rho) if compared else np.zeros_like(values)
    return _made(values, beside, Kind.MEAN, 1.0)


def counts(*, runs: int, before: int, fall: float = 0.0, seed: int = 2) -> Made:
    """Return counts of 20 a week with three times the variance of chance."""
    rng = np.random.default_rng([seed, runs, before])
    mean = np.full(before + GAP + AFTER, 20.0)
    mean[-AFTER:] *= 1 - fall
    values = rng.negative_binomial(mean / 2, 1 / 3, size=(runs, len(mean))).astype(float)
    return _made(values, np.zeros_like(values), Kind.RATE, 1.0)


def late_shares(*, runs: int, before: int, fall: float = 0.0, seed: int = 3) -> Made:
    """Return late shares of 200 lines a week, a tenth late, with four times chance's variance."""
    rng = np.random.default_rng([seed, runs, before])
    share = np.full(before + GAP + AFTER, 0.10)
    share[-AFTER:] *= 1 - fall
    together = (200 - 4) / 3  # beta-binomial: 1 + (200 - 1) / (together + 1) = 4
    drawn = rng.beta(share * together, (1 - share) * together, size=(runs, len(share)))
    values = rng.binomial(200, drawn) / 200
    return _made(values, np.zeros_like(values), Kind.PROPORTION, 200.0)


def _noise(rng: np.random.Generator, runs: int, n: int, rho: float) -> Floats:
    """Return AR(1) noise of standard deviation 1, shape (runs, n), warmed up."""
    found = rng.normal(size=(runs, n + 50))
    for place in range(1, n + 50):
        found[:, place] = rho * found[:, place - 1] + np.sqrt(1 - rho**2) * found[:, place]
    return found[:, 50:]


def _made(values: Floats, beside: Floats, kind: Kind, denominator: float) -> Made:
    """Return the periods that count of whole series."""
    places = kept(values.shape[1] - GAP - AFTER).astype(int)
    return Made(values[:, places], beside[:, places], kind, denominator)
