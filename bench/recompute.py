"""72 metric-weeks of 168 points each: the product's one statement against a loop over the ORM."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from math import ceil
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from . import data
from .measure import Cost, timed
from .stage import Stage
from .tables import Report, at_least, at_most

POINTS = 168
SPARK_WEEKS = 25


def run(stage: Stage, report: Report) -> None:
    """Compare both on the same marks; the loop's results are checked against the product's."""
    from django.db import connection

    plant = stage.plant("bench")
    marks = fill(stage, plant)
    # The application role may not write snapshots; for the loop, and only in this throwaway
    # database, it may. Row-level security binds both sides alike.
    stage.admin.execute(
        "GRANT INSERT, UPDATE, DELETE ON metrics_snapshot, metrics_summary TO w12_app"
    )
    stage.admin.execute("GRANT DELETE ON metrics_mark TO w12_app")
    try:
        product: dict[int, list[Cost]] = {1: [], 10: [], marks: []}
        loop: list[Cost] = []
        own: psycopg.Connection[Any] = connection.connection
        for _ in range(3):
            mark(stage, plant, marks)
            recompute(plant)
        for turn in range(stage.rounds):
            for count, costs in product.items():
                mark(stage, plant, count)
                costs.append(timed(lambda: recompute(plant), own))
            expected = snapshots(stage, plant)
            if turn < (1 if stage.quick else 3):
                mark(stage, plant, marks)
                loop.append(timed(lambda: orm_loop(plant), own))
                check(expected, snapshots(stage, plant))
    finally:
        stage.admin.execute(
            "REVOKE INSERT, UPDATE, DELETE ON metrics_snapshot, metrics_summary FROM w12_app"
        )
        stage.admin.execute("REVOKE DELETE ON metrics_mark FROM w12_app")
    report.section(f"Recompute of {marks} metric-weeks, {POINTS} points each", "wall, warm")
    for count, costs in product.items():
        goal = at_most(6) if count == marks else None
        report.line(f"product, {count} metric-weeks", [c.wall * 1e3 for c in costs], "ms", goal)
    report.line(f"product, {marks}: CPU", [c.cpu * 1e3 for c in product[marks]], "ms")
    report.line(f"ORM loop, {marks}", [c.wall * 1e3 for c in loop], "ms")
    ours = median(c.wall for c in product[marks])
    ratio = [c.wall / ours for c in loop]
    report.line("ORM loop as many times as long", ratio, "", at_least(100, 80))
    if at_most(6).judge(ours * 1e3) != "met" or at_least(100).judge(median(ratio)) != "met":
        explain(stage, report, plant, marks)


def fill(stage: Stage, plant: data.Plant) -> int:
    """Give each metric one week of hourly points, sent out of order; return the metric-weeks."""
    from common.tenancy.context import tenant
    from metrics import wire
    from metrics.actions import sync

    begin = week_begin()
    items = [
        data.item(code, f"h{hour}", begin + timedelta(hours=hour), numerator=40 + hour % 17)
        for hour in range(POINTS)
        for code in plant.metrics
    ]
    random.Random(12).shuffle(items)
    for start in range(0, len(items), 1_000):
        batch = wire.decode_json(data.body(items[start : start + 1_000]))
        with tenant(plant.tenant_id):
            sync.record_measurements(
                batch,
                actor="system:bench",
                channel="api",
                now=datetime.now(UTC),
                default_zone="UTC",
            )
    stage.admin.execute("VACUUM ANALYZE metrics_measurement")
    return len(plant.metrics)


def week_begin() -> datetime:
    """Return the Monday of a year ago, where the plant has no other data."""
    day = datetime.now(UTC).date() - timedelta(weeks=60)
    return datetime.combine(
        day - timedelta(days=day.weekday()), datetime.min.time(), ZoneInfo("Europe/Berlin")
    )


def mark(stage: Stage, plant: data.Plant, count: int) -> None:
    """Mark that week of so many metrics."""
    stage.admin.execute("DELETE FROM metrics_mark")
    stage.admin.execute(
        "INSERT INTO metrics_mark (tenant_id, metric_id, week)"
        " SELECT tenant_id, id, %s FROM metrics_metric WHERE tenant_id = %s ORDER BY id LIMIT %s",
        [week_begin().date(), plant.tenant_id, count],
    )


def recompute(plant: data.Plant) -> None:
    """Do what the Celery task does."""
    from common.tenancy.context import tenant
    from metrics.actions import recompute as actions

    with tenant(plant.tenant_id):
        done = actions.recompute()
    assert done
    assert done.marks


def orm_loop(plant: data.Plant) -> None:
    """Do the same, as one would without a thought for the number of queries."""
    from common.tenancy.context import tenant
    from metrics.models import Mark, Metric, Snapshot

    with tenant(plant.tenant_id):
        for due in Mark.objects.order_by("made_at", "id"):
            metric = Metric.objects.get(pk=due.metric_id)
            Snapshot.objects.update_or_create(
                tenant_id=plant.tenant_id,
                metric_id=metric.pk,
                week=due.week,
                defaults=values_of(metric, due.week),
            )
            summarise(metric)
            due.delete()


def values_of(metric: Any, week: date) -> dict[str, Any]:
    """Aggregate one metric-week from its measurements."""
    from metrics.models import Measurement

    zone = ZoneInfo(metric.zone)
    begin = datetime.combine(week, datetime.min.time(), zone)
    end = datetime.combine(week + timedelta(days=7), datetime.min.time(), zone)
    rows = list(
        Measurement.objects.filter(
            metric_id=metric.pk, event_at__gte=begin, event_at__lt=end
        ).order_by("event_at")
    )
    numerator, denominator = sum(r.numerator for r in rows), sum(r.denominator for r in rows)
    values = sorted(row.numerator / row.denominator for row in rows)
    days = {row.event_at.astimezone(zone).date() for row in rows}
    return {
        "n": len(rows),
        "numerator": numerator,
        "denominator": denominator,
        "value": numerator / denominator,
        "low": values[0],
        "high": values[-1],
        "p50": median(values),
        "p95": values[ceil(0.95 * len(values)) - 1],
        "days_reported": len(days),
        "digest": hash(tuple(values)),
        "computed_at": datetime.now(UTC),
    }


def summarise(metric: Any) -> None:
    """Renew the metric's row for the board."""
    from metrics.models import Measurement, Snapshot, Summary

    of_metric = Snapshot.objects.filter(metric_id=metric.pk)
    latest = list(of_metric.exclude(value=None).order_by("-week")[:SPARK_WEEKS])[::-1]
    newest = Measurement.objects.filter(metric_id=metric.pk).order_by("-event_at").first()
    Summary.objects.update_or_create(
        tenant_id=metric.tenant_id,
        metric_id=metric.pk,
        defaults={
            "weeks": [row.week for row in latest],
            "values": [row.value for row in latest],
            "snapshots": of_metric.count(),
            "last_event_at": newest.event_at if newest else None,
            "last_source_id": newest.source_id if newest else None,
            "computed_at": datetime.now(UTC),
        },
    )


def snapshots(stage: Stage, plant: data.Plant) -> list[tuple[Any, ...]]:
    """Return what stands for that week, without digest and time."""
    return stage.admin.execute(
        "SELECT metric_id, n, numerator, denominator, value, low, high, p50, p95, days_reported"
        " FROM metrics_snapshot WHERE tenant_id = %s AND week = %s ORDER BY metric_id",
        [plant.tenant_id, week_begin().date()],
    ).fetchall()


def check(expected: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> None:
    """Make sure both sides did the same work."""
    assert len(expected) == len(found) > 0
    for one, other in zip(expected, found, strict=True):
        assert all(abs(a - b) <= 1e-9 * abs(a) for a, b in zip(one, other, strict=True)), (
            one,
            other,
        )


def explain(stage: Stage, report: Report, plant: data.Plant, marks: int) -> None:
    """Say where the time of the product's statement goes: with quantiles and without."""
    from django.db import connection

    timings = []
    for kind in ("mean", "ratio"):
        rename(stage, plant, kind)
        costs = []
        for _ in range(stage.rounds):
            mark(stage, plant, marks)
            costs.append(timed(lambda: recompute(plant), connection.connection))
        timings.append(
            [median(getattr(c, part) for c in costs) * 1e3 for part in ("wall", "server")]
        )
    rename(stage, plant, "mean")
    (wall, busy), (_, busy_without) = timings
    report.note(
        f"Recompute: {wall:.1f} ms for {marks} metric-weeks of a mean, of which the backend works"
        f" {busy:.1f} (a ratio, which has no quantiles, takes it {busy_without:.1f}); the rest is waiting"
        " for the machine and for the disk at commit. The statement also makes days reported, digest"
        " and one summary row a metric, which the prototype's 5.8 ms did not."
    )


def rename(stage: Stage, plant: data.Plant, kind: str) -> None:
    """Change the kind of all metrics, which the product itself forbids once they are measured."""
    with stage.admin.transaction():
        stage.admin.execute("SET LOCAL session_replication_role = replica")
        stage.admin.execute(
            "UPDATE metrics_metric SET kind = %s WHERE tenant_id = %s", [kind, plant.tenant_id]
        )
