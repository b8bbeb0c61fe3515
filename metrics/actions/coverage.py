"""Declaring that a feed reported a span in full, so that a day without events is a zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from audit import actions as audit
from common import jobs
from common.errors import Refused
from common.tenancy.context import require_tenant_id

from ..models import Coverage, Metric, Source
from ..rules.items import EARLIEST
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
    metric = _metric(metric_code)
    if source.archived_at is not None:
        raise Refused(f"The source '{source.code}' is archived.", code="archived_source")
    _check_span(from_date, through_date, now.astimezone(ZoneInfo(metric.zone)).date())
    row = Coverage(
        tenant_id=require_tenant_id(),
        source=source,
        metric=metric,
        from_date=from_date,
        through_date=through_date,
        actor=actor,
    )
    first, last = monday(from_date), monday(through_date)
    weeks = (last - first).days // 7 + 1
    known = Coverage.objects.filter(
        source=source, metric=metric, from_date=from_date, through_date=through_date
    )
    if known.exists():
        return Reported(new=False, weeks=weeks)
    # Two at once: the loser adds nothing here and marks once more, which is harmless.
    Coverage.objects.bulk_create([row], ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(
            MARK_WEEKS,
            {"tenant": require_tenant_id(), "metric": metric.id, "first": first, "last": last},
        )
    audit.record(
        actor=actor,
        action="SPAN_REPORTED",
        object=f"metric:{metric.code}",
        payload={
            "source": source.code,
            "from": from_date.isoformat(),
            "through": through_date.isoformat(),
        },
    )
    jobs.enqueue("metrics.recompute")
    return Reported(new=True, weeks=weeks)


def _metric(code: str) -> Metric:
    metric: Metric | None = Metric.objects.filter(code=code).first()
    if metric is None:
        raise Refused(f"There is no metric '{code}'.", code="unknown_metric", field="metric")
    if metric.archived_at is not None:
        raise Refused(f"The metric '{code}' is archived.", code="archived_metric", field="metric")
    return metric


def _check_span(from_date: date, through_date: date, today: date) -> None:
    """Raise Refused unless the span is over, by the metric's clock, and at most two years long."""
    if from_date < EARLIEST.date():
        raise Refused(
            f"A span begins on {EARLIEST:%Y-%m-%d} at the earliest: no measurement is taken from"
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
