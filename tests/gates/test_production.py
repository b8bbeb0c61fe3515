"""Each gate failed in turn keeps a pilot out of production, whichever door somebody tries.

All six gates were passed; then what one of them rests on went, and the job opened it again.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEvent
from common.tenancy.context import tenant
from common.writing import constraint_of
from gates import actions, queries
from gates.models import Evidence, FailureMode
from gates.queries import strips
from gates.rules.states import Code, State
from portfolio.models import Pilot, PilotParty
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.gates.plant import TOO_DEAR, all_passed, bring_one, drill, price, whole_pilot
from tests.gates.test_pages import words
from tests.plant import Plant

HOME = "/t/acme/pilots/P-01/"


@pytest.fixture(scope="module")
def passed(shared: Cast, django_db_blocker: Any) -> tuple[Plant, Pilot]:
    """A pilot with six gates passed, made once for the tests of this module."""
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        pilot = whole_pilot(plant)
        all_passed(plant, pilot)
        return plant, pilot


@pytest.fixture
def plant(passed: tuple[Plant, Pilot], cast: Cast) -> Plant:
    return deepcopy(passed[0])


@pytest.fixture
def pilot(passed: tuple[Plant, Pilot], cast: Cast) -> Pilot:
    return deepcopy(passed[1])


def take_back(plant: Plant, pilot: Pilot, code: Code) -> None:
    (piece,) = Evidence.objects.filter(gate__pilot=pilot, gate__code=code)
    given = {"reason": "Of line 2.", "by": plant.cast.lead, "now": plant.now}
    actions.withdraw_evidence(pilot=pilot, code=code, key=piece.pk, **given)


def miss(plant: Plant, pilot: Pilot) -> None:
    values = {"value": 3.0, "captured_on": plant.today}
    bring_one(plant, pilot, Code.ACCURACY, "costly_missed", **values)


def not_held(plant: Plant, pilot: Pilot) -> None:
    row = FailureMode.objects.get(pilot=pilot, kind="silent")
    values = {"held": False, "next_step": "Print the list anew.", "ran_on": plant.today}
    drill(plant, row, **values)


# What goes of that which each gate was passed on.
FAILS: dict[Code, Callable[[Plant, Pilot], Any]] = {
    Code.DATA: lambda plant, pilot: take_back(plant, pilot, Code.DATA),
    Code.ACCURACY: miss,
    Code.FAILURE: not_held,
    Code.INTEGRATION: lambda plant, pilot: take_back(plant, pilot, Code.INTEGRATION),
    Code.COST: lambda plant, pilot: price(plant, pilot, version=1, note="Dearer", **TOO_DEAR),
    Code.OWNERSHIP: lambda plant, pilot: PilotParty.objects.filter(
        pilot=pilot, part="operator"
    ).update(ended_at=plant.now),
}


def by_page(plant: Plant, pilot: Pilot) -> str:
    """Press the button as an executive; return what the page says then."""
    return words(signed_in(plant.cast.coo).post(f"{HOME}production/", follow=True))


def by_api(plant: Plant, pilot: Pilot) -> str:
    """Return what a client is told, each line of the list that it gets with a refusal."""
    answer = Api(plant.cast.api).post("pilots/P-01/production/", None)
    body = answer.json()
    if answer.status_code == 200:
        return str(body["pilot"]["in_production_since"])
    lines = "".join(f" [{one['code']}: {one['detail']}]" for one in body["errors"])
    return f"{answer.status_code} {body['code']}{lines}"


def by_command(plant: Plant, pilot: Pilot) -> str:
    said = StringIO()
    try:
        call_command("enter_production", "acme", "P-01", stdout=said)
    except CommandError as refused:
        return str(refused)
    return said.getvalue()


def by_sql(plant: Plant, pilot: Pilot) -> str:
    """Write the row as the application role; return the constraint that refuses it."""
    values = [pilot.tenant_id, pilot.pk, plant.today, plant.cast.coo.pk, plant.now]
    try:
        with tenant(plant.cast.acme), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                'INSERT INTO gates_production (id, tenant_id, pilot_id, entered_on, member_id, "by",'
                " gates, at) VALUES (gen_random_uuid(), %s, %s, %s, %s, 'system:sql', '[]', %s)",
                values,
            )
            cursor.execute("SELECT current_user, entered_on FROM gates_production")
            return "{} wrote {}".format(*cursor.fetchone())
    except IntegrityError as refused:
        return constraint_of(refused)


Door = Callable[[Plant, Pilot], str]
CLOSED = "The gate {} is neither passed nor waived today."
# How each door is tried, what it says of the one gate that is closed, and what when none is.
DOORS: dict[str, tuple[Door, str, str]] = {
    "page": (by_page, CLOSED, "Late orders is in production since {:%-d}"),
    "API": (by_api, "409 gates_open [gates_open: {}: Reopened]", "{:%Y-%m-%d}"),
    "command": (by_command, CLOSED, "Late orders is in production since {:%Y-%m-%d}"),
    "SQL": (by_sql, "gates_production_needs_six", "w12_app wrote {:%Y-%m-%d}"),
}


def written(plant: Plant, pilot: Pilot) -> list[bool]:
    """Say whether the pilot is in production, and whether the trail tells of it."""
    with tenant(plant.cast.acme):
        entered = queries.find_production(pilot) is not None
        return [entered, AuditEvent.objects.filter(action="PRODUCTION_ENTERED").exists()]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("code", list(Code))
def test_each_gate_that_failed_keeps_a_pilot_out_of_production_by_every_door(
    plant: Plant, pilot: Pilot, code: Code, door: str
) -> None:
    enter, refusal, _ = DOORS[door]
    with tenant(plant.cast.acme):
        FAILS[code](plant, pilot)
        actions.look_at(pilot=pilot, now=plant.now + timedelta(minutes=10))
        stands = {one.code: one.state for one in queries.list_seen(pilot, now=plant.now)}

    said = enter(plant, pilot)

    assert stands == dict.fromkeys(Code, State.PASSED) | {code: State.REOPENED}
    assert refusal.format(strips.name(code)) in said
    assert written(plant, pilot) == [False, False]


@pytest.mark.parametrize("door", DOORS)
def test_by_every_door_a_pilot_with_six_gates_enters_production(
    plant: Plant, pilot: Pilot, door: str
) -> None:
    enter, _, success = DOORS[door]

    said = enter(plant, pilot)

    assert success.format(plant.today) in said
    assert written(plant, pilot) == [True, door != "SQL"]
