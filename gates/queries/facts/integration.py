"""How a pilot's figures arrive."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from metrics.models import Source
from metrics.queries.board import Series, TargetRow, list_series, list_targets
from metrics.queries.feeds import Feed, list_feeds
from metrics.rules.feeds import duration
from portfolio import rules as path
from portfolio.models import Pilot

from ...rules.criteria import Fact

# More than one figure in so many that a person uploads is no exception any more.
CARRIED_OF = 20


@dataclass(frozen=True, slots=True)
class Arriving:
    """How a primary metric arrives. line: None before anything did. feeds: those that send it now.

    A metric may come from several sources at once: each of them is asked, not only the one that
    happened to send last.
    """

    name: str
    line: Series | None
    feeds: tuple[Feed, ...]


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Integration, in four queries."""
    targets = [one for one in list_targets(pilot.pk) if one.role == "primary"]
    if not targets:
        none = Fact(met=False, words="The pilot has no primary metric yet.")
        return {"feed_arrives": none, "feed_on_time": none}
    ids = [one.metric_id for one in targets]
    series, feeds = list_series(ids), list_feeds(now=now, metric_ids=ids)
    # What people fill by hand does not arrive by itself.
    by_hand = set(
        Source.objects.filter(kind=Source.Kind.SPREADSHEET).values_list("code", flat=True)
    )
    found = [_arriving(one, series.get(one.metric_id), feeds, now) for one in targets]
    return {"feed_arrives": _arrives(found, by_hand, now), "feed_on_time": _on_time(found, now)}


def _arriving(
    target: TargetRow, line: Series | None, feeds: Iterable[Feed], now: datetime
) -> Arriving:
    """Return the feeds of a metric: of its newest figure, and each that sent in its long time."""
    return Arriving(
        target.name,
        line,
        tuple(
            feed
            for feed in feeds
            if feed.metric_id == target.metric_id
            and line is not None
            and (feed.source_code == line.source_code or _sends(feed, now))
        ),
    )


def _sends(feed: Feed, now: datetime) -> bool:
    """Say whether a feed brought something over its long time that is no history."""
    if feed.archived:
        return False
    if feed.by_hand:
        return feed.last_event_at is not None and feed.last_event_at > now - feed.pace.long
    return bool(feed.lately.count or feed.carried)


def _arrives(found: Sequence[Arriving], by_hand: Collection[str], now: datetime) -> Fact:
    """Say whether each primary metric comes by itself, from every source that sends it."""
    faults = [words for one in found if (words := _fault(one, by_hand, now))]
    if faults:
        return Fact(met=False, words=" ".join(faults))
    feeds = [feed for one in found for feed in one.feeds]
    names = ", ".join(sorted({feed.source_name for feed in feeds}))
    refers = sorted({f"{feed.metric_id} {feed.source_code}" for feed in feeds})
    return Fact(True, names, " ".join(refers))


def _fault(found: Arriving, by_hand: Collection[str], now: datetime) -> str:
    """Return what is wrong with how a metric's figures arrive; empty when nothing is."""
    line = found.line
    if line is None or line.known_until is None or line.stale_after_hours is None:
        return f"Nothing ever arrived for {found.name}."
    for feed in found.feeds:
        if feed.source_code in by_hand:
            return f"{found.name} comes from a spreadsheet, {feed.source_name}."
        if feed.carried * CARRIED_OF > feed.lately.count + feed.carried:
            return (
                f"{feed.carried} of {feed.lately.count + feed.carried} figures of {found.name} from"
                f" {feed.source_name} came in files that a person uploaded, in the last"
                f" {feed.pace.long.days} days."
            )
    if path.is_stopped(
        known_until=line.known_until, stale_after_hours=line.stale_after_hours, now=now
    ):
        return f"{found.name} has stopped arriving."
    return ""


def _on_time(found: Sequence[Arriving], now: datetime) -> Fact:
    """Say whether each feed of each primary metric keeps its limit over the days of its pace."""
    if unfed := [one.name for one in found if not one.feeds]:
        return Fact(met=False, words=f"Nothing ever arrived for {', '.join(unfed)}.")
    pairs = [(feed, one.line) for one in found for feed in one.feeds]
    faults = [words for feed, line in pairs if (words := _lag_fault(feed, line, now))]
    if faults:
        return Fact(met=False, words=" ".join(faults))
    said = [f"{feed.metric_name}: {_lag(feed)}" for feed, _ in pairs]
    refers = sorted(f"{feed.metric_id} {feed.source_code} {_allowed(feed):g}" for feed, _ in pairs)
    return Fact(True, " ".join(said), " ".join(refers))


def _lag_fault(feed: Feed, line: Series | None, now: datetime) -> str:
    """Return what is wrong with how late a feed is; empty when nothing is."""
    if feed.by_hand:
        return f"{feed.metric_name} comes from {feed.source_name} by hand."
    if not feed.lately.count:
        if _reported(feed, line, now):
            return ""
        return (
            f"Nothing that counts arrived for {feed.metric_name} from {feed.source_name} in the last"
            f" {feed.pace.long.days} days: history and corrections do not."
        )
    if not feed.lately.within(feed.limit):
        return f"{feed.metric_name} from {feed.source_name} is late: {_lag(feed)}"
    return ""


def _reported(feed: Feed, line: Series | None, now: datetime) -> bool:
    """Say whether the feed reported days in full lately on which nothing happened.

    What did not happen came too late for nobody.
    """
    until = line.reported_until if line and line.source_code == feed.source_code else None
    return until is not None and until > now - feed.pace.long


def _lag(feed: Feed) -> str:
    """Return the lag in words: "95 of 100 figures within 3 minutes in 7 days, allowed 15 minutes."."""
    if not feed.lately.count:
        return f"reported in full, and nothing to send in {feed.pace.long.days} days."
    return (
        f"95 of 100 figures within {duration(feed.lately.p95 or 0)} in {feed.pace.long.days} days,"
        f" allowed {duration(_allowed(feed))}."
    )


def _allowed(feed: Feed) -> float:
    return feed.limit.total_seconds() / 60
