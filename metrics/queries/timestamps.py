"""When a metric's figures happened and when they were entered, from what is stored."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from common.tenancy.context import require_tenant_id

from ..models import Metric, Source, TimestampRule
from ..rules.kinds import KINDS
from ..rules.timestamps import LATELY, SHOWN, WEEKS, Bias, BothWays, Delays

# By the time of entry: by that of the event, what is entered late would be missing of late. Where the
# rule names a field of entry, what came without it is not entered yet, and as late as it is old.
DELAYS = """
SELECT m.metric_id, m.source_id, count(*), count(m.recorded_at),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY d.hours) FILTER (WHERE d.hours IS NOT NULL),
    percentile_disc(0.9) WITHIN GROUP (ORDER BY d.hours) FILTER (WHERE d.hours IS NOT NULL),
    percentile_disc(0.95) WITHIN GROUP (ORDER BY d.hours) FILTER (WHERE d.hours IS NOT NULL),
    (avg((d.hours <= 24)::integer)
        FILTER (WHERE m.recorded_at IS NOT NULL OR d.hours > 24))::float8,
    count(*) FILTER (WHERE d.hours < 0),
    count(*) FILTER (WHERE m.recorded_at IS NULL AND d.hours IS NOT NULL)
FROM metrics_measurement m
LEFT JOIN metrics_timestamprule r ON r.tenant_id = m.tenant_id AND r.metric_id = m.metric_id
    AND r.source_id = m.source_id AND r.ended_at IS NULL AND r.entry_field <> ''
CROSS JOIN LATERAL (
    SELECT (extract(epoch FROM CASE WHEN m.recorded_at IS NOT NULL OR r.id IS NOT NULL
        THEN COALESCE(m.recorded_at, %(now)s) - m.event_at END) / 3600)::float8 AS hours
) d
WHERE m.tenant_id = %(tenant)s AND m.metric_id = ANY(%(ids)s::bigint[])
  AND m.event_at >= %(now)s - %(span)s - %(before)s AND m.event_at < %(now)s
  AND COALESCE(m.recorded_at, m.event_at) >= %(now)s - %(span)s
  AND COALESCE(m.recorded_at, m.event_at) < %(now)s
GROUP BY m.metric_id, m.source_id
"""
# What has no time of entry stays where it happened.
BIAS = """
WITH items AS (
    SELECT date_trunc('week', timezone(%(zone)s, m.event_at))::date AS happened,
        date_trunc('week', timezone(%(zone)s, COALESCE(m.recorded_at, m.event_at)))::date AS entered,
        m.numerator, m.denominator, m.recorded_at IS NOT NULL AS told
    FROM metrics_measurement m
    WHERE m.tenant_id = %(tenant)s AND m.metric_id = %(metric)s
      AND m.event_at >= %(now)s - %(span)s AND m.event_at < %(now)s
), happened AS (
    SELECT happened AS week, sum(numerator) AS numerator, sum(denominator) AS denominator,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY numerator) AS median
    FROM items GROUP BY happened
), entered AS (
    SELECT entered AS week, sum(numerator) AS numerator, sum(denominator) AS denominator,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY numerator) AS median
    FROM items GROUP BY entered
)
SELECT week, h.numerator, h.denominator, h.median, e.numerator, e.denominator, e.median,
    (SELECT avg((i.happened <> i.entered)::integer)::float8 FROM items i WHERE i.told)
FROM happened h FULL JOIN entered e USING (week)
WHERE week < date_trunc('week', timezone(%(zone)s, %(now)s))
ORDER BY week DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Timing:
    """A source of a metric: its rule, None while none is in force, and how late it is entered."""

    source: Source
    rule: TimestampRule | None
    delays: Delays | None


def map_delays(
    metric_ids: Collection[int], *, now: datetime, span: timedelta = LATELY
) -> dict[tuple[int, int], Delays]:
    """Return how late what was entered lately was, or is to be, by metric and source."""
    values: dict[str, Any] = {
        "tenant": require_tenant_id(),
        "ids": list(metric_ids),
        "now": now,
        "span": span,
        "before": SHOWN,
    }
    with connection.cursor() as cursor:
        cursor.execute(DELAYS, values)
        return {(row[0], row[1]): Delays(*row[2:]) for row in cursor.fetchall()}


def map_rules(metric_ids: Collection[int]) -> dict[tuple[int, int], TimestampRule]:
    """Return the rules in force, by metric and source."""
    rows = TimestampRule.objects.filter(metric_id__in=list(metric_ids), ended_at=None)
    return {(row.metric_id, row.source_id): row for row in rows}


def list_timings(metric: Metric, *, now: datetime) -> list[Timing]:
    """Return each source that sent a metric over half a year, or has a rule for it, by name."""
    delays = map_delays([metric.pk], now=now, span=SHOWN)
    rules = map_rules([metric.pk])
    keys = {source for _, source in [*delays, *rules]}
    return [
        Timing(
            source,
            rules.get((metric.pk, source.pk)),
            delays.get((metric.pk, source.pk)),
        )
        for source in Source.objects.filter(pk__in=keys).order_by("name", "code")
    ]


def read_bias(metric: Metric, *, now: datetime) -> Bias:
    """Return a metric's last whole weeks by when things happened and by when they were entered.

    Of a rate, what is counted: events alone. Of a median, the median of the figures that came.
    """
    values: dict[str, Any] = {
        "tenant": require_tenant_id(),
        "metric": metric.pk,
        "zone": metric.zone,
        "now": now,
        "span": SHOWN,
        "limit": WEEKS,
    }
    with connection.cursor() as cursor:
        cursor.execute(BIAS, values)
        rows = cursor.fetchall()
    return Bias(
        weeks=[
            BothWays(row[0], _value(metric, *row[1:4]), _value(metric, *row[4:7])) for row in rows
        ],
        moved=rows[0][7] if rows else None,
    )


def _value(
    metric: Metric, numerator: float | None, denominator: float | None, median: float | None
) -> float | None:
    if KINDS[metric.kind].per_time:
        return numerator
    if KINDS[metric.kind].weighted:
        return median
    return numerator / denominator if numerator is not None and denominator else None


def find_rule(metric: Metric, source: Source) -> TimestampRule | None:
    """Return the rule of a metric from a source, one that ended too; None before the first."""
    return TimestampRule.objects.filter(metric=metric, source=source).first()
