"""The first 90 days after go-live: which weeks are read, and from when on one is missing.

Source: docs/rules/watch.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

DAYS = 90
# A week's figure is there by the Tuesday after it; on Wednesday it is missing.
MISSING_AFTER = timedelta(days=9)


def starts(*, go_live: date | None, entered_on: date | None) -> date | None:
    """Return the day from which a pilot is watched; None without either.

    Once it entered production that day alone counts: another go-live date cuts no watch short.
    """
    return go_live if entered_on is None else entered_on


def weeks(start: date) -> list[date]:
    """Return the Mondays of the whole weeks that begin within the 90 days, 12 or 13 of them."""
    first = start + timedelta(days=-start.weekday() % 7)
    found = [first + timedelta(weeks=number) for number in range(13)]
    return [monday for monday in found if monday < start + timedelta(days=DAYS)]


def day_number(start: date, today: date) -> int:
    """Return the day of the watch: 1 on the day it starts, 0 and less before it."""
    return (today - start).days + 1


def is_on(start: date, today: date) -> bool:
    """Say whether a pilot is watched on a day: until its last week is read or missing."""
    return start <= today <= weeks(start)[-1] + MISSING_AFTER + timedelta(days=7)


def is_due(monday: date, today: date) -> bool:
    """Say whether the figure of a week has to be there."""
    return today >= monday + MISSING_AFTER


def missed(start: date, known: Collection[date], *, today: date) -> list[date]:
    """Return the weeks whose figure has to be there and is not, oldest first.

    known: the Mondays of the weeks with a figure.
    """
    return [monday for monday in weeks(start) if is_due(monday, today) and monday not in known]
