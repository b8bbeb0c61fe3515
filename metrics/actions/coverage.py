"""Declaring that a feed reported a span in full, so that a day without events is a zero; and not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from audit import actions as audit
from common import jobs
from common.errors import Refused
from common.tenancy.context import require_tenant_id
from common.writing import lock

from ..models import Coverage, Metric, Source
from ..rules.items import FIRST_DAY
from ..rules.weeks import monday

MAX_DAYS = 2 * 366

MARK_WEEKS = """
INSERT INTO metrics_mark (tenant_id, metric_id, week)
SELECT %(tenant)s, %(metric)s, %(first)s::date + 7 * g.n
FROM generate_series(0, (%(last)s::date - %(first)s::date) / 7) AS g(n)
"""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a declaration did: whether it is new, and the weeks that it touches."""

    new: bool
    weeks: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did: whether a day of the span was reported, and the span's weeks."""

    withdrawn: bool
    weeks: int


@transaction.atomic
def report_span(
    *,
    source: Source,
    metric_code: str,
    from_date: date,
    through_date: date,
    actor: str,
    now: datetime,
) -> Reported:
    """Declare that a source reported every event of a metric from a day through a day.

    The days are those of the metric's zone. The same span again changes nothing.
    Raises Refused for an unknown or archived metric, an archived source, a span that is empty,
    longer than two years or not over yet.
    Audit: SPAN_REPORTED. After commit: metrics.recompute.
    """
    metric = _checked(source, metric_code, from_date, through_date, now)
    row = Coverage(
        tenant_id=require_tenant_id(),
        source=source,
        metric=metric,
        from_date=from_date,
        through_date=through_date,
        actor=actor,
    )
    weeks = _weeks(from_date, through_date)
    known = Coverage.objects.filter(
        source=source, metric=metric, from_date=from_date, through_date=through_date
    )
    if known.exists():
        return Reported(new=False, weeks=weeks)
    # Two at once: the loser adds nothing here and marks once more, which is harmless.
    Coverage.objects.bulk_create([row], ignore_conflicts=True)
    _mark(row)
    _tell("SPAN_REPORTED", row, by=actor)
    return Reported(new=True, weeks=weeks)


@transaction.atomic
def withdraw_span(
    *,
    source: Source,
    metric_code: str,
    from_date: date,
    through_date: date,
    actor: str,
    now: datetime,
) -> Withdrawn:
    """Take back that a source reported a metric from a day through a day: they are gaps again.

    What the source declared before and after them stays, and so does what others declared. A span
    of which nothing was reported changes nothing. Raises Refused as `report_span` does.
    Audit: SPAN_WITHDRAWN. After commit: metrics.recompute.
    """
    metric = _checked(source, metric_code, from_date, through_date, now)
    weeks = _weeks(from_date, through_date)
    # Two at once each leave a rest of the same row: the second has to see what the first left.
    lock(source)
    rows = list(
        Coverage.objects.filter(
            source=source,
            metric=metric,
            from_date__lte=through_date,
            through_date__gte=from_date,
        ).order_by("from_date", "through_date")
    )
    if not rows:
        return Withdrawn(withdrawn=False, weeks=weeks)
    rests = [rest for row in rows for rest in _rests(row, from_date, through_date)]
    Coverage.objects.filter(pk__in=[row.pk for row in rows]).delete()
    Coverage.objects.bulk_create(rests, ignore_conflicts=True)
    span = Coverage(source=source, metric=metric, from_date=from_date, through_date=through_date)
    _mark(span)
    _tell("SPAN_WITHDRAWN", span, by=actor)
    return Withdrawn(withdrawn=True, weeks=weeks)


def _rests(row: Coverage, from_date: date, through_date: date) -> list[Coverage]:
    """Return what is left of a row before and after a span, by whom and when it was declared."""
    day = timedelta(days=1)
    sides = ((row.from_date, from_date - day), (through_date + day, row.through_date))
    return [
        Coverage(
            tenant_id=row.tenant_id,
            source_id=row.source_id,
            metric_id=row.metric_id,
            from_date=first,
            through_date=last,
            actor=row.actor,
            created_at=row.created_at,
        )
        for first, last in sides
        if first <= last
    ]


def _weeks(from_date: date, through_date: date) -> int:
    """Return how many weeks a span touches."""
    return (monday(through_date) - monday(from_date)).days // 7 + 1


def _mark(span: Coverage) -> None:
    """Mark the weeks that a span touches."""
    with connection.cursor() as cursor:
        cursor.execute(
            MARK_WEEKS,
            {
                "tenant": require_tenant_id(),
                "metric": span.metric_id,
                "first": monday(span.from_date),
                "last": monday(span.through_date),
            },
        )


def _tell(action: str, span: Coverage, *, by: str) -> None:
    """Keep who changed a span, and wake the recompute of the weeks marked."""
    audit.record(
        actor=by,
        action=action,
        object=f"metric:{span.metric.code}",
        payload={
            "source": span.source.code,
            "from": span.from_date.isoformat(),
            "through": span.through_date.isoformat(),
        },
    )
    jobs.enqueue("metrics.recompute")


def _checked(
    source: Source, metric_code: str, from_date: date, through_date: date, now: datetime
) -> Metric:
    """Return the metric of a span that source may speak of; raise Refused for any other."""
    metric = _metric(metric_code)
    if source.archived_at is not None:
        raise Refused(f"The source '{source.code}' is archived.", code="archived_source")
    _check_span(from_date, through_date, now.astimezone(ZoneInfo(metric.zone)).date())
    return metric


def _metric(code: str) -> Metric:
    metric: Metric | None = Metric.objects.filter(code=code).first()
    if metric is None:
        raise Refused(f"There is no metric '{code}'.", code="unknown_metric", field="metric")
    if metric.archived_at is not None:
        raise Refused(f"The metric '{code}' is archived.", code="archived_metric", field="metric")
    return metric


def _check_span(from_date: date, through_date: date, today: date) -> None:
    """Raise Refused unless the span is over, by the metric's clock, and at most two years long."""
    if from_date < FIRST_DAY:
        raise Refused(
            f"A span begins on {FIRST_DAY:%Y-%m-%d} at the earliest: no measurement is taken from"
            " before.",
            code="early_span",
            field="from",
        )
    if from_date > through_date:
        raise Refused("The span ends before it begins.", code="empty_span", field="through")
    if through_date >= today:
        raise Refused(
            "A span is reported when it is over: at the metric's site it is still"
            f" {today:%Y-%m-%d}, so yesterday is its last day at the latest.",
            code="future_span",
            field="through",
        )
    if through_date - from_date > timedelta(days=MAX_DAYS):
        raise Refused("A span is at most two years long.", code="long_span", field="from")
