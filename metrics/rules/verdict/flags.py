"""What a reader should know besides the word. Source: docs/methods/readout.md, "Flags"."""

from __future__ import annotations

import numpy as np
from scipy import stats

from .engine import Design, Floats, fit, prepare
from .words import CannotFit

SURE = 0.05
LARGE = 0.5


def trends(design: Design, y: Floats) -> bool:
    """Return whether the baseline was already on its way: a slope with p of 0.05 or less.

    Beside what the series is regressed on but the step: of days their weekdays, which are no slope.
    """
    before = design.x[:, design.step] == 0
    t = design.t[before]
    usual = np.delete(design.x[before], design.step, axis=1)
    x = np.column_stack([usual, t - t.mean()])
    variance = None if design.variance is None else design.variance[before]
    return _sure(Design(t, x, x.shape[1] - 1, variance), y[before])


def moved(design: Design, beside: Floats) -> bool:
    """Return whether the comparison line itself made a step: it may not be untouched."""
    return _sure(Design(design.t, design.x, design.step), beside)


def _sure(design: Design, y: Floats) -> bool:
    try:
        found = fit(prepare(design), y)
    except CannotFit:
        return False
    return found is not None and found.p <= SURE


def spreads_otherwise(design: Design, y: Floats, expected: Floats) -> bool:
    """Return whether the residuals' spread changed: a two-sided F test at 5 %.

    It takes periods as independent, so it is a hint to look and nothing more.
    """
    after = design.x[:, design.step] != 0
    scale = 1.0 if design.variance is None else np.sqrt(design.variance)
    rest = (y - expected) / scale
    dfs = int((~after).sum()) - design.x.shape[1] + 1, int(after.sum()) - 1
    if min(dfs) < 1:
        return False
    squares = (rest[~after] ** 2).sum(), ((rest[after] - rest[after].mean()) ** 2).sum()
    if min(squares) <= 0:
        return False
    ratio = (squares[1] / dfs[1]) / (squares[0] / dfs[0])
    tails = stats.f.cdf(ratio, dfs[1], dfs[0]), stats.f.sf(ratio, dfs[1], dfs[0])
    return bool(2 * min(tails) <= SURE)


def is_suspicious(effect: float, baseline: float) -> bool:
    """Return whether the effect is more than half of the baseline: check the data first."""
    return abs(effect) > LARGE * abs(baseline)
