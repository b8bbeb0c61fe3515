"""The plain-Python aggregation of raw rows: it made data/weekly.csv, and tests check both with it.

`python -m demo.raw.weekly DIR` prints the table.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from statistics import median

from demo.rules import HISTORY_WEEKS, TENANTS, WEEK, MetricPlan, PilotPlan, monday
from demo.table import COLUMNS, Figure
from metrics.rules.kinds import KINDS

from . import READERS, Row


def figures(
    metric: MetricPlan, rows: Iterable[Row], spans: Iterable[PilotPlan]
) -> Iterator[Figure]:
    """Yield the weekly figures of one metric that pilots need, by week.

    A rate's week without a row is a 0; any other kind's is missing.
    """
    weeks: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.misdated:
            weeks[monday(row.at.date())].append(row)
    for week in sorted(needed_weeks(metric, spans)):
        if week in weeks or KINDS[metric.kind].per_time:
            yield _figure(metric, week, weeks[week])


def needed_weeks(metric: MetricPlan, pilots: Iterable[PilotPlan]) -> set[date]:
    """Return the Mondays of all weeks that any of the pilots loads."""
    needed = set()
    for pilot in pilots:
        week = pilot.first_week - HISTORY_WEEKS * WEEK
        while week < pilot.running_week:
            if pilot.covers(week, metric):
                needed.add(week)
            week += WEEK
    return needed


def _figure(metric: MetricPlan, week: date, rows: list[Row]) -> Figure:
    if KINDS[metric.kind].weighted:
        value = median(_number(row.value) for row in rows)
        return Figure(metric=metric.code, week=week, count=len(rows), value=value)
    if KINDS[metric.kind].per_time:
        events = sum(_number(row.value) for row in rows)
        return Figure(
            metric=metric.code,
            week=week,
            count=len(rows),
            numerator=events,
            denominator=1.0,
        )
    counted = [row.counted() or row for row in rows]
    return Figure(
        metric=metric.code,
        week=week,
        count=len(rows),
        numerator=sum(_number(row.numerator) for row in counted),
        denominator=sum(_number(row.denominator) for row in counted),
    )


def _number(cell: object) -> float:
    if not isinstance(cell, float):
        raise TypeError(f"not a number: {cell!r}")
    return cell


def whole_table(folder: Path) -> Iterator[Figure]:
    """Yield every figure of the demo's table from the raw files, by metric and week."""
    plans: dict[str, MetricPlan] = {}
    pilots: dict[str, list[PilotPlan]] = defaultdict(list)
    for tenant in TENANTS:
        for pilot, metric in tenant.series():
            plans[metric.code] = metric
            pilots[metric.code].append(pilot)
    for code in sorted(plans):
        yield from figures(plans[code], READERS[code](folder), pilots[code])


def main() -> None:
    """Print the table made from the folder named on the command line."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for figure in whole_table(Path(sys.argv[1])):
        writer.writerow(figure.cells())


if __name__ == "__main__":
    main()
