"""Ratios of sums: the raw value of a window. Source: docs/methods/engine.md, "Window ratios"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .words import CannotFit


@dataclass(frozen=True, slots=True)
class WindowRatio:
    """Sum of numerators over sum of denominators; se: its standard error, None for one period."""

    ratio: float
    se: float | None


def window_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> WindowRatio:
    """Return a window's ratio, with the error of a ratio estimator (Cochran, 1977, section 6.4).

    Raises CannotFit where the denominators add up to nothing, or differ in number.
    """
    x, d = np.asarray(numerators, float), np.asarray(denominators, float)
    total = d.sum()
    if x.shape != d.shape or not total > 0:
        raise CannotFit("The denominators add up to nothing, or do not fit the numerators.")
    ratio = x.sum() / total
    n = len(x)
    if n < 2:
        return WindowRatio(float(ratio), None)
    variance = n / (n - 1) * ((x - ratio * d) ** 2).sum() / total**2
    return WindowRatio(float(ratio), float(np.sqrt(variance)))
