"""Seeing that a feed became late, or came in time again, and telling whom it concerns."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common.writing import take_turn
from tenants import actions as tenants
from tenants.queries import System, current_slug, map_names_with
from tenants.rules import Role

from .. import queries
from ..models import FeedTurn
from ..queries.feeds import Feed, list_feeds
from ..rules.feeds import State, duration

BY = System("feeds")


@transaction.atomic
def judge_feeds(*, now: datetime) -> list[FeedTurn]:
    """Write down each feed that became late since, and each that is in time again.

    A feed that is late and sends nothing more stays late. Leads of the metric's pilots and tenant
    admins find one line for each time it becomes late; it is settled when that is over.
    Audit: FEED_LATE, FEED_IN_TIME.
    """
    take_turn("feeds")
    return [_turn(feed, now) for feed in list_feeds(now=now) if _turned(feed)]


def _turned(feed: Feed) -> bool:
    return feed.state is (State.IN_TIME if feed.late_since else State.LATE)


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
        tenants.settle(dedup_prefix=f"feed:{feed.turn_id}", words=words)
    return found


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
            dedup_key=f"feed:{turn.pk}:{person_id}",
        )
