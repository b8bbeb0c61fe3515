"""Turning marks into weekly snapshots; the database function does the work."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from common import jobs

SLICE = 2_000


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What one run did: marks consumed, metric-weeks and metrics touched."""

    marks: int
    weeks: int
    metrics: int


def recompute(*, slice_size: int = SLICE) -> Recomputed | None:
    """Consume the tenant's oldest marks and bring their snapshots up to date.

    Running it again changes nothing. Returns None when another worker holds the tenant's lock.
    After commit: metrics.recompute again when a full slice was consumed, so one tenant's flood
    does not hold up the others.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT marks, weeks, metrics FROM recompute_tenant(%s)", [slice_size])
        row = cursor.fetchone()
    if row is None:
        return None
    done = Recomputed(*row)
    if done.marks >= slice_size:
        jobs.enqueue("metrics.recompute")
    return done


def mark_everything() -> int:
    """Mark every metric-week that has measurements or coverage; return how many.

    For the rebuild of all snapshots from the measurements.
    """
    with connection.cursor() as cursor:
        cursor.execute(MARK_ALL)
        return int(cursor.rowcount)


def mark_missing() -> int:
    """Mark the weeks of metrics whose snapshots are not all there; return how many.

    The recompute keeps the number of snapshots in the metric's summary. Where that number is not
    what stands in the table, or a metric with measurements has no summary, all its weeks are due.
    """
    with connection.cursor() as cursor:
        cursor.execute(MARK_ALL + ONLY_INCOMPLETE)
        return int(cursor.rowcount)


MARK_ALL = """
INSERT INTO metrics_mark (tenant_id, metric_id, week)
SELECT m.tenant_id, m.id, w.week
FROM metrics_metric m CROSS JOIN LATERAL (
    SELECT date_trunc('week', timezone(m.zone, x.event_at))::date AS week
    FROM metrics_measurement x WHERE x.tenant_id = m.tenant_id AND x.metric_id = m.id
    UNION
    SELECT date_trunc('week', c.from_date)::date + g.n * 7
    FROM metrics_coverage c
    CROSS JOIN LATERAL generate_series(
        0, (c.through_date - date_trunc('week', c.from_date)::date) / 7) AS g(n)
    WHERE c.tenant_id = m.tenant_id AND c.metric_id = m.id
    UNION
    SELECT s.week FROM metrics_snapshot s WHERE s.tenant_id = m.tenant_id AND s.metric_id = m.id
) w
"""

ONLY_INCOMPLETE = """
LEFT JOIN metrics_summary u ON u.tenant_id = m.tenant_id AND u.metric_id = m.id
WHERE COALESCE(u.snapshots, 0) <> (
        SELECT count(*) FROM metrics_snapshot s
        WHERE s.tenant_id = m.tenant_id AND s.metric_id = m.id)
   OR (u.metric_id IS NULL AND EXISTS (
        SELECT FROM metrics_measurement x
        WHERE x.tenant_id = m.tenant_id AND x.metric_id = m.id))
"""
