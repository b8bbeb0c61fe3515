"""A pass that tells of facts as met is held against what the database knows itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import F

from gates.models import Drill, FailureMode, GateDecision, RetrainingTrigger, TriggerFiring
from gates.queries import facts
from gates.rules.states import Code
from portfolio import rules as path
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership
from tests.gates.plant import drill, failure_mode, made, pilot, plant, price, submitted, trigger
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


@pytest.mark.parametrize("code", [Code.FAILURE, Code.OWNERSHIP, Code.COST])
def test_the_row_that_the_cases_break_is_taken(plant: Plant, pilot: Pilot, code: Code) -> None:
    assert row(plant, submitted(plant, pilot, code)).state == "passed"


@pytest.mark.parametrize("part", [Part.OPERATOR, Part.DEPUTY_OPERATOR])
@pytest.mark.parametrize("change", ["ended", "left"])
def test_ownership_is_not_passed_without_an_operator_and_a_deputy(
    plant: Plant, pilot: Pilot, part: Part, change: str
) -> None:
    asked = submitted(plant, pilot, Code.OWNERSHIP)
    party = PilotParty.objects.filter(pilot=pilot, part=part)
    if change == "left":
        Membership.objects.filter(person_id=party.get().person_id).update(removed_at=plant.now)
    else:
        party.update(ended_at=plant.now)

    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_operated"


def test_ownership_is_not_passed_without_hours_or_by_an_operator_as_own_deputy(
    plant: Plant, pilot: Pilot
) -> None:
    asked = submitted(plant, pilot, Code.OWNERSHIP)
    operator = PilotParty.objects.filter(pilot=pilot, part=Part.OPERATOR)
    deputy = PilotParty.objects.filter(pilot=pilot, part=Part.DEPUTY_OPERATOR)

    operator.update(hours_per_week=None)
    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_operated"
    operator.update(hours_per_week=6, person_id=deputy.get().person_id)
    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_operated"


@pytest.mark.parametrize("change", ["left", "other rule", "too old", "not answered", "put aside"])
def test_ownership_is_not_passed_on_what_no_trial_of_a_trigger_shows(
    plant: Plant, pilot: Pilot, change: str
) -> None:
    asked = submitted(plant, pilot, Code.OWNERSHIP)
    rows = RetrainingTrigger.objects.filter(pilot=pilot)
    match change:
        case "left":
            rows.update(receiver_id=plant.cast.coo.pk)
            Membership.objects.filter(pk=plant.cast.coo.pk).update(removed_at=plant.now)
        case "other rule":
            rows.update(version=F("version") + 1)
        case "too old":
            anew(plant, pilot, answered_at=plant.now - timedelta(days=367))
        case "not answered":
            anew(plant, pilot, answered_at=None, answered_by_id=None, answer="")
        case "put aside":
            rows.update(archived_at=plant.now)

    known = facts.gather(pilot, now=plant.now, wanted={"retraining_ready"})["retraining_ready"]
    assert not known.met
    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_trained"


def anew(plant: Plant, pilot: Pilot, **values: Any) -> None:
    """Put the trigger of a pilot aside for another one, with a trial written by hand."""
    RetrainingTrigger.objects.filter(pilot=pilot).update(archived_at=plant.now)
    other = trigger(plant, pilot)
    given = {
        "trigger": other,
        "trigger_version": other.version,
        "at": plant.now - timedelta(days=400),
        "side": other.side,
        "threshold": other.threshold,
        "member_id": plant.cast.lead.pk,
        "receiver_id": other.receiver_id,
        "answered_at": plant.now,
        "answered_by_id": other.receiver_id,
        "answer": "It arrived.",
        **values,
    }
    TriggerFiring.objects.create(**given)


def test_a_pass_of_ownership_holds_no_longer_than_the_trial(plant: Plant, pilot: Pilot) -> None:
    asked = submitted(plant, pilot, Code.OWNERSHIP)
    anew(plant, pilot, answered_at=plant.now - timedelta(days=300))

    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_trained"


def test_cost_is_not_passed_on_a_version_that_finance_did_not_sign(
    plant: Plant, pilot: Pilot
) -> None:
    asked = submitted(plant, pilot, Code.COST)
    price(plant, pilot, version=1, note="Another price list.", sites=4)

    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_signed"


@pytest.mark.parametrize("column", ["noticed", "threshold", "fallback"])
def test_failure_handling_is_not_passed_where_a_way_to_fail_lacks_something(
    plant: Plant, pilot: Pilot, column: str
) -> None:
    asked = submitted(plant, pilot, Code.FAILURE)
    FailureMode.objects.filter(pilot=pilot, kind="late").update(**{column: ""})

    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_ready"


def test_failure_handling_is_not_passed_where_nobody_is_alerted(plant: Plant, pilot: Pilot) -> None:
    asked = submitted(plant, pilot, Code.FAILURE)

    FailureMode.objects.filter(pilot=pilot, kind="late").update(receiver_id=None)
    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_ready"
    FailureMode.objects.filter(pilot=pilot).update(receiver_id=plant.cast.coo.pk)
    Membership.objects.filter(pk=plant.cast.coo.pk).update(removed_at=plant.now)
    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_ready"


@pytest.mark.parametrize("kind", ["wrong", "unsure", "late", "silent"])
def test_failure_handling_is_not_passed_without_each_of_the_four_ways(
    plant: Plant, pilot: Pilot, kind: str
) -> None:
    asked = submitted(plant, pilot, Code.FAILURE)
    FailureMode.objects.filter(pilot=pilot, kind=kind).update(archived_at=plant.now)

    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_ready"


def tried_ago(plant: Plant, pilot: Pilot, days: int, **values: Any) -> None:
    """Let one way to fail have one drill, of some days ago."""
    drills = Drill.objects.filter(mode__pilot=pilot, mode__kind="silent", withdrawn_at=None)
    by = {"withdrawn_by_id": plant.cast.lead.pk, "withdrawn_reason": "R"}
    drills.update(withdrawn_at=plant.now, **by)
    mode = FailureMode.objects.get(pilot=pilot, kind="silent")
    drill(plant, mode, ran_on=today(plant) - timedelta(days=days), **values)


def today(plant: Plant) -> date:
    return path.local_day(plant.now, plant.site.zone)


@pytest.mark.parametrize(("days", "counts"), [(0, True), (90, True), (91, False)])
def test_a_drill_counts_for_90_days_in_the_database_as_on_the_page(
    plant: Plant, pilot: Pilot, days: int, counts: bool
) -> None:
    asked = submitted(plant, pilot, Code.FAILURE)
    tried_ago(plant, pilot, days)
    until = {"until": today(plant)}
    told = [{**one, "until": one["until"] and today(plant).isoformat()} for one in asked.facts]

    known = facts.gather(pilot, now=plant.now, wanted={"modes_drilled"})["modes_drilled"]
    assert known.met is counts
    if counts:
        assert row(plant, asked, facts=told, **until).state == "passed"
    else:
        broken = refused(lambda: row(plant, asked, facts=told, **until))
        assert broken == "gates_gatedecision_drilled"


def test_a_pass_holds_no_longer_than_the_first_drill(plant: Plant, pilot: Pilot) -> None:
    asked = submitted(plant, pilot, Code.FAILURE)
    ends = today(plant) + timedelta(days=90)

    for later in (ends, None):
        told = [{**one, "until": later and later.isoformat()} for one in asked.facts]
        broken = refused(lambda told=told, later=later: row(plant, asked, facts=told, until=later))
        assert broken == "gates_gatedecision_drilled"


@pytest.mark.parametrize("change", ["failed", "written otherwise", "taken back", "never"])
def test_failure_handling_is_not_passed_on_what_no_drill_shows(
    plant: Plant, pilot: Pilot, change: str
) -> None:
    asked = submitted(plant, pilot, Code.FAILURE)
    match change:
        case "failed":
            tried_ago(plant, pilot, 0, held=False, next_step="Second phone")
        case "written otherwise":
            FailureMode.objects.filter(pilot=pilot, kind="late").update(threshold="Sooner")
        case "taken back":
            tried_ago(plant, pilot, 0)
            Drill.objects.filter(mode__pilot=pilot, withdrawn_at=None).update(
                withdrawn_at=plant.now,
                withdrawn_by_id=plant.cast.lead.pk,
                withdrawn_reason="R",
            )
        case "never":
            failure_mode(plant, pilot, kind="other", name="Camera dirty")

    known = facts.gather(pilot, now=plant.now, wanted={"modes_drilled"})["modes_drilled"]
    assert not known.met
    assert refused(lambda: row(plant, asked)) == "gates_gatedecision_drilled"
