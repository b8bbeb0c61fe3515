"""What the tests of daily baselines share: a pilot whose metric is reported day by day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any

from metrics.actions import baselines, definitions, plans, targets
from metrics.models import Baseline, Metric, PilotMetric
from portfolio.models import Pilot
from tests.plant import Plant, monday

DAY = timedelta(days=1)
EVERY_DAY, MON_TO_FRI = frozenset(range(7)), frozenset(range(5))
# How each weekday differs from the mean; noise is the same in each run.
WEEKDAY = (1.5, 0.5, 0.0, -0.5, 0.5, -1.0, -1.0)


def value_of(day: date) -> float:
    """Return hours of a day: 20 with a weekday pattern and some noise."""
    return 20 + WEEKDAY[day.weekday()] + (day.toordinal() * 7919 % 97) / 97


def days(first: date, end: date, weekdays: Collection[int] = EVERY_DAY) -> Iterator[date]:
    """Give the days from a first one up to an end that fall on the weekdays."""
    for n in range((end - first).days):
        if (day := first + n * DAY).weekday() in weekdays:
            yield day


def item(metric: Metric, day: date, value: float, *, revision: int = 0) -> dict[str, object]:
    """Return what is sent of one day: ten items of a mean value, or so many of 1000 for a share."""
    numerator, denominator = (value * 10, 10) if metric.kind == "mean" else (value * 10, 1000)
    return {
        "metric": metric.code,
        "event_at": day.isoformat(),
        "source": "erp",
        "external_id": f"{metric.code} {day}",
        "numerator": numerator,
        "denominator": denominator,
        "revision": revision,
    }


def add(
    plant: Plant,
    *,
    name: str = "Changeovers",
    week: int = 15,
    before: int = 4,
    weekdays: Collection[int] = EVERY_DAY,
    fall: float = 6.0,
    missing: Collection[date] = (),
) -> PilotMetric:
    """Add a pilot in a week whose metric is reported daily and falls in week 9.

    before: whole weeks of history up to the end of week 2. fall: from week 9 on, in hours.
    missing: days that nobody reported.
    """
    pilot: Pilot = plant.pilot(name, week=week, lead=plant.cast.lead, sponsor=plant.cast.sponsor)
    metric = definitions.add_metric(
        name=f"{name}, hours",
        kind="mean",
        unit="h",
        direction="down",
        numerator="Hours of changeover",
        denominator="Changeovers",
        site=plant.site,
        by=plant.cast.admin,
        now=plant.now,
    )
    ends, measured = monday(week - 3), monday(week - 9)
    plant.deliver(
        item(metric, day, value_of(day) - (fall if day >= measured else 0.0))
        for day in days(ends - 7 * before * DAY, monday(), weekdays)
        if day not in missing
    )
    row = targets.add_target(
        pilot=pilot, metric=metric, role="primary", comparison="lt", target=18, by=plant.cast.admin
    )
    targets.agree_target(row=row, version=row.version, by=plant.cast.sponsor, now=plant.now)
    found: PilotMetric = PilotMetric.objects.select_related("metric", "pilot__site").get(pk=row.pk)
    return found


def draft(plant: Plant, row: PilotMetric, **changes: Any) -> Baseline:
    """Write a daily draft whose season somebody stated, with a plan."""
    values: dict[str, Any] = {
        "matters": 4.0,
        "season_swing": 0.0,
        "grain": "day",
        "by": plant.cast.lead,
        "now": plant.now,
    }
    found = baselines.draft_baseline(row=row, **values | changes)
    plans.plan_baseline(baseline_id=found.pk, now=plant.now)
    found.refresh_from_db()
    return found


def lock(plant: Plant, found: Baseline) -> Baseline:
    """Lock a draft as its lead does."""
    return baselines.lock_baseline(
        baseline=found, version=found.version, by=plant.cast.lead, now=plant.now
    )
