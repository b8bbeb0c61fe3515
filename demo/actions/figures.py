"""The figures of the story, sent through the sync path."""

from __future__ import annotations

from datetime import timedelta

from metrics import wire
from metrics.actions import coverage, sync
from metrics.models import Source
from metrics.rules.items import MAX_ITEMS, Rejection
from metrics.rules.kinds import KINDS

from .. import wire as sending
from ..rules import WEEK, MetricPlan, PilotPlan
from .run import BY, Load

SPAN = timedelta(weeks=52)


def send(load: Load, pilot: PilotPlan, metric: MetricPlan, weeks: int) -> None:
    """Send one metric's figures through the sync path; what is there already is unchanged."""
    if load.raw is None:
        for items in sending.chunks(
            sending.weekly_items(load.figures, pilot=pilot, metric=metric, weeks=weeks), MAX_ITEMS
        ):
            _record(load, metric, items)
        return
    rows = sending.raw_items(
        load.raw,
        pilot=pilot,
        metric=metric,
        weeks=weeks,
        zone=load.plan.site(pilot.site).zone,
    )
    for chunk in sending.chunks(rows, MAX_ITEMS):
        refused = _record(load, metric, [found for found, _ in chunk])
        # A text cell was refused in words; the formula says what such a row then counts as.
        again = [counted for one in refused if (counted := chunk[one.index][1]) is not None]
        if again:
            _record(load, metric, again)
    if KINDS[metric.kind].per_time:
        _report_spans(load, pilot, metric, weeks)


def _report_spans(load: Load, pilot: PilotPlan, metric: MetricPlan, weeks: int) -> None:
    """Declare the pilot's whole span as reported, a year at a time: weeks without events are 0."""
    first = pilot.first_history_week(metric) + weeks * WEEK
    end = pilot.running_week + weeks * WEEK
    while first < end:
        until = min(first + SPAN, end)
        coverage.report_span(
            source=Source.objects.get(code=metric.dataset),
            metric_code=metric.code,
            from_date=first,
            through_date=until - timedelta(days=1),
            actor=BY.audit_name,
            now=load.now,
        )
        first = until


def _record(load: Load, metric: MetricPlan, items: list[sending.Item]) -> list[Rejection]:
    outcome = sync.record_measurements(
        wire.decode_rows(iter(enumerate(items)), "keep_good"),
        actor=BY.audit_name,
        channel="import",
        now=load.now,
        default_zone=load.plan.zone,
    )
    load.loaded.add(metric.code, outcome)
    return outcome.rejected
