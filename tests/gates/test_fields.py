"""What the gate Data asks of fields: a list, an owner for each, and no open conflict."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.errors import Refused
from gates import actions as steps
from gates import queries
from gates.queries import facts
from gates.rules.criteria import Fact
from gates.rules.states import Code, State
from metrics.actions import fields
from metrics.models import FieldNeed, FieldVariant
from portfolio.models import Pilot
from tenants.models import Membership
from tests.gates.plant import differ, made, need_field, passed, pilot, plant, submitted
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")


def fact(plant: Plant, pilot: Pilot) -> Fact:
    return facts.gather(pilot, now=plant.now, wanted=["fields_agreed"])["fields_agreed"]


def conflict(plant: Plant, pilot: Pilot, **values: Any) -> FieldVariant:
    return differ(plant, FieldNeed.objects.get(pilot=pilot), **values)


def settle(plant: Plant, row: FieldVariant, outcome: str = "accepted") -> None:
    fields.settle(
        row=row,
        version=row.version,
        outcome=outcome,
        reason="Lyon orders within one week only",
        by=plant.cast.reviewer,
        now=plant.now,
    )


def reopened(plant: Plant, pilot: Pilot) -> list[Code]:
    found = steps.reopen_due(pilot=pilot, now=plant.now + timedelta(minutes=10))
    return [Code(one.gate.code) for one in found]


def test_fields_that_mean_the_same_everywhere_are_told_by_name(plant: Plant, pilot: Pilot) -> None:
    conflict(plant, pilot, stand="same", cannot="")

    found = fact(plant, pilot)

    assert found.met
    assert found.words == "As agreed everywhere: Lead time of P-01."


def test_a_pilot_that_lists_no_field_is_told_so(plant: Plant, pilot: Pilot) -> None:
    fields.end_need(row=FieldNeed.objects.get(), by=plant.cast.lead, now=plant.now)

    found = fact(plant, pilot)

    assert not found.met
    assert found.words == "No field is listed yet."


def test_an_open_conflict_keeps_the_gate_closed_and_its_place_is_named(
    plant: Plant, pilot: Pilot
) -> None:
    submitted(plant, pilot)
    conflict(plant, pilot)

    with pytest.raises(Refused, match="ERP means Working days from the release of the order"):
        steps.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now)


def test_a_settled_conflict_lets_the_gate_through_with_its_reason(
    plant: Plant, pilot: Pilot
) -> None:
    settle(plant, conflict(plant, pilot))
    conflict(
        plant,
        pilot,
        site=plant.site,
        source=None,
        stand="convert",
        factor=Decimal("1.4"),
        plus=Decimal(-2),
        cannot="",
    )

    found = fact(plant, pilot)

    assert found.met
    assert "ERP: may differ, Lyon orders within one week only" in found.words
    assert "Plant Lyon: times 1.4, minus 2" in found.words
    assert passed(plant, pilot).state == State.PASSED


def test_a_new_conflict_reopens_a_passed_gate(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)

    conflict(plant, pilot)

    assert reopened(plant, pilot) == [Code.DATA]
    seen = queries.get_seen(pilot, Code.DATA, now=plant.now)
    assert seen.last is not None
    assert "ERP means Working days" in seen.last.reason


def test_one_more_place_that_means_the_same_reopens_nothing(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)

    conflict(plant, pilot, stand="same", cannot="")

    assert reopened(plant, pilot) == []


def test_another_conversion_is_another_fact(plant: Plant, pilot: Pilot) -> None:
    values = {"stand": "convert", "factor": Decimal("1.4"), "plus": Decimal(0), "cannot": ""}
    row = conflict(plant, pilot, **values)
    passed(plant, pilot)
    given = {name: getattr(row, name) for name in ("site", "source", "meaning", "said_by")}

    fields.change_variant(
        row=row, version=1, by=plant.cast.lead, **given | values | {"factor": Decimal("1.5")}
    )

    assert reopened(plant, pilot) == [Code.DATA]


def test_another_agreed_meaning_reopens_it(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)
    field = FieldNeed.objects.get().field

    fields.change_field(
        row=field,
        version=1,
        name=field.name,
        meaning="Days to the shelf",
        unit="days",
        owner=plant.cast.reviewer,
        by=plant.cast.lead,
    )

    assert reopened(plant, pilot) == [Code.DATA]


def test_a_conflict_of_a_field_that_the_pilot_does_not_need_blocks_nothing(
    plant: Plant, pilot: Pilot
) -> None:
    other = need_field(plant, plant.whole("Other"), name="Batch")
    passed(plant, pilot)

    differ(plant, other)

    assert reopened(plant, pilot) == []
    assert fact(plant, pilot).met


def test_an_owner_who_leaves_reopens_the_gate(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot)
    field = FieldNeed.objects.get().field
    fields.change_field(
        row=field,
        version=1,
        name=field.name,
        meaning=field.meaning,
        unit=field.unit,
        owner=plant.cast.owner,
        by=plant.cast.lead,
    )
    assert reopened(plant, pilot) == []

    Membership.objects.filter(pk=plant.cast.owner.pk).update(removed_at=plant.now)

    assert Code.DATA in reopened(plant, pilot)
    assert fact(plant, pilot).words == "Nobody owns Lead time of P-01 any more."
