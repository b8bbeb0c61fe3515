"""How a pilot's figures arrive."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from metrics.models import Source
from metrics.queries.board import Series, TargetRow, list_series, list_targets
from metrics.queries.feeds import Feed, list_feeds
from metrics.rules.feeds import duration
from portfolio import rules as path
from portfolio.models import Pilot

from ...rules.criteria import Fact


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Integration, in four queries."""
    targets = [one for one in list_targets(pilot.pk) if one.role == "primary"]
    series = list_series([one.metric_id for one in targets])
    # What people fill by hand does not arrive by itself.
    by_hand = set(
        Source.objects.filter(kind=Source.Kind.SPREADSHEET).values_list("code", flat=True)
    )
    feeds = list_feeds(now=now, metric_ids=[one.metric_id for one in targets])
    return {
        "feed_arrives": _feeds(targets, series, by_hand, now),
        "feed_on_time": _on_time(targets, series, feeds),
    }


def _feeds(
    targets: Sequence[TargetRow],
    series: dict[int, Series],
    by_hand: Collection[str],
    now: datetime,
) -> Fact:
    if not targets:
        return Fact(met=False, words="The pilot has no primary metric yet.")
    found = [(one, series.get(one.metric_id)) for one in targets]
    faults = [words for one, line in found if (words := _fault(one, line, by_hand, now))]
    if faults:
        return Fact(met=False, words=" ".join(faults))
    sources = sorted({series[one.metric_id].source_name for one in targets})
    refers = sorted({f"{one.metric_id} {series[one.metric_id].source_code}" for one in targets})
    return Fact(True, ", ".join(sources), " ".join(refers))


def _fault(target: TargetRow, line: Series | None, by_hand: Collection[str], now: datetime) -> str:
    """Return what is wrong with how a metric's figures arrive; empty when nothing is."""
    if line is None or line.known_until is None or line.stale_after_hours is None:
        return f"Nothing ever arrived for {target.name}."
    if line.source_code in by_hand:
        return f"{target.name} comes from a spreadsheet, {line.source_name}."
    if path.is_stopped(
        known_until=line.known_until, stale_after_hours=line.stale_after_hours, now=now
    ):
        return f"{target.name} has stopped arriving."
    return ""


def _on_time(
    targets: Sequence[TargetRow], series: dict[int, Series], feeds: Sequence[Feed]
) -> Fact:
    """Say whether each primary metric's feed keeps its limit over the last days of its pace."""
    if not targets:
        return Fact(met=False, words="The pilot has no primary metric yet.")
    of = {(one.metric_id, one.source_code): one for one in feeds}
    found = []
    for one in targets:
        line = series.get(one.metric_id)
        feed = of.get((one.metric_id, line.source_code)) if line else None
        if feed is None:
            return Fact(met=False, words=f"Nothing ever arrived for {one.name}.")
        found.append(feed)
    faults = [words for feed in found if (words := _lag_fault(feed))]
    if faults:
        return Fact(met=False, words=" ".join(faults))
    said = [f"{feed.metric_name}: {_lag(feed)}" for feed in found]
    refers = sorted(f"{feed.metric_id} {feed.source_code} {_allowed(feed):g}" for feed in found)
    return Fact(True, " ".join(said), " ".join(refers))


def _lag_fault(feed: Feed) -> str:
    """Return what is wrong with how late a feed is; empty when nothing is."""
    if feed.by_hand:
        return f"{feed.metric_name} comes from {feed.source_name} by hand."
    if not feed.lately.count:
        return (
            f"Nothing that counts arrived for {feed.metric_name} from {feed.source_name} in the last"
            f" {feed.pace.long.days} days: history and corrections do not."
        )
    if not feed.lately.within(feed.limit):
        return f"{feed.metric_name} from {feed.source_name} is late: {_lag(feed)}"
    return ""


def _lag(feed: Feed) -> str:
    """Return the lag in words: "95 of 100 figures within 3 minutes in 7 days, allowed 15 minutes."."""
    return (
        f"95 of 100 figures within {duration(feed.lately.p95 or 0)} in {feed.pace.long.days} days,"
        f" allowed {duration(_allowed(feed))}."
    )


def _allowed(feed: Feed) -> float:
    return feed.limit.total_seconds() / 60
