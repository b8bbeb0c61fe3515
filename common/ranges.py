"""How far figures move from one to the next, and the limits of an XmR chart that follow from it.

The one source of both for charts, for the weekly watch and for reference cases. Plain Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

# Wheeler, "Understanding Variation" (1993): 3 / d2 with d2 = 1.128 for moving ranges of two values.
XMR = 2.66


def moving_ranges(values: Sequence[float | None]) -> list[float]:
    """Return how far each value lies from the one before; none is taken across a gap, None."""
    return [abs(b - a) for a, b in pairwise(values) if a is not None and b is not None]


def natural_limits(
    center: float, ranges: Sequence[float], *, factor: float = XMR
) -> tuple[float, float]:
    """Return the lower and the upper limit: so many mean moving ranges from the centre."""
    spread = factor * fmean(ranges)
    return center - spread, center + spread
