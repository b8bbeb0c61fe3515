"""Event time against entry time on the recording delay of public deliveries, as a gate sees it.

The files are not part of the project: set RAW_DATA to their folder, or put it at ../shared/data.
Nothing is moved: the product is asked as of Mondays of 2013, when pilot 10 begins its weeks 6 and 7.
"""

from __future__ import annotations

import json
import math
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.raw import READERS, item
from gates import queries
from gates.rules.criteria import Standing
from gates.rules.states import Code
from metrics import wire
from metrics.actions import recompute, sync, timestamps
from metrics.models import Metric
from metrics.queries import timestamps as reads
from metrics.rules.timestamps import LATELY
from portfolio.models import Pilot
from tests.conftest import Cast
from tests.plant import ZONE, Plant

CHECKOUT = Path(__file__).resolve().parents[2]
RAW = Path(os.environ.get("RAW_DATA") or CHECKOUT.parent / "shared" / "data")
ABSENT = "the public raw files are absent: set RAW_DATA to their folder"
CODE = "scms_recorded_within_1_day"
FIRST_WEEK = date(2013, 8, 26)
WEEK_6, WEEK_7, LATER = (
    datetime.combine(FIRST_WEEK + timedelta(weeks=weeks), time(), ZoneInfo(ZONE))
    for weeks in (5, 6, 18)
)

pytestmark = [pytest.mark.skipif(not RAW.is_dir(), reason=ABSENT), pytest.mark.usefixtures("acme")]
Line = tuple[datetime, datetime | None, float, float]


def lines(now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the order lines delivered in the half year before, as a source knows them by then."""
    for row in READERS[CODE](RAW):
        if now.date() - timedelta(days=180) <= row.at.date() < now.date():
            yield item(row, metric=CODE, source="erp", weeks=0, zone=ZONE, until=now)


def told(found: dict[str, Any]) -> Line:
    entered = found.get("recorded_at")
    return (
        datetime.fromisoformat(found["event_at"]),
        datetime.fromisoformat(entered) if entered else None,
        found["numerator"],
        found["denominator"],
    )


@pytest.fixture
def pilot(cast: Cast) -> Pilot:
    """A pilot, its metric, and what the metric's two times are."""
    acme = Plant(cast)
    metric = acme.metric("Receipts recorded within a day", code=CODE)
    pilot = acme.pilot("Goods-receipt posting", lead=cast.lead, sponsor=cast.sponsor)
    acme.aim(pilot, metric)
    timestamps.write_rule(
        metric=metric,
        source=acme.source,
        version=timestamps.NONE_YET,
        transaction_type="Goods receipt",
        event_field="Delivered to Client Date",
        entry_field="Delivery Recorded Date",
        without="Left out",
        limit_hours=24,
        by=cast.lead,
    )
    return pilot


def send(now: datetime) -> list[Line]:
    """Send what is known by a moment through the sync; return it as it was sent."""
    found = list(lines(now))
    body = json.dumps({"mode": "all_or_nothing", "measurements": found}).encode()
    sync.record_measurements(
        wire.decode_json(body),
        actor="member:1",
        channel="api",
        now=datetime.now(UTC),
        default_zone=ZONE,
    )
    recompute.recompute()
    return [told(one) for one in found]


def share(rows: Sequence[Line]) -> float:
    return math.fsum(row[2] for row in rows) / math.fsum(row[3] for row in rows)


def monday_of(at: datetime) -> date:
    day = at.astimezone(ZoneInfo(ZONE)).date()
    return day - timedelta(days=day.weekday())


def test_the_delays_are_those_of_the_rows(pilot: Pilot) -> None:
    rows = send(LATER)
    (found,) = reads.map_delays([Metric.objects.get().pk], now=LATER).values()

    lately = [row for row in rows if (row[1] or row[0]) >= LATER - LATELY]
    hours = sorted(((row[1] or LATER) - row[0]).total_seconds() / 3600 for row in lately)
    closed = [one for one, row in zip(hours, lately, strict=True) if row[1]]
    assert len(closed) > 50
    assert (found.count, found.known) == (len(lately), len(lately))
    for ours, part in ((found.median, 0.5), (found.p90, 0.9), (found.p95, 0.95)):
        assert ours == pytest.approx(hours[math.ceil(part * len(hours)) - 1])
    assert found.within_day is not None
    assert found.within_day < 0.5


def test_the_weeks_both_ways_are_those_of_the_rows(pilot: Pilot) -> None:
    rows = send(LATER)
    bias = reads.read_bias(Metric.objects.get(), now=LATER)

    event, entry = defaultdict(list), defaultdict(list)
    for row in rows:
        event[monday_of(row[0])].append(row)
        entry[monday_of(row[1] or row[0])].append(row)
    assert len(bias.weeks) == 12
    for week in bias.weeks:
        for ours, theirs in ((week.by_event, event), (week.by_entry, entry)):
            of = theirs.get(week.week)
            assert ours == (pytest.approx(share(of)) if of else None)
    assert bias.moved is not None
    assert bias.moved > 0.1
    assert abs(bias.largest or 0) > 0.1


def entered(pilot: Pilot, now: datetime) -> Standing:
    seen = queries.get_seen(pilot, Code.DATA, now=now)
    return next(one for one in seen.standings if one.asked.code == "entered_in_time")


def test_the_gate_of_data_holds_until_week_6_of_pilot_10_and_fails_then(pilot: Pilot) -> None:
    send(WEEK_6)
    before = entered(pilot, WEEK_6)
    send(WEEK_7)
    after = entered(pilot, WEEK_7)

    assert before.met, before.words
    assert not after.met
    assert "is entered late: 95 of 100 within" in after.words
