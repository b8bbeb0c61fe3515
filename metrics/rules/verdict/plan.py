"""When a pilot's weeks are counted: plain Python, because pages ask too.

Source: docs/methods/windows.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from metrics.rules.baselines import LAST_WEEK, MOST_DAYS, MOST_PLAIN_WEEKS, MOST_WEEKS, WEEK
from metrics.rules.weeks import day_start, monday

from .words import Grain, Level

MEASURED_WEEKS = 4
READ_OUT_WEEK = 12
MATURITY_DAYS = 7
LONGEST_WEEKS = {
    Level.COMPARISON: MOST_WEEKS,
    Level.HISTORY: MOST_WEEKS,
    Level.BEFORE_AFTER: MOST_PLAIN_WEEKS,
}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from start up to end, which is not part of it."""

    start: date
    end: date

    def holds(self, day: date) -> bool:
        """Return whether a day lies in the span."""
        return self.start <= day < self.end


@dataclass(frozen=True, slots=True)
class Plan:
    """When a pilot runs, in local days of its site.

    go_live: the day the tool went live, None while it has not slipped. last_week: the week after
    which it is read out, 12; a later look (16, 24) is another plan. maturity_days: until the
    figures of the last week are complete.
    """

    start_date: date
    go_live: date | None = None
    last_week: int = READ_OUT_WEEK
    maturity_days: int = MATURITY_DAYS

    def week(self, number: int) -> date:
        """Return the Monday of a week; week 1 begins on the first Monday from the start on."""
        return _monday_from(self.start_date) + (number - 1) * WEEK

    @property
    def measurement(self) -> Span:
        """Return the four whole weeks that are measured, moved where go-live slipped past week 8.

        A later look moves along with the first one, so no two of them share a week.
        """
        start = self.week(READ_OUT_WEEK - MEASURED_WEEKS + 1)
        if self.go_live is not None:
            start = max(start, _monday_from(self.go_live))
        start += (self.last_week - READ_OUT_WEEK) * WEEK
        return Span(start, start + MEASURED_WEEKS * WEEK)

    def read_out_at(self, zone: str) -> datetime:
        """Return the instant from which the pilot may be read out; zone: IANA name of its site."""
        return day_start(self.measurement.end + timedelta(days=self.maturity_days), zone)

    def baseline(self, level: Level, grain: Grain) -> Span:
        """Return the longest span that may be a baseline; it ends with week 2."""
        end = self.week(LAST_WEEK + 1)
        days = MOST_DAYS if grain is Grain.DAY else 7 * LONGEST_WEEKS[level]
        return Span(end - timedelta(days=days), end)


def _monday_from(day: date) -> date:
    return monday(day + timedelta(days=6))
