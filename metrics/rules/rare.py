"""Rare events: counted by the week they say little, by the days between them they say more.

Source: docs/methods/charts.md (g chart: Benneyan, Health Care Management Science 4, 2001).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean

from .verdict.limits import g_chart
from .weeks import monday

# Fewer than two a week on average.
RARE_DAYS = 3.5
# With fewer distances no limit means much; more are not shown.
LEAST, MOST = 8, 40


@dataclass(frozen=True, slots=True)
class Between:
    """Days from each event to the next, oldest first.

    ends: the day of the later event of each distance. distances: None where a week between the two
    is not known. since: days from the newest event to the last day that is known; None where they
    are not all known. center: median distance; upper: distances up to this one are usual.
    """

    ends: tuple[date, ...]
    distances: tuple[int | None, ...]
    since: int | None
    center: float
    upper: float

    @property
    def lasts(self) -> bool:
        """Return whether there has been none for longer than is usual."""
        return self.since is not None and self.since > self.upper


def days_between(days: Sequence[date], *, known: date, weeks: Collection[date]) -> Between | None:
    """Return the distances of events; None where they are too few, or not rare.

    days: of each event, in any order, one twice where two fell on it. known: the last day of which
    figures are known. weeks: the Mondays of weeks that have a value; a distance over another week
    is not known, because a day without figures is a gap and no zero.
    """
    ordered = sorted(days)[-MOST - 1 :]
    distances = [_distance(*pair, weeks) for pair in pairwise(ordered)]
    told = [distance for distance in distances if distance is not None]
    if len(told) < LEAST or fmean(told) <= RARE_DAYS:
        return None
    limits = g_chart(told)
    return Between(
        ends=tuple(ordered[1:]),
        distances=tuple(distances),
        since=_distance(ordered[-1], max(known, ordered[-1]), weeks),
        center=limits.center,
        upper=limits.upper[-1],
    )


def _distance(earlier: date, later: date, weeks: Collection[date]) -> int | None:
    count = (monday(later) - monday(earlier)).days // 7 + 1
    spanned = {monday(earlier) + timedelta(weeks=n) for n in range(count)}
    return (later - earlier).days if spanned <= set(weeks) else None
