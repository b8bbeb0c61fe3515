"""Seeing that a feed became late, or came in time again, and telling whom it concerns."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common.writing import take_turn
from tenants import actions as tenants
from tenants.queries import System, current_slug, map_names_with
from tenants.rules import Role

from .. import queries
from ..models import FeedTurn
from ..queries.feeds import Feed, list_feeds, list_left_late, list_moved
from ..rules.feeds import State, duration

BY = System("feeds")
# What a line says of a late feed that nobody waits for.
LEFT = "Not waited for any more: archived, carried by hand, or sent by another source."


# How long ago figures arrived whose feeds are looked at each time; all are in as many minutes of
# an hour, because what was in time leaves the short time by itself.
LATELY = timedelta(minutes=10)


def look_at_feeds(*, now: datetime) -> list[FeedTurn]:
    """Judge the feeds of metrics whose figures arrived lately, and once an hour all of them.

    So nobody reads weeks of every metric every few minutes. As `judge_feeds` does.
    """
    if now.minute < LATELY / timedelta(minutes=1):
        return judge_feeds(now=now)
    moved = list_moved(since=now - LATELY)
    return judge_feeds(now=now, metric_ids=moved) if moved else []


@transaction.atomic
def judge_feeds(*, now: datetime, metric_ids: Collection[int] | None = None) -> list[FeedTurn]:
    """Write down each feed that became late since, and each that is in time again.

    metric_ids: of these metrics alone; without them of all in use, and lines about feeds that
    nobody expects any more are settled.

    A feed that is late and sends nothing more stays late. Leads of the metric's pilots and tenant
    admins find one line for each time it becomes late; it is settled when that is over.
    Audit: FEED_LATE, FEED_IN_TIME.
    """
    take_turn("feeds")
    feeds = list_feeds(now=now, metric_ids=metric_ids)
    if metric_ids is None:
        for turn in list_left_late({feed.turn_id for feed in feeds if feed.late_since}):
            tenants.settle(dedup_prefix=_key(turn.pk), words=LEFT)
    return [_turn(feed, now) for feed in feeds if _turned(feed)]


def _turned(feed: Feed) -> bool:
    """Say whether a feed became late, or came in time again, since it was looked at last."""
    return feed.state is (State.IN_TIME if feed.turn % 2 else State.LATE)


def _turn(feed: Feed, now: datetime) -> FeedTurn:
    assert feed.now.p95 is not None
    found: FeedTurn = FeedTurn.objects.create(
        metric_id=feed.metric_id,
        source_id=feed.source_id,
        number=feed.turn + 1,
        follows=feed.turn or None,
        at=now,
        minutes=feed.now.p95,
        limit_minutes=int(feed.limit.total_seconds() // 60),
        counted=feed.now.count,
    )
    audit.record(
        actor=BY.audit_name,
        action="FEED_LATE" if found.late else "FEED_IN_TIME",
        object=f"metric:{feed.metric_code}",
        payload={
            "source": feed.source_code,
            "minutes": round(found.minutes, 1),
            "limit_minutes": found.limit_minutes,
            "counted": found.counted,
        },
    )
    if found.late:
        _tell(feed, found)
    else:
        words = f"In time again: 95 of 100 within {duration(found.minutes)}."
        tenants.settle(dedup_prefix=_key(feed.turn_id), words=words)
    return found


def _key(turn: UUID | None) -> str:
    """Return how the keys of the lines begin that tell of a turn."""
    return f"feed:{turn}:"


def _tell(feed: Feed, turn: FeedTurn) -> None:
    title = (
        f"{feed.metric_name} from {feed.source_name} arrives late: 95 of 100 figures within"
        f" {duration(turn.minutes)}, it may be {duration(turn.limit_minutes)}"
    )
    where = reverse("feed", args=[current_slug(), feed.source_code, feed.metric_code])
    using = queries.list_using(queries.get_metric(feed.metric_code))
    people = {one.lead_id for one in using if one.lead_id} | set(map_names_with([Role.ADMIN]))
    for person_id in sorted(people):
        tenants.notify_person(
            person_id=person_id,
            topic="feed",
            title=title,
            path=where,
            dedup_key=f"{_key(turn.pk)}{person_id}",
        )
