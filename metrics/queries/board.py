"""What the board, a pilot's page and the list of metrics show of metrics."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from common import charts
from common.tenancy.context import require_tenant_id
from portfolio import rules as path

from ..models import Snapshot
from ..rules import units
from ..rules.baselines import MOST_WEEKS, pool_weeks
from ..rules.gaps import Gap, find_gap
from ..rules.kinds import KINDS
from ..rules.verdict import portfolio
from ..rules.verdict.portfolio import Counted
from ..rules.verdict.portfolio import Headline as Headline
from ..rules.verdict.words import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class LockedWeeks:
    """First and last Monday of a locked baseline's weeks, and how far they moved around its value.

    limits: None where the weeks are too few to say. values, weights: of each week, oldest first;
    weights are denominators. Each is equal to itself only, and kept by `locked_weeks`.
    """

    since: date
    through: date
    limits: charts.Limits | None
    values: array[float]
    weights: array[float]

    def places(self, first: date) -> tuple[int, int]:
        """Return how many weeks after a Monday the first of them lies, and the first after them."""
        return (self.since - first).days // 7, (self.through - first).days // 7 + 1


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A metric in a pilot with its target. Values are in the metric's stored unit.

    comparison: lt, le, gt or ge; empty without a target.
    agreed_by: the name, read for one pilot's page only. units_per_week, value_per_unit: assumed.
    baseline: value of the locked baseline, None while none is locked. locked_weeks: what it was
    made of; the board reads it of the metrics it draws only.
    read_out: the version of its read-out of week 12 that stands, as `result` gives it, empty before
    it; due_at: when that was due. read_at: as of when the read-out was made that the next decision
    rests on, of week 12 or of the week a pilot was extended to.
    changed_week: after which week a newer version waits for somebody to take note, the first such
    week; changed_at: since when it waits.
    untold_at: since when a person must say whether the vendor kept its word, because figures cannot.
    reworded: whether the metric has another wording since somebody agreed. retired: whether the
    pilot is judged by it no more.
    """

    id: UUID
    pilot_id: UUID
    role: str
    slot: int | None
    comparison: str
    target: float | None
    agreed_at: datetime | None
    agreed_by: str | None
    units_per_week: Decimal | None
    value_per_unit: Decimal | None
    baseline: float | None
    read_out: str
    due_at: datetime | None
    read_at: datetime | None
    changed_week: int | None
    changed_at: datetime | None
    untold_at: datetime | None
    metric_id: int
    code: str
    name: str
    kind: str
    unit: str
    direction: str
    decimals: int
    zone: str
    attribution: str
    reworded: bool
    retired: bool
    locked_weeks: LockedWeeks | None

    @property
    def agree_again(self) -> bool:
        """Say whether an older wording was agreed to; under a locked baseline that stays."""
        return self.reworded and self.baseline is None

    @property
    def sign(self) -> str:
        """Return the side of the target as a sign: ">", ">=", "<" or "<="."""
        return {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "": ""}[self.comparison]

    @property
    def result(self) -> dict[str, Any] | None:
        """Return what its read-out says in codes (docs/methods/frozen.md), without the weeks."""
        found: dict[str, Any] | None = json.loads(self.read_out or "null")
        return found

    @property
    def claims(self) -> bool:
        """Say whether it is read out as changed, for better or worse."""
        result = self.result
        return result is not None and Verdict(result["word"]) in portfolio.CHANGES

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """Return where the metric's unit or else its kind naturally begins, and where that ends."""
        kind, lowest = KINDS[self.kind], units.lowest(self.unit)
        return kind.lowest if lowest is None else lowest, kind.highest


@dataclass(frozen=True, slots=True)
class Series:
    """A metric's stored last 25 weeks and the source of its newest measurement.

    weeks, values: the same length, oldest first; weeks without a value are left out. denominators:
    of as many weeks, where they were asked for, else none.
    stale_after_hours: silence that source may keep; None when nothing ever arrived.
    reported_until: end of the last day that a feed reported in full, of kinds counted per time.
    late_since: since when its figures arrive later than the source's limit, None while they do not.
    """

    metric_id: int
    weeks: tuple[date, ...]
    values: tuple[float, ...]
    denominators: tuple[float, ...]
    snapshots: int
    last_event_at: datetime | None
    computed_at: datetime
    source_code: str
    source_name: str
    stale_after_hours: int | None
    reported_until: datetime | None
    late_since: datetime | None

    @property
    def known_until(self) -> datetime | None:
        """Return until when the metric is known: its newest event, or a reported day's end."""
        known = [at for at in (self.last_event_at, self.reported_until) if at]
        return max(known, default=None)

    def last_day(self, zone: str) -> date | None:
        """Return the last day that the metric is known of; zone: the metric's."""
        if self.reported_until and self.known_until == self.reported_until:
            return self.reported_until.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
        return self.last_event_at.astimezone(ZoneInfo(zone)).date() if self.last_event_at else None


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One week of one metric, as computed."""

    metric_id: int
    week: date
    n: int
    numerator: float | None
    denominator: float
    value: float | None
    low: float | None
    days_reported: int

    def gap(self, kind: str) -> Gap | None:
        """Return why the week has no value, None when it has one. kind: the metric's."""
        return find_gap(kind=kind, value=self.value, low=self.low, days=self.days_reported)


# The version of a read-out that stands: over all baselines of a metric in a pilot, replaced ones
# too, the newest that waits for nobody.
STANDING = """
    SELECT v.result, v.due_at, v.as_of
    FROM metrics_baseline w
    JOIN metrics_readout v ON v.tenant_id = w.tenant_id AND v.baseline_id = w.id
    WHERE w.tenant_id = t.tenant_id AND w.target_row_id = t.id AND v.week = {week}
      AND (NOT v.waits OR EXISTS (SELECT FROM metrics_acknowledgement a
                                  WHERE a.tenant_id = v.tenant_id AND a.read_out_id = v.id))
    ORDER BY w.number DESC, v.number DESC LIMIT 1
"""
# In SQL because the board is the most opened page, and building this query took longer than it runs.
TARGETS = f"""
SELECT t.id, t.pilot_id, t.role, t.slot, t.comparison, t.target, t.agreed_at,
    (SELECT p.name FROM tenants_membership a
     JOIN tenants_person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id
     WHERE %(pilot)s::uuid IS NOT NULL AND a.tenant_id = t.tenant_id AND a.id = t.agreed_by_id),
    t.units_per_week, t.value_per_unit, b.value,
    COALESCE((r.result - 'points')::text, ''), r.due_at,
    CASE WHEN o.until_week IS NULL THEN r.as_of
         ELSE (SELECT s.as_of FROM ({STANDING.format(week="o.until_week")}) s) END,
    c.week, c.as_of, k.as_of,
    t.metric_id, m.code, m.name, m.kind, m.unit, m.direction, m.decimals, m.zone, m.attribution,
    EXISTS (SELECT FROM metrics_metricdefinition d
            WHERE d.tenant_id = t.tenant_id AND d.metric_id = t.metric_id AND d.number > 1
              AND d.created_at > t.agreed_at),
    t.retired_at IS NOT NULL,
    CASE WHEN %(pilot)s::uuid IS NOT NULL
              OR t.slot = min(t.slot) FILTER (WHERE t.retired_at IS NULL)
                          OVER (PARTITION BY t.pilot_id) THEN b.weeks END
FROM metrics_pilotmetric t
JOIN metrics_metric m ON m.tenant_id = t.tenant_id AND m.id = t.metric_id
LEFT JOIN metrics_baseline b
  ON b.tenant_id = t.tenant_id AND b.target_row_id = t.id AND b.superseded_at IS NULL
LEFT JOIN LATERAL ({STANDING.format(week=path.WEEKS)}) r ON TRUE
LEFT JOIN LATERAL (
    SELECT n.week, n.as_of
    FROM (SELECT DISTINCT ON (v.week) v.id, v.week, v.as_of, v.waits
          FROM metrics_readout v WHERE v.tenant_id = b.tenant_id AND v.baseline_id = b.id
          ORDER BY v.week, v.number DESC) n
    WHERE n.waits AND NOT EXISTS (SELECT FROM metrics_acknowledgement a
                                  WHERE a.tenant_id = b.tenant_id AND a.read_out_id = n.id)
    ORDER BY n.week LIMIT 1
) c ON TRUE
LEFT JOIN LATERAL (
    SELECT min(f.as_of) AS as_of FROM metrics_vendorcommitment q
    CROSS JOIN LATERAL (
        SELECT n.word, n.as_of FROM metrics_commitmentfinding n
        WHERE n.tenant_id = q.tenant_id AND n.commitment_id = q.id ORDER BY n.number DESC LIMIT 1
    ) f
    WHERE q.tenant_id = t.tenant_id AND q.target_row_id = t.id AND f.word = 'unknown'
      AND NOT EXISTS (SELECT FROM metrics_commitmentdecision d
                      WHERE d.tenant_id = q.tenant_id AND d.commitment_id = q.id)
) k ON TRUE
LEFT JOIN LATERAL (
    SELECT p.until_week FROM metrics_pilotoutcome p
    WHERE p.tenant_id = t.tenant_id AND p.pilot_id = t.pilot_id ORDER BY p.number DESC LIMIT 1
) o ON TRUE
WHERE t.tenant_id = %(tenant)s AND (t.retired_at IS NULL OR r.due_at IS NOT NULL)
  AND (%(pilot)s::uuid IS NULL OR t.pilot_id = %(pilot)s)
ORDER BY t.pilot_id, t.slot NULLS LAST, t.role, t.created_at, t.id
"""  # noqa: S608  # the week is ours


@dataclass(frozen=True, slots=True)
class Targets:
    """The metrics of all pilots: those in use, and everything that was read out for week 12.

    read_out: of archived pilots and retired from one too, because nothing that was looked at leaves
    the count (docs/methods/many-metrics.md).
    """

    in_use: list[TargetRow]
    read_out: list[TargetRow]


def read_targets() -> Targets:
    """Return the metrics of all pilots in one statement; each list as `list_targets` has it."""
    rows = _read_targets(None)
    return Targets(
        in_use=[row for row in rows if not row.retired],
        read_out=[row for row in rows if row.read_out],
    )


def list_targets(pilot_id: UUID) -> list[TargetRow]:
    """Return the metrics of one pilot, primary ones first, retired ones left out."""
    return [row for row in _read_targets(pilot_id) if not row.retired]


def _read_targets(pilot_id: UUID | None) -> list[TargetRow]:
    with connection.cursor() as cursor:
        cursor.execute(TARGETS, {"tenant": require_tenant_id(), "pilot": pilot_id})
        rows = cursor.fetchall()
    return [TargetRow(*(*row, locked_weeks(row[10], weeks))) for *row, weeks in rows]


@lru_cache(maxsize=2048)
def locked_weeks(value: float | None, weeks: str | None) -> LockedWeeks | None:
    """Return what a locked baseline was made of; None without one.

    value, weeks: as stored. Kept, because they never change and every board asks again.
    """
    if value is None or not weeks:
        return None
    days = ((date.fromisoformat(day), one, d) for day, _, d, one in json.loads(weeks))
    found = pool_weeks(days)
    mondays, values = [monday for monday, *_ in found], [one for _, one, _ in found]
    _, filled = charts.filled_weeks(mondays, values, most=MOST_WEEKS)
    return LockedWeeks(
        since=mondays[0],
        through=mondays[-1],
        limits=charts.xmr_limits(filled, center=value),
        values=array("d", values),
        weights=array("d", (weight for *_, weight in found)),
    )


def headline(read_out: Sequence[TargetRow], *, zone: str) -> Headline:
    """Return what the portfolio says in one line. read_out: of `read_targets`. zone: the tenant's."""
    return portfolio.headline(_counted(read_out, zone))


def find_holding(read_out: Sequence[TargetRow], *, zone: str) -> frozenset[UUID]:
    """Return the keys of the metrics whose change holds after correction, as the headline counts."""
    holding = portfolio.claims_holding(_counted(read_out, zone))
    return frozenset(row.id for row, held in zip(read_out, holding, strict=True) if held)


def _counted(read_out: Sequence[TargetRow], zone: str) -> list[Counted]:
    return [
        Counted(path.local_day(row.due_at, zone), Verdict(result["word"]), result["p"])
        for row in read_out
        if row.due_at is not None and (result := row.result) is not None
    ]


# Of these a reported day without events is a figure too.
PER_TIME = [code for code, kind in KINDS.items() if kind.per_time]
SERIES = """
SELECT w.oldest_at, s.metric_id, CASE WHEN d.drawn THEN s.weeks ELSE '{}' END,
    CASE WHEN d.drawn THEN s.values ELSE '{}' END,
    CASE WHEN s.metric_id = ANY(%(weighed)s::bigint[]) THEN ARRAY(
        SELECT n.denominator FROM metrics_snapshot n
        WHERE n.tenant_id = s.tenant_id AND n.metric_id = s.metric_id AND n.week = ANY(s.weeks)
        ORDER BY n.week) END, s.snapshots, s.last_event_at, s.computed_at,
    COALESCE(r.code, ''), COALESCE(r.name, ''), r.stale_after_hours,
    c.until, CASE WHEN f.number %% 2 = 1 AND r.kind <> 'spreadsheet' THEN f.at END
FROM (SELECT (
    SELECT k.made_at FROM metrics_mark k WHERE k.tenant_id = %(tenant)s AND NOT EXISTS (
        SELECT FROM metrics_mark a WHERE a.tenant_id = k.tenant_id AND a.metric_id = k.metric_id
          AND a.week = k.week AND a.aside_until > now())
    ORDER BY k.made_at LIMIT 1) AS oldest_at) w
LEFT JOIN metrics_summary s
  ON s.tenant_id = %(tenant)s AND (%(ids)s::bigint[] IS NULL OR s.metric_id = ANY(%(ids)s))
LEFT JOIN LATERAL (
    SELECT %(drawn)s::bigint[] IS NULL OR s.metric_id = ANY(%(drawn)s) AS drawn
) d ON TRUE
LEFT JOIN (
    SELECT v.metric_id, (max(v.through_date) + 1)::timestamp AT TIME ZONE m.zone AS until,
        (array_agg(v.source_id ORDER BY v.through_date DESC, v.source_id))[1] AS source_id
    FROM metrics_coverage v
    JOIN metrics_metric m ON m.tenant_id = v.tenant_id AND m.id = v.metric_id
    WHERE v.tenant_id = %(tenant)s AND m.kind = ANY(%(per_time)s)
      AND (%(ids)s::bigint[] IS NULL OR v.metric_id = ANY(%(ids)s))
    GROUP BY v.metric_id, m.zone
) c ON c.metric_id = s.metric_id
LEFT JOIN metrics_source r
  ON r.tenant_id = s.tenant_id AND r.id = COALESCE(s.last_source_id, c.source_id)
LEFT JOIN LATERAL (
    SELECT n.number, n.at FROM metrics_feedturn n
    WHERE n.tenant_id = s.tenant_id AND n.metric_id = s.metric_id AND n.source_id = r.id
    ORDER BY n.number DESC LIMIT 1
) f ON TRUE
"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """The stored weeks by metric, and when the oldest mark not worked off yet was made.

    Marks of weeks that are set aside are not among these.
    """

    series: dict[int, Series]
    waiting_since: datetime | None


def read_arrived(
    metric_ids: Collection[int] | None = None,
    *,
    drawn: Collection[int] | None = None,
    weighed: Collection[int] = (),
) -> Arrived:
    """Return the stored weeks of some metrics or of all, and how long marks wait: one statement.

    drawn: the metrics whose weeks are wanted; the others come without them, and much faster.
    weighed: those of them whose denominators are wanted too.
    """
    ids = None if metric_ids is None else list(metric_ids)
    wanted = None if drawn is None else list(drawn)
    with connection.cursor() as cursor:
        values = {"tenant": require_tenant_id(), "ids": ids, "drawn": wanted, "per_time": PER_TIME}
        cursor.execute(SERIES, {**values, "weighed": list(weighed)})
        rows = cursor.fetchall()
    series = {
        row[1]: Series(row[1], tuple(row[2]), tuple(row[3]), tuple(row[4] or ()), *row[5:])
        for row in rows
        if row[1] is not None
    }
    return Arrived(series=series, waiting_since=rows[0][0])


def list_series(metric_ids: Collection[int] | None = None) -> dict[int, Series]:
    """Return the stored weeks of some metrics or of all, by metric."""
    return read_arrived(metric_ids).series


def list_weeks(metric_ids: Collection[int]) -> dict[int, list[WeekRow]]:
    """Return the computed weeks of some metrics, each oldest first."""
    found: dict[int, list[WeekRow]] = {metric_id: [] for metric_id in metric_ids}
    rows = (
        Snapshot.objects.filter(metric_id__in=list(metric_ids))
        .order_by("metric_id", "week")
        .values_list(
            "metric_id", "week", "n", "numerator", "denominator", "value", "low", "days_reported"
        )
    )
    for row in rows:
        found[row[0]].append(WeekRow(*row))
    return found
