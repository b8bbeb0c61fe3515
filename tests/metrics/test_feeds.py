"""How late figures arrive, when that is too late, who is told, and what pages say of it.

Arrivals are the product's own: figures are sent while the clock stands at the time of arrival.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.models import AuditEvent
from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics import wire
from metrics.actions import feeds, sync
from metrics.models import FeedTurn, Metric, Source
from metrics.queries.feeds import Feed, list_bins, list_feeds
from metrics.rules.feeds import State, duration
from tenants.models import Notification
from tests.conftest import Cast, signed_in
from tests.plant import ZONE, Plant
from tests.portfolio.test_board import plant, text

pytestmark = pytest.mark.usefixtures("cast")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def item(metric: Metric, key: str, event_at: datetime, **values: Any) -> dict[str, object]:
    return {
        "metric": metric.code,
        "event_at": event_at.isoformat(),
        "source": "erp",
        "external_id": key,
        "numerator": 9,
        "denominator": 10,
        **{
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in values.items()
        },
    }


def whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def arrive(acme: Plant, at: datetime, items: Iterable[dict[str, object]]) -> None:
    """Send items so that they arrive at a time, of which a batch keeps whole milliseconds."""
    with time_machine.travel(at, tick=False):
        acme.deliver(items)


def begin(acme: Plant, *, days_ago: int = 10) -> Metric:
    """Define a metric and let its source send for the first time."""
    metric = acme.metric("On time", code="on-time")
    first = acme.now - days_ago * DAY
    arrive(acme, first, [item(metric, "first", first - DAY)])
    return metric


def send(
    acme: Plant, metric: Metric, delays: Iterable[float], *, ago: timedelta = HOUR, key: str = "n"
) -> None:
    """Let one figure arrive for each delay, in minutes, all at the same time."""
    at = whole(acme.now - ago)
    arrive(
        acme,
        at,
        [item(metric, f"{key} {n}", at - delay * MINUTE) for n, delay in enumerate(delays)],
    )


def feed(acme: Plant, **later: float) -> Feed:
    return list_feeds(now=acme.now + timedelta(**later))[0]


def judge(acme: Plant, **later: float) -> list[FeedTurn]:
    return feeds.judge_feeds(now=acme.now + timedelta(**later))


def test_the_lag_is_what_half_and_95_of_100_figures_kept(cast: Cast) -> None:
    with plant(cast) as acme:
        send(acme, begin(acme), range(1, 21))

        found = feed(acme)

    assert (found.now.count, found.now.p50, found.now.p95) == (20, 10, 19)
    assert found.now == found.lately
    assert found.state is State.LATE


def test_the_lag_begins_when_the_source_learned_of_it_where_it_says_so(cast: Cast) -> None:
    with plant(cast) as acme:
        metric, at = begin(acme), whole(acme.now - HOUR)
        told = item(metric, "told", at - 9 * HOUR, recorded_at=at - 3 * MINUTE)
        arrive(acme, at, [told, item(metric, "not told", at - 5 * MINUTE)])

        found = feed(acme)

    assert (found.now.p50, found.now.p95, found.told) == (3, 5, 1)


def test_what_the_feed_first_brings_is_history_and_counts_as_no_lag(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = acme.metric(code="on-time")
        send(acme, metric, [60 * 24 * days for days in range(1, 20)], ago=2 * HOUR)
        before = feed(acme)
        # Of the time before the first delivery, brought later: history too.
        send(acme, metric, [60 * 24 * 21, 180], key="older")
        send(acme, metric, [4], key="live")
        after = feed(acme)

    assert (before.now.count, before.state) == (0, State.SILENT)
    assert (after.now.count, after.now.p95) == (1, 4)


def test_a_correction_counts_as_what_it_corrects_arrived(cast: Cast) -> None:
    with plant(cast) as acme:
        metric, happened = begin(acme), whole(acme.now - 20 * HOUR)
        arrive(acme, happened + 4 * MINUTE, [item(metric, "one", happened)])
        arrive(acme, acme.now - HOUR, [item(metric, "one", happened, revision=1, numerator=8)])

        found = feed(acme)

    assert (found.now.count, found.now.p95) == (1, 4)


def test_what_happened_more_than_35_days_ago_is_no_lag(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = begin(acme, days_ago=60)
        send(acme, metric, [60 * 24 * 36, 2])

        found = feed(acme)

    assert (found.now.count, found.now.p95) == (1, 2)


def test_a_clock_ahead_of_ours_is_no_lag_below_zero(cast: Cast) -> None:
    with plant(cast) as acme:
        send(acme, begin(acme), [-30])

        assert feed(acme).now.p95 == 0


@pytest.mark.parametrize(
    ("values", "delay", "state"),
    [
        ({}, 15, State.IN_TIME),
        ({}, 16, State.LATE),
        ({"lag_limit_minutes": 60}, 16, State.IN_TIME),
        ({"lag_limit_minutes": 5}, 6, State.LATE),
        ({"interval": "hour"}, 119, State.IN_TIME),
        ({"interval": "hour"}, 121, State.LATE),
        ({"interval": "day"}, 2 * 1440, State.IN_TIME),
        ({"interval": "week"}, 9 * 1440, State.IN_TIME),
        ({"interval": "week", "lag_limit_minutes": 1440}, 1441, State.LATE),
        ({"kind": "spreadsheet"}, 900, State.BY_HAND),
    ],
)
def test_what_is_late_follows_from_how_often_a_source_sends_or_from_its_own_limit(
    cast: Cast, values: dict[str, Any], delay: int, state: State
) -> None:
    with plant(cast) as acme:
        Source.objects.filter(code="erp").update(**values)
        send(acme, begin(acme), [delay])

        assert feed(acme).state is state


def test_a_late_feed_is_written_down_once_and_so_is_its_end(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = begin(acme)
        send(acme, metric, [40])

        began, again = judge(acme), judge(acme, minutes=5)
        send(acme, metric, [1] * 60, ago=-HOUR, key="fast")
        ended, still = judge(acme, hours=2), judge(acme, hours=3)

    assert [(one.number, one.late, one.minutes, one.limit_minutes) for one in began] == [
        (1, True, 40, 15)
    ]
    assert [(one.number, one.late, one.follows) for one in ended] == [(2, False, 1)]
    assert (again, still) == ([], [])
    with tenant(cast.acme):
        kinds = AuditEvent.objects.filter(action__startswith="FEED_").order_by("seq")
        assert [(one.action, one.actor) for one in kinds] == [
            ("FEED_LATE", "system:feeds"),
            ("FEED_IN_TIME", "system:feeds"),
        ]


def test_lead_and_admins_find_one_line_that_is_settled_when_it_is_over(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = begin(acme)
        acme.aim(acme.pilot(lead=cast.lead, sponsor=cast.sponsor), metric)
        send(acme, metric, [40])

        judge(acme)
        lines = list(Notification.objects.filter(topic="feed").order_by("id"))
        send(acme, metric, [1] * 60, ago=-HOUR, key="fast")
        judge(acme, hours=2)
        settled = Notification.objects.filter(topic="feed", read_at__isnull=False)

        assert {one.member_id for one in lines} == {cast.lead.pk, cast.admin.pk}
        assert lines[0].title == (
            "On time from ERP arrives late: 95 of 100 figures within 40 minutes, it may be 15 minutes"
        )
        assert settled.count() == 2
        assert settled[0].body == "In time again: 95 of 100 within 1 minute."


def test_a_late_feed_that_sends_nothing_more_stays_late(cast: Cast) -> None:
    with plant(cast) as acme:
        send(acme, begin(acme), [40])
        judge(acme)

        assert judge(acme, days=3) == []
        assert feed(acme, days=3).state is State.LATE


@pytest.mark.parametrize("over", ["by hand", "metric archived", "source archived"])
def test_a_late_feed_that_nobody_expects_any_more_asks_nobody(cast: Cast, over: str) -> None:
    with plant(cast) as acme:
        metric = begin(acme)
        send(acme, metric, [40])
        judge(acme)
        asked = Notification.objects.filter(topic="feed", body="").count()
        if over == "by hand":
            Source.objects.filter(code="erp").update(kind="spreadsheet")
        elif over == "metric archived":
            Metric.objects.update(archived_at=acme.now)
        else:
            Source.objects.filter(code="erp").update(archived_at=acme.now)

        turns = judge(acme, minutes=5)

        lines = Notification.objects.filter(topic="feed")
        assert (asked, turns) == (1, [])
        assert {one.body for one in lines} == {feeds.LEFT}
        assert not any(one.late_since for one in list_feeds(now=acme.now))
        assert FeedTurn.objects.count() == 1


def test_what_people_carry_by_now_is_not_marked_stale(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = begin(acme)
        acme.aim(acme.pilot(lead=cast.lead, sponsor=cast.sponsor), metric)
        send(acme, metric, [40])
        judge(acme)
        Source.objects.filter(code="erp").update(kind="spreadsheet")

    board = pages(cast)["board"]

    assert "arrive late" not in board


def test_only_what_arrived_lately_is_looked_at_but_for_once_an_hour(cast: Cast) -> None:
    def look(acme: Plant, at: datetime) -> int:
        return len(feeds.look_at_feeds(now=at))

    with plant(cast) as acme:
        send(acme, begin(acme), [40])
        half_past = acme.now.replace(minute=30) + 2 * HOUR
        nothing_moved = look(acme, half_past)
        full = look(acme, half_past.replace(minute=5))
        send(acme, Metric.objects.get(), [1] * 60, ago=-HOUR, key="fast")
        moved = look(acme, acme.now + 2 * MINUTE)

    assert (nothing_moved, full, moved) == (0, 1, 1)


def test_a_feed_that_only_brought_history_is_never_late(cast: Cast) -> None:
    with plant(cast) as acme:
        begin(acme)

        assert judge(acme) == []
        assert feed(acme).state is State.SILENT


def test_a_feeds_hours_are_on_the_clock_of_its_metric(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = begin(acme)
        send(acme, metric, [3, 5], ago=HOUR, key="a")
        send(acme, metric, [40], ago=3 * HOUR, key="b")

        bins = list_bins(feed(acme), now=acme.now)

    assert [(one.lag.count, one.lag.p95) for one in bins] == [(2, 5), (1, 40)]
    assert bins[0].since > bins[1].since
    assert bins[0].since.minute == 0


PAGES = {
    "board": "",
    "pilot": "pilots/P-01/",
    "list": "metrics/",
    "metric": "metrics/on-time/",
    "feeds": "settings/feeds/",
    "feed": "settings/feeds/erp/on-time/",
}


def pages(cast: Cast) -> dict[str, str]:
    browser = signed_in(cast.lead)
    return {name: text(browser.get(f"/t/acme/{path}")) for name, path in PAGES.items()}


def test_what_depends_on_a_late_feed_is_marked_stale_while_it_lasts(cast: Cast) -> None:
    with plant(cast) as acme:
        metric = begin(acme)
        acme.aim(acme.pilot(lead=cast.lead, sponsor=cast.sponsor), metric)
        send(acme, metric, [40])
        judge(acme)
    late = pages(cast)
    with tenant(cast.acme):
        send(acme, metric, [1] * 60, ago=MINUTE, key="fast")
        judge(acme)
    over = pages(cast)

    assert "Figures of On time from ERP arrive late." in late["board"]
    assert "What Late orders shows is stale: the newest figures may be missing." in late["board"]
    assert "1 arrives late" in late["board"]
    assert "Figures of On time from ERP arrive late, since" in late["pilot"]
    assert "1 metric is defined. 1 arrives late." in late["list"]
    assert "Figures from ERP arrive late, since" in late["metric"]
    assert "The only feed is late." in late["feeds"]
    assert "On time from ERP is late: 95 of 100 figures within 40 minutes" in late["feed"]
    stale = ("arrive late", "arrives late", "is stale")
    assert not [name for name in PAGES if any(words in over[name] for words in stale)]
    assert "The only feed is in time." in over["feeds"]
    assert "in time again" in over["feed"]


def test_before_anything_arrived_the_page_says_what_will_stand_there(cast: Cast) -> None:
    page = text(signed_in(cast.reader).get("/t/acme/settings/feeds/"))

    assert "No figures have arrived yet." in page
    assert "Once a source sends figures of a metric" in page


@pytest.mark.parametrize("path", ["none/on-time/", "erp/none/"])
def test_a_feed_that_is_none_is_not_found(cast: Cast, path: str) -> None:
    with plant(cast) as acme:
        begin(acme)

    assert signed_in(cast.lead).get(f"/t/acme/settings/feeds/{path}").status_code == 404


def test_an_admin_changes_how_often_a_source_sends_and_how_late_it_may_be(cast: Cast) -> None:
    with plant(cast):
        pass
    browser, where = signed_in(cast.admin), "/t/acme/settings/sources/erp/"
    answers = {
        "version": 1,
        "name": "ERP",
        "kind": "erp",
        "maintainer": "",
        "stale_after_hours": 400,
        "interval": "day",
        "lag_limit_minutes": "90",
    }

    bad = browser.post(where, answers | {"lag_limit_minutes": "soon", "interval": "never"})
    good = browser.post(where, answers)
    stale = browser.post(where, answers | {"interval": "week"})

    assert bad.status_code == 422
    assert "This is not a whole number" in text(bad)
    assert "“never” is not one of the choices." in text(bad)
    assert (good.status_code, stale.status_code) == (302, 409)
    with tenant(cast.acme):
        source = Source.objects.get(code="erp")
        assert (source.interval, source.late_after) == ("day", "90 minutes")
        changed = AuditEvent.objects.get(action="SOURCE_CHANGED")
        assert changed.payload["changed"]["interval"] == ["continuous", "day"]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "under a minute"),
        (1, "1 minute"),
        (15.01, "16 minutes"),
        (119, "119 minutes"),
        (120, "2 hours"),
        (121, "2.1 hours"),
        (2879, "2 days"),
        (2880, "2 days"),
        (20160, "14 days"),
    ],
)
def test_a_lag_is_never_told_shorter_than_it_was(minutes: float, words: str) -> None:
    assert duration(minutes) == words


def turn(acme: Plant, metric: Metric, **values: Any) -> FeedTurn:
    found: FeedTurn = FeedTurn.objects.create(
        **{
            "metric_id": metric.pk,
            "source_id": acme.source.pk,
            "number": 1,
            "at": acme.now,
            "minutes": 40.0,
            "limit_minutes": 15,
            "counted": 3,
            **values,
        }
    )
    return found


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("metrics_feedturn_once", {}),
        ("metrics_feedturn_in_order", {"number": 2}),
        ("metrics_feedturn_in_order", {"number": 0}),
        ("metrics_feedturn_in_order", {"number": 3, "follows": 1}),
        ("metrics_feedturn_follows_fk", {"number": 3, "follows": 2}),
        ("metrics_feedturn_measured", {"number": 2, "follows": 1, "minutes": -1.0}),
        ("metrics_feedturn_measured", {"number": 2, "follows": 1, "counted": 0}),
        ("metrics_feedturn_measured", {"number": 2, "follows": 1, "limit_minutes": 0}),
        ("metrics_feedturn_metric_fk", {"metric_id": 0}),
        ("metrics_feedturn_source_fk", {"source_id": 0}),
    ],
)
def test_the_database_refuses_a_turn_that_is_none(
    cast: Cast, constraint: str, values: dict[str, Any]
) -> None:
    with plant(cast) as acme:
        metric = acme.metric()
        turn(acme, metric)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            turn(acme, metric, **values)

    assert constraint_of(refused.value) == constraint


CHANGES = [
    "UPDATE metrics_feedturn SET minutes = 1",
    "DELETE FROM metrics_feedturn",
    "TRUNCATE metrics_feedturn CASCADE",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_application_changes_no_turn(cast: Cast, statement: str) -> None:
    with plant(cast) as acme:
        turn(acme, acme.metric())
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.mark.parametrize("statement", CHANGES)
def test_no_role_at_all_changes_a_turn(cast: Cast, database_name: str, statement: str) -> None:
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=database_name) as admin:
        admin.execute("SET LOCAL session_replication_role = replica")  # only for the row itself
        admin.execute(
            "INSERT INTO metrics_feedturn (tenant_id, metric_id, source_id, number, at, minutes,"
            " limit_minutes, counted) VALUES (%s, 0, 0, 1, now(), 1, 1, 1)",
            [cast.acme],
        )
        admin.execute("SET LOCAL session_replication_role = origin")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            admin.execute(statement)
        admin.rollback()


def test_another_company_sees_no_feed_of_ours(cast: Cast) -> None:
    with plant(cast) as acme:
        send(acme, begin(acme), [40])
        now = acme.now

    with tenant(cast.borealis):
        assert list_feeds(now=now) == []
        assert feeds.judge_feeds(now=now) == []


def test_what_a_person_brings_in_a_file_is_by_hand(cast: Cast) -> None:
    with plant(cast) as acme:
        acme.metric(code="on-time")
        body = b"metric,event_at,value,numerator,denominator,source,external_id\n"
        at = (acme.now - HOUR).isoformat()
        body += f"on-time,{at},,9,10,erp,1\n".encode()
        sync.record_measurements(
            wire.decode_csv(body, "keep_good"),
            actor="member:1",
            channel="import",
            now=acme.now,
            default_zone=ZONE,
        )

        assert feed(acme).state is State.BY_HAND
