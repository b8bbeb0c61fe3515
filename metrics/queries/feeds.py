"""How late figures arrive, by feed: a metric from a source. Source: docs/rules/feeds.md."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from common.tenancy.context import require_tenant_id

from ..models import FeedTurn, Source, Summary
from ..rules import feeds as rules
from ..rules.feeds import Lag, State

# Every figure of the last weeks as it first came: what corrects it says nothing of the feed. When a
# batch came is told by its key, which is made as the batch is taken.
CAME = """
SELECT m.metric_id, m.source_id, x.event_at, COALESCE(x.recorded_at, x.event_at) AS known_at,
    x.recorded_at IS NOT NULL AS told, uuid_extract_timestamp(x.batch_id) AS arrived_at, b.channel,
    LEAST(min(uuid_extract_timestamp(x.batch_id)) FILTER (WHERE b.channel = 'api')
        OVER (PARTITION BY m.metric_id, m.source_id),
        CASE WHEN before.source_id = m.source_id THEN before.at END) AS first_at
FROM metrics_metric k
LEFT JOIN LATERAL (
    -- Where it sends rarely, its oldest figure tells that this is not its beginning.
    SELECT e.source_id, uuid_extract_timestamp(e.batch_id) AS at
    FROM (SELECT n.source_id, n.batch_id FROM metrics_measurement n
          WHERE n.tenant_id = k.tenant_id AND n.metric_id = k.id
            AND n.event_at < %(now)s - %(horizon)s
          ORDER BY n.event_at LIMIT 1) e
    JOIN metrics_syncbatch s ON s.tenant_id = k.tenant_id AND s.id = e.batch_id
    WHERE s.channel = 'api'
) before ON TRUE
JOIN metrics_measurement m ON m.tenant_id = k.tenant_id AND m.metric_id = k.id
    AND m.event_at >= %(now)s - %(horizon)s
LEFT JOIN LATERAL (
    SELECT r.event_at, r.recorded_at, r.batch_id FROM metrics_measurementrevision r
    WHERE m.revision > 0 AND r.tenant_id = m.tenant_id AND r.metric_id = m.metric_id
      AND r.key = m.key
    ORDER BY r.revision LIMIT 1
) o ON TRUE
CROSS JOIN LATERAL (
    SELECT o.event_at, o.recorded_at, o.batch_id WHERE o.batch_id IS NOT NULL
    UNION ALL
    SELECT m.event_at, m.recorded_at, m.batch_id WHERE o.batch_id IS NULL
) x
JOIN metrics_syncbatch b ON b.tenant_id = m.tenant_id AND b.id = x.batch_id
WHERE k.tenant_id = %(tenant)s AND k.archived_at IS NULL
  AND (%(ids)s::bigint[] IS NULL OR k.id = ANY(%(ids)s))
"""
# What was known before the feed first sent anything is history.
COUNTED = f"""
SELECT c.*, s.interval,
    GREATEST(extract(epoch FROM c.arrived_at - c.known_at) / 60, 0)::float8 AS minutes,
    c.channel = 'api' AND c.known_at >= c.first_at AS counts,
    c.channel <> 'api' AND c.known_at >= c.first_at AS carried
FROM ({CAME}) c
JOIN metrics_source s ON s.tenant_id = %(tenant)s AND s.id = c.source_id
"""  # noqa: S608  # the statement is ours
FEEDS = f"""
WITH lags AS (
    SELECT c.*, counts AND arrived_at > %(now)s - p.short AS now,
        counts AND arrived_at > %(now)s - p.long AS lately,
        carried AND arrived_at > %(now)s - p.long AS carried_lately
    FROM ({COUNTED}) c
    JOIN unnest(%(intervals)s::text[], %(short)s::interval[], %(long)s::interval[])
        AS p(interval, short, long) ON p.interval = c.interval
), found AS (
    SELECT metric_id, source_id,
        count(*) FILTER (WHERE now) AS now_count,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE now) AS now_p50,
        percentile_disc(0.95) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE now) AS now_p95,
        count(*) FILTER (WHERE lately) AS count,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE lately) AS p50,
        percentile_disc(0.95) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE lately) AS p95,
        count(*) FILTER (WHERE lately AND told) AS told,
        count(*) FILTER (WHERE carried_lately) AS carried,
        max(event_at) AS last_event_at, max(arrived_at) AS last_arrival_at,
        bool_and(channel = 'import') AS by_hand
    FROM lags GROUP BY metric_id, source_id
), fed AS (
    SELECT metric_id, source_id FROM found
    UNION
    SELECT s.metric_id, s.last_source_id FROM metrics_summary s
    WHERE s.tenant_id = %(tenant)s AND s.last_source_id IS NOT NULL
      AND (%(ids)s::bigint[] IS NULL OR s.metric_id = ANY(%(ids)s))
    UNION
    SELECT v.metric_id, v.source_id FROM metrics_coverage v
    WHERE v.tenant_id = %(tenant)s
      AND (%(ids)s::bigint[] IS NULL OR v.metric_id = ANY(%(ids)s))
)
SELECT k.id, k.code, k.name, k.zone, r.id, r.code, r.name, r.archived_at IS NOT NULL, r.kind,
    r.interval, r.lag_limit_minutes,
    COALESCE(f.now_count, 0), f.now_p50, f.now_p95, COALESCE(f.count, 0), f.p50, f.p95,
    COALESCE(f.told, 0), COALESCE(f.carried, 0), COALESCE(f.last_event_at, y.last_event_at),
    f.last_arrival_at, COALESCE(f.by_hand, false), t.number, t.id, t.at
FROM fed
JOIN metrics_metric k ON k.tenant_id = %(tenant)s AND k.id = fed.metric_id
    AND k.archived_at IS NULL
JOIN metrics_source r ON r.tenant_id = %(tenant)s AND r.id = fed.source_id
LEFT JOIN found f ON f.metric_id = fed.metric_id AND f.source_id = fed.source_id
LEFT JOIN metrics_summary y ON y.tenant_id = %(tenant)s AND y.metric_id = fed.metric_id
    AND y.last_source_id = fed.source_id
LEFT JOIN LATERAL (
    SELECT n.number, n.id, n.at FROM metrics_feedturn n
    WHERE n.tenant_id = %(tenant)s AND n.metric_id = fed.metric_id AND n.source_id = fed.source_id
    ORDER BY n.number DESC LIMIT 1
) t ON TRUE
ORDER BY r.name, r.code, k.name, k.code
"""  # noqa: S608
BINS = f"""
SELECT date_trunc(%(bin)s, c.arrived_at, %(zone)s) AS since, count(*),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes),
    percentile_disc(0.95) WITHIN GROUP (ORDER BY minutes)
FROM ({COUNTED}) c
WHERE c.counts AND c.source_id = %(source)s AND c.arrived_at > %(now)s - %(span)s
GROUP BY since ORDER BY since DESC
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Feed:
    """How one metric's figures arrive from one source.

    now, lately: the lag over the short and the long time of its pace. told: how many of those
    lately came with the time at which the source learned of them; the lag of the others begins when
    they happened. carried: how many besides came in a file that a person uploaded, over the long
    time. archived: whether the source is, so that nothing is expected of it. by_hand: whether
    somebody carries them all. late_since: when the product saw it become late, None while it is in
    time and where nothing is expected. turn: the number of the last such turn, 0 before any.
    """

    metric_id: int
    metric_code: str
    metric_name: str
    zone: str
    source_id: int
    source_code: str
    source_name: str
    archived: bool
    interval: str
    limit: timedelta
    now: Lag
    lately: Lag
    told: int
    carried: int
    last_event_at: datetime | None
    last_arrival_at: datetime | None
    by_hand: bool
    turn: int
    turn_id: UUID | None
    turned_at: datetime | None

    @property
    def late_since(self) -> datetime | None:
        expected = not self.by_hand and not self.archived
        return self.turned_at if self.turn % 2 and expected else None

    @property
    def state(self) -> State:
        """Return how it does; one that was late and has sent nothing since is late."""
        if self.archived:
            return State.SILENT
        found = rules.judge(self.now, self.limit, by_hand=self.by_hand)
        return State.LATE if found is State.SILENT and self.late_since else found

    @property
    def pace(self) -> rules.Pace:
        return rules.PACES[self.interval]


def list_feeds(*, now: datetime, metric_ids: Collection[int] | None = None) -> list[Feed]:
    """Return the feeds of some metrics or of all in use, by source and metric, in one statement."""
    values: dict[str, Any] = {
        "ids": None if metric_ids is None else list(metric_ids),
        "intervals": list(rules.PACES),
        "short": [pace.short for pace in rules.PACES.values()],
        "long": [pace.long for pace in rules.PACES.values()],
        **_around(now),
    }
    with connection.cursor() as cursor:
        cursor.execute(FEEDS, values)
        rows = cursor.fetchall()
    return [_feed(row) for row in rows]


def _feed(row: tuple[Any, ...]) -> Feed:
    metric_id, code, name, zone, source_id, source_code, source_name, archived = row[:8]
    kind, interval, own_limit = row[8:11]
    told, carried, last_event_at, last_arrival_at, by_import, turn, turn_id, turned_at = row[17:]
    return Feed(
        metric_id,
        code,
        name,
        zone,
        source_id,
        source_code,
        source_name,
        archived,
        interval,
        rules.lag_limit(interval, own_limit),
        Lag(*row[11:14]),
        Lag(*row[14:17]),
        told,
        carried,
        last_event_at,
        last_arrival_at,
        by_import or kind == Source.Kind.SPREADSHEET,
        turn or 0,
        turn_id,
        turned_at,
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """The lag of what arrived in one hour or day. since: when it began."""

    since: datetime
    lag: Lag


def list_bins(feed: Feed, *, now: datetime) -> list[Bin]:
    """Return a feed's lag by hour over its short time, newest first; by day where it sends rarely."""
    often = feed.interval in {Source.Interval.CONTINUOUS, Source.Interval.HOUR}
    values: dict[str, Any] = {
        "ids": [feed.metric_id],
        "source": feed.source_id,
        "bin": "hour" if often else "day",
        "zone": feed.zone,
        "span": feed.pace.short if often else feed.pace.long,
        **_around(now),
    }
    with connection.cursor() as cursor:
        cursor.execute(BINS, values)
        return [Bin(since, Lag(*rest)) for since, *rest in cursor.fetchall()]


def list_moved(*, since: datetime) -> list[int]:
    """Return the metrics of which figures were computed since a moment: something arrived."""
    rows = Summary.objects.filter(computed_at__gt=since).order_by("metric_id")
    return list(rows.values_list("metric_id", flat=True))


def list_left_late(lasting: Collection[UUID | None]) -> list[FeedTurn]:
    """Return the turns by which feeds are late that nobody expects any more.

    lasting: the turns of those that are. The others are carried by hand by now, their source or
    metric is archived, or they sent nothing for weeks while another source did.
    """
    newest = FeedTurn.objects.order_by("metric_id", "source_id", "-number").distinct(
        "metric_id", "source_id"
    )
    return [turn for turn in newest if turn.late and turn.pk not in lasting]


def list_turns(feed: Feed, *, most: int = 20) -> list[FeedTurn]:
    """Return when a feed was late and in time again, newest first."""
    rows = FeedTurn.objects.filter(metric_id=feed.metric_id, source_id=feed.source_id)
    return list(rows.order_by("-number")[:most])


def _around(now: datetime) -> dict[str, Any]:
    return {"tenant": require_tenant_id(), "now": now, "horizon": rules.HORIZON}
