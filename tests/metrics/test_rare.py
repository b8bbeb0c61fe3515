"""Rare events are shown as days from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils.html import strip_tags

from common import charts
from common.tenancy.context import tenant
from metrics import queries
from metrics.actions import coverage, definitions, recompute
from metrics.models import Metric
from metrics.rules.rare import LEAST, MOST, Between, days_between
from tests.common.test_charts import drawn
from tests.conftest import Cast, signed_in
from tests.metrics.drafts import reword
from tests.plant import Plant, monday, today

FIRST = date(2026, 1, 5)
LAST = monday(1) + timedelta(days=6)
DAYS = timedelta(days=60)
TITLE = "Days from one event to the next"
# Median 14, mean 15.6: by hand 15.6 + 3 sqrt(15.6 x 16.6) = 63.9.
DISTANCES = [14, 10, 0, 21, 14, 30, 7, 14, 28, 18]


def days_at(distances: list[int], *, last: date) -> list[date]:
    """Return the days of events so many days apart, the newest of them last."""
    found = [last]
    for distance in reversed(distances):
        found.insert(0, found[0] - timedelta(days=distance))
    return found


def told(days: list[date], *, since: int = 0, blind: Sequence[date] = ()) -> Between | None:
    """Return what is shown of events while every week but some is known."""
    known = max(days) + timedelta(days=since)
    weeks = {FIRST + timedelta(weeks=week) for week in range(-600, 60)}
    return days_between(days, known=known, weeks=weeks - set(blind))


def test_distances_have_a_median_and_a_usual_range() -> None:
    days = days_at(DISTANCES, last=FIRST)

    found = told(days[::-1], since=5)

    assert found is not None
    assert (list(found.distances), found.since, found.center) == (DISTANCES, 5, 14)
    assert found.upper == pytest.approx(63.876, abs=0.001)
    assert (found.ends[0], found.ends[-1]) == (days[1], FIRST)
    assert not found.lasts


@pytest.mark.parametrize(
    "distances",
    [[14] * (LEAST - 1), [3] * 20, [4, 3] * 10],
    ids=["too few", "every three days", "twice a week"],
)
def test_few_events_and_frequent_ones_have_none(distances: list[int]) -> None:
    assert told(days_at(distances, last=FIRST)) is None


def test_of_many_events_the_newest_are_shown() -> None:
    found = told(days_at([90] * 50 + [7] * MOST, last=FIRST))

    assert found is not None
    assert set(found.distances) == {7}


@pytest.mark.parametrize("since", [0, 200])
def test_the_chart_holds_a_point_for_each_distance_and_one_that_still_grows(since: int) -> None:
    found = told(days_at(DISTANCES, last=FIRST), since=since)
    assert found is not None

    tree = drawn(
        charts.between_chart(
            found.distances,
            found.ends,
            since=found.since,
            center=found.center,
            upper=found.upper,
            label="Said",
        )
    )

    marks = [one.attrib["class"] for one in tree.iter() if one.tag.endswith("circle")]
    assert marks == ["pt pt-usual"] * len(DISTANCES) + ["pt pt-out"]
    assert found.lasts is (since == 200)


def test_a_distance_over_a_week_that_is_not_known_is_no_distance() -> None:
    days = days_at(DISTANCES, last=FIRST)

    found = told(days, since=30, blind=[FIRST - timedelta(weeks=1), FIRST + timedelta(weeks=1)])

    assert found is not None
    assert (list(found.distances), found.since) == ([*DISTANCES[:-1], None], None)
    tree = drawn(
        charts.between_chart(
            found.distances,
            found.ends,
            since=found.since,
            center=found.center,
            upper=found.upper,
            label="Said",
        )
    )
    points = [one.attrib["class"] for one in tree.iter() if one.tag.endswith("circle")]
    assert points == ["pt pt-usual"] * (len(DISTANCES) - 1)


@pytest.fixture
def plant(cast: Cast) -> Plant:
    with tenant(cast.acme):
        return Plant(cast)


def stockouts(plant: Plant, days: list[date], *, silent: int = 0, **changes: Any) -> Metric:
    """Define how often a part is out of stock, and send one item for each time.

    silent: how many days before the newest event nobody reported.
    """
    metric = definitions.add_metric(
        name="Stockouts",
        code="stockouts",
        kind="rate",
        unit="per_week",
        exposure="week",
        direction="down",
        numerator="A part is missing at the line",
        denominator="",
        site=plant.site,
        by=plant.cast.admin,
        now=plant.now,
    )
    plant.deliver(
        {
            "metric": "stockouts",
            "event_at": day.isoformat(),
            "source": "erp",
            "external_id": f"stockout {number}",
            "value": 1,
            **changes,
        }
        for number, day in enumerate(days)
    )
    begins = days[0] - timedelta(days=days[0].weekday())
    for first, last in ((begins, days[-1] - timedelta(days=silent + 1)), (days[-1], days[-1])):
        coverage.report_span(
            source=plant.source,
            metric_code=metric.code,
            from_date=first,
            through_date=last,
            actor=plant.cast.admin.audit_name,
            now=plant.now,
        )
    recompute.recompute()
    return metric


def words(plant: Plant) -> str:
    page = signed_in(plant.cast.reader).get("/t/acme/metrics/stockouts/")
    return " ".join(strip_tags(page.content.decode()).split()).replace("\xa0", " ")


def test_the_page_of_a_rare_event_says_how_far_the_newest_two_lie_apart(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        stockouts(plant, days_at(DISTANCES, last=LAST))

    assert f"{TITLE} The newest two lie 18 days apart; up to 63 are usual." in words(plant)


def test_days_that_nobody_reported_are_no_quiet_time(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        stockouts(plant, days_at([*DISTANCES, 120], last=LAST), silent=100)

    said = words(plant)

    assert "120 days" not in said
    assert f"{TITLE} Up to 63 days are usual. Days that no source reported are left out." in said


def test_a_wording_that_is_still_to_come_changes_nothing_yet(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        metric = stockouts(plant, days_at(DISTANCES, last=LAST))
        reword(metric, plant.cast.admin, denominator="", valid_from=today() + DAYS)

    assert f"{TITLE} The newest two lie 18 days apart" in words(plant)


def test_a_frequent_event_is_shown_by_the_week_alone(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        stockouts(plant, days_at([2] * 30, last=LAST))

    assert TITLE not in words(plant)
    assert "Week by week" in words(plant)


def test_events_that_are_no_whole_number_are_no_events(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        stockouts(plant, days_at(DISTANCES, last=LAST), value=0.5)

    assert TITLE not in words(plant)


def test_only_events_of_the_newest_wording_are_compared(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        metric, day = stockouts(plant, days_at(DISTANCES, last=LAST)), today() - DAYS
        reword(
            metric,
            plant.cast.admin,
            numerator="A pallet is missing",
            denominator="",
            valid_from=day,
            known_weeks=queries.find_counted(metric, day)[0],
        )

    assert TITLE not in words(plant)
