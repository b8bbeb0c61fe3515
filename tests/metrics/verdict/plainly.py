"""The engine a second time, as its page says it: dense inverses, rows really deleted, brentq.

Slow and short on purpose; it shares no line with the product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import t as student

RHOS = (0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.85, 0.92, 0.96)
LAMBDAS = ((0.25, 1 / 6), (0.5, 1 / 6), (0.75, 1 / 6), (1.0, 1 / 2))


@dataclass
class Plain:
    effect: float
    lower: float
    upper: float
    p: float


def grid():
    for rho in RHOS:
        if rho == 0:
            yield 0.0, 0.0, 1 / 9
        else:
            for lam, share in LAMBDAS:
                yield rho, lam, share / 9


def estimate(t, x, y, row, denominators=None):
    """Return the mixture for one row of the columns."""
    t, x, y, row = (np.asarray(one, float) for one in (t, x, y, row))
    n, p = x.shape
    d = np.ones(n) if denominators is None else np.asarray(denominators, float)
    spread = np.sqrt(d.mean() / d)
    logs, centers, errors = [], [], []
    for rho, lam, prior in grid():
        s = np.array([[lam * rho ** abs(a - b) if a != b else 1.0 for b in t] for a in t])
        s *= np.outer(spread, spread)
        inverse = np.linalg.inv(s)
        middle = np.linalg.inv(x.T @ inverse @ x)
        b = middle @ x.T @ inverse @ y
        rest = y - x @ b
        squares = rest @ inverse @ rest
        logs.append(
            np.log(prior)
            - 0.5 * np.linalg.slogdet(s)[1]
            + 0.5 * np.linalg.slogdet(middle)[1]
            - (n - p) / 2 * np.log(squares)
        )
        centers.append(row @ b)
        errors.append(np.sqrt(squares / (n - p) * (row @ middle @ row)))
    weights = np.exp(np.array(logs) - max(logs))
    weights /= weights.sum()
    return mixture(weights, np.array(centers), np.array(errors), n - p)


def mixture(weights, centers, errors, df):
    def below(v, share=0.0):
        return float(weights @ student.cdf((v - centers) / errors, df)) - share

    wide = centers.min() - 1e3 * errors.max(), centers.max() + 1e3 * errors.max()
    lower, upper = (brentq(below, *wide, (share,), xtol=1e-13) for share in (0.025, 0.975))
    zero = below(0.0)
    return Plain(float(weights @ centers), lower, upper, 2 * min(zero, 1 - zero))
