"""Rare events: counted by the week they say little, by the days between them they say more.

Source: docs/methods/charts.md (g chart: Benneyan, Health Care Management Science 4, 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import fmean

from .verdict.limits import g_chart

# Fewer than two a week on average.
RARE_DAYS = 3.5
# With fewer distances no limit means much; more are not shown.
LEAST, MOST = 8, 40


@dataclass(frozen=True, slots=True)
class Between:
    """Days from each event to the next, oldest first.

    ends: the day of the later event of each distance. since: days from the newest event to the last
    day that is known. center: median distance; upper: distances up to this one are usual.
    """

    ends: tuple[date, ...]
    distances: tuple[int, ...]
    since: int
    center: float
    upper: float

    @property
    def newest(self) -> int:
        """Return what the newest remark is about: the days since, where they are unusual by now."""
        return self.since if self.since > self.upper else self.distances[-1]

    @property
    def unusual(self) -> bool:
        """Return whether the newest distance, or the time since, is longer than is usual."""
        return self.newest > self.upper


def days_between(days: Sequence[date], *, known: date) -> Between | None:
    """Return the distances of events; None where they are too few, or not rare.

    days: of each event, in any order, one twice where two fell on it. known: the last day of which
    figures are known.
    """
    ordered = sorted(days)[-MOST - 1 :]
    distances = [(later - earlier).days for earlier, later in pairwise(ordered)]
    if len(distances) < LEAST or fmean(distances) <= RARE_DAYS:
        return None
    limits = g_chart(distances)
    return Between(
        ends=tuple(ordered[1:]),
        distances=tuple(distances),
        since=max((known - ordered[-1]).days, 0),
        center=limits.center,
        upper=limits.upper[-1],
    )
