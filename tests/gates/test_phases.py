"""A phase is closed once it left behind what it must, or by a named exception that stays to be seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.writing import constraint_of
from gates.actions import enter_production, waive_gate
from gates.actions import phases as actions
from gates.models import PhaseStep
from gates.queries import phases as queries
from gates.rules.phases import OUTPUTS, Output, Phase, Verb
from gates.rules.states import Code
from metrics.actions import baselines, targets
from metrics.models import PilotMetric
from portfolio import actions as portfolio
from portfolio import rules as path
from portfolio.models import Part, Pilot, PilotParty
from portfolio.queries.around import map_around
from tenants.models import Membership
from tests.gates.plant import all_passed, made, pilot, plant
from tests.plant import Plant, today

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
REASON = "The vendor's engineer stays until the deputy is back."
NOWHERE = "00000000-0000-0000-0000-000000000000"


def lacking(pilot: Pilot, phase: Phase) -> tuple[Output, ...]:
    return queries.find_lacking(pilot)[phase]


def close(plant: Plant, pilot: Pilot, phase: Phase = Phase.OWNERSHIP, **values: Any) -> PhaseStep:
    given = {"version": 1, "by": plant.cast.lead, "now": plant.now, **values}
    return actions.close_phase(pilot=pilot, phase=phase, **given)


def make_exception(
    plant: Plant, pilot: Pilot, phase: Phase = Phase.AUDIT, **values: Any
) -> PhaseStep:
    given = {"version": 1, "reason": REASON, "by": plant.cast.coo, "now": plant.now, **values}
    return actions.except_phase(pilot=pilot, phase=phase, **given)


def take_back(
    plant: Plant, pilot: Pilot, phase: Phase = Phase.OWNERSHIP, **values: Any
) -> PhaseStep:
    given = {"version": 2, "reason": "Too soon.", "by": plant.cast.lead, "now": plant.now, **values}
    return actions.take_back_phase(pilot=pilot, phase=phase, **given)


def target(pilot: Pilot) -> PilotMetric:
    return PilotMetric.objects.filter(pilot=pilot).order_by("id")[0]


def test_the_phases_are_those_of_the_path_and_every_output_has_words() -> None:
    assert [phase.value for phase in Phase] == [key for key, *_ in path.PHASES]
    assert [one for phase in Phase for one in OUTPUTS[phase]] == list(Output)
    assert set(queries.WORDS) == set(Output)


def test_a_pilot_of_which_nothing_is_known_lacks_every_output(plant: Plant) -> None:
    assert queries.find_lacking(plant.pilot("Empty")) == OUTPUTS


def test_the_audit_leaves_an_agreed_target_and_a_locked_baseline(
    plant: Plant, pilot: Pilot
) -> None:
    before = lacking(pilot, Phase.AUDIT)
    plant.lock_baseline(target(pilot))
    locked = lacking(pilot, Phase.AUDIT)
    plant.aim(pilot, plant.metric("Overtime"), agreed=False)

    assert before == (Output.BASELINE,)
    assert locked == ()
    assert lacking(pilot, Phase.AUDIT) == (Output.TARGET, Output.BASELINE)


def test_a_baseline_that_was_replaced_and_a_metric_taken_out_count_no_more(
    plant: Plant, pilot: Pilot
) -> None:
    locked = plant.lock_baseline(target(pilot))
    another = plant.aim(pilot, plant.metric("Overtime"), agreed=False)
    targets.retire_target(row=another, by=plant.cast.lead, now=plant.now)
    without = lacking(pilot, Phase.AUDIT)
    baselines.supersede_baseline(
        baseline=locked, version=locked.version, by=plant.cast.lead, now=plant.now, reason="R"
    )

    assert without == ()
    assert lacking(pilot, Phase.AUDIT) == (Output.BASELINE,)


def test_a_guard_metric_is_no_output_of_the_audit(plant: Plant, pilot: Pilot) -> None:
    plant.lock_baseline(target(pilot))
    PilotMetric.objects.create(pilot=pilot, metric=plant.metric("Overtime"), role="guard")

    assert lacking(pilot, Phase.AUDIT) == ()


@pytest.mark.parametrize(
    ("part", "output"),
    [(Part.OPERATOR, Output.OPERATOR), (Part.DEPUTY_OPERATOR, Output.DEPUTY)],
)
def test_whoever_left_is_neither_operator_nor_deputy(
    plant: Plant, pilot: Pilot, part: Part, output: Output
) -> None:
    before = lacking(pilot, Phase.OWNERSHIP)
    gone = PilotParty.objects.get(pilot=pilot, part=part).person_id
    Membership.objects.filter(person_id=gone).update(removed_at=plant.now)

    assert before == ()
    assert lacking(pilot, Phase.OWNERSHIP) == (output,)


def test_an_operator_without_hours_and_a_deputy_of_oneself_count_for_nobody(
    plant: Plant, pilot: Pilot
) -> None:
    operator = PilotParty.objects.filter(pilot=pilot, part=Part.OPERATOR)
    deputy = PilotParty.objects.filter(pilot=pilot, part=Part.DEPUTY_OPERATOR)

    deputy.update(person_id=operator.get().person_id)
    alone = lacking(pilot, Phase.OWNERSHIP)
    operator.update(hours_per_week=None)

    assert alone == (Output.DEPUTY,)
    assert lacking(pilot, Phase.OWNERSHIP)[0] is Output.OPERATOR


def test_deploy_leaves_three_gates_and_production_the_entry(plant: Plant, pilot: Pilot) -> None:
    before = queries.find_lacking(pilot)
    all_passed(plant, pilot, but=Code.DATA)
    waive_gate(
        pilot=pilot,
        code=Code.DATA,
        step=1,
        reason="R",
        until=plant.today + timedelta(days=20),
        by=plant.cast.coo,
        now=plant.now,
    )
    waived = queries.find_lacking(pilot)
    enter_production(pilot=pilot, by=plant.cast.lead, now=plant.now)  # type: ignore[arg-type]

    assert before[Phase.DEPLOY] == (Output.DATA, Output.ACCURACY, Output.FAILURE)
    assert (waived[Phase.DEPLOY], waived[Phase.PRODUCTION]) == ((), (Output.ENTERED,))
    assert lacking(pilot, Phase.PRODUCTION) == ()


@pytest.mark.parametrize(("days", "holds"), [(0, True), (-1, False)])
def test_a_waiver_counts_until_its_last_day_is_over(
    plant: Plant, pilot: Pilot, days: int, holds: bool
) -> None:
    waive_gate(
        pilot=pilot,
        code=Code.DATA,
        step=1,
        reason="R",
        until=today() + timedelta(days=days),
        by=plant.cast.coo,
        now=plant.now - timedelta(days=10),
    )

    assert (Output.DATA not in lacking(pilot, Phase.DEPLOY)) is holds


def test_a_lead_closes_a_phase_that_lacks_nothing(plant: Plant, pilot: Pilot) -> None:
    step = close(plant, pilot)
    line = AuditEvent.objects.get(action="PHASE_CLOSED")

    assert (step.number, step.verb, step.lacking, step.reason) == (1, Verb.CLOSE, [], "")
    assert (line.object, line.payload["phase"]) == (f"pilot:{pilot.code}", "ownership")
    assert queries.find_standing(pilot, Phase.OWNERSHIP).closed
    with pytest.raises(Refused, match="closed already"):
        close(plant, pilot, version=2)


def test_a_phase_is_not_closed_while_an_output_is_missing_and_each_is_named_with_its_page(
    plant: Plant, pilot: Pilot
) -> None:
    with pytest.raises(Refused) as refused:
        close(plant, pilot, Phase.DEPLOY)

    assert [one.words for one in refused.value.blockers] == [
        "Missing: the gate Data passed or waived",
        "Missing: the gate Accuracy passed or waived",
        "Missing: the gate Failure handling passed or waived",
    ]
    assert refused.value.blockers[0].path == f"/t/acme/pilots/{pilot.code}/gates/data/"
    assert not PhaseStep.objects.exists()
    assert not AuditEvent.objects.filter(action="PHASE_CLOSED").exists()


@pytest.mark.parametrize("who", ["coo", "sponsor"])
def test_an_exception_is_made_by_name_and_keeps_what_was_missing(
    plant: Plant, pilot: Pilot, who: str
) -> None:
    step = make_exception(plant, pilot, by=getattr(plant.cast, who))
    plant.lock_baseline(target(pilot))

    [shown] = map_around(today=plant.today)[pilot.pk].excepted
    assert (shown.phase, shown.lacking, shown.reason) == (step.phase, ["baseline"], REASON)
    assert shown.who == step.member.person.name
    assert AuditEvent.objects.get(action="PHASE_EXCEPTED").payload["lacking"] == ["baseline"]


@pytest.mark.parametrize("who", ["lead", "admin", "reader", "reviewer"])
def test_nobody_else_makes_an_exception_whatever_page_they_came_by(
    plant: Plant, pilot: Pilot, who: str
) -> None:
    with pytest.raises(Refused, match="never who leads or led"):
        make_exception(plant, pilot, by=getattr(plant.cast, who))


@pytest.mark.parametrize("who", ["sponsor", "admin", "reader", "reviewer"])
def test_nobody_but_lead_and_executive_closes_a_phase(plant: Plant, pilot: Pilot, who: str) -> None:
    with pytest.raises(Refused, match="An executive or the pilot's lead closes"):
        close(plant, pilot, by=getattr(plant.cast, who))


def test_an_executive_who_led_the_pilot_makes_no_exception_of_it(
    plant: Plant, pilot: Pilot
) -> None:
    PilotParty.objects.create(
        pilot=pilot, person_id=plant.cast.coo.person_id, part=Part.LEAD, ended_at=plant.now
    )

    with pytest.raises(Refused, match="never who leads or led"):
        make_exception(plant, pilot)


def test_an_exception_needs_a_reason_and_something_that_is_missing(
    plant: Plant, pilot: Pilot
) -> None:
    with pytest.raises(Refused, match="Say why") as refused:
        make_exception(plant, pilot, reason="  ")
    with pytest.raises(Refused, match="closed without an exception"):
        make_exception(plant, pilot, Phase.OWNERSHIP)

    assert refused.value.field == "reason"


def test_a_closed_phase_is_opened_again_with_a_reason_and_all_of_it_stays(
    plant: Plant, pilot: Pilot
) -> None:
    close(plant, pilot)
    with pytest.raises(Refused, match="Say why"):
        take_back(plant, pilot, reason=" ")
    take_back(plant, pilot)
    with pytest.raises(Refused, match="is not closed"):
        take_back(plant, pilot, version=3)
    close(plant, pilot, version=3)

    standing = queries.find_standing(pilot, Phase.OWNERSHIP)
    assert [one.verb for one in standing.steps] == ["close", "take_back", "close"]
    assert not AuditEvent.objects.filter(action="PHASE_EXCEPTED").exists()


def test_an_exception_that_was_taken_back_is_none_any_more(plant: Plant, pilot: Pilot) -> None:
    make_exception(plant, pilot)
    take_back(plant, pilot, Phase.AUDIT)

    assert map_around(today=plant.today)[pilot.pk].excepted == ()


def test_no_gate_is_looked_at_for_a_step_of_a_phase(
    plant: Plant, pilot: Pilot, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as sent:
        close(plant, pilot)
        make_exception(plant, pilot)
        take_back(plant, pilot)

    assert sent == []


@pytest.mark.parametrize("version", [0, 2])
def test_who_saw_another_state_closes_nothing(plant: Plant, pilot: Pilot, version: int) -> None:
    with pytest.raises(Changed):
        close(plant, pilot, version=version)


def test_the_second_of_two_who_close_at_once_is_told(plant: Plant, pilot: Pilot) -> None:
    close(plant, pilot)

    with pytest.raises(Changed):
        close(plant, pilot, by=plant.cast.coo)


def test_phases_of_an_archived_pilot_stay_as_they_are(plant: Plant, pilot: Pilot) -> None:
    close(plant, pilot)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    for step in (
        lambda: take_back(plant, pilot),
        lambda: make_exception(plant, pilot),
        lambda: close(plant, pilot, Phase.AUDIT),
    ):
        with pytest.raises(Refused, match="archived"):
            step()


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


def row(plant: Plant, pilot: Pilot, **values: Any) -> PhaseStep:
    """Write a step past the actions, as whoever writes SQL as the application would."""
    given = {
        "pilot_id": pilot.pk,
        "phase": "ownership",
        "number": 1,
        "verb": "close",
        "member_id": plant.cast.lead.pk,
        "at": plant.now,
        **values,
    }
    return PhaseStep.objects.create(**given)


def excepted(plant: Plant, pilot: Pilot, **values: Any) -> PhaseStep:
    given = {
        "phase": "audit",
        "verb": "except",
        "reason": "R",
        "lacking": ["baseline"],
        "member_id": plant.cast.coo.pk,
        **values,
    }
    return row(plant, pilot, **given)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"phase": "audit"}, "gates_phasestep_outputs"),
        ({"phase": "deploy"}, "gates_phasestep_outputs"),
        ({"number": 2}, "gates_phasestep_in_order"),
        ({"verb": "take_back", "reason": "R"}, "gates_phasestep_in_order"),
        ({"phase": "rest"}, "gates_phasestep_known"),
        ({"verb": "open", "reason": "R"}, "gates_phasestep_known"),
        ({"number": 0}, "gates_phasestep_number"),
        ({"lacking": ["deputy"]}, "gates_phasestep_outputs"),
    ],
)
def test_the_database_takes_no_close_that_is_none(
    plant: Plant, pilot: Pilot, values: dict[str, Any], name: str
) -> None:
    assert refused(lambda: row(plant, pilot, **values)) == name


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"reason": ""}, "gates_phasestep_reason"),
        ({"lacking": []}, "gates_phasestep_outputs"),
        ({"lacking": ["target"]}, "gates_phasestep_outputs"),
        ({"phase": "ownership", "lacking": []}, "gates_phasestep_lacking"),
        ({"reason": " \n"}, "gates_phasestep_reason"),
    ],
)
def test_the_database_takes_no_exception_without_reason_and_what_is_missing(
    plant: Plant, pilot: Pilot, values: dict[str, Any], name: str
) -> None:
    assert refused(lambda: excepted(plant, pilot, **values)) == name


def test_the_database_asks_who_it_is(plant: Plant, pilot: Pilot) -> None:
    cast = plant.cast
    for who in (cast.sponsor, cast.admin, cast.reader):
        broken = partial(row, plant, pilot, member_id=who.pk)
        assert refused(broken) == "gates_phasestep_by_who_may"
    for who in (cast.lead, cast.admin, cast.reviewer):
        broken = partial(excepted, plant, pilot, member_id=who.pk)
        assert refused(broken) == "gates_phasestep_by_who_may"
    Membership.objects.filter(pk=cast.coo.pk).update(removed_at=plant.now)
    assert refused(lambda: excepted(plant, pilot)) == "gates_phasestep_by_who_may"


def test_the_database_knows_whoever_ever_led_the_pilot(plant: Plant, pilot: Pilot) -> None:
    PilotParty.objects.create(
        pilot=pilot,
        person_id=plant.cast.coo.person_id,
        part=Part.LEAD,
        ended_at=plant.now - timedelta(days=400),
    )

    assert refused(lambda: excepted(plant, pilot)) == "gates_phasestep_by_who_may"


def test_the_database_refuses_steps_of_an_archived_pilot_and_of_none(
    plant: Plant, pilot: Pilot
) -> None:
    assert refused(lambda: row(plant, pilot, pilot_id=NOWHERE)) == "gates_phasestep_pilot_fk"
    stranger = {"member_id": plant.cast.stranger.pk}
    assert refused(lambda: row(plant, pilot, **stranger)) == "gates_phasestep_member_fk"
    Pilot.objects.filter(pk=pilot.pk).update(archived_at=plant.now)
    assert refused(lambda: row(plant, pilot)) == "gates_phasestep_in_use"


def test_the_database_counts_each_step_once(plant: Plant, pilot: Pilot) -> None:
    row(plant, pilot)
    again = {"verb": "take_back", "reason": "R", "number": 1}

    assert refused(lambda: row(plant, pilot, **again)) == "gates_phasestep_number_once"
    assert refused(lambda: row(plant, pilot, number=2)) == "gates_phasestep_in_order"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE gates_phasestep SET reason = 'X'", "DELETE FROM gates_phasestep"],
)
def test_the_application_changes_and_deletes_no_step(
    plant: Plant, pilot: Pilot, statement: str
) -> None:
    row(plant, pilot)

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
