"""Who may change what others are measured by, who is told, and what an agreement stands for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from common.errors import Refused
from common.tenancy.context import tenant
from metrics.actions import definitions
from metrics.models import Metric, MetricDefinition
from metrics.queries import Changer
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot
from tenants.models import Membership
from tenants.queries import System
from tests.conftest import Cast
from tests.plant import Plant

CODE = "late-orders-on-time"


@pytest.fixture
def plant(cast: Cast) -> Iterator[Plant]:
    with tenant(cast.acme):
        yield Plant(cast)


@pytest.fixture
def pilot(plant: Plant) -> Pilot:
    return plant.whole()


@pytest.fixture
def metric(pilot: Pilot) -> Metric:
    found: Metric = Metric.objects.get(code=CODE)
    return found


@pytest.fixture
def other(plant: Plant, cast: Cast) -> Membership:
    """Return another project lead, who leads nothing."""
    Membership.objects.filter(pk=cast.operator.pk).update(roles=["lead"])
    return Membership.objects.get(pk=cast.operator.pk)


def rename(metric: Metric, by: Changer, **changes: Any) -> Metric:
    fields = ("kind", "unit", "direction", "exposure", "decimals", "site")
    values = {name: getattr(metric, name) for name in fields} | {"name": "OTIF"} | changes
    return definitions.change_metric(metric=metric, version=metric.version, by=by, **values)


def reword(metric: Metric, by: Any, **changes: Any) -> MetricDefinition:
    values: dict[str, Any] = {
        "numerator": "Lines on time and in full",
        "denominator": "All lines",
        "valid_from": date(2027, 3, 1),
        "reason": "Short lines count as late",
    }
    return definitions.add_definition(metric=metric, by=by, **values | changes)


def archive(metric: Metric, by: Changer) -> Metric:
    now = Membership.objects.values_list("created_at", flat=True)[0]
    return definitions.archive_metric(metric=metric, by=by, now=now)


@pytest.mark.parametrize("change", [rename, reword, archive])
def test_a_lead_does_not_change_what_anothers_pilot_is_measured_by(
    metric: Metric, other: Membership, change: Any
) -> None:
    with pytest.raises(Refused) as refused:
        change(metric, other)

    assert refused.value.code == "used_elsewhere"
    assert str(refused.value) == (
        "Late orders on time is used in Late orders (lead: Lead). Renaming it, wording it anew or"
        " archiving it is up to Lead or a tenant admin: Admin."
    )
    assert MetricDefinition.objects.filter(metric=metric).count() == 1


@pytest.mark.parametrize("who", ["lead", "admin"])
@pytest.mark.parametrize("change", [rename, reword])
def test_the_lead_of_every_pilot_that_uses_a_metric_and_an_admin_change_it(
    cast: Cast, metric: Metric, who: str, change: Any
) -> None:
    change(metric, getattr(cast, who))


def test_a_job_of_the_product_changes_a_metric(metric: Metric) -> None:
    assert rename(metric, System("test")).name == "OTIF"


@pytest.mark.parametrize("role", ["primary", "guard", "health"])
def test_a_metric_in_pilots_of_two_leads_is_changed_by_neither(
    plant: Plant, metric: Metric, other: Membership, role: str
) -> None:
    plant.aim(plant.pilot("Press shop", lead=other), metric, agreed=False, role=role)

    for lead in (plant.cast.lead, other):
        with pytest.raises(Refused) as refused:
            rename(metric, lead)

        assert str(refused.value) == (
            "Late orders on time is used in Late orders (lead: Lead) and Press shop (lead: Operator)."
            " Renaming it, wording it anew or archiving it is up to a tenant admin: Admin."
        )


def test_a_pilot_without_a_lead_leaves_its_metric_to_the_admin(
    plant: Plant, metric: Metric
) -> None:
    plant.aim(plant.pilot("Press shop"), metric, agreed=False)

    with pytest.raises(Refused, match=r"Press shop \(lead: nobody\).* up to a tenant admin: Admin"):
        rename(metric, plant.cast.lead)


def test_an_archived_pilot_and_a_metric_nobody_uses_leave_a_change_to_every_lead(
    plant: Plant, pilot: Pilot, metric: Metric, other: Membership
) -> None:
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    rename(metric, other)
    archive(metric, other)
    rename(plant.metric("Stockouts"), other, name="Stops")


def test_who_led_a_pilot_before_does_not_change_its_metric(
    plant: Plant, pilot: Pilot, metric: Metric, other: Membership
) -> None:
    portfolio.set_party(
        pilot=pilot, part=Part.LEAD, person=other.person, by=plant.cast.admin, now=plant.now
    )

    with pytest.raises(Refused, match="up to Operator or a tenant admin"):
        rename(metric, plant.cast.lead)
    rename(metric, other)
