"""Each named constraint of sources, metrics, wordings and targets refuses what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from common.writing import constraint_of
from metrics.models import Metric, MetricDefinition, PilotMetric, Source
from portfolio.models import Pilot, Site
from tenants.models import Membership
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("acme")
START = date(2026, 9, 7)


def source(**values: Any) -> Source:
    return Source.objects.create(**{"code": "erp", "name": "ERP"} | values)


def metric(**values: Any) -> Metric:
    defaults = {
        "code": f"m{Metric.objects.count()}",
        "name": "Metric",
        "kind": "mean",
        "unit": "days",
        "direction": "down",
        "zone": "Europe/Paris",
    }
    return Metric.objects.create(**defaults | values)


def wording(**values: Any) -> MetricDefinition:
    defaults: dict[str, Any] = {
        "number": 1,
        "valid_from": START,
        "numerator": "days",
        "created_by": Membership.objects.first(),
    }
    if "metric_id" not in values:
        defaults["metric"] = Metric.objects.first() or metric()
    return MetricDefinition.objects.create(**defaults | values)


def site(**values: Any) -> Site:
    return Site.objects.create(**{"code": "s", "name": "Site", "zone": "Europe/Paris"} | values)


def row(**values: Any) -> PilotMetric:
    defaults: dict[str, Any] = {"role": "guard"}
    if "pilot_id" not in values:
        defaults["pilot"] = Pilot.objects.first() or Pilot.objects.create(
            code="p", name="Pilot", start_date=START, site=site()
        )
    if not {"metric", "metric_id"} & values.keys():
        defaults["metric"] = metric()
    return PilotMetric.objects.create(**defaults | values)


def twice(make: Callable[..., Any], **values: Any) -> None:
    make(**values)
    make(**values)


def agreed(**values: Any) -> PilotMetric:
    agreement = {"agreed_by": Membership.objects.first(), "agreed_at": NOW}
    return row(**{"comparison": "lt", "target": 1.0} | agreement | values)


CASES: dict[str, Callable[[], Any]] = {
    "metrics_source_code_once": lambda: twice(source),
    "metrics_source_code_alike": lambda: [source(code="K-i"), source(code="k-I")],
    "metrics_source_code_shape": lambda: source(code="a b"),
    "metrics_source_name_given": lambda: source(name=""),
    "metrics_source_maintainer_fk": lambda: source(maintainer_id=uuid4()),
    "metrics_source_interval": lambda: source(interval="never"),
    "metrics_source_lag_limit": lambda: source(lag_limit_minutes=0),
    "metrics_metric_code_once": lambda: twice(metric, code="m"),
    "metrics_metric_code_alike": lambda: [metric(code="K-i"), metric(code="k-I")],
    "metrics_metric_code_shape": lambda: metric(code="a b"),
    "metrics_metric_name_given": lambda: metric(name=""),
    "metrics_metric_site_zone_fk": lambda: metric(site=site(zone="Asia/Tokyo")),
    "metrics_metric_kind_known": lambda: metric(kind="mode"),
    "metrics_metric_direction_known": lambda: metric(direction="flat"),
    "metrics_metric_rate_has_exposure": lambda: metric(kind="rate"),
    "metrics_metric_unit_says_exposure": lambda: metric(
        kind="rate", unit="per_week", exposure="day"
    ),
    "metrics_metric_decimals": lambda: metric(decimals=7),
    "metrics_metricdefinition_metric_fk": lambda: wording(metric_id=0),
    "metrics_metricdefinition_by_fk": lambda: wording(created_by=None, created_by_id=uuid4()),
    "metrics_metricdefinition_once": lambda: [wording(), wording(valid_from=date(2026, 9, 8))],
    "metrics_metricdefinition_one_a_day": lambda: [
        wording(number=2 + more, reason="why") for more in (0, 1)
    ],
    "metrics_metricdefinition_reason": lambda: wording(number=2),
    "metrics_pilotmetric_pilot_fk": lambda: row(pilot_id=uuid4()),
    "metrics_pilotmetric_metric_fk": lambda: row(metric_id=0),
    "metrics_pilotmetric_agreed_fk": lambda: agreed(agreed_by=None, agreed_by_id=uuid4()),
    "metrics_pilotmetric_once": lambda: twice(row, metric=metric()),
    "metrics_pilotmetric_slot_once": lambda: twice(row, role="primary", slot=1),
    "metrics_pilotmetric_three_primary": lambda: row(role="primary", slot=4),
    "metrics_pilotmetric_target_whole": lambda: row(target=1.0),
    "metrics_pilotmetric_agreement_whole": lambda: agreed(agreed_at=None),
    "metrics_pilotmetric_money_whole": lambda: row(units_per_week=Decimal(1)),
}
# A second way to break the same constraint, where one is not enough to know that it holds.
MORE: list[tuple[str, Callable[[], Any]]] = [
    ("metrics_metric_rate_has_exposure", lambda: metric(exposure="week")),
    (
        "metrics_metric_unit_says_exposure",
        lambda: metric(kind="rate", unit="per_day", exposure="week"),
    ),
    ("metrics_pilotmetric_three_primary", lambda: row(role="primary")),
    ("metrics_pilotmetric_three_primary", lambda: row(slot=1)),
    ("metrics_pilotmetric_three_primary", lambda: row(role="other")),
    ("metrics_pilotmetric_target_whole", lambda: row(comparison="lt")),
    ("metrics_pilotmetric_target_whole", lambda: row(comparison="eq", target=1.0)),
    ("metrics_pilotmetric_agreement_whole", lambda: agreed(agreed_by=None)),
    ("metrics_pilotmetric_agreement_whole", lambda: agreed(comparison="", target=None)),
    ("metrics_pilotmetric_money_whole", lambda: row(value_per_unit=Decimal(1))),
    (
        "metrics_pilotmetric_money_whole",
        lambda: row(units_per_week=Decimal(0), value_per_unit=Decimal(1)),
    ),
]


@pytest.mark.parametrize(("name", "broken"), [*CASES.items(), *MORE])
def test_the_database_refuses_by_name(name: str, broken: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()

    assert constraint_of(violated.value) == name


def test_no_constraint_is_without_its_test() -> None:
    named = {
        constraint.name
        for model in (Source, Metric, MetricDefinition, PilotMetric)
        for constraint in model._meta.constraints
        if not constraint.name.endswith(("_iso", "_tenant_key"))
    }

    assert named == set(CASES)


def test_a_retired_metric_frees_its_slot_and_its_place_in_the_pilot() -> None:
    retired = row(role="primary", slot=1, retired_at=NOW)

    assert row(role="primary", slot=1, metric=retired.metric).pk


def test_the_zone_of_a_site_does_not_move_under_its_metrics() -> None:
    plant = site()
    metric(site=plant)

    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        Site.objects.filter(pk=plant.pk).update(zone="Asia/Tokyo")

    assert constraint_of(violated.value) == "metrics_metric_site_zone_fk"


def test_a_wording_is_never_changed() -> None:
    wording()

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        MetricDefinition.objects.update(numerator="other")


@pytest.mark.parametrize("model", [Source, Metric, MetricDefinition, PilotMetric])
def test_nothing_of_what_is_measured_can_be_deleted(model: Any) -> None:
    row(), source(), wording()

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        model.objects.all()._raw_delete("default")  # past the ORM's own refusals
