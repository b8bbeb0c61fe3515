"""Weeks in a row: stored weeks with their gaps made visible."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta


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
