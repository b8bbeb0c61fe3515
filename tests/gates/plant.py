"""A pilot whose gates can be brought through, by the product's own actions."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.tenancy.context import tenant
from gates import actions, queries
from gates.actions import errors, failures, retraining, snapshots
from gates.models import (
    AccuracyReading,
    CostModel,
    DataSnapshot,
    Drill,
    ErrorClass,
    FailureMode,
    GateDecision,
    RetrainingTrigger,
    TriggerFiring,
)
from gates.rules.criteria import Check
from gates.rules.first import FIRST
from gates.rules.states import Code
from metrics.actions import fields, sources, timestamps
from metrics.models import FieldNeed, FieldVariant, PilotMetric, PilotSource
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tests.conftest import Cast
from tests.plant import Plant


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> tuple[Plant, Pilot]:
    """A plant and its pilot, made once for the tests of a module."""
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        return plant, whole_pilot(plant)


@pytest.fixture
def plant(made: tuple[Plant, Pilot], cast: Cast) -> Plant:
    return deepcopy(made[0])


@pytest.fixture
def pilot(made: tuple[Plant, Pilot], cast: Cast) -> Pilot:
    return deepcopy(made[1])


def whole_pilot(plant: Plant, name: str = "Late orders") -> Pilot:
    """Return a pilot of which everything that the product itself knows is as the gates ask."""
    pilot = plant.whole(name)
    send_live(plant, pilot)
    list_source(plant, pilot)
    need_field(plant, pilot)
    write_times(plant, pilot)
    for part, member in (
        (Part.OPERATOR, plant.cast.operator),
        (Part.DEPUTY_OPERATOR, plant.cast.owner),
    ):
        PilotParty.objects.create(
            pilot=pilot, person_id=member.person_id, part=part, hours_per_week=6
        )
    missed = error_class(plant, pilot)
    wasted = error_class(
        plant,
        pilot,
        name="Flagged for nothing",
        consequence="time",
        cost=Decimal(3),
        tolerated=Decimal("0.05"),
        checked_by="",
    )
    read(plant, pilot, {missed: 6, wasted: 30}, dataset="curated")
    read(plant, pilot, {missed: 10, wasted: 40})
    snapshot(plant, pilot)
    for kind in ("wrong", "unsure", "late", "silent"):
        drill(plant, failure_mode(plant, pilot, kind=kind, name=f"It is {kind}"))
    answer(plant, tried(plant, trigger(plant, pilot)))
    let_sign_for_finance(plant.cast.reviewer)
    price(plant, pilot)
    actions.sign_cost(pilot=pilot, version=1, by=plant.cast.reviewer, now=plant.now)
    return pilot


def error_class(plant: Plant, pilot: Pilot, **values: Any) -> ErrorClass:
    """Write down a costly class of error that a person checks."""
    given = {
        "name": "Late order missed",
        "consequence": "customer",
        "cost": Decimal(400),
        "cost_basis": "estimated",
        "tolerated": Decimal("0.02"),
        "checked_by": "Planner on shift, QP-7",
        **values,
    }
    return errors.add_error_class(pilot=pilot, by=plant.cast.lead, **given)


def read(
    plant: Plant, pilot: Pilot, found: dict[ErrorClass, int], **values: Any
) -> AccuracyReading:
    """Keep a reading of yesterday, live unless told otherwise, with its errors by class."""
    day = plant.today - timedelta(days=1)
    given = {
        "dataset": "live",
        "first_day": min(day, values.get("last_day", day)),
        "last_day": day,
        "decisions": 1_200,
        "source": "Order book against deliveries",
        **values,
    }
    counts = {row.pk: count for row, count in found.items()}
    return errors.add_reading(
        pilot=pilot, errors=counts, by=plant.cast.lead, now=plant.now, **given
    )


def snapshot(plant: Plant, pilot: Pilot, **values: Any) -> DataSnapshot:
    """Write down a snapshot of yesterday that covers a year."""
    day = plant.today - timedelta(days=1)
    given = {
        "source": "ERP, order lines",
        "taken_on": day,
        "row_count": 48_000,
        "first_day": day - timedelta(days=363),
        "last_day": day,
        "cycle_weeks": 52,
        "issues": "Promised days are empty in 2 of 100 lines.",
        "lacks": "",
        **values,
    }
    return snapshots.add_snapshot(pilot=pilot, by=plant.cast.lead, now=plant.now, **given)


def failure_mode(plant: Plant, pilot: Pilot, **values: Any) -> FailureMode:
    """Write down a way to fail that lacks nothing."""
    given = {
        "kind": "silent",
        "name": "No answer",
        "noticed": "The list stays empty",
        "threshold": "No answer in 30 minutes",
        "fallback": "Plan by the paper list",
        "receiver": plant.cast.sponsor,
        **values,
    }
    return failures.add_failure_mode(pilot=pilot, by=plant.cast.lead, **given)


def drill(plant: Plant, row: FailureMode, **values: Any) -> Drill:
    """Keep a drill of yesterday that held."""
    given = {
        "ran_on": plant.today - timedelta(days=1),
        "held": True,
        "seen": "The planner was called after 20 minutes.",
        "next_step": "",
        **values,
    }
    return failures.add_drill(row=row, by=plant.cast.lead, now=plant.now, **given)


def trigger(plant: Plant, pilot: Pilot, **values: Any) -> RetrainingTrigger:
    """Name a figure of the pilot that calls for training, and tell its sponsor."""
    first = PilotMetric.objects.filter(pilot=pilot).select_related("metric").order_by("id").first()
    given = {
        "metric": first.metric if first else None,
        "side": "lt",
        "threshold": 0.1,
        "weeks": 2,
        "rest_weeks": 4,
        "receiver": plant.cast.sponsor,
        "task": "Train on the last six months; QA compares both on 200 cases.",
        **values,
    }
    return retraining.add_trigger(pilot=pilot, by=plant.cast.lead, **given)


def tried(plant: Plant, row: RetrainingTrigger) -> TriggerFiring:
    return retraining.try_trigger(row=row, by=plant.cast.lead, now=plant.now)


def answer(plant: Plant, row: TriggerFiring, **values: Any) -> TriggerFiring:
    """Answer a firing as the sponsor, who is told."""
    given = {"answer": "It arrived.", "by": plant.cast.sponsor, "now": plant.now, **values}
    return retraining.answer_firing(row=row, **given)


def let_sign_for_finance(member: Membership) -> None:
    member.functions = ["finance"]
    member.save(update_fields=["functions"])


# Pays at three times the unit cost; one call at 0.03 instead does not.
PRICES: dict[str, Any] = {
    "items_per_day": Decimal(40_000),
    "counted": "together",
    "sites": 3,
    "days_per_year": 250,
    "calls_per_item": Decimal("1.5"),
    "cost_per_call": Decimal("0.01"),
    "cost_per_call_basis": "measured",
    "overhead": Decimal(180_000),
    "overhead_basis": "estimated",
    "labour_minutes": Decimal("0.2"),
    "labour_minutes_basis": "measured",
    "hourly_rate": Decimal(36),
    "hourly_rate_basis": "measured",
    "errors_before": Decimal(10),
    "errors_before_basis": "measured",
    "errors_after": Decimal(25),
    "errors_after_basis": "measured",
}
TOO_DEAR = {"cost_per_call": Decimal("0.03")}


def price(plant: Plant, pilot: Pilot, **values: Any) -> CostModel:
    """Write the next version of what a pilot costs, as its lead."""
    given = {"version": 0, "note": "", "by": plant.cast.lead, "now": plant.now, **PRICES, **values}
    return actions.write_cost(pilot=pilot, **given)


def send_live(plant: Plant, pilot: Pilot) -> None:
    """Let the source of a pilot's metrics send what happens just now: what came before is history."""
    plant.deliver(
        {
            "metric": row.metric.code,
            "event_at": datetime.now(UTC).isoformat(),
            "source": plant.source.code,
            "external_id": "live",
            "numerator": 88,
            "denominator": 100,
        }
        for row in PilotMetric.objects.filter(pilot=pilot).select_related("metric")
    )


def write_times(plant: Plant, pilot: Pilot, *, limit_hours: int = 24) -> None:
    """Say what the two times of the pilot's metrics are."""
    for row in PilotMetric.objects.filter(pilot=pilot).select_related("metric"):
        timestamps.write_rule(
            metric=row.metric,
            source=plant.source,
            version=timestamps.NONE_YET,
            transaction_type="Delivery",
            event_field="LIKP-WADAT_IST",
            entry_field="",
            without="Left out",
            limit_hours=limit_hours,
            by=plant.cast.lead,
        )


def list_source(plant: Plant, pilot: Pilot, **values: Any) -> PilotSource:
    """Put the source of the pilot's metrics on the list of what its decision needs."""
    given = {
        "name": "SAP",
        "kind": "erp",
        "gives": "Promised dates",
        "source": plant.source,
        "by_hand": False,
        "maintainer": plant.cast.lead.person,
        "updated_on": None,
        "limit_days": 31,
        "faults": "",
        **values,
    }
    return sources.add_pilot_source(pilot=pilot, by=plant.cast.lead, now=plant.now, **given)


def need_field(plant: Plant, pilot: Pilot, **values: Any) -> FieldNeed:
    """Write down a field, owned by the reviewer, that the pilot's decision needs."""
    given = {
        "name": f"Lead time of {pilot.code}",
        "meaning": "Calendar days from the order to the goods receipt.",
        "unit": "days",
        "owner": values.get("owner") or plant.cast.reviewer,
        **values,
    }
    field = fields.add_field(by=plant.cast.lead, **given)
    return fields.add_need(
        pilot=pilot, field=field, used_for="When an order is late", by=plant.cast.lead
    )


def differ(plant: Plant, need: FieldNeed, **values: Any) -> FieldVariant:
    """Write down that the plant's source means something else by a field, which is a conflict."""
    given = {
        "site": None,
        "source": plant.source,
        "meaning": "Working days from the release of the order.",
        "stand": "differs",
        "factor": None,
        "plus": None,
        "cannot": "The release is not on record.",
        "said_by": "Planner in Lyon",
        **values,
    }
    return fields.add_variant(row=need.field, by=plant.cast.lead, **given)


def name(plant: Plant, pilot: Pilot, code: Code = Code.DATA, **values: Any) -> Any:
    given = {"decider": plant.cast.reviewer, "due_date": None, "version": 1, **values}
    return actions.name_decider(pilot=pilot, code=code, by=plant.cast.lead, now=plant.now, **given)


def bring(plant: Plant, pilot: Pilot, code: Code = Code.DATA, **values: Any) -> None:
    """Bring what every criterion of a gate asks for."""
    for asked in FIRST[code]:
        if asked.check is not Check.FACT:
            bring_one(plant, pilot, code, asked.code, **values)


def bring_one(plant: Plant, pilot: Pilot, code: Code, criterion: str, **values: Any) -> Any:
    asked = next(one for one in FIRST[code] if one.code == criterion)
    number = asked.check is Check.NUMBER
    given = {
        "kind": "number" if number else "note",
        "title": f"About {criterion}",
        "text": "It is written down.",
        "value": asked.limit if number else None,
        "captured_on": plant.today - timedelta(days=1),
        **values,
    }
    return actions.add_evidence(
        pilot=pilot, code=code, criterion=criterion, by=plant.cast.lead, now=plant.now, **given
    )


def submitted(plant: Plant, pilot: Pilot, code: Code = Code.DATA) -> GateDecision:
    name(plant, pilot, code)
    bring(plant, pilot, code)
    return actions.submit_gate(pilot=pilot, code=code, step=1, by=plant.cast.lead, now=plant.now)


def passed(plant: Plant, pilot: Pilot, code: Code = Code.DATA) -> GateDecision:
    submitted(plant, pilot, code)
    return actions.pass_gate(pilot=pilot, code=code, step=2, by=plant.cast.reviewer, now=plant.now)


def reopen_due(now: datetime) -> list[GateDecision]:
    """Look at every pilot as the jobs do, one after the other."""
    return [
        step
        for pilot in queries.list_settled_pilots()
        for step in actions.reopen_due(pilot=pilot, now=now)
    ]


def all_passed(plant: Plant, pilot: Pilot, *, but: Code | None = None) -> None:
    for code in Code:
        if code is not but:
            passed(plant, pilot, code)
