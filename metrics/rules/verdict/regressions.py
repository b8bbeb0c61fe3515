"""Regressions of textbooks, kept as a second opinion and as yardsticks of the engine.

Source: docs/methods/crosschecks.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy import stats
from scipy.linalg import solve_triangular
from scipy.special import expit, logit, xlogy

from .engine import Floats, correlations, make_grid
from .words import CannotFit

MAX_STEPS = 25


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Estimates with standard errors; se_small counts the columns too (n - p instead of n)."""

    values: tuple[float, ...]
    se: tuple[float, ...]
    se_small: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FixedRho:
    """GLS at one autocorrelation. log_likelihood: restricted, with the constants of nlme."""

    values: tuple[float, ...]
    se: tuple[float, ...]
    sigma: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class StepCount:
    """A step in counts on the link's scale, with the dispersion that the counts show."""

    step: float
    se: float
    t: float
    p: float
    dispersion: float
    df: int


def gls(y: Floats, t: Floats, x: Floats, rho: float) -> FixedRho:
    """Return GLS with correlation rho**|t_i - t_j| (Aitken 1935); rho: 0..1. Raises CannotFit."""
    n, p = _check(y, x)
    root = np.linalg.cholesky(correlations(t, make_grid([rho], [1.0], [1.0]))[0])
    white_x, white_y = (solve_triangular(root, one, lower=True) for one in (x, y))
    q, r = np.linalg.qr(white_x)
    values = np.linalg.solve(r, q.T @ white_y)
    squares = float(((white_y - white_x @ values) ** 2).sum())
    variance = squares / (n - p)
    inverse = np.linalg.inv(r)
    log_det = np.log(np.diag(root)).sum() + np.log(np.abs(np.diag(r))).sum()
    log_likelihood = -(n - p) / 2 * (math.log(2 * math.pi * variance) + 1) - log_det
    return FixedRho(
        _plain(values),
        _plain(np.sqrt(variance * (inverse**2).sum(axis=1))),
        math.sqrt(variance),
        float(log_likelihood),
    )


def newey_west(y: Floats, x: Floats, lag: int) -> Coefficients:
    """Return least squares with errors after Newey and West (Econometrica 55, 1987), Bartlett."""
    n, p = _check(y, x)
    inverse = np.linalg.inv(x.T @ x)
    values = inverse @ x.T @ y
    scores = x * (y - x @ values)[:, None]
    middle = scores.T @ scores
    for back in range(1, min(lag, n - 1) + 1):
        part = scores[back:].T @ scores[:-back]
        middle += (1 - back / (lag + 1)) * (part + part.T)
    se = np.sqrt(np.diag(inverse @ middle @ inverse))
    return Coefficients(_plain(values), _plain(se), _plain(se * math.sqrt(n / (n - p))))


def _check(y: Floats, x: Floats) -> tuple[int, int]:
    if x.ndim != 2 or y.shape != x.shape[:1] or len(y) <= x.shape[1]:
        raise CannotFit("Values and columns do not fit, or there are too few periods.")
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise CannotFit("The periods do not tell the columns apart.")
    return x.shape[0], x.shape[1]


def quasi_poisson(x: Sequence[float], d: Sequence[float], step: Sequence[float]) -> StepCount:
    """Return the log of the rate after over before, its error widened by the Pearson dispersion.

    x: counts. d: exposures. step: 0 before, 1 after. Source: McCullagh and Nelder (1989), 6.2.
    """
    counts, bases, late = _counts(x, d, step)

    def deviance(mean: Floats) -> float:
        return float(2 * (xlogy(counts, counts / mean) - (counts - mean)).sum())

    return _reweighted(late, np.log(counts + 0.1), np.log(bases), counts, np.exp, np.exp, deviance)


def quasi_binomial(x: Sequence[float], d: Sequence[float], step: Sequence[float]) -> StepCount:
    """Return the log odds after minus before, its error widened by the Pearson dispersion.

    x: successes of d. step: 0 before, 1 after. Source: McCullagh and Nelder (1989), 4.5.
    """
    counts, bases, late = _counts(x, d, step)
    if (counts > bases).any():
        raise CannotFit("A numerator is more than its denominator.")

    def mean(eta: Floats) -> Floats:
        return cast(Floats, bases * expit(eta))

    def slope(eta: Floats) -> Floats:
        return cast(Floats, bases * expit(eta) * expit(-eta))

    def deviance(mean: Floats) -> float:
        rest = bases - counts
        parts = xlogy(counts, counts / mean) + xlogy(rest, rest / (bases - mean))
        return float(2 * parts.sum())

    start = logit((counts + 0.5) / (bases + 1))
    return _reweighted(late, start, np.zeros(len(counts)), counts, mean, slope, deviance)


def _reweighted(
    late: Floats,
    eta: Floats,
    offset: Floats,
    counts: Floats,
    mean: Callable[[Floats], Floats],
    slope: Callable[[Floats], Floats],
    deviance: Callable[[Floats], float],
) -> StepCount:
    """Return a step by iteratively reweighted least squares on a canonical link.

    Errors and dispersion take the weights of the last step and its stopping rule, as R's glm does:
    they then agree with it to the last printed digit.
    """
    x = np.stack([np.ones(len(late)), late], axis=1)
    last = np.inf
    for _ in range(MAX_STEPS):
        weight = slope(eta)
        work = eta - offset + (counts - mean(eta)) / weight
        inverse = np.linalg.inv(x.T @ (weight[:, None] * x))
        values = inverse @ x.T @ (weight * work)
        eta = offset + x @ values
        now = deviance(mean(eta))
        if abs(now - last) < 1e-8 * (abs(now) + 0.1):
            break
        last = now
    else:
        raise CannotFit("A side without any event, or with nothing else, has no step to estimate.")
    df = len(counts) - 2
    dispersion = float((weight * ((counts - mean(eta)) / slope(eta)) ** 2).sum()) / df
    se = math.sqrt(dispersion * inverse[1, 1])
    if not se > 0:
        raise CannotFit("The counts do not vary within the sides.")
    t = float(values[1]) / se
    return StepCount(float(values[1]), se, t, float(2 * stats.t.sf(abs(t), df)), dispersion, df)


def _counts(
    x: Sequence[float], d: Sequence[float], step: Sequence[float]
) -> tuple[Floats, Floats, Floats]:
    counts, bases, late = (np.asarray(one, float) for one in (x, d, step))
    if not counts.shape == bases.shape == late.shape or not (bases > 0).all():
        raise CannotFit("Counts, denominators above 0 and steps belong together.")
    if not (counts >= 0).all():
        raise CannotFit("A count is 0 or more.")
    if len(counts) < 3 or {*late.tolist()} != {0.0, 1.0}:
        raise CannotFit("A step is 0 before and 1 after, with three periods or more in all.")
    return counts, bases, late


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(map(float, values))
