"""What the tests of baselines share: a pilot in week 5, and a draft on its way to the lock."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest

from common.tenancy.context import tenant
from metrics.actions import baselines, definitions, plans
from metrics.models import Baseline, Mark, Metric, MetricDefinition, PilotMetric
from portfolio.models import Pilot
from tests.conftest import Cast
from tests.plant import Plant, monday


def make(shared: Cast, django_db_blocker: Any, *, week: int) -> Plant:
    """Make once what all tests of a module start from: a whole pilot in a week."""
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        plant.whole(week=week, weeks=20)
        return plant


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> Plant:
    return make(shared, django_db_blocker, week=5)


@pytest.fixture
def plant(made: Plant, acme: int) -> Plant:
    return deepcopy(made)


@pytest.fixture
def pilot(plant: Plant) -> Pilot:
    found: Pilot = Pilot.objects.get()
    return found


@pytest.fixture
def row(pilot: Pilot) -> PilotMetric:
    found: PilotMetric = PilotMetric.objects.get(pilot=pilot)
    return found


def draft(plant: Plant, row: PilotMetric, **changes: Any) -> Baseline:
    """Write a draft whose plan is not weak, unless told otherwise."""
    values = {"matters": 0.5, "by": plant.cast.lead, "now": plant.now}
    return baselines.draft_baseline(row=row, **values | changes)


def planned(baseline: Baseline, *, now: datetime | None = None) -> dict[str, Any]:
    """Work out what a draft's plan can see, as the job does, and return it."""
    plans.plan_baseline(baseline_id=baseline.pk, now=now or datetime.now(UTC))
    baseline.refresh_from_db()
    found: dict[str, Any] = baseline.plan
    return found


def lock(plant: Plant, baseline: Baseline, **changes: Any) -> Baseline:
    """Lock a baseline once its plan is known, which sees a week more when another is over."""
    planned(baseline, now=changes.get("now"))
    values = {"version": baseline.version, "by": plant.cast.lead, "now": plant.now}
    return baselines.lock_baseline(baseline=baseline, **values | changes)


def reword(metric: Metric, by: Any, **changes: Any) -> MetricDefinition:
    """Word a metric anew; `known_weeks` where weeks are counted already."""
    values: dict[str, Any] = {
        "numerator": "Lines on time and in full",
        "denominator": "All lines",
        "valid_from": date(2027, 3, 1),
        "reason": "Short lines count as late",
    }
    return definitions.add_definition(metric=metric, by=by, **values | changes)


def corrected(metric: Metric, *, ago: int, numerator: int, revision: int = 1) -> dict[str, object]:
    """Return the correction of the item that `Plant.send` sent for a week."""
    return {
        "metric": metric.code,
        "event_at": monday(ago).isoformat(),
        "source": "erp",
        "external_id": f"{metric.code} {ago}",
        "numerator": numerator,
        "denominator": 100,
        "revision": revision,
    }


def unsteady(metric: Metric, *, revision: int = 1) -> list[dict[str, object]]:
    """Return corrections after which a metric swings from nothing to all and back."""
    return [
        corrected(metric, ago=ago, numerator=ago % 2 * 100, revision=revision)
        for ago in range(3, 20)
    ]


def set_aside(metric: Metric, *, ago: int, until: datetime) -> None:
    """Mark a week as one that took too long to compute and waits until a time."""
    for aside_until in (None, until):
        Mark.objects.create(metric_id=metric.pk, week=monday(ago), aside_until=aside_until)


def beside(plant: Plant) -> tuple[PilotMetric, Metric]:
    """Return a metric of a pilot in week 2, and a line elsewhere to compare it with."""
    other = plant.metric("The other plant")
    plant.deliver(corrected(other, ago=ago, numerator=80 + ago % 5) for ago in range(1, 21))
    return PilotMetric.objects.get(pilot=plant.whole("Early", week=2)), other
