"""Rows of the API's lists, a page at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from common.tenancy.context import require_tenant_id

from ..models import Metric, MetricDefinition, PilotMetric, Snapshot, Source, Summary

# Values are bound as literals, so the planner folds what is not asked for.
PAGE_OF_MEASUREMENTS = """
SELECT m.event_at, m.key, s.code, m.external_id, m.revision, m.recorded_at, m.numerator,
    m.denominator, p.code
FROM metrics_measurement m
LEFT JOIN metrics_source s ON s.tenant_id = m.tenant_id AND s.id = m.source_id
LEFT JOIN portfolio_site p ON p.tenant_id = m.tenant_id AND p.id = m.site_id
WHERE m.tenant_id = %(tenant)s AND m.metric_id = %(metric)s
  AND (m.event_at, m.key) > (
      COALESCE(%(at)s::timestamptz, '-infinity'), COALESCE(%(key)s::bytea, ''))
  AND m.event_at >= COALESCE(%(since)s::timestamptz, '-infinity')
  AND m.event_at < COALESCE(%(until)s::timestamptz, 'infinity')
  AND (%(source)s::text IS NULL OR s.code = %(source)s)
ORDER BY m.event_at, m.key LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A metric in a pilot: its code, role and target."""

    metric: str
    role: str
    comparison: str
    target: float | None
    agreed_at: datetime | None


def list_targets(pilot_ids: Collection[UUID]) -> dict[object, list[Target]]:
    """Return the metrics of some pilots with their targets, by pilot; primary ones first."""
    found: dict[object, list[Target]] = {}
    rows = (
        PilotMetric.objects.filter(pilot_id__in=pilot_ids, retired_at=None)
        .order_by("pilot_id", F("slot").asc(nulls_last=True), "role", "metric__code")
        .values_list("pilot_id", "metric__code", "role", "comparison", "target", "agreed_at")
    )
    for pilot_id, *rest in rows:
        found.setdefault(pilot_id, []).append(Target(*rest))
    return found


def page_metrics(*, after: str, archived: bool, limit: int) -> list[Metric]:
    """Return metrics by code behind a code, with site; archived ones where asked for."""
    rows = Metric.objects.filter(code__gt=after)
    if not archived:
        rows = rows.filter(archived_at=None)
    return list(rows.select_related("site").order_by("code")[:limit])


def find_metric(code: str) -> Metric | None:
    """Return a metric by code with its site, archived ones too; None for an unknown code."""
    return Metric.objects.filter(code=code).select_related("site").first()


def list_definitions(metric_id: int) -> list[MetricDefinition]:
    """Return a metric's wordings, oldest first."""
    return list(MetricDefinition.objects.filter(metric_id=metric_id).order_by("number"))


def page_sources(*, after: str, archived: bool, limit: int) -> list[Source]:
    """Return sources by code behind a code; archived ones where asked for."""
    rows = Source.objects.filter(code__gt=after)
    if not archived:
        rows = rows.filter(archived_at=None)
    return list(rows.order_by("code")[:limit])


def page_measurements(
    metric_id: int,
    *,
    after: tuple[datetime, bytes] | None,
    since: datetime | None,
    until: datetime | None,
    source: str | None,
    limit: int,
) -> list[tuple[Any, ...]]:
    """Return current measurements of a metric by time and key.

    Each: event_at, key, source code, external id, revision, recorded_at, numerator, denominator,
    site code. since, until: of the event, the first inclusive, the second exclusive.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            PAGE_OF_MEASUREMENTS,
            {
                "tenant": require_tenant_id(),
                "metric": metric_id,
                "at": after[0] if after else None,
                "key": after[1] if after else None,
                "since": since,
                "until": until,
                "source": source,
                "limit": limit,
            },
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def page_snapshots(
    metric_id: int, *, since: date | None, through: date | None, limit: int
) -> list[Snapshot]:
    """Return a metric's weekly snapshots, oldest first; since and through are Mondays, inclusive."""
    rows = Snapshot.objects.filter(metric_id=metric_id)
    if since is not None:
        rows = rows.filter(week__gte=since)
    if through is not None:
        rows = rows.filter(week__lte=through)
    return list(rows.order_by("week")[:limit])


def find_summary(metric_id: int) -> Summary | None:
    """Return a metric's latest weeks in one row; None before its first recompute."""
    return Summary.objects.filter(metric_id=metric_id).first()


def find_source(code: str) -> Source | None:
    """Return a source by code, archived ones too; None for an unknown code."""
    return Source.objects.filter(code=code).first()
