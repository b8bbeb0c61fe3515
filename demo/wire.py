"""What is sent for one pilot's metric: weekly figures of the own table, or raw rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from .raw import READERS, Row, item
from .rules import WEEK, MetricPlan, PilotPlan, monday, shift
from .table import Figure

T = TypeVar("T")
Item = dict[str, Any]
WEEK_PREFIX = "week@"
DAY = timedelta(days=1)


def weekly_items(
    figures: Iterable[Figure], *, pilot: PilotPlan, metric: MetricPlan, weeks: int
) -> Iterator[Item]:
    """Yield one item a week, on its moved Monday: a bare date begins in the metric's zone.

    weeks: by how many the pilot's dates move. The original Monday stays in the external id.
    """
    for figure in figures:
        if figure.metric != metric.code or not pilot.covers(figure.week, metric):
            continue
        found: Item = {
            "metric": metric.code,
            "event_at": (figure.week + weeks * WEEK).isoformat(),
            "source": metric.dataset,
            "external_id": f"{WEEK_PREFIX}{figure.week.isoformat()}",
        }
        if figure.value is not None:
            found |= {"value": figure.value, "denominator": float(figure.count)}
        else:
            found |= {"numerator": figure.numerator, "denominator": figure.denominator}
        if metric.entered_within_day and _is_in_time(figure):
            found["recorded_at"] = (figure.week + weeks * WEEK + DAY).isoformat()
        yield found


def _is_in_time(figure: Figure) -> bool:
    """Say whether 95 of 100 that a week counts were entered within a day, as the week itself says.

    How late they were entered where that is not so, no weekly figure tells.
    """
    assert figure.numerator is not None
    assert figure.denominator is not None
    return figure.numerator >= 0.95 * figure.denominator


def by_arrival(
    items: Iterable[T], arrival: Callable[[T], datetime]
) -> Iterator[tuple[datetime, list[T]]]:
    """Yield items in the batches in which they came, the earliest first."""
    batches: dict[datetime, list[T]] = defaultdict(list)
    for one in items:
        batches[arrival(one)].append(one)
    yield from sorted(batches.items(), key=itemgetter(0))


def raw_items(
    folder: Path,
    *,
    pilot: PilotPlan,
    metric: MetricPlan,
    weeks: int,
    zone: str,
) -> Iterator[tuple[Item, Item | None]]:
    """Yield each raw row of the pilot's weeks as an item, with what it counts as if refused.

    A row whose date cannot be true is sent as found. Rows of weeks before the history and from the
    running week on are left out: they are not needed, or have not happened yet.
    """
    until = shift(datetime.combine(pilot.running_week, time.min), weeks, zone)

    def as_item(row: Row) -> Item:
        return item(
            row,
            metric=metric.code,
            source=metric.dataset,
            weeks=weeks,
            zone=zone,
            until=until,
        )

    for row in READERS[metric.code](folder):
        if row.misdated or pilot.covers(monday(row.at.date()), metric):
            counted = row.counted()
            yield as_item(row), as_item(counted) if counted else None


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most so many items."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
