"""Turning marks into weekly snapshots; the database function does the work."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from common import jobs
from common.tenancy.context import require_tenant_id

log = logging.getLogger(__name__)

SLICE = 2_000
# How long a week that took too long alone lets the others go first: at first, and at most.
ASIDE_FIRST = timedelta(minutes=5)
ASIDE_MOST = timedelta(hours=6)
TURN = timedelta(minutes=5)
# A little more than a day's: so each week's turn comes at another hour every day.
TURNS = 293


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What one run did: marks consumed, metric-weeks and metrics touched, weeks set aside."""

    marks: int
    weeks: int
    metrics: int
    aside: int = 0


def recompute(*, slice_size: int = SLICE) -> Recomputed | None:
    """Consume the tenant's oldest marks and bring their snapshots up to date.

    A slice that takes longer than a statement may is tried again as half of it, down to one mark;
    the week of that one is set aside, and tried again when its time is over.
    Running it again changes nothing. Returns None when another worker holds the tenant's lock.
    After commit: metrics.recompute again when a full slice was consumed, so one tenant's flood
    does not hold up the others, and when a week was set aside.
    """
    try:
        done = _consume(slice_size)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        if slice_size == 1:
            return _set_aside()
        log.warning("a recompute of %d marks took too long, half of them now", slice_size)
        return recompute(slice_size=slice_size // 2)
    if done is not None and done.marks >= slice_size:
        jobs.enqueue("metrics.recompute")
    return done


def _set_aside() -> Recomputed:
    """Let the week that is first in line wait, and all behind it go on.

    It waits minutes at first, and twice as long each time that it took too long again.
    """
    with connection.cursor() as cursor:
        waits: dict[str, Any] = {"first": ASIDE_FIRST, "most": ASIDE_MOST}
        cursor.execute(SET_ASIDE, {"tenant": require_tenant_id(), **waits})
        found = cursor.fetchall()
    for metric_id, week in found:
        log.error("metric %s, week of %s, takes too long: set aside", metric_id, week)
    jobs.enqueue("metrics.recompute")
    return Recomputed(marks=0, weeks=0, metrics=0, aside=len(found))


def _consume(slice_size: int) -> Recomputed | None:
    """Consume so many marks in one statement; in a savepoint, so that a failure undoes just it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT marks, weeks, metrics FROM recompute_tenant(%s)", [slice_size])
        row = cursor.fetchone()
    return Recomputed(*row) if row else None


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


def mark_differing(*, now: datetime) -> int:
    """Mark weeks whose figures are not those of their measurements; return how many.

    A call looks only at the metric-weeks whose turn it is; called once each TURN, it has looked
    at all of them after TURNS calls. A week that is marked already is due anyhow.
    """
    turn = int(now.timestamp() // TURN.total_seconds()) % TURNS
    values = {"tenant": require_tenant_id(), "turn": turn, "turns": TURNS}
    with connection.cursor() as cursor:
        cursor.execute(WEEKS_OF_TURN, values)
        metrics, weeks = cursor.fetchone() or ([], [])
        cursor.execute(MARK_DIFFERING, {**values, "metrics": metrics, "weeks": weeks})
        found = cursor.fetchall()
        cursor.execute(MARK_SUMMARIES, values)
        found += cursor.fetchall()
    for metric_id, week in found:
        log.warning("the figures of metric %s, week of %s, were not right", metric_id, week)
    return len(found)


# Another worker may have the tenant meanwhile and finish the week: then it is tried later in vain.
# Which week is first in line is asked as of now(), as recompute_tenant did; it waits from this
# statement on, because the slices that took too long before it may have taken minutes.
SET_ASIDE = """
INSERT INTO metrics_mark (tenant_id, metric_id, week, aside_until)
SELECT o.tenant_id, o.metric_id, o.week, statement_timestamp() + least(%(most)s, COALESCE(
    (SELECT max(a.aside_until - a.made_at) * 2 FROM metrics_mark a WHERE a.tenant_id = o.tenant_id
       AND a.metric_id = o.metric_id AND a.week = o.week AND a.aside_until IS NOT NULL), %(first)s))
FROM metrics_mark o
WHERE o.tenant_id = %(tenant)s AND NOT EXISTS (
    SELECT FROM metrics_mark a WHERE a.tenant_id = o.tenant_id AND a.metric_id = o.metric_id
      AND a.week = o.week AND a.aside_until > now())
ORDER BY o.made_at, o.id LIMIT 1
RETURNING metric_id, week
"""

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

# The weeks from a metric's first to its last sign of life, of which every so manieth has its turn.
WEEKS_OF_TURN = """
SELECT COALESCE(array_agg(m.id), '{}'), COALESCE(array_agg(date '1970-01-05' + g.n::int * 7), '{}')
FROM metrics_metric m
CROSS JOIN LATERAL (
    SELECT min(e.at) AS first_at, max(e.at) AS last_at FROM (
        SELECT timezone(m.zone, min(x.event_at))::date FROM metrics_measurement x
        WHERE x.tenant_id = m.tenant_id AND x.metric_id = m.id
        UNION ALL
        SELECT timezone(m.zone, max(x.event_at))::date FROM metrics_measurement x
        WHERE x.tenant_id = m.tenant_id AND x.metric_id = m.id
        UNION ALL
        SELECT unnest(ARRAY[min(c.from_date), max(c.through_date)]) FROM metrics_coverage c
        WHERE c.tenant_id = m.tenant_id AND c.metric_id = m.id
        UNION ALL
        SELECT unnest(ARRAY[min(s.week), max(s.week)]) FROM metrics_snapshot s
        WHERE s.tenant_id = m.tenant_id AND s.metric_id = m.id
    ) AS e(at)
) life
CROSS JOIN LATERAL (
    SELECT (life.first_at - date '1970-01-05') / 7 AS first_n,
        (life.last_at - date '1970-01-05') / 7 AS last_n
) span
CROSS JOIN LATERAL generate_series(
    span.first_n + ((%(turn)s - m.id - span.first_n) %% %(turns)s + %(turns)s) %% %(turns)s,
    span.last_n, %(turns)s) AS g(n)
WHERE m.tenant_id = %(tenant)s
"""

# Sums of floating point figures depend a little on the order in which they are added up.
MARK_DIFFERING = """
INSERT INTO metrics_mark (tenant_id, metric_id, week)
SELECT %(tenant)s, f.metric_id, f.week
FROM week_figures(%(tenant)s, %(metrics)s::bigint[], %(weeks)s::date[]) f
LEFT JOIN metrics_snapshot s
    ON s.tenant_id = %(tenant)s AND s.metric_id = f.metric_id AND s.week = f.week
WHERE (f.is_empty <> (s.week IS NULL)
    OR NOT f.is_empty AND (
        (s.n, s.low, s.high, s.days_reported, s.digest)
            IS DISTINCT FROM (f.n, f.low, f.high, f.days_reported, f.digest)
        OR EXISTS (
            SELECT FROM (VALUES (s.numerator, f.numerator), (s.denominator, f.denominator),
                (s.value, f.value), (s.p50, f.p50), (s.p95, f.p95)) AS v(stands, right_one)
            WHERE (v.stands IS NULL) <> (v.right_one IS NULL)
               OR abs(v.stands - v.right_one) > 1e-9 * greatest(abs(v.stands), abs(v.right_one)))))
  AND NOT EXISTS (
    SELECT FROM metrics_mark k
    WHERE k.tenant_id = %(tenant)s AND k.metric_id = f.metric_id AND k.week = f.week)
RETURNING metric_id, week
"""

# A summary is written with the metric's weeks; one that shows others than stand is written again.
MARK_SUMMARIES = """
INSERT INTO metrics_mark (tenant_id, metric_id, week)
SELECT u.tenant_id, u.metric_id, w.newest
FROM metrics_summary u
CROSS JOIN LATERAL (
    SELECT max(l.week) AS newest, array_agg(l.week ORDER BY l.week) AS weeks,
        array_agg(l.value ORDER BY l.week) AS vals
    FROM (SELECT s.week, s.value FROM metrics_snapshot s
          WHERE s.tenant_id = u.tenant_id AND s.metric_id = u.metric_id AND s.value IS NOT NULL
          ORDER BY s.week DESC LIMIT 25) l
) w
WHERE u.tenant_id = %(tenant)s AND u.metric_id %% %(turns)s = %(turn)s AND w.newest IS NOT NULL
  AND (u.weeks, u.values) IS DISTINCT FROM (w.weeks, w.vals)
  AND NOT EXISTS (
    SELECT FROM metrics_mark k WHERE k.tenant_id = u.tenant_id AND k.metric_id = u.metric_id)
RETURNING metric_id, week
"""
