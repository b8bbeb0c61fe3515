"""A pass that tells of facts as met is held against what the database knows itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from gates.models import GateDecision
from gates.rules.states import Code
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tests.gates.plant import made, pilot, plant, price, submitted
from tests.gates.test_forged import refused
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")


def row(plant: Plant, asked: GateDecision, **values: Any) -> GateDecision:
    """Write a pass by hand that says what the submission said."""
    ends = [one["until"] for one in asked.facts if one["until"]]
    given = {
        "gate_id": asked.gate_id,
        "number": 2,
        "verb": "pass",
        "state": "passed",
        "member_id": plant.cast.reviewer.pk,
        "facts": asked.facts,
        "until": date.fromisoformat(min(ends)) if ends else None,
        "at": plant.now,
        **values,
    }
    return GateDecision.objects.create(**given)


@pytest.mark.parametrize("code", [Code.OWNERSHIP, Code.COST])
def test_the_row_that_the_cases_break_is_taken(plant: Plant, pilot: Pilot, code: Code) -> None:
    assert row(plant, submitted(plant, pilot, code)).state == "passed"


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (Part.OPERATOR, "ended"),
        (Part.DEPUTY_OPERATOR, "ended"),
        (Part.OPERATOR, "no hours"),
        (Part.OPERATOR, "left"),
        (Part.DEPUTY_OPERATOR, "left"),
    ],
)
def test_ownership_is_not_passed_without_an_operator_and_a_deputy(
    plant: Plant, pilot: Pilot, part: Part, change: str
) -> None:
    asked = submitted(plant, pilot, Code.OWNERSHIP)
    party = PilotParty.objects.filter(pilot=pilot, part=part)
    if change == "left":
        Membership.objects.filter(person_id=party.get().person_id).update(removed_at=plant.now)
    else:
        party.update(
            **{"ended": {"ended_at": plant.now}, "no hours": {"hours_per_week": None}}[change]
        )

    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_operated"


def test_cost_is_not_passed_on_a_version_that_finance_did_not_sign(
    plant: Plant, pilot: Pilot
) -> None:
    asked = submitted(plant, pilot, Code.COST)
    price(plant, pilot, version=1, note="Another price list.", sites=4)

    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_cost_signed"


def lead_before(plant: Plant, pilot: Pilot, member: Membership, days: int) -> None:
    """Let somebody have led a pilot until so many days after it began."""
    start = plant.now.replace(hour=12)
    ended = start + (pilot.start_date - start.date()) + timedelta(days=days)
    PilotParty.objects.create(
        pilot=pilot, person_id=member.person_id, part=Part.LEAD, ended_at=ended
    )


def test_who_led_a_pilot_since_it_began_neither_passes_nor_waives(
    plant: Plant, pilot: Pilot
) -> None:
    asked = submitted(plant, pilot, Code.OWNERSHIP)
    lead_before(plant, pilot, plant.cast.reviewer, 0)
    lead_before(plant, pilot, plant.cast.coo, 3)
    until = {"until": plant.now.date() + timedelta(days=30)}
    waiver = {"verb": "waive", "state": "waived", "reason": "R", "member_id": plant.cast.coo.pk}

    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_never_led"
    assert refused(lambda: row(plant, asked, **waiver, **until)) == "gates_gatedecision_never_led"


def test_who_led_a_pilot_before_it_began_may_decide(plant: Plant, pilot: Pilot) -> None:
    asked = submitted(plant, pilot, Code.OWNERSHIP)
    lead_before(plant, pilot, plant.cast.reviewer, -1)

    assert row(plant, asked).state == "passed"
