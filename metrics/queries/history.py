"""How a figure came about: wordings, weeks, measurements, what they replaced, and who sent them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Max, QuerySet

from common.tenancy.context import require_tenant_id
from portfolio import rules as path

from ..models import Coverage, Mark, Metric, MetricDefinition, PilotMetric, Snapshot
from ..rules.wordings import Agreed as Agreed
from ..rules.wordings import agreed_to, begins

MOST_COUNTED = 1_000
MOST_ASIDE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """Marks that the recompute has not worked off yet: their number and the oldest's time."""

    marks: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Aside:
    """A week that took too long to compute, and until when it lets the others go first."""

    metric: str
    week: date
    until: datetime


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a metric's definition, in words, from a day on."""

    metric_id: int
    number: int
    valid_from: date
    numerator: str
    denominator: str
    reason: str
    created_at: datetime
    by: str

    @property
    def begins(self) -> date | None:
        """Return the first day that the wording holds, None for from the beginning."""
        return begins(self.number, self.valid_from)


@dataclass(frozen=True, slots=True)
class Span:
    """Days that a feed says it reported in full, both included."""

    from_date: date
    through_date: date
    source_name: str
    actor: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One current measurement of a week, with the delivery that brought it.

    actor: `member:<id>`, `client:<prefix>` or `system:<job>`; empty when the batch is not known.
    """

    key: bytes
    source_name: str
    external_id: str
    revision: int
    event_at: datetime
    recorded_at: datetime | None
    numerator: float
    denominator: float
    site_name: str
    received_at: datetime | None
    actor: str
    channel: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """A revision of an item that a newer one replaced, as it was."""

    key: bytes
    revision: int
    event_at: datetime
    recorded_at: datetime | None
    numerator: float
    denominator: float
    replaced_at: datetime
    received_at: datetime | None
    actor: str
    channel: str


@dataclass(frozen=True, slots=True)
class Moved:
    """An item that once lay in a week and now lies in another: why a week may have fewer."""

    external_id: str
    source_name: str
    was_at: datetime
    now_at: datetime
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class Use:
    """A pilot that looks at a metric."""

    code: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class AgreedUse(Use):
    """A pilot that looks at a metric, with who agreed to its target there; None for nobody."""

    agreed_at: datetime | None
    agreed_by: str | None


def list_wordings(metric_ids: Collection[int]) -> dict[int, list[Wording]]:
    """Return every version of some metrics' definitions, each metric's newest first."""
    found: dict[int, list[Wording]] = {metric_id: [] for metric_id in metric_ids}
    rows = (
        MetricDefinition.objects.filter(metric_id__in=list(metric_ids))
        .order_by("metric_id", "-number")
        .values_list(
            "metric_id",
            "number",
            "valid_from",
            "numerator",
            "denominator",
            "reason",
            "created_at",
            "created_by__person__name",
        )
    )
    for row in rows:
        found[row[0]].append(Wording(*row))
    return found


def agreed_wording(agreed_at: datetime | None, wordings: Sequence[Wording]) -> Agreed | None:
    """Return which of a metric's wordings an agreement is about; None without an agreement."""
    if agreed_at is None:
        return None
    return agreed_to(agreed_at, [(one.number, one.created_at) for one in wordings])


def list_snapshots(metric_id: int, *, limit: int, offset: int = 0) -> list[Snapshot]:
    """Return computed weeks of a metric, newest first."""
    rows = Snapshot.objects.filter(metric_id=metric_id).order_by("-week")
    return list(rows[offset : offset + limit])


def find_snapshot(metric_id: int, week: date) -> Snapshot | None:
    """Return one computed week; None when the week has no data."""
    return Snapshot.objects.filter(metric_id=metric_id, week=week).first()


# A week whose time aside is over is due since then, not since it was marked.
WAITING = """
SELECT count(*), min(greatest(w.made_at, w.until)) FROM (
    SELECT k.made_at, a.until FROM metrics_mark k
    CROSS JOIN LATERAL (
        SELECT max(x.aside_until) AS until FROM metrics_mark x
        WHERE x.tenant_id = k.tenant_id AND x.metric_id = k.metric_id AND x.week = k.week
          AND x.aside_until IS NOT NULL
    ) a
    WHERE k.tenant_id = %(tenant)s AND (%(metric)s::bigint IS NULL OR k.metric_id = %(metric)s)
      AND (a.until IS NULL OR a.until <= now())
    ORDER BY k.made_at LIMIT %(most)s) w
"""


def count_waiting(metric_id: int | None = None) -> Waiting:
    """Return how many marks of a metric, or of all, wait for the recompute, and since when.

    At most 1 000. Those of weeks that are set aside are not among them.
    """
    values = {"tenant": require_tenant_id(), "metric": metric_id, "most": MOST_COUNTED}
    with connection.cursor() as cursor:
        cursor.execute(WAITING, values)
        return Waiting(*cursor.fetchone())


def list_aside(now: datetime, *, metric_id: int | None = None) -> list[Aside]:
    """Return the weeks of a metric, or of all, that are set aside, oldest first, at most 50."""
    marks = Mark.objects.filter(aside_until__gt=now)
    if metric_id is not None:
        marks = marks.filter(metric_id=metric_id)
    rows = (
        marks.values("metric_id", "week")
        .annotate(until=Max("aside_until"))
        .order_by("week", "metric_id")[:MOST_ASIDE]
    )
    found = Metric.objects.filter(pk__in={row["metric_id"] for row in rows})
    names = dict(found.values_list("id", "name"))
    return [Aside(names.get(row["metric_id"], ""), row["week"], row["until"]) for row in rows]


# Only weeks in which something happened are read item by item, however many items say that nothing did.
EVENTS = """
SELECT x.event_at, x.numerator
FROM (SELECT s.week FROM metrics_snapshot s
      WHERE s.tenant_id = %(tenant)s AND s.metric_id = %(metric)s AND s.numerator > 0
        AND s.week + 7 > COALESCE(%(since)s, '-infinity'::date)
      ORDER BY s.week DESC LIMIT %(limit)s) w
CROSS JOIN LATERAL (
    SELECT e.event_at, e.numerator FROM metrics_measurement e
    WHERE e.tenant_id = %(tenant)s AND e.metric_id = %(metric)s AND e.numerator > 0
      AND e.event_at >= w.week::timestamp AT TIME ZONE %(zone)s
      AND e.event_at < (w.week + 7)::timestamp AT TIME ZONE %(zone)s
) x
ORDER BY x.event_at DESC LIMIT %(limit)s
"""


def list_event_days(metric_id: int, *, zone: str, since: date | None, limit: int) -> list[date]:
    """Return the local days of the newest events of a metric, newest first.

    One day for each event, so one comes twice where two fell on it. since: the first day that
    counts, None for all. Empty where a figure is no whole number of events.
    """
    values: dict[str, Any] = {"tenant": require_tenant_id(), "metric": metric_id, "zone": zone}
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, values | {"since": since, "limit": limit})
        rows = cursor.fetchall()
    if any(events != int(events) for _, events in rows):
        return []
    days = [
        day for at, events in rows for day in [path.local_day(at, zone)] * min(int(events), limit)
    ]
    return [day for day in days[:limit] if since is None or day >= since]


def list_known_weeks(metric_id: int, *, since: date) -> set[date]:
    """Return the weeks from a Monday on that have a value."""
    rows = Snapshot.objects.filter(metric_id=metric_id, week__gte=since, value__isnull=False)
    return set(rows.values_list("week", flat=True))


def list_coverage(metric_id: int, *, limit: int) -> list[Span]:
    """Return the spans that feeds declared as reported, newest first."""
    rows = (
        Coverage.objects.filter(metric_id=metric_id)
        .order_by("-from_date", "-through_date", "id")
        .values_list("from_date", "through_date", "source__name", "actor", "created_at")
    )
    return [Span(*row) for row in rows[:limit]]


def list_uses() -> dict[int, list[Use]]:
    """Return the pilots that look at each metric now, by metric and name."""
    found: dict[int, list[Use]] = {}
    for key, *rest in _uses().values_list("metric_id", "pilot__code", "pilot__name", "role"):
        found.setdefault(key, []).append(Use(*rest))
    return found


def list_agreed_uses(metric_id: int) -> list[AgreedUse]:
    """Return the pilots that look at a metric now, by name, with who agreed to their targets."""
    rows = _uses().filter(metric_id=metric_id)
    fields = ("pilot__code", "pilot__name", "role", "agreed_at", "agreed_by__person__name")
    return [AgreedUse(*row) for row in rows.values_list(*fields)]


def _uses() -> QuerySet[PilotMetric]:
    rows = PilotMetric.objects.filter(retired_at=None, pilot__archived_at=None)
    return rows.order_by("pilot__name", "pilot__code", "id")


ITEMS = """
SELECT x.key, r.name, x.external_id, x.revision, x.event_at, x.recorded_at, x.numerator,
    x.denominator, COALESCE(p.name, ''), b.created_at, COALESCE(b.actor, ''),
    COALESCE(b.channel, '')
FROM metrics_measurement x
JOIN metrics_source r ON r.tenant_id = x.tenant_id AND r.id = x.source_id
LEFT JOIN portfolio_site p ON p.tenant_id = x.tenant_id AND p.id = x.site_id
LEFT JOIN metrics_syncbatch b ON b.tenant_id = x.tenant_id AND b.id = x.batch_id
WHERE x.tenant_id = %s AND x.metric_id = %s AND x.event_at >= %s AND x.event_at < %s
ORDER BY x.event_at, x.key LIMIT %s OFFSET %s
"""

REPLACED = """
SELECT v.key, v.revision, v.event_at, v.recorded_at, v.numerator, v.denominator, v.replaced_at,
    b.created_at, COALESCE(b.actor, ''), COALESCE(b.channel, '')
FROM metrics_measurementrevision v
LEFT JOIN metrics_syncbatch b ON b.tenant_id = v.tenant_id AND b.id = v.batch_id
WHERE v.tenant_id = %s AND v.metric_id = %s AND v.key = ANY(%s)
ORDER BY v.key, v.revision DESC
"""

# Revisions are few against measurements; the scan stays inside one metric by the primary key.
MOVED = """
SELECT x.external_id, r.name, v.event_at, x.event_at, v.replaced_at
FROM metrics_measurementrevision v
JOIN metrics_measurement x
  ON x.tenant_id = v.tenant_id AND x.metric_id = v.metric_id AND x.key = v.key
JOIN metrics_source r ON r.tenant_id = x.tenant_id AND r.id = x.source_id
WHERE v.tenant_id = %s AND v.metric_id = %s AND v.event_at >= %s AND v.event_at < %s
  AND NOT (x.event_at >= %s AND x.event_at < %s)
ORDER BY v.replaced_at DESC, v.key, v.revision LIMIT %s
"""


def list_items(
    metric_id: int, *, since: datetime, until: datetime, limit: int, offset: int = 0
) -> list[Item]:
    """Return a metric's current measurements in a span, oldest first, with who sent them."""
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, [require_tenant_id(), metric_id, since, until, limit, offset])
        return [Item(bytes(row[0]), *row[1:]) for row in cursor.fetchall()]


def list_replaced(metric_id: int, keys: Sequence[bytes]) -> dict[bytes, list[Replaced]]:
    """Return what newer revisions of some items replaced, by item, newest first."""
    found: dict[bytes, list[Replaced]] = {}
    with connection.cursor() as cursor:
        cursor.execute(REPLACED, [require_tenant_id(), metric_id, list(keys)])
        for key, *rest in cursor.fetchall():
            found.setdefault(bytes(key), []).append(Replaced(bytes(key), *rest))
    return found


def list_moved(metric_id: int, *, since: datetime, until: datetime, limit: int = 50) -> list[Moved]:
    """Return the items that a revision moved out of a span, last moved first."""
    span = [since, until]
    with connection.cursor() as cursor:
        cursor.execute(MOVED, [require_tenant_id(), metric_id, *span, *span, limit])
        return [Moved(*row) for row in cursor.fetchall()]


def list_names(codes: Collection[str]) -> dict[str, str]:
    """Return names of metrics by their code, archived ones too."""
    return dict(Metric.objects.filter(code__in=codes).values_list("code", "name"))
