"""Days of every kind of metric, from the draft to the read-out: shares, rates, medians, ratios."""

from __future__ import annotations

from collections.abc import Callable, Collection
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection

from common.errors import Refused
from common.tenancy.context import tenant
from metrics.actions import acknowledgements, coverage, definitions, recompute, targets
from metrics.api.baselines import BaselineAnswer
from metrics.api.read_outs import ReadOutAnswer
from metrics.models import Baseline, PilotMetric, ReadOut
from metrics.queries import verdicts
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.metrics import daily
from tests.metrics.test_daily import address, locked, read_out
from tests.plant import Plant, monday

WEEK = 15
FIRST, MEASURED = monday(WEEK - 3) - timedelta(days=28), monday(WEEK - 9)
Brought = dict[str, object]


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> Plant:
    with django_db_blocker.unblock(), tenant(shared.acme):
        return Plant(shared)


@pytest.fixture
def plant(made: Plant, cast: Cast) -> Plant:
    return deepcopy(made)


def noise(day: date, most: int) -> int:
    """Return a whole number from 0 to below most, the same in each run."""
    return day.toordinal() * 7919 % 97 % most


def add(
    plant: Plant,
    brought: Callable[[date, bool], Brought],
    *,
    kind: str,
    unit: str = "h",
    target: float = 1,
    declared: bool = False,
    weekdays: Collection[int] = daily.EVERY_DAY,
    more: Collection[date] = (),
) -> PilotMetric:
    """Add a pilot in week 15 whose metric has days from four weeks before week 3 on.

    brought: what an item of a day brings, and whether it is measured. declared: whether its source
    says that it reported every day, Sundays too. more: days with an item beside the weekdays.
    """
    pilot = plant.pilot(kind, week=WEEK, lead=plant.cast.lead, sponsor=plant.cast.sponsor)
    metric = definitions.add_metric(
        name=f"Stops, {kind}",
        kind=kind,
        unit=unit,
        direction="down",
        numerator="Stops",
        denominator="" if kind in {"rate", "median"} else "Runs",
        site=plant.site,
        by=plant.cast.admin,
        now=plant.now,
    )
    if declared:
        coverage.report_span(
            source=plant.source,
            metric_code=metric.code,
            from_date=FIRST,
            through_date=monday() - daily.DAY,
            actor=plant.cast.admin.audit_name,
            now=plant.now,
        )
    plant.deliver(
        item(metric.code, day, brought(day, day >= MEASURED))
        for day in sorted({*daily.days(FIRST, monday(), weekdays), *more})
    )
    row = targets.add_target(
        pilot=pilot,
        metric=metric,
        role="primary",
        comparison="lt",
        target=target,
        by=plant.cast.admin,
    )
    targets.agree_target(row=row, version=row.version, by=plant.cast.sponsor, now=plant.now)
    found: PilotMetric = PilotMetric.objects.select_related("metric", "pilot__site").get(pk=row.pk)
    return found


def item(code: str, day: date, brought: Brought, *, revision: int = 0) -> Brought:
    return {
        "metric": code,
        "event_at": day.isoformat(),
        "source": "erp",
        "external_id": f"{code} {day}",
        "revision": revision,
        **brought,
    }


def of_a_share(day: date, measured: bool) -> Brought:
    return {"numerator": (20 if measured else 60) + noise(day, 9), "denominator": 200}


def of_a_rate(day: date, measured: bool) -> Brought:
    return {"value": (2 if measured else 8) + noise(day, 5)}


def of_a_median(day: date, measured: bool) -> Brought:
    return {"value": (20 if measured else 40) + noise(day, 7)}


def of_a_ratio(day: date, measured: bool) -> Brought:
    return {"numerator": (20 if measured else 40) + noise(day, 7), "denominator": 10}


KINDS: list[tuple[str, str, Callable[[date, bool], Brought], float, float]] = [
    ("proportion", "share", of_a_share, -0.2, 0.02),
    ("rate", "per_day", of_a_rate, -6, 1),
    ("rate", "per_week", of_a_rate, -42, 7),
    ("median", "h", of_a_median, -20, 2),
    ("ratio", "h", of_a_ratio, -2, 0.2),
]


@pytest.mark.parametrize(("kind", "unit", "brought", "effect", "near"), KINDS)
def test_days_of_every_kind_are_read_out(
    plant: Plant,
    kind: str,
    unit: str,
    brought: Callable[[date, bool], Brought],
    effect: float,
    near: float,
) -> None:
    with tenant(plant.cast.acme):
        row = add(plant, brought, kind=kind, unit=unit, declared=kind == "rate")
        baseline = daily.lock(plant, daily.draft(plant, row, matters=abs(effect)))

    [found] = read_out(plant)

    assert (found.word, found.result["baseline_days"]) == ("improved", 28)
    assert found.result["effect"] == pytest.approx(effect, abs=near)
    assert found.result["before"] == pytest.approx(baseline.value)
    check_shown(plant, row, baseline, found)


def check_shown(plant: Plant, row: PilotMetric, baseline: Baseline, found: ReadOut) -> None:
    """Check that pages show it and that the API keeps to its own description."""
    lead, api = signed_in(plant.cast.lead), Api(plant.cast.api_reader)
    assert lead.get(address(row)).status_code == 200
    assert "All 56 days as a table" in lead.get(address(row, "read_out", 12)).content.decode()
    told = msgspec.json.decode(api.get(f"baselines/{baseline.pk}/").content, type=BaselineAnswer)
    msgspec.json.decode(api.get(f"read-outs/{found.pk}/").content, type=ReadOutAnswer)
    assert len(told.weeks) == 28


def test_a_rate_that_rises_on_working_days_is_worse_where_nothing_ever_happens_on_sundays(
    plant: Plant,
) -> None:
    def rising(day: date, measured: bool) -> Brought:
        return {"value": (12 if measured else 4) + noise(day, 5)}

    with tenant(plant.cast.acme):
        row = add(
            plant,
            rising,
            kind="rate",
            unit="per_day",
            declared=True,
            weekdays=daily.MON_TO_FRI,
        )
    baseline = locked(plant, row)

    [found] = read_out(plant)

    assert len(baseline.weeks or []) == 28
    assert (found.word, found.result["reasons"]) == ("worse", [])


def test_a_special_weekend_asks_for_no_weekends_of_a_source_that_declares_every_day(
    plant: Plant,
) -> None:
    saturday = monday(14) + 5 * daily.DAY
    with tenant(plant.cast.acme):
        row = add(
            plant,
            of_a_share,
            kind="proportion",
            unit="share",
            declared=True,
            weekdays=daily.MON_TO_FRI,
            more=[saturday, saturday + daily.DAY],
        )
        window = verdicts.plan_history(daily.draft(plant, row), plant.now).window

    baseline = locked_again(plant, row)
    [found] = read_out(plant)

    assert (len(window.periods), window.stretch) == (20, 20)
    assert len(baseline.weeks or []) == 20
    assert (found.word, found.result["measured_weeks"]) == ("improved", 4)


def locked_again(plant: Plant, row: PilotMetric) -> Baseline:
    """Lock the draft that there is."""
    with tenant(plant.cast.acme):
        return daily.lock(plant, verdicts.find_baseline(row) or Baseline())


def test_days_of_a_rate_that_nobody_declared_are_not_compared(plant: Plant) -> None:
    """Left would be the days on which something happened: more than usual, on each of them."""
    with tenant(plant.cast.acme):
        row = add(plant, of_a_rate, kind="rate", unit="per_day")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(f.value) FROM day_figures(%s, %s, %s, %s) f",
                [row.tenant_id, row.metric_id, FIRST, FIRST + 28 * daily.DAY],
            )
            [(valued,)] = cursor.fetchall()

        with pytest.raises(Refused) as refused:
            daily.draft(plant, row)

    assert valued == 0
    assert refused.value.code == "grain_days"
    assert "once they are declared as reported" in str(refused.value)


def test_a_correction_waits_until_its_week_is_added_up_and_then_for_a_note(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        row = add(plant, of_a_share, kind="proportion", unit="share")
    locked(plant, row)
    [first] = read_out(plant)
    with tenant(plant.cast.acme):
        plant.acknowledge(
            item(row.metric.code, day, of_a_share(day, False), revision=1)
            for day in daily.days(MEASURED, MEASURED + 28 * daily.DAY)
        )

    waiting = read_out(plant, hours=1)
    with tenant(plant.cast.acme):
        recompute.recompute()
    _, second = read_out(plant, hours=2)

    assert [one.pk for one in waiting] == [first.pk]
    assert (second.number, second.word != "improved", second.waits) == (2, True, True)
    with tenant(plant.cast.acme):
        [standing] = verdicts.list_evidence(row.pilot)
        acknowledgements.acknowledge(
            read_out=second, by=plant.cast.sponsor, now=plant.now, reason="The counter was wrong."
        )
        [noted] = verdicts.list_evidence(row.pilot)
    assert (standing.pk, noted.pk) == (first.pk, second.pk)


def test_measured_weeks_that_lack_days_ask_for_days(plant: Plant) -> None:
    def gaps(day: date, measured: bool) -> Brought:
        return of_a_ratio(day, measured) | ({"denominator": 0} if measured else {})

    with tenant(plant.cast.acme):
        row = add(plant, gaps, kind="ratio")
    locked(plant, row)

    [found] = read_out(plant)
    page = signed_in(plant.cast.lead).get(address(row, "read_out", 12)).content.decode()

    assert found.result["reasons"] == ["measurement_incomplete"]
    assert "Send the missing days." in page


@pytest.mark.parametrize(
    "asked",
    [
        "SELECT count(*) FROM day_figures({0}, {1}, '{2}', '{2}'::date + 28) f",
        "SELECT count(f.weeks) FROM baseline_days({0}, {1}, '{2}'::date + 21) f",
        "SELECT count(*) FROM period_figures({0}, ARRAY[{1}::bigint], ARRAY['{2}'::date], 1) f",
    ],
)
def test_another_tenant_reads_no_days(plant: Plant, asked: str) -> None:
    with tenant(plant.cast.acme):
        row = add(plant, of_a_share, kind="proportion", unit="share")
    sql = asked.format(plant.cast.acme, row.metric_id, FIRST)

    def count(owner: Any) -> int:
        with tenant(owner), connection.cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.fetchone()[0])

    assert count(plant.cast.acme) > 0
    assert count(plant.cast.borealis) == 0
