"""The figures of the story, sent through the sync path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from metrics import wire
from metrics.actions import coverage, sync
from metrics.models import Source
from metrics.rules.items import MAX_ITEMS, Rejection
from metrics.rules.kinds import KINDS

from .. import wire as sending
from ..rules import WEEK, MetricPlan, PilotPlan, monday
from .run import BY, Load

SPAN = timedelta(weeks=52)


@dataclass(frozen=True, slots=True)
class Feed:
    """How one metric's figures of a pilot come.

    zone: of its site. weeks: by how many its dates move. replayed: whether each week comes on the
    Monday after it, as it would have; else all comes now.
    """

    pilot: PilotPlan
    metric: MetricPlan
    zone: str
    weeks: int
    replayed: bool


def send(load: Load, pilot: PilotPlan, metric: MetricPlan, weeks: int, *, replayed: bool) -> None:
    """Send one metric's figures through the sync path; what is there already is unchanged."""
    feed = Feed(pilot, metric, load.plan.site(pilot.site).zone, weeks, replayed)
    if load.raw is None:
        found = sending.weekly_items(load.figures, pilot=pilot, metric=metric, weeks=weeks)
        for items in sending.chunks(found, MAX_ITEMS):
            _deliver(load, feed, items)
        return
    rows = sending.raw_items(
        load.raw,
        pilot=pilot,
        metric=metric,
        weeks=weeks,
        zone=feed.zone,
    )
    for chunk in sending.chunks(rows, MAX_ITEMS):
        otherwise = {found["external_id"]: counted for found, counted in chunk}
        refused = _deliver(load, feed, [found for found, _ in chunk])
        # A text cell was refused in words; the formula says what such a row then counts as.
        again = [counted for key in refused if (counted := otherwise[key]) is not None]
        if again:
            _deliver(load, feed, again)
    if KINDS[metric.kind].per_time:
        _report_spans(load, pilot, metric, weeks)


def _deliver(load: Load, feed: Feed, items: list[sending.Item]) -> list[str]:
    """Send items in the batches in which they came; return the identifiers of the refused ones."""
    refused = []
    for taken_at, batch in sending.by_arrival(items, partial(_arrival, load, feed)):
        refused += [batch[one.index]["external_id"] for one in _record(load, feed, batch, taken_at)]
    return refused


def _arrival(load: Load, feed: Feed, item: sending.Item) -> datetime:
    """Return when an item came: history as the pilot began, each week at six on the Monday after."""
    if not feed.replayed:
        return load.now
    start = feed.pilot.first_week + feed.weeks * WEEK
    week = monday(date.fromisoformat(item["event_at"][:10]))
    day, hour = (week + WEEK, 6) if week >= start else (start, 0)
    return min(datetime.combine(day, time(hour), ZoneInfo(feed.zone)), load.now)


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


def _record(
    load: Load, feed: Feed, items: list[sending.Item], taken_at: datetime
) -> list[Rejection]:
    outcome = sync.record_measurements(
        wire.decode_rows(iter(enumerate(items)), "keep_good"),
        actor=BY.audit_name,
        channel="import" if feed.pilot.by_hand else "api",
        now=load.now,
        default_zone=load.plan.zone,
        taken_at=taken_at if feed.replayed else None,
    )
    load.loaded.add(feed.metric.code, outcome)
    return outcome.rejected
