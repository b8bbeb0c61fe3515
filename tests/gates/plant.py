"""A pilot whose gates can be brought through, by the product's own actions."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from common.tenancy.context import tenant
from gates import actions
from gates.models import GateDecision
from gates.rules.criteria import Check
from gates.rules.first import FIRST
from gates.rules.states import Code
from portfolio.models import Part, Pilot, PilotParty
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


def whole_pilot(plant: Plant) -> Pilot:
    """Return a pilot of which everything that the product itself knows is as the gates ask."""
    pilot = plant.whole()
    for part, member in (
        (Part.OPERATOR, plant.cast.operator),
        (Part.DEPUTY_OPERATOR, plant.cast.owner),
    ):
        PilotParty.objects.create(
            pilot=pilot, person_id=member.person_id, part=part, hours_per_week=6
        )
    return pilot


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
        "captured_on": plant.now.date() - timedelta(days=1),
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


def all_passed(plant: Plant, pilot: Pilot, *, but: Code | None = None) -> None:
    for code in Code:
        if code is not but:
            passed(plant, pilot, code)
