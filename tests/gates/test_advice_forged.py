"""What the database keeps of advisers and their advice, whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from common.writing import constraint_of
from gates import actions
from gates.models import Advice, Adviser, Gate, GateDecision
from gates.rules.states import Code
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tests.gates.plant import made, pilot, plant, submitted
from tests.gates.test_advice import ask, say
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
NOWHERE = UUID(int=0)


@pytest.fixture
def gate(plant: Plant, pilot: Pilot) -> Gate:
    """The gate of data, submitted, with the reader as its adviser."""
    ask(plant, pilot, plant.cast.reader)
    return submitted(plant, pilot).gate


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


def adviser(plant: Plant, gate: Gate, **values: Any) -> Adviser:
    given = {
        "gate_id": gate.pk,
        "member_id": plant.cast.coo.pk,
        "named_by_id": plant.cast.lead.pk,
        "named_at": plant.now,
        **values,
    }
    return Adviser.objects.create(**given)


def advice(plant: Plant, gate: Gate, **values: Any) -> Advice:
    given = {
        "step_id": GateDecision.objects.get(gate=gate, number=1).pk,
        "member_id": plant.cast.reader.pk,
        "number": 1,
        "stance": "against",
        "reason": "R",
        "at": plant.now,
        **values,
    }
    return Advice.objects.create(**given)


def led_before(plant: Plant, pilot_id: UUID, who: Membership) -> None:
    """Let somebody have led a pilot until long before it began."""
    PilotParty.objects.create(
        pilot_id=pilot_id,
        person_id=who.person_id,
        part=Part.LEAD,
        ended_at=plant.now - timedelta(days=400),
    )


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_adviser_once", {"who": "reader"}),
        ("gates_adviser_not_decider", {"who": "reviewer"}),
        ("gates_adviser_not_lead", {"who": "lead"}),
        ("gates_adviser_gate_fk", {"gate_id": NOWHERE}),
        ("gates_adviser_member_fk", {"member_id": NOWHERE}),
        ("gates_adviser_named_fk", {"named_by_id": NOWHERE}),
        ("gates_adviser_ended_whole", {"ended": True}),
        ("gates_adviser_begins", {"ended": True, "ended_by": "lead"}),
    ],
)
def test_an_adviser_who_cannot_be_one_is_refused(
    plant: Plant, gate: Gate, constraint: str, values: dict[str, Any]
) -> None:
    given = dict(values)
    if who := given.pop("who", None):
        given["member_id"] = getattr(plant.cast, who).pk
    if given.pop("ended", None):
        given["ended_at"] = plant.now
    if who := given.pop("ended_by", None):
        given["ended_by_id"] = getattr(plant.cast, who).pk

    assert refused(lambda: adviser(plant, gate, **given)) == constraint


def test_who_is_no_member_any_more_or_led_the_pilot_is_no_adviser(plant: Plant, gate: Gate) -> None:
    led_before(plant, gate.pilot_id, plant.cast.owner)
    Membership.objects.filter(pk=plant.cast.coo.pk).update(removed_at=plant.now)

    assert refused(lambda: adviser(plant, gate)) == "gates_adviser_is_member"
    led = {"member_id": plant.cast.owner.pk}
    assert refused(lambda: adviser(plant, gate, **led)) == "gates_adviser_not_lead"


def test_the_adviser_and_the_advice_that_the_cases_break_are_taken(
    plant: Plant, gate: Gate
) -> None:
    adviser(plant, gate)
    advice(plant, gate)

    assert advice(plant, gate, number=2).number == 2


def test_an_adviser_is_taken_off_once(plant: Plant, gate: Gate) -> None:
    rows = Adviser.objects.filter(gate=gate)
    by = {"ended_by_id": plant.cast.lead.pk}

    assert (
        refused(lambda: rows.update(ended_at=plant.now, ended_by_id=NOWHERE))
        == "gates_adviser_ended_fk"
    )
    rows.update(ended_at=plant.now, **by)
    assert refused(lambda: rows.update(ended_at=None, ended_by=None)) == "gates_adviser_fixed"


@pytest.mark.parametrize("who", ["reviewer", "lead", "admin"])
def test_decider_namer_and_admin_take_an_adviser_off(plant: Plant, gate: Gate, who: str) -> None:
    rows = Adviser.objects.filter(gate=gate)

    assert rows.update(ended_at=plant.now, ended_by_id=getattr(plant.cast, who).pk) == 1


@pytest.mark.parametrize("who", ["lead", "reader", "coo", "admin"])
def test_nobody_else_takes_off_whom_the_decider_named_nor_an_admin_who_was_removed(
    plant: Plant, gate: Gate, who: str
) -> None:
    named = adviser(plant, gate, named_by_id=plant.cast.reviewer.pk)
    rows = Adviser.objects.filter(pk=named.pk)
    Membership.objects.filter(pk=plant.cast.admin.pk).update(removed_at=plant.now)
    by = {"ended_by_id": getattr(plant.cast, who).pk}

    assert refused(lambda: rows.update(ended_at=plant.now, **by)) == "gates_adviser_ended_by"


def test_who_becomes_the_decider_is_taken_off_by_who_named_the_decider(
    plant: Plant, gate: Gate
) -> None:
    named = adviser(plant, gate, named_by_id=plant.cast.reviewer.pk)
    Gate.objects.filter(pk=gate.pk).update(decider_id=named.member_id)
    rows = Adviser.objects.filter(pk=named.pk)

    assert rows.update(ended_at=plant.now, ended_by_id=plant.cast.lead.pk) == 1


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_advice_stance", {"stance": "perhaps"}),
        ("gates_advice_reason", {"reason": " \n"}),
        ("gates_advice_number", {"number": 0}),
        ("gates_advice_in_order", {"number": 2}),
        ("gates_advice_step_fk", {"step_id": NOWHERE}),
        ("gates_advice_by_adviser", {"who": "coo"}),
        ("gates_advice_by_adviser", {"who": "reviewer"}),
    ],
)
def test_advice_that_nobody_asked_for_is_refused(
    plant: Plant, gate: Gate, constraint: str, values: dict[str, Any]
) -> None:
    given = dict(values)
    if who := given.pop("who", None):
        given["member_id"] = getattr(plant.cast, who).pk

    assert refused(lambda: advice(plant, gate, **given)) == constraint


def test_advice_of_nobody_is_refused(plant: Plant, gate: Gate) -> None:
    # The foreign key "gates_advice_member_fk" stands behind the advisers, and they come first.
    nobody = {"member_id": NOWHERE}
    assert refused(lambda: advice(plant, gate, **nobody)) == "gates_advice_by_adviser"


def test_advice_is_written_under_each_number_once(plant: Plant, gate: Gate) -> None:
    advice(plant, gate)

    assert refused(lambda: advice(plant, gate)) == "gates_advice_number_once"


@pytest.mark.parametrize("now", ["taken off", "left", "decides"])
def test_who_advises_no_more_is_refused(plant: Plant, gate: Gate, now: str) -> None:
    reader = plant.cast.reader
    if now == "taken off":
        by = plant.cast.lead.pk
        Adviser.objects.filter(gate=gate).update(ended_at=plant.now, ended_by_id=by)
    if now == "left":
        Membership.objects.filter(pk=reader.pk).update(removed_at=plant.now)
    if now == "decides":
        Gate.objects.filter(pk=gate.pk).update(decider_id=reader.pk)

    assert refused(lambda: advice(plant, gate)) == "gates_advice_by_adviser"


@pytest.mark.parametrize("ended", [True, False])
def test_an_adviser_who_leads_the_pilot_by_now_or_led_it_is_refused(
    plant: Plant, gate: Gate, ended: bool
) -> None:
    parties = PilotParty.objects.filter(pilot_id=gate.pilot_id, part=Part.LEAD)
    if not ended:
        parties.update(ended_at=plant.now)
        PilotParty.objects.create(
            pilot_id=gate.pilot_id, person_id=plant.cast.reader.person_id, part=Part.LEAD
        )
    else:
        led_before(plant, gate.pilot_id, plant.cast.reader)

    assert refused(lambda: advice(plant, gate)) == "gates_advice_not_by_lead"


def test_nobody_advises_on_a_gate_that_is_decided(plant: Plant, pilot: Pilot, gate: Gate) -> None:
    actions.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now)
    passed = GateDecision.objects.get(gate=gate, number=2).pk

    assert refused(lambda: advice(plant, gate)) == "gates_advice_while_asked"
    assert refused(lambda: advice(plant, gate, step_id=passed)) == "gates_advice_while_asked"


@pytest.mark.parametrize("told", [[], [{"by": "Coo", "stance": "for", "reason": "Mine."}]])
def test_a_decision_keeps_the_advice_that_stood_whatever_its_writer_says(
    plant: Plant, pilot: Pilot, gate: Gate, told: list[dict[str, str]]
) -> None:
    say(plant, pilot, plant.cast.reader)

    made = GateDecision.objects.create(
        gate=gate,
        number=2,
        verb="send_back",
        state="changes_requested",
        member_id=plant.cast.reviewer.pk,
        reason="R",
        facts=[],
        advice=told,
        at=plant.now,
    )

    made.refresh_from_db()
    assert [(one["by"], one["stance"]) for one in made.advice] == [("Reader", "against")]


@pytest.mark.parametrize("table", ["gates_advice", "gates_adviser"])
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_application_deletes_none_of_it(
    plant: Plant, gate: Gate, table: str, verb: str
) -> None:
    advice(plant, gate)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(verb.format(table))


def test_the_application_changes_no_advice(plant: Plant, gate: Gate) -> None:
    made = advice(plant, gate)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Advice.objects.filter(pk=made.pk).update(stance="for")
