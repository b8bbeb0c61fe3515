"""What a snapshot of a pilot's data covers of its year. Source: docs/rules/snapshots.md."""

from __future__ import annotations

from datetime import date, timedelta

# For how many days a snapshot counts, from the day it was taken.
SNAPSHOT_DAYS = 365
LONGEST_CYCLE = 520  # weeks


def days_covered(first_day: date, last_day: date) -> int:
    """Return how many days a period has; both ends count."""
    return (last_day - first_day).days + 1


def days_lacking(first_day: date, last_day: date, *, cycle_weeks: int) -> int:
    """Return how many days a period is shorter than one seasonal cycle; 0 where it covers one.

    cycle_weeks: 52 for a year; 364 days are 52 weeks, and enough.
    """
    return max(0, cycle_weeks * 7 - days_covered(first_day, last_day))


def counts_until(taken_on: date) -> date:
    """Return the last day on which a snapshot counts."""
    return taken_on + timedelta(days=SNAPSHOT_DAYS)
