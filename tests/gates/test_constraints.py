"""What the database keeps of gates, whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from common.writing import constraint_of
from gates.models import Criterion, Evidence, Gate, GateDecision, Production, Template
from portfolio.models import Pilot
from tests.gates.plant import all_passed, made, passed, pilot, plant, submitted
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
NOWHERE = UUID(int=0)
TABLES = ("gates_template", "gates_criterion", "gates_gatedecision", "gates_production")


@pytest.fixture
def gate(plant: Plant, pilot: Pilot) -> Gate:
    """The gate of data, submitted."""
    return submitted(plant, pilot).gate


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


def template(plant: Plant, **values: Any) -> Template:
    given = {
        "gate": "data",
        "number": 9,
        "reason": "R",
        "member_id": plant.cast.admin.pk,
        "at": plant.now,
        **values,
    }
    return Template.objects.create(**given)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_template_gate", {"gate": "other"}),
        ("gates_template_written", {"reason": ""}),
        ("gates_template_written", {"member_id": None}),
        ("gates_template_member_fk", {"member_id": NOWHERE}),
        ("gates_template_number_once", {"number": 1}),
    ],
)
def test_half_a_template_is_refused(
    plant: Plant, gate: Gate, constraint: str, values: dict[str, Any]
) -> None:
    assert refused(lambda: template(plant, **values)) == constraint


def criterion(gate: Gate, **values: Any) -> Criterion:
    given = {
        "template_id": gate.template_id,
        "code": "other",
        "position": 9,
        "text": "T",
        "check_kind": "evidence",
        **values,
    }
    return Criterion.objects.create(**given)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_criterion_code_once", {"code": "production_data"}),
        ("gates_criterion_text", {"text": ""}),
        ("gates_criterion_check", {"check_kind": "number"}),
        ("gates_criterion_check", {"check_kind": "fact"}),
        ("gates_criterion_check", {"fact": "operator_named"}),
        ("gates_criterion_check", {"check_kind": "belief"}),
        ("gates_criterion_side", {"check_kind": "number", "limit": 1.0, "side": "eq"}),
        ("gates_criterion_template_fk", {"template_id": NOWHERE}),
    ],
)
def test_half_a_criterion_is_refused(gate: Gate, constraint: str, values: dict[str, Any]) -> None:
    assert refused(lambda: criterion(gate, **values)) == constraint


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_gate_once", {}),
        ("gates_gate_code", {"code": "other"}),
        ("gates_gate_pilot_fk", {"code": "cost", "pilot_id": NOWHERE}),
        ("gates_gate_template_fk", {"code": "cost", "template_id": NOWHERE}),
        ("gates_gate_decider_fk", {"code": "cost", "decider_id": NOWHERE}),
        ("gates_gate_looked", {"code": "cost", "lacks": []}),
    ],
)
def test_a_gate_that_is_none_is_refused(
    gate: Gate, constraint: str, values: dict[str, Any]
) -> None:
    given = {"pilot_id": gate.pilot_id, "code": "data", "template_id": gate.template_id, **values}

    assert refused(lambda: Gate.objects.create(**given)) == constraint


def evidence(plant: Plant, gate: Gate, **values: Any) -> Evidence:
    first = Criterion.objects.filter(template_id=gate.template_id).order_by("position")[0]
    given = {
        "gate": gate,
        "criterion": first,
        "kind": "note",
        "title": "T",
        "text": "T",
        "captured_on": date(2026, 1, 5),
        "expires_on": date(2026, 2, 5),
        "member_id": plant.cast.lead.pk,
        "at": plant.now,
        **values,
    }
    return Evidence.objects.create(**given)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_evidence_title", {"title": ""}),
        ("gates_evidence_kind", {"text": ""}),
        ("gates_evidence_kind", {"kind": "link"}),
        ("gates_evidence_kind", {"kind": "number"}),
        ("gates_evidence_kind", {"kind": "belief"}),
        ("gates_evidence_url", {"kind": "link", "url": "javascript:alert(1)"}),
        ("gates_evidence_url", {"kind": "link", "url": "https://a.example/ b"}),
        ("gates_evidence_expires", {"expires_on": date(2026, 1, 4)}),
        ("gates_evidence_withdrawn_whole", {"withdrawn_reason": "R"}),
        ("gates_evidence_gate_fk", {"gate": None, "gate_id": NOWHERE}),
        ("gates_evidence_criterion_fk", {"criterion": None, "criterion_id": NOWHERE}),
        ("gates_evidence_member_fk", {"member_id": NOWHERE}),
    ],
)
def test_half_a_piece_of_evidence_is_refused(
    plant: Plant, gate: Gate, constraint: str, values: dict[str, Any]
) -> None:
    given = {key: value for key, value in values.items() if value is not None}

    assert refused(lambda: evidence(plant, gate, **given)) == constraint


def test_evidence_is_withdrawn_once_and_by_somebody_who_is_there(plant: Plant, gate: Gate) -> None:
    piece = evidence(plant, gate)
    rows = Evidence.objects.filter(pk=piece.pk)
    taken = {"withdrawn_at": plant.now, "withdrawn_reason": "R"}

    assert (
        refused(lambda: rows.update(**taken, withdrawn_by_id=NOWHERE))
        == "gates_evidence_withdrawn_fk"
    )
    rows.update(**taken, withdrawn_by_id=plant.cast.lead.pk)
    assert (
        refused(lambda: rows.update(withdrawn_at=None, withdrawn_by_id=None, withdrawn_reason=""))
        == "gates_evidence_fixed"
    )


def step(plant: Plant, gate: Gate, **values: Any) -> GateDecision:
    last = GateDecision.objects.filter(gate=gate).order_by("-number").first()
    given = {
        "gate": gate,
        "number": (last.number if last else 0) + 1,
        "verb": "pass",
        "state": "passed",
        "member_id": plant.cast.reviewer.pk,
        "until": until_of(last),
        "facts": last.facts if last else [],
        "at": plant.now,
        **values,
    }
    return GateDecision.objects.create(**given)


def until_of(last: GateDecision | None) -> date | None:
    ends = [one["until"] for one in (last.facts if last else []) if one["until"]]
    return date.fromisoformat(min(ends)) if ends else None


WAIVED = {"verb": "waive", "state": "waived", "reason": "R"}
BACK = {"verb": "send_back", "state": "changes_requested", "reason": "R"}


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_gatedecision_number_once", {"number": 1}),
        ("gates_gatedecision_in_order", {"number": 3}),
        ("gates_gatedecision_in_order", {"verb": "submit", "state": "submitted"}),
        ("gates_gatedecision_in_order", {"verb": "reopen", "state": "reopened", "reason": "R"}),
        ("gates_gatedecision_leads_to", {**BACK, "state": "passed"}),
        ("gates_gatedecision_reason", {**BACK, "reason": ""}),
        ("gates_gatedecision_by_a_person", {**WAIVED, "member_id": None, "days": 30}),
        ("gates_gatedecision_waiver_ends", {**WAIVED, "until": None}),
        ("gates_gatedecision_waived_for", {**WAIVED, "days": 0}),
        ("gates_gatedecision_waived_for", {**WAIVED, "days": 400}),
        ("gates_gatedecision_by_decider", {"who": "coo"}),
        ("gates_gatedecision_by_decider", {**BACK, "who": "coo"}),
        ("gates_gatedecision_not_by_lead", {**WAIVED, "who": "lead", "days": 30}),
        ("gates_gatedecision_met", {"facts": [], "until": None}),
        ("gates_gatedecision_met", {"until": None}),
        ("gates_gatedecision_member_fk", {**WAIVED, "member_id": NOWHERE, "days": 30}),
    ],
)
def test_a_step_that_nobody_may_take_is_refused(
    plant: Plant, gate: Gate, constraint: str, values: dict[str, Any]
) -> None:
    given = dict(values)
    if (days := given.pop("days", None)) is not None:
        given["until"] = plant.today + timedelta(days=days)
    if who := given.pop("who", None):
        given["member_id"] = getattr(plant.cast, who).pk

    assert refused(lambda: step(plant, gate, **given)) == constraint


def test_the_step_that_the_cases_break_is_taken(plant: Plant, gate: Gate) -> None:
    assert step(plant, gate).state == "passed"


def test_a_gate_is_not_passed_on_evidence_that_was_taken_back(plant: Plant, gate: Gate) -> None:
    Evidence.objects.filter(gate=gate).update(
        withdrawn_at=plant.now, withdrawn_by_id=plant.cast.lead.pk, withdrawn_reason="R"
    )

    assert refused(lambda: step(plant, gate)) == "gates_gatedecision_met"


def test_a_gate_is_not_passed_by_its_lead_who_is_named_as_decider(plant: Plant, gate: Gate) -> None:
    Gate.objects.filter(pk=gate.pk).update(decider_id=plant.cast.lead.pk)

    found = refused(lambda: step(plant, gate, member_id=plant.cast.lead.pk))

    assert found == "gates_gatedecision_not_by_lead"


def test_a_step_of_a_gate_that_is_none_is_refused(plant: Plant, gate: Gate) -> None:
    def broken() -> None:
        GateDecision.objects.create(
            gate_id=NOWHERE,
            number=1,
            verb="submit",
            state="submitted",
            member_id=plant.cast.lead.pk,
            facts=[],
            at=plant.now,
        )

    assert refused(broken) == "gates_gatedecision_gate_fk"


def production(plant: Plant, pilot_id: UUID, **values: Any) -> Production:
    given = {
        "pilot_id": pilot_id,
        "entered_on": plant.today,
        "member_id": plant.cast.coo.pk,
        "by": plant.cast.coo.audit_name,
        "gates": [],
        "at": plant.now,
        **values,
    }
    return Production.objects.create(**given)


def test_the_database_asks_whether_a_pass_still_holds_on_that_day(
    plant: Plant, pilot: Pilot
) -> None:
    all_passed(plant, pilot)
    later = plant.today + timedelta(days=90)

    found = refused(lambda: production(plant, pilot.pk, entered_on=later))

    assert found == "gates_production_needs_six"


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_production_once", {}),
        ("gates_production_by", {"by": ""}),
        ("gates_production_member_fk", {"member_id": NOWHERE}),
    ],
)
def test_a_pilot_enters_production_once_and_by_somebody(
    plant: Plant, pilot: Pilot, constraint: str, values: dict[str, Any]
) -> None:
    all_passed(plant, pilot)
    if not values:
        production(plant, pilot.pk)

    assert refused(lambda: production(plant, pilot.pk, **values)) == constraint


def test_a_pilot_that_is_none_enters_no_production(plant: Plant) -> None:
    # The foreign key "gates_production_pilot_fk" stands behind the six gates, and they come first.
    assert refused(lambda: production(plant, NOWHERE)) == "gates_production_needs_six"


@pytest.mark.parametrize("table", [*TABLES, "gates_evidence"])
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_application_deletes_nothing_of_gates(
    plant: Plant, pilot: Pilot, table: str, verb: str
) -> None:
    passed(plant, pilot)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(verb.format(table))
