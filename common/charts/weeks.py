"""Weeks in a row: their gaps made visible, and which of them is the newest figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Newest:
    """The week whose value stands for a metric, by its Monday, and the running one beside it.

    over: False only while no week is over yet, so that the running one itself has to stand there.
    so_far: the running week's value where it stands beside; None when there is none.
    """

    week: date
    value: float
    over: bool = True
    so_far: float | None = None


def is_over(week: date, today: date) -> bool:
    """Say whether a week, given by its Monday, has ended on a day of the same clock."""
    return week + timedelta(days=7) <= today


def newest(weeks: Sequence[date], values: Sequence[float | None], *, today: date) -> Newest | None:
    """Return the newest figure of a metric: its last week with a value that is over.

    weeks: Mondays in order, as many as values. None when no week has a value.
    """
    known = [(week, value) for week, value in zip(weeks, values, strict=True) if value is not None]
    over = [pair for pair in known if is_over(pair[0], today)]
    running = known[len(over) :]
    if over:
        return Newest(*over[-1], so_far=running[-1][1] if running else None)
    return Newest(*running[-1], over=False) if running else None


def filled_weeks(
    weeks: Sequence[date], values: Sequence[float | None], *, most: int = 25
) -> tuple[list[date], list[float | None]]:
    """Return every Monday from the first stored week to the last with its value; gaps have none.

    weeks: Mondays in order, as many as values. most: only the newest so many Mondays, so that a
    metric with long gaps does not squeeze its line.
    """
    if not weeks:
        return [], []
    stored = dict(zip(weeks, values, strict=True))
    count = min((weeks[-1] - weeks[0]).days // 7 + 1, most)
    mondays = [weeks[-1] - timedelta(weeks=back) for back in range(count - 1, -1, -1)]
    return mondays, [stored.get(monday) for monday in mondays]
