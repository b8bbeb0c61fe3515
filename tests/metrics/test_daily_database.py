"""What the database makes of days: their figures, the days of a baseline, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.models import Baseline, Coverage, Metric, PilotMetric, Source
from tests.conftest import Cast
from tests.metrics import daily
from tests.metrics.test_recompute import metric, sync_items
from tests.plant import Plant, monday

LOCKED = ("locked_by_id", "locked_at", "weeks", "value", "definition", "target", "level", "side")


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> tuple[Plant, PilotMetric]:
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        return plant, daily.add(plant)


@pytest.fixture
def plant(made: tuple[Plant, PilotMetric], acme: int) -> Plant:
    return deepcopy(made[0])


@pytest.fixture
def row(made: tuple[Plant, PilotMetric], acme: int) -> PilotMetric:
    return deepcopy(made[1])


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def figures(counted: Metric, first: date, days: int) -> list[tuple[Any, ...]]:
    """Return numerator, denominator, value and whether reported of each day."""
    return ask(
        "SELECT f.numerator, f.denominator, f.value, f.reported"
        " FROM day_figures(%s, %s, %s, %s) f ORDER BY f.day",
        *(counted.tenant_id, counted.pk, first, first + timedelta(days=days)),
    )


def week(counted: Metric, first: date) -> tuple[Any, ...]:
    [found] = ask(
        "SELECT f.numerator, f.denominator, f.value, f.days_reported"
        " FROM week_figures(%s, ARRAY[%s::bigint], ARRAY[%s::date]) f",
        *(counted.tenant_id, counted.pk, first),
    )
    return found


def cover(counted: Metric, first: date, through: date) -> None:
    Coverage.objects.create(
        source=Source.objects.get(),
        metric=counted,
        from_date=first,
        through_date=through,
        actor="system:test",
    )


# Weeks in which the clocks in Berlin go forward and back, and a usual one.
@pytest.mark.parametrize("first", [date(2026, 3, 23), date(2026, 10, 19), date(2026, 3, 2)])
@pytest.mark.parametrize("kind", ["mean", "proportion", "ratio", "rate"])
def test_the_days_of_a_week_add_up_to_it(acme: int, kind: str, first: date) -> None:
    counted = metric(kind)
    for day in range(7):
        sync_items(
            *(
                {
                    "external_id": f"{day} {at}",
                    "event_at": f"{first + timedelta(days=day)}T{at}",
                    "numerator": day % 3,
                    "denominator": 4 + day,
                }
                for at in ("00:00:00+01:00", "00:00:00+02:00", "12:00:00+01:00", "21:30:00+01:00")
                if not (day == 0 and at == "00:00:00+02:00")
            )
        )

    found, whole = figures(counted, first, 7), week(counted, first)

    numerator, denominator = (sum(day[place] for day in found) for place in (0, 1))
    # What began before midnight in summer time belongs to the day before, in any week but the last.
    assert [day[3] for day in found] == [1] * 7
    assert (numerator, denominator) == pytest.approx(whole[:2])
    assert whole[2] == pytest.approx(numerator / denominator)


def test_the_hour_that_a_day_lacks_or_has_twice_is_its_own(acme: int) -> None:
    counted = metric("mean")
    sync_items(
        *(
            {"external_id": at, "event_at": at, "value": value}
            for at, value in {
                "2026-03-29T00:30:00+01:00": 1.0,  # 23 hours long
                "2026-03-29T23:30:00+02:00": 3.0,
                "2026-03-30T00:15:00+02:00": 9.0,
                "2026-10-25T00:30:00+02:00": 4.0,  # 25 hours long
                "2026-10-25T23:30:00+01:00": 6.0,
                "2026-10-26T00:15:00+01:00": 9.0,
            }.items()
        )
    )

    spring, autumn = date(2026, 3, 28), date(2026, 10, 24)

    assert [value for *_, value, _ in figures(counted, spring, 3)] == [None, 2.0, 9.0]
    assert [value for *_, value, _ in figures(counted, autumn, 3)] == [None, 5.0, 9.0]


def test_the_median_of_a_day_is_of_its_own_values(acme: int) -> None:
    counted = metric("median")
    sync_items({"value": 1}, {"value": 2}, {"value": 60}, at="2026-03-03")

    assert figures(counted, date(2026, 3, 2), 3) == [
        (None, 0, None, 0),
        (None, 3, 2, 1),
        (None, 0, None, 0),
    ]


def test_a_day_whose_denominator_is_zero_is_reported_and_has_no_value(acme: int) -> None:
    counted = metric("ratio")
    sync_items({"numerator": 3, "denominator": 0}, at="2026-03-03")

    assert figures(counted, date(2026, 3, 3), 1) == [(3, 0, None, 1)]


@pytest.mark.parametrize(("exposure", "denominator"), [("week", 1 / 7), ("day", 1.0)])
def test_a_covered_day_without_events_is_a_zero_of_a_rate(
    acme: int, exposure: str, denominator: float
) -> None:
    unit = {"week": "per_week", "day": "per_day"}[exposure]
    counted = metric("rate", exposure=exposure, unit=unit)
    first = date(2026, 3, 2)
    cover(counted, first - timedelta(days=3), first + timedelta(days=1))

    covered, other, silent = figures(counted, first, 3)

    assert covered == other == (0, pytest.approx(denominator), 0, 1)
    assert silent == (0, 0, None, 0)


def test_weeks_are_still_part_of_the_statement_that_asks_for_them(acme: int) -> None:
    plan = ask(
        "EXPLAIN SELECT * FROM week_figures(%s, ARRAY[1::bigint], ARRAY['2026-03-02'::date])", acme
    )

    said = "\n".join(line for (line,) in plan)
    assert "Function Scan on week_figures" not in said
    assert "Function Scan on period_figures" not in said
    assert "metrics_measurement" in said


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"grain": "hour"}, "metrics_baseline_grain_known"),
        ({"grain": "day", "comparison": "line"}, "metrics_baseline_daily_plain"),
    ],
)
def test_the_database_refuses_a_draft_of_days_beside_a_line(
    plant: Plant, row: PilotMetric, values: dict[str, Any], constraint: str
) -> None:
    found = daily.draft(plant, row)
    if "comparison" in values:
        values = values | {"comparison": plant.metric("Elsewhere")}

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=found.pk).update(**values)

    assert constraint_of(refused.value) == constraint


def as_locked(plant: Plant, row: PilotMetric) -> dict[str, Any]:
    """Return what a lock would write, and lock nothing."""
    with transaction.atomic():
        locked = daily.lock(plant, daily.draft(plant, row))
        transaction.set_rollback(True)
    return {name: getattr(locked, name) for name in LOCKED}


@pytest.mark.parametrize(
    ("name", "changed", "constraint"),
    [
        ("weeks", lambda days: days[1:], "metrics_baseline_as_counted"),
        ("weeks", lambda days: days[:13], "metrics_baseline_daily_enough"),
        ("weeks", lambda days: [[*days[0][:3], 0.5], *days[1:]], "metrics_baseline_as_counted"),
        ("weeks", lambda days: [["2026-01-05", 1, 1, 1], *days], "metrics_baseline_as_counted"),
        ("value", lambda value: value + 1e-6, "metrics_baseline_as_counted"),
        ("level", lambda level: "B", "metrics_baseline_daily_plain"),
        ("definition", lambda number: number + 1, "metrics_baseline_as_counted"),
        ("grain", lambda grain: "week", "metrics_baseline_as_counted"),
        ("side", lambda side: side, None),
    ],
)
def test_the_database_locks_no_days_but_those_it_counted(
    plant: Plant,
    row: PilotMetric,
    name: str,
    changed: Callable[[Any], Any],
    constraint: str | None,
) -> None:
    locked = as_locked(plant, row)
    found = daily.draft(plant, row)

    refused = None
    try:
        with transaction.atomic():
            values = locked | {name: changed(locked.get(name))}
            Baseline.objects.filter(pk=found.pk).update(**values)
    except IntegrityError as error:
        refused = constraint_of(error)

    assert refused == constraint


def test_the_database_locks_no_days_where_weeks_are_enough(plant: Plant, row: PilotMetric) -> None:
    locked, found = as_locked(plant, row), daily.draft(plant, row)
    first = monday(16)
    plant.deliver(
        daily.item(row.metric, day, 20.0)
        for day in daily.days(first - 7 * 7 * daily.DAY, first - 21 * daily.DAY)
    )

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=found.pk).update(**locked)

    assert constraint_of(refused.value) == "metrics_baseline_as_counted"


def test_the_database_leaves_out_days_that_are_usually_silent(plant: Plant) -> None:
    sunday = monday(13) + 6 * daily.DAY
    row = daily.add(plant, name="Six days", weekdays=range(6))
    plant.deliver([daily.item(row.metric, sunday, 20.0)])

    baseline = daily.lock(plant, daily.draft(plant, row))

    assert str(sunday) not in [day for day, *_ in baseline.weeks or []]
    assert len(baseline.weeks or []) == 24


def test_the_grain_of_a_locked_baseline_stays(plant: Plant, row: PilotMetric) -> None:
    found = daily.lock(plant, daily.draft(plant, row))

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=found.pk).update(grain="week")

    assert constraint_of(refused.value) == "metrics_baseline_locked_fixed"
