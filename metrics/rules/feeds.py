"""How late figures arrive, and when that is too late. Source: docs/rules/feeds.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import ceil


@dataclass(frozen=True, slots=True)
class Pace:
    """What follows from how often a source sends.

    limit: the lag its figures may have unless it says otherwise. short: the time over which the lag
    says whether the feed is late now; long: over which a gate asks.
    """

    limit: timedelta
    short: timedelta
    long: timedelta


# A figure of a day is complete when the day is over, and may wait for the next file: two days. So
# with hours and weeks. The times hold two files of those who send rarely.
PACES = {
    "continuous": Pace(timedelta(minutes=15), timedelta(days=1), timedelta(days=7)),
    "hour": Pace(timedelta(hours=2), timedelta(days=1), timedelta(days=7)),
    "day": Pace(timedelta(days=2), timedelta(days=2), timedelta(days=7)),
    "week": Pace(timedelta(days=14), timedelta(days=14), timedelta(days=14)),
}
# What happened longer ago than this is history or a clean-up when it arrives, not lag.
HORIZON = timedelta(days=35)


class State(StrEnum):
    """How a feed does, in the word that pages print."""

    IN_TIME = "In time"
    LATE = "Late"
    SILENT = "Nothing new"
    BY_HAND = "By hand"


@dataclass(frozen=True, slots=True)
class Lag:
    """How long after they were known figures arrived: of half of them at most, of 95 in 100 at most.

    count: of how many figures; p50, p95: minutes, None where there are none.
    """

    count: int
    p50: float | None
    p95: float | None

    def within(self, limit: timedelta) -> bool:
        """Say whether 95 of 100 figures arrived within a limit; not without figures."""
        return self.p95 is not None and timedelta(minutes=self.p95) <= limit


def lag_limit(interval: str, minutes: int | None) -> timedelta:
    """Return the lag that a source's figures may have. minutes: its own limit, None for none."""
    return PACES[interval].limit if minutes is None else timedelta(minutes=minutes)


def judge(lag: Lag, limit: timedelta, *, by_hand: bool) -> State:
    """Return how a feed does by its lag over the short time."""
    if by_hand:
        return State.BY_HAND
    if not lag.count:
        return State.SILENT
    return State.IN_TIME if lag.within(limit) else State.LATE


def duration(minutes: float) -> str:
    """Write a lag, never shorter than it was: "under a minute", "16 minutes", "2.3 hours"."""
    if minutes < 1:
        return "under a minute"
    for size, unit, below in ((1, "minute", 120), (60, "hour", 48), (1440, "day", None)):
        figure = ceil(minutes / size) if size == 1 else ceil(round(minutes / size * 10, 6)) / 10
        if below is None or figure < below:
            return f"{figure:g} {unit}" if figure == 1 else f"{figure:g} {unit}s"
    raise AssertionError  # the last of the sizes has no end
