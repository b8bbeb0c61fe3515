"""What the weekly figures must be, computed a second time and independently of the product.

Source: docs/rules/weekly-values.md. Nothing of the product is imported here on purpose.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Point:
    """One measurement as it stands: metric's code, instant, numerator and denominator."""

    metric: str
    at: datetime
    numerator: float
    denominator: float


@dataclass(frozen=True)
class Week:
    """What a snapshot must say."""

    n: int
    numerator: float | None
    denominator: float
    value: float | None
    low: float | None
    high: float | None
    p50: float | None
    p95: float | None
    days_reported: int


def recompute(points: Iterable[Point], zone: str) -> dict[tuple[str, date], Week]:
    """Return every metric-week that has measurements; metrics are named after their kind."""
    weeks: dict[tuple[str, date], list[Point]] = defaultdict(list)
    for point in points:
        day = point.at.astimezone(ZoneInfo(zone)).date()
        weeks[point.metric, day - timedelta(days=day.weekday())].append(point)
    return {key: _week(key[0], found, zone) for key, found in weeks.items()}


def _week(kind: str, points: list[Point], zone: str) -> Week:
    total = sum(point.denominator for point in points)
    days = len({point.at.astimezone(ZoneInfo(zone)).date() for point in points})
    single = [
        (p.numerator if kind == "median" else p.numerator / p.denominator, p.denominator)
        for p in points
        if kind == "median" or p.denominator
    ]
    middle = high_tail = None
    if kind in {"mean", "median"}:
        middle, high_tail = _middle(single), _reached(single, 0.95)
    numerator = None if kind == "median" else sum(point.numerator for point in points)
    if kind == "rate" and min(point.denominator for point in points) == 0:
        # Only a week whose every day is known has an exposure of its own; with and without, none.
        total = 1.0 if not total and days == 7 else 0.0
    value = middle
    if numerator is not None:
        value = numerator / total if total else None
    return Week(
        n=len(points),
        numerator=numerator,
        denominator=total,
        value=value,
        low=min((v for v, _ in single), default=None),
        high=max((v for v, _ in single), default=None),
        p50=middle,
        p95=high_tail,
        days_reported=days,
    )


def _middle(single: list[tuple[float, float]]) -> float:
    """Return the weighted median: where half the weight is reached and where it is passed."""
    half = sum(weight for _, weight in single) * 0.5
    running, reached = 0.0, None
    for value, weight in sorted(single):
        running += weight
        if reached is None and running >= half:
            reached = value
        if running > half:
            assert reached is not None
            return (reached + value) / 2
    raise AssertionError("a week without weight")


def _reached(single: list[tuple[float, float]], share: float) -> float:
    limit = sum(weight for _, weight in single) * share
    running = 0.0
    for value, weight in sorted(single):
        running += weight
        if running >= limit:
            return value
    raise AssertionError("a week without weight")
