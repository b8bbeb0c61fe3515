"""Event time against entry time on the recording delay of public deliveries, as a gate sees it.

The files are not part of the project: set RAW_DATA to their folder, or put it at ../shared/data.
Nothing is moved: the product is asked as of the Monday after week 6 of pilot 10, in 2013.
"""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.raw import READERS, item
from gates import queries
from gates.rules.states import Code
from metrics.actions import timestamps
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
FIRST_WEEK, WEEKS = date(2013, 8, 26), 6
NOW = datetime.combine(FIRST_WEEK + timedelta(weeks=WEEKS), time(), ZoneInfo(ZONE))

pytestmark = [pytest.mark.skipif(not RAW.is_dir(), reason=ABSENT), pytest.mark.usefixtures("acme")]
Line = tuple[datetime, datetime | None, float, float]


def lines() -> Iterator[dict[str, Any]]:
    """Yield the order lines delivered in the half year before, as a source would send them."""
    for row in READERS[CODE](RAW):
        if NOW.date() - timedelta(days=180) <= row.at.date() < NOW.date():
            yield item(row, metric=CODE, source="erp", weeks=0, zone=ZONE, until=NOW)


def told(found: dict[str, Any]) -> Line:
    entered = found.get("recorded_at")
    return (
        datetime.fromisoformat(found["event_at"]),
        datetime.fromisoformat(entered) if entered else None,
        found["numerator"],
        found["denominator"],
    )


@pytest.fixture
def sent(cast: Cast) -> tuple[Plant, Pilot, list[Line]]:
    """A pilot whose metric has the lines, sent through the sync."""
    acme = Plant(cast)
    metric = acme.metric("Receipts recorded within a day", code=CODE)
    found = list(lines())
    acme.deliver(found)
    pilot = acme.pilot("Goods-receipt posting", lead=cast.lead, sponsor=cast.sponsor)
    acme.aim(pilot, metric)
    return acme, pilot, [told(one) for one in found]


def share(rows: Sequence[Line]) -> float:
    return math.fsum(row[2] for row in rows) / math.fsum(row[3] for row in rows)


def monday_of(at: datetime) -> date:
    day = at.astimezone(ZoneInfo(ZONE)).date()
    return day - timedelta(days=day.weekday())


def test_the_delays_are_those_of_the_rows(sent: tuple[Plant, Pilot, list[Line]]) -> None:
    _, _, rows = sent
    (found,) = reads.map_delays([Metric.objects.get().pk], now=NOW).values()

    lately = [row for row in rows if row[0] >= NOW - LATELY]
    hours = sorted((row[1] - row[0]).total_seconds() / 3600 for row in lately if row[1])
    assert len(hours) > 50
    assert (found.count, found.told) == (len(lately), len(hours))
    for ours, part in ((found.median, 0.5), (found.p90, 0.9), (found.p95, 0.95)):
        assert ours == pytest.approx(hours[math.ceil(part * len(hours)) - 1])
    assert found.within_day == pytest.approx(sum(one <= 24 for one in hours) / len(hours))


def test_the_weeks_both_ways_are_those_of_the_rows(sent: tuple[Plant, Pilot, list[Line]]) -> None:
    _, _, rows = sent
    bias = reads.read_bias(Metric.objects.get(), now=NOW)

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
    assert abs(bias.largest or 0) > 0.01


def test_the_gate_of_data_stays_shut_in_week_6(sent: tuple[Plant, Pilot, list[Line]]) -> None:
    acme, pilot, _ = sent
    timestamps.write_rule(
        metric=Metric.objects.get(),
        source=acme.source,
        version=timestamps.NONE_YET,
        transaction_type="Goods receipt",
        event_field="Delivered to Client Date",
        entry_field="Delivery Recorded Date",
        without="Left out",
        limit_hours=24,
        by=acme.cast.lead,
    )

    seen = queries.get_seen(pilot, Code.DATA, now=NOW)

    found = next(one for one in seen.standings if one.asked.code == "entered_in_time")
    assert not found.met
    assert "is entered late: 95 of 100 within" in found.words
