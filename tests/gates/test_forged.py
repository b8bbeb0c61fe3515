"""A gate that was forged: what whoever writes SQL as the application still cannot make of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from common.writing import constraint_of
from gates.models import Criterion, Evidence, Gate, GateDecision, Production, Template
from gates.rules.states import Code
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tests.gates.plant import all_passed, made, name, passed, pilot, plant, submitted
from tests.plant import Plant, day_of

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


def forged(plant: Plant, gate: Gate, **values: Any) -> GateDecision:
    """Pass a gate by a row of one's own: facts that say yes to everything, until whatever day."""
    asked = Criterion.objects.filter(template_id=gate.template_id).values_list("code", flat=True)
    until = values.get("until")
    says = {"met": True, "mandatory": True, "refers": "", "until": until and until.isoformat()}
    facts = [{"code": code, **says} for code in asked]
    given = {
        "gate": gate,
        "number": GateDecision.objects.filter(gate=gate).count() + 1,
        "verb": "pass",
        "state": "passed",
        "member_id": plant.cast.reviewer.pk,
        "until": None,
        "facts": facts,
        "at": plant.now,
        **values,
    }
    return GateDecision.objects.create(**given)


def submit(plant: Plant, gate: Gate) -> None:
    forged(plant, gate, verb="submit", state="submitted", member_id=plant.cast.lead.pk)


def template(plant: Plant, **values: Any) -> Template:
    given = {"gate": "data", "number": 9, "reason": "R", "member_id": plant.cast.admin.pk}
    return Template.objects.create(at=plant.now, **{**given, **values})


def piece(plant: Plant, gate: Gate, asked: str, **values: Any) -> Evidence:
    given = {
        "gate": gate,
        "criterion": Criterion.objects.get(template_id=gate.template_id, code=asked),
        "kind": "note",
        "title": "T",
        "text": "T",
        "captured_on": plant.today - timedelta(days=1),
        "expires_on": plant.today + timedelta(days=30),
        "member_id": plant.cast.lead.pk,
        "at": plant.now,
        **values,
    }
    return Evidence.objects.create(**given)


def test_a_pass_without_an_end_is_refused_where_its_evidence_ends(
    plant: Plant, pilot: Pilot
) -> None:
    gate = submitted(plant, pilot).gate

    assert refused(lambda: forged(plant, gate)) == "gates_gatedecision_rests"


def test_a_pass_is_refused_on_a_number_on_the_wrong_side_of_its_limit(
    plant: Plant, pilot: Pilot
) -> None:
    gate = submitted(plant, pilot, Code.ACCURACY).gate
    values = {"kind": "number", "value": 3.0, "captured_on": plant.today}
    worse = piece(plant, gate, "costly_missed", **values)

    found = refused(lambda: forged(plant, gate, until=plant.today))

    assert found == "gates_gatedecision_rests"
    taken = {"withdrawn_at": plant.now, "withdrawn_reason": "R"}
    Evidence.objects.filter(pk=worse.pk).update(**taken, withdrawn_by_id=plant.cast.lead.pk)
    facts = GateDecision.objects.get(gate=gate).facts
    ends = min(one["until"] for one in facts if one["until"])
    assert forged(plant, gate, facts=facts, until=date.fromisoformat(ends)).state == "passed"


def test_a_gate_that_asks_nothing_is_not_passed(plant: Plant, pilot: Pilot) -> None:
    empty = template(plant, number=1)
    gate = Gate.objects.create(
        pilot=pilot, code="data", template=empty, decider_id=plant.cast.reviewer.pk
    )
    submit(plant, gate)

    assert refused(lambda: forged(plant, gate)) == "gates_gatedecision_rests"


def test_a_gate_does_not_ask_what_another_one_asks(plant: Plant, pilot: Pilot) -> None:
    of_data = template(plant, number=1)

    found = refused(lambda: Gate.objects.create(pilot=pilot, code="cost", template=of_data))

    assert found == "gates_gate_of_template"


@pytest.mark.parametrize("column", ["pilot", "code", "template"])
def test_a_gate_stays_the_pilots_and_asks_what_it_asked(
    plant: Plant, pilot: Pilot, column: str
) -> None:
    gate = passed(plant, pilot).gate
    values = {
        "pilot": {"pilot": plant.pilot("Other")},
        "code": {"code": "cost"},
        "template": {"template": template(plant)},
    }[column]

    assert refused(lambda: Gate.objects.filter(pk=gate.pk).update(**values)) == "gates_gate_fixed"


def test_what_gates_ask_already_is_not_added_to(plant: Plant, pilot: Pilot) -> None:
    gate = name(plant, pilot)
    values = {"code": "more", "position": 9, "text": "T", "check_kind": "evidence"}

    found = refused(lambda: Criterion.objects.create(template_id=gate.template_id, **values))

    assert found == "gates_criterion_before_gates"


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_evidence_asked", {"kind": "number", "value": 1.0}),
        ("gates_evidence_captured", {"days": -2}),
        ("gates_evidence_valid", {"expires_on": None}),
        ("gates_evidence_valid", {"expires_on": date(9999, 12, 31)}),
    ],
)
def test_evidence_that_does_not_answer_is_refused(
    plant: Plant, pilot: Pilot, constraint: str, values: dict[str, Any]
) -> None:
    gate = name(plant, pilot)
    given = dict(values)
    if (days := given.pop("days", None)) is not None:
        given["captured_on"] = plant.today - timedelta(days=days)

    assert refused(lambda: piece(plant, gate, "production_data", **given)) == constraint


def test_evidence_answers_no_criterion_of_another_gate(plant: Plant, pilot: Pilot) -> None:
    data, failure = name(plant, pilot), name(plant, pilot, Code.FAILURE)
    other = Criterion.objects.get(template_id=failure.template_id, code="drill")

    found = refused(lambda: piece(plant, data, "production_data", criterion=other))

    assert found == "gates_evidence_asked"


@pytest.mark.parametrize("change", [{"removed_at": F("created_at")}, {"roles": ["reader"]}])
def test_a_decider_who_left_or_lost_the_role_passes_nothing(
    plant: Plant, pilot: Pilot, change: dict[str, Any]
) -> None:
    gate = submitted(plant, pilot).gate
    Membership.objects.filter(pk=plant.cast.reviewer.pk).update(**change)

    assert refused(lambda: forged(plant, gate)) == "gates_gatedecision_by_role"


def waived(plant: Plant, gate: Gate, **values: Any) -> GateDecision:
    given = {"member_id": plant.cast.coo.pk, "until": plant.today + timedelta(days=30)}
    return forged(
        plant, gate, verb="waive", state="waived", reason="R", facts=[], **{**given, **values}
    )


def test_a_gate_is_waived_by_an_executive(plant: Plant, pilot: Pilot) -> None:
    gate = name(plant, pilot)

    found = refused(lambda: waived(plant, gate, member_id=plant.cast.reviewer.pk))

    assert found == "gates_gatedecision_by_role"
    assert waived(plant, gate).state == "waived"


def leading_until(plant: Plant, pilot: Pilot, member: Membership, ended: date) -> None:
    moment = datetime.combine(ended, time(12), UTC)
    PilotParty.objects.create(
        pilot=pilot, person_id=member.person_id, part=Part.LEAD, ended_at=moment
    )


@pytest.mark.parametrize("days", [0, -400])
def test_who_ever_led_a_pilot_waives_and_passes_none_of_its_gates(
    plant: Plant, pilot: Pilot, days: int
) -> None:
    gate = submitted(plant, pilot).gate
    for member in (plant.cast.coo, plant.cast.reviewer):
        leading_until(plant, pilot, member, pilot.start_date + timedelta(days=days))

    assert refused(lambda: waived(plant, gate)) == "gates_gatedecision_not_by_lead"
    facts = GateDecision.objects.get(gate=gate).facts
    ends = date.fromisoformat(min(one["until"] for one in facts if one["until"]))
    passing = refused(lambda: forged(plant, gate, facts=facts, until=ends))
    assert passing == "gates_gatedecision_not_by_lead"


def test_a_gate_is_waived_from_no_day_to_come(plant: Plant, pilot: Pilot) -> None:
    gate = name(plant, pilot)
    later = plant.now + timedelta(days=1_000)

    found = refused(lambda: waived(plant, gate, at=later, until=day_of(later) + timedelta(days=30)))

    assert found == "gates_gatedecision_by_now"


def test_steps_are_counted_from_one(plant: Plant, pilot: Pilot) -> None:
    gate = name(plant, pilot)

    assert refused(lambda: waived(plant, gate, number=0)) == "gates_gatedecision_number"


def production(plant: Plant, pilot: Pilot, **values: Any) -> Production:
    given = {
        "pilot": pilot,
        "entered_on": plant.today,
        "member_id": plant.cast.coo.pk,
        "by": plant.cast.coo.audit_name,
        "gates": [],
        "at": plant.now,
    }
    return Production.objects.create(**{**given, **values})


def test_a_pilot_enters_production_on_the_day_of_its_row(plant: Plant, pilot: Pilot) -> None:
    all_passed(plant, pilot)
    before = plant.now - timedelta(days=5)

    found = refused(lambda: production(plant, pilot, entered_on=day_of(before)))

    assert found == "gates_production_day"
    assert production(plant, pilot, entered_on=day_of(before), at=before).pk


def test_no_earlier_day_brings_back_a_waiver_that_has_ended(plant: Plant, pilot: Pilot) -> None:
    all_passed(plant, pilot, but=Code.DATA)
    gate = name(plant, pilot)
    before = plant.now - timedelta(days=50)
    waived(plant, gate, at=before, until=day_of(before) + timedelta(days=30))

    found = refused(lambda: production(plant, pilot, entered_on=day_of(before), at=before))

    assert found == "gates_production_holds"


def test_an_archived_pilot_enters_no_production(plant: Plant, pilot: Pilot) -> None:
    all_passed(plant, pilot)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    assert refused(lambda: production(plant, pilot)) == "gates_production_in_use"
