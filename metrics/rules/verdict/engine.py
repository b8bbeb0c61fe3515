"""The averaged-AR GLS engine: a step at go-live under autocorrelated noise of unknown strength.

For each strength of a grid the regression is solved by generalised least squares (Aitken 1935);
the answers are averaged with the weights of the restricted likelihood (Harville, Biometrika 61,
1974), which makes the result a mixture of t distributions: a Bayesian linear model with a flat
prior. Source: docs/methods/engine.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.special import gammaln, stdtr, stdtrit

from .words import CannotFit as CannotFit

Floats = NDArray[np.float64]

# Bump when a change moves any stored figure.
VERSION = "1"
MAX_PERIODS = 400
MAX_STEPS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Strengths of autocorrelation that are averaged over.

    rho, lam, prior: shape (k,). Two periods u apart correlate by lam * rho**u.
    """

    rho: Floats
    lam: Floats
    prior: Floats


def make_grid(rhos: Sequence[float], lams: Sequence[float], weights: Sequence[float]) -> Grid:
    """Return the grid in which each rho weighs the same, shared among lams where rho is not 0."""
    share = np.asarray(weights, float) / sum(weights)
    points = [
        (rho, lam, part / len(rhos))
        for rho in rhos
        for lam, part in (zip(lams, share, strict=True) if rho else [(1.0, 1.0)])
    ]
    return Grid(*np.array(points, float).T)


RHOS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.85, 0.92, 0.96)
LAMBDAS = (0.25, 0.5, 0.75, 1.0)
LAMBDA_WEIGHTS = (1 / 6, 1 / 6, 1 / 6, 1 / 2)
STANDARD = make_grid(RHOS, LAMBDAS, LAMBDA_WEIGHTS)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """What a series is regressed on.

    t: period indices, gaps included, shape (n,). x: columns, shape (n, p). step: place of the
    column whose coefficient is the effect. variance: relative variance of each period's value,
    shape (n,), None for equal ones. groups: the rows of each measurement week, left out in turn.
    level: the row whose expectation is the measured level, shape (p,), None where not asked.
    """

    t: Floats
    x: Floats
    step: int = 1
    variance: Floats | None = None
    groups: tuple[tuple[int, ...], ...] = ()
    level: Floats | None = None
    grid: Grid = STANDARD


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval, in the unit of the series."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What the engine says of one series, in its unit.

    p: two-sided, 0..1. df: degrees of freedom. mean_rho and weight_at_rho0: what the series says
    of its own autocorrelation. leave_one_out_p: p without each measurement week. level: the
    measured level, None unless the design asks. expected: per period, what the columns without
    the step lead to expect.
    """

    effect: float
    lower: float
    upper: float
    p: float
    df: int
    mean_rho: float
    weight_at_rho0: float
    leave_one_out_p: tuple[float, ...]
    level: Estimate | None
    expected: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """What a series says of its noise: weight and variance of each grid point, shape (k,)."""

    weight: Floats
    variance: Floats
    df: int


@dataclass(frozen=True, slots=True, eq=False)
class Solver:
    """A design solved per grid point as far as it goes without the series; k points, m rows.

    q: orthonormal columns of the whitened design, (k, n, m). r: their triangle, (k, m, m), the
    step last. constant: the part of the log weight that does not depend on the series, (k,).
    """

    q: Floats
    r: Floats
    constant: Floats
    df: int


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A design made ready for any number of series.

    root: lower Cholesky factors of the correlations, (k, n, n). whole: all periods.
    without: one solver per measurement week left out.
    """

    design: Design
    root: Floats
    scale: Floats
    whole: Solver
    without: tuple[Solver, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A weighted mixture of t distributions per series: arrays of shape (series, k)."""

    weight: Floats
    center: Floats
    error: Floats
    df: int

    def below(self, at: Floats) -> Floats:
        """Return the probability below a point of each series; at: shape (series,)."""
        return self._mean(stdtr(self.df, (at[:, None] - self.center) / self.error))

    def p(self) -> Floats:
        """Return the two-sided p of zero, 0..1, per series."""
        ratio = self.center / self.error
        tails = self._mean(stdtr(self.df, -ratio)), self._mean(stdtr(self.df, ratio))
        return cast(Floats, np.minimum(1.0, 2 * np.minimum(*tails)))

    def quantile(self, share: float) -> Floats:
        """Return the point below which a share of the probability lies, per series.

        Newton's steps inside a bracket that is halved wherever a step would leave it.
        """
        ends = self.center + self.error * stdtrit(self.df, share)
        low, high = ends.min(axis=1), ends.max(axis=1)
        at = (low + high) / 2
        for _ in range(MAX_STEPS):
            over = self.below(at) - share
            low, high = np.where(over < 0, at, low), np.where(over < 0, high, at)
            step = at - over / self._density(at)
            found = np.where((step > low) & (step < high), step, (low + high) / 2)
            if (np.abs(found - at) <= 4 * np.spacing(np.abs(found))).all():
                return cast(Floats, found)
            at = found
        return cast(Floats, at)

    def mean(self) -> Floats:
        """Return the weighted mean of the centres per series."""
        return self._mean(self.center)

    def _density(self, at: Floats) -> Floats:
        z = (at[:, None] - self.center) / self.error
        half = (self.df + 1) / 2
        size = np.exp(gammaln(half) - gammaln(self.df / 2)) / np.sqrt(self.df * np.pi)
        return self._mean(size / self.error * (1 + z**2 / self.df) ** -half)

    def _mean(self, values: Floats) -> Floats:
        return cast(Floats, (self.weight * values).sum(axis=1))


def correlations(t: Floats, grid: Grid = STANDARD) -> Floats:
    """Return the correlation matrix of every grid point, shape (k, n, n)."""
    apart = np.abs(t[:, None] - t[None, :])
    rhos, which = np.unique(grid.rho, return_inverse=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.exp(np.log(rhos)[:, None, None] * apart)
    found = grid.lam[:, None, None] * powers[which]
    found[grid.rho == 0] = 0.0
    places = np.arange(len(t))
    found[:, places, places] = 1.0
    return cast(Floats, found)


def prepare(design: Design) -> Prepared:
    """Solve a design as far as it goes without a series.

    A left-out week is a column of its own for each of its periods: estimate, residuals, restricted
    likelihood and degrees of freedom are then exactly those of the series without these periods.
    Raises CannotFit where periods are too many, too few, doubled or columns not told apart.
    """
    n = _check(design)
    root = cast(Floats, np.linalg.cholesky(correlations(design.t, design.grid)))
    scale: Floats = np.ones(n) if design.variance is None else np.sqrt(design.variance)
    indicators = np.zeros((n, sum(map(len, design.groups))))
    rows = [row for group in design.groups for row in group]
    indicators[rows, np.arange(len(rows))] = 1.0
    columns = np.hstack([design.x[:, _order(design)] / scale[:, None], indicators])
    white = _whiten(root, columns)
    half_log_det = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    start, without = design.x.shape[1], []
    own = white[:, :, :start]
    whole = _solver(own, half_log_det, design.grid)
    for group in design.groups:
        more = white[:, :, start : start + len(group)]
        joined = np.concatenate([own[:, :, :-1], more, own[:, :, -1:]], axis=2)
        without.append(_solver(joined, half_log_det, design.grid))
        start += len(group)
    return Prepared(design, root, scale, whole, tuple(without))


def _check(design: Design) -> int:
    """Return the number of periods of a design. Raises CannotFit where it has no answer."""
    x, t = design.x, design.t
    if x.ndim != 2 or t.shape != x.shape[:1] or not 0 <= design.step < x.shape[1]:
        raise CannotFit("The columns and the period indices do not belong together.")
    if len(t) > MAX_PERIODS:
        raise CannotFit(f"There are more than {MAX_PERIODS} periods.")
    if not (np.isfinite(x).all() and np.isfinite(t).all()):
        raise CannotFit("A period index or a column holds what is not a number.")
    if len(np.unique(t)) < len(t):
        raise CannotFit("Two figures stand for one period.")
    variance = design.variance
    if variance is not None and not (
        variance.shape == t.shape and np.isfinite(variance).all() and (variance > 0).all()
    ):
        raise CannotFit("A denominator is not above zero.")
    return len(t)


def _whiten(root: Floats, columns: Floats) -> Floats:
    """Return columns with the correlation taken out, shape (k, n, columns)."""
    solved = [lapack.dtrtrs(one, columns, lower=1)[0] for one in root]
    return np.stack(solved)


def _solver(white: Floats, half_log_det: Floats, grid: Grid) -> Solver:
    n, columns = white.shape[1:]
    if n <= columns:
        raise CannotFit("There are too few periods.")
    q, r = np.linalg.qr(white)
    diagonal = np.abs(np.diagonal(r, axis1=1, axis2=2))
    if (diagonal < 1e-9 * np.linalg.norm(white, axis=1)).any():
        raise CannotFit("The periods do not tell the columns apart.")
    constant = np.log(grid.prior) - half_log_det - np.log(diagonal).sum(axis=1)
    return Solver(q, r, constant, n - columns)


def fit(prepared: Prepared, y: Sequence[float] | Floats, *, share: float = 0.95) -> Fit | None:
    """Return what the engine says of one series, None where it does not vary.

    y: the values, shape (n,). share: of the interval, 0..1.
    Raises CannotFit for values that are no numbers.
    """
    return fit_many(prepared, np.asarray(y, float)[None, :], share=share)[0]


def fit_many(prepared: Prepared, series: Floats, *, share: float = 0.95) -> list[Fit | None]:
    """Return what the engine says of each of some series that share one design.

    series: shape (series, n). None for one whose residuals are zero: nothing tells how sure it is.
    """
    if series.shape[1:] != prepared.scale.shape or not np.isfinite(series).all():
        raise CannotFit("A value is not a number, or values and periods differ in number.")
    sizes = _spread(prepared.design, series)
    white = _whiten(prepared.root, (series / sizes[:, None] / prepared.scale).T)
    whole = _mixture(prepared.whole, white)
    varies = _residual(prepared, white) > 1e-12 * np.abs(series / sizes[:, None]).max(axis=1)
    lower, upper = whole.quantile((1 - share) / 2), whole.quantile((1 + share) / 2)
    without = [_mixture(solver, white).p() for solver in prepared.without]
    rho = prepared.design.grid.rho
    levels = _levels(prepared, white, share)
    expected = _expected(prepared, white, whole.weight)
    effects, ps = whole.mean(), whole.p()
    return [
        Fit(
            effect=float(effects[i] * size),
            lower=float(lower[i] * size),
            upper=float(upper[i] * size),
            p=float(ps[i]),
            df=whole.df,
            mean_rho=float(whole.weight[i] @ rho),
            weight_at_rho0=float(whole.weight[i][rho == 0].sum()),
            leave_one_out_p=tuple(float(one[i]) for one in without),
            level=None if levels is None else Estimate(*map(float, levels[:, i] * size)),
            expected=tuple(map(float, expected[i] * size)),
        )
        if varies[i]
        else None
        for i, size in enumerate(sizes)
    ]


def weigh(design: Design, y: Sequence[float] | Floats) -> Noise | None:
    """Return what a series says of its noise, None where it does not vary. Raises CannotFit."""
    prepared, series = prepare(design), np.asarray(y, float)[None, :]
    if fit_many(prepared, series)[0] is None:
        return None
    white = _whiten(prepared.root, (series / prepared.scale).T)
    squares, weight = _weights(prepared.whole, white)
    return Noise(weight[:, 0], squares[:, 0] / prepared.whole.df, prepared.whole.df)


def step_variances(design: Design) -> Floats:
    """Return the step's variance for noise of variance 1 at each grid point. Raises CannotFit."""
    return prepare(design).whole.r[:, -1, -1] ** -2.0


def _spread(design: Design, series: Floats) -> Floats:
    """Return the baseline's standard deviation of each series; where 0, of the whole; else 1."""
    before = design.x[:, design.step] == 0
    first = series[:, before].std(axis=1) if before.any() else np.zeros(len(series))
    whole = series.std(axis=1)
    return np.where(first > 0, first, np.where(whole > 0, whole, 1.0))


def _residual(prepared: Prepared, white: Floats) -> Floats:
    """Return the root mean square of ordinary residuals, smallest over the grid, per series."""
    q = prepared.whole.q
    rest = white - q @ (q.transpose(0, 2, 1) @ white)
    return cast(Floats, np.sqrt((rest**2).mean(axis=1)).min(axis=0))


def _weights(solver: Solver, white: Floats) -> tuple[Floats, Floats]:
    """Return sum of squared residuals and weight of each grid point, both (k, series)."""
    rest = white - solver.q @ (solver.q.transpose(0, 2, 1) @ white)
    squares = np.maximum((rest**2).sum(axis=1), np.finfo(float).tiny)
    log_weight = solver.constant[:, None] - solver.df / 2 * np.log(squares)
    weight = np.exp(log_weight - log_weight.max(axis=0))
    return squares, weight / weight.sum(axis=0)


def _mixture(solver: Solver, white: Floats, row: Floats | None = None) -> Mixture:
    """Return the distribution of the step, or of what a row of the columns leads to expect.

    white: whitened series, (k, n, series). row: in the solver's order of columns.
    """
    squares, weight = _weights(solver, white)
    projected = solver.q.transpose(0, 2, 1) @ white
    wanted = np.eye(solver.r.shape[1])[-1] if row is None else row
    turned = np.linalg.solve(solver.r.transpose(0, 2, 1), wanted[:, None])[:, :, 0]
    center = (turned[:, :, None] * projected).sum(axis=1)
    error = np.sqrt(squares / solver.df) * np.linalg.norm(turned, axis=1)[:, None]
    return Mixture(weight.T, center.T, error.T, solver.df)


def _levels(prepared: Prepared, white: Floats, share: float) -> Floats | None:
    """Return value, lower and upper end of the measured level, shape (3, series)."""
    row = prepared.design.level
    if row is None:
        return None
    found = _mixture(prepared.whole, white, row[_order(prepared.design)])
    ends = found.quantile((1 - share) / 2), found.quantile((1 + share) / 2)
    return np.stack([found.mean(), *ends])


def _expected(prepared: Prepared, white: Floats, weight: Floats) -> Floats:
    """Return what the columns without the step lead to expect, shape (series, n)."""
    whole, order = prepared.whole, _order(prepared.design)
    coefficients = np.linalg.solve(whole.r, whole.q.transpose(0, 2, 1) @ white)
    average = (weight.T[:, None, :] * coefficients).sum(axis=0)
    return cast(Floats, (prepared.design.x[:, order[:-1]] @ average[:-1]).T)


def _order(design: Design) -> list[int]:
    """Return the places of the columns with the step last."""
    return [c for c in range(design.x.shape[1]) if c != design.step] + [design.step]
