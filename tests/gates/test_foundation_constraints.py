"""What the database keeps of errors, readings, ways to fail and drills, whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models import F

from common.writing import constraint_of
from gates.models import (
    AccuracyReading,
    DataSnapshot,
    Drill,
    ErrorClass,
    ErrorCount,
    FailureMode,
)
from portfolio.models import Pilot
from tenants.models import Membership
from tests.gates.plant import made, pilot, plant
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
NOWHERE = UUID(int=0)
TAKEN = {"withdrawn_reason": "R"}


def refused(broken: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        broken()
    return constraint_of(violated.value)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_errorclass_name", {"name": ""}),
        ("gates_errorclass_name_once", {"name": "LATE order missed"}),
        ("gates_errorclass_consequence", {"consequence": "luck"}),
        ("gates_errorclass_cost", {"cost": Decimal(-1)}),
        ("gates_errorclass_cost", {"cost_basis": "guessed"}),
        ("gates_errorclass_tolerated", {"tolerated": Decimal(0)}),
        ("gates_errorclass_tolerated", {"tolerated": Decimal(1)}),
        ("gates_errorclass_pilot_fk", {"pilot_id": NOWHERE}),
    ],
)
def test_half_a_class_is_refused(pilot: Pilot, constraint: str, values: dict[str, Any]) -> None:
    given = {
        "pilot_id": pilot.pk,
        "name": "Other",
        "consequence": "time",
        "cost": Decimal(1),
        "cost_basis": "measured",
        "tolerated": Decimal("0.1"),
        **values,
    }

    assert refused(lambda: ErrorClass.objects.create(**given)) == constraint


def reading(plant: Plant, pilot: Pilot, **values: Any) -> AccuracyReading:
    day = plant.today - timedelta(days=1)
    given = {
        "pilot_id": pilot.pk,
        "dataset": "live",
        "first_day": day,
        "last_day": day,
        "decisions": 10,
        "source": "S",
        "member_id": plant.cast.lead.pk,
        "at": plant.now,
        **values,
    }
    return AccuracyReading.objects.create(**given)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_accuracyreading_dataset", {"dataset": "both"}),
        ("gates_accuracyreading_decisions", {"decisions": 0}),
        ("gates_accuracyreading_decisions", {"decisions": 10_000_001}),
        ("gates_accuracyreading_source", {"source": ""}),
        ("gates_accuracyreading_pilot_fk", {"pilot_id": NOWHERE}),
        ("gates_accuracyreading_member_fk", {"member_id": NOWHERE}),
        ("gates_accuracyreading_withdrawn_whole", {"withdrawn_reason": "R"}),
    ],
)
def test_half_a_reading_is_refused(
    plant: Plant, pilot: Pilot, constraint: str, values: dict[str, Any]
) -> None:
    assert refused(lambda: reading(plant, pilot, **values)) == constraint


@pytest.mark.parametrize(
    ("constraint", "first", "last", "at"),
    [
        ("gates_accuracyreading_days", 0, -1, 0),
        ("gates_accuracyreading_by_today", 0, 2, 0),
        ("gates_accuracyreading_by_today", 0, 2, 3),
    ],
)
def test_a_reading_of_a_day_to_come_is_refused(
    plant: Plant, pilot: Pilot, constraint: str, first: int, last: int, at: int
) -> None:
    day = plant.today
    values = {
        "first_day": day + timedelta(days=first),
        "last_day": day + timedelta(days=last),
        "at": plant.now + timedelta(days=at),
    }

    assert refused(lambda: reading(plant, pilot, **values)) == constraint


def count(row: AccuracyReading, error_class: ErrorClass, **values: Any) -> ErrorCount:
    given = {
        "pilot_id": row.pilot_id,
        "reading": row,
        "error_class": error_class,
        "errors": 1,
        **values,
    }
    return ErrorCount.objects.create(**given)


def test_a_reading_has_no_more_errors_than_decisions(plant: Plant, pilot: Pilot) -> None:
    one, two = ErrorClass.objects.filter(pilot=pilot)
    row = reading(plant, pilot)
    count(row, one, errors=6)

    assert refused(lambda: count(row, two, errors=5)) == "gates_errorcount_fits"
    assert refused(lambda: count(row, one)) == "gates_errorcount_once"
    assert count(row, two, errors=4).errors == 4


def test_a_count_is_of_the_pilots_own_class_and_reading(plant: Plant, pilot: Pilot) -> None:
    other = plant.pilot("Other")
    row, foreign = reading(plant, pilot), reading(plant, other)
    own = ErrorClass.objects.filter(pilot=pilot)[0]

    assert refused(lambda: count(row, own, pilot_id=other.pk)) == "gates_errorcount_reading_fk"
    assert refused(lambda: count(foreign, own)) == "gates_errorcount_class_fk"


def snapshot(plant: Plant, pilot: Pilot, **values: Any) -> DataSnapshot:
    day = plant.today - timedelta(days=1)
    given = {
        "pilot_id": pilot.pk,
        "source": "S",
        "taken_on": day,
        "row_count": 1,
        "first_day": day,
        "last_day": day,
        "cycle_weeks": 52,
        "issues": "I",
        "member_id": plant.cast.lead.pk,
        "at": plant.now,
        **values,
    }
    return DataSnapshot.objects.create(**given)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_datasnapshot_told", {"source": ""}),
        ("gates_datasnapshot_told", {"issues": ""}),
        ("gates_datasnapshot_rows", {"row_count": 0}),
        ("gates_datasnapshot_cycle", {"cycle_weeks": 0}),
        ("gates_datasnapshot_cycle", {"cycle_weeks": 521}),
        ("gates_datasnapshot_pilot_fk", {"pilot_id": NOWHERE}),
        ("gates_datasnapshot_member_fk", {"member_id": NOWHERE}),
        ("gates_datasnapshot_withdrawn_whole", {"withdrawn_reason": "R"}),
    ],
)
def test_half_a_snapshot_is_refused(
    plant: Plant, pilot: Pilot, constraint: str, values: dict[str, Any]
) -> None:
    assert refused(lambda: snapshot(plant, pilot, **values)) == constraint


@pytest.mark.parametrize(
    ("constraint", "ahead", "at"),
    [
        ("gates_datasnapshot_days", {"first_day": 1, "last_day": 0, "taken_on": 0}, 0),
        ("gates_datasnapshot_days", {"first_day": 0, "last_day": 1, "taken_on": 0}, 0),
        ("gates_datasnapshot_by_today", {"taken_on": 2}, 0),
        ("gates_datasnapshot_by_today", {"taken_on": 2}, 3),
    ],
)
def test_a_snapshot_of_a_day_to_come_is_refused(
    plant: Plant, pilot: Pilot, constraint: str, ahead: dict[str, int], at: int
) -> None:
    days = {name: plant.today + timedelta(days=by) for name, by in ahead.items()}
    values = {**days, "at": plant.now + timedelta(days=at)}

    assert refused(lambda: snapshot(plant, pilot, **values)) == constraint


def mode(pilot: Pilot, **values: Any) -> FailureMode:
    return FailureMode.objects.create(
        **{"pilot_id": pilot.pk, "kind": "late", "name": "N", **values}
    )


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_failuremode_kind", {"kind": "lucky"}),
        ("gates_failuremode_name", {"name": ""}),
        ("gates_failuremode_pilot_fk", {"pilot_id": NOWHERE}),
        ("gates_failuremode_receiver_fk", {"receiver_id": NOWHERE}),
    ],
)
def test_half_a_way_to_fail_is_refused(
    pilot: Pilot, constraint: str, values: dict[str, Any]
) -> None:
    assert refused(lambda: mode(pilot, **values)) == constraint


def tried(plant: Plant, pilot: Pilot, **values: Any) -> Drill:
    row = FailureMode.objects.filter(pilot=pilot)[0]
    given = {
        "mode_id": row.pk,
        "noticed": row.noticed,
        "threshold": row.threshold,
        "fallback": row.fallback,
        "ran_on": plant.today - timedelta(days=1),
        "held": True,
        "seen": "S",
        "member_id": plant.cast.lead.pk,
        "at": plant.now,
        **values,
    }
    return Drill.objects.create(**given)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("gates_drill_seen", {"seen": ""}),
        ("gates_drill_next_step", {"held": False}),
        ("gates_drill_as_written", {"noticed": "Otherwise"}),
        ("gates_drill_as_written", {"threshold": "Otherwise"}),
        ("gates_drill_as_written", {"fallback": "Otherwise"}),
        ("gates_drill_mode_fk", {"mode_id": NOWHERE}),
        ("gates_drill_member_fk", {"member_id": NOWHERE}),
        ("gates_drill_withdrawn_whole", {"withdrawn_reason": "R"}),
    ],
)
def test_half_a_drill_is_refused(
    plant: Plant, pilot: Pilot, constraint: str, values: dict[str, Any]
) -> None:
    assert refused(lambda: tried(plant, pilot, **values)) == constraint


@pytest.mark.parametrize(("ahead", "at"), [(2, 0), (2, 3)])
def test_a_drill_of_a_day_to_come_is_refused(
    plant: Plant, pilot: Pilot, ahead: int, at: int
) -> None:
    values = {
        "ran_on": plant.today + timedelta(days=ahead),
        "at": plant.now + timedelta(days=at),
    }

    assert refused(lambda: tried(plant, pilot, **values)) == "gates_drill_by_today"


def test_nobody_who_left_brings_a_drill_or_takes_one_back(plant: Plant, pilot: Pilot) -> None:
    row = tried(plant, pilot)
    Membership.objects.filter(pk=plant.cast.lead.pk).update(removed_at=plant.now)
    taken = {"withdrawn_at": plant.now, "withdrawn_by_id": plant.cast.lead.pk, **TAKEN}
    rows = Drill.objects.filter(pk=row.pk)

    assert refused(lambda: tried(plant, pilot)) == "gates_drill_by_member"
    assert refused(lambda: rows.update(**taken)) == "gates_drill_by_member"
    assert rows.update(**{**taken, "withdrawn_by_id": plant.cast.admin.pk}) == 1


def test_nothing_is_tried_that_is_put_aside(plant: Plant, pilot: Pilot) -> None:
    row = tried(plant, pilot)
    taken = {"withdrawn_at": plant.now, "withdrawn_by_id": plant.cast.lead.pk, **TAKEN}
    modes = FailureMode.objects.filter(pk=row.mode_id)

    modes.update(archived_at=plant.now)
    assert refused(lambda: tried(plant, pilot, mode_id=row.mode_id)) == "gates_drill_in_use"
    modes.update(archived_at=None)
    Pilot.objects.filter(pk=pilot.pk).update(archived_at=plant.now)
    assert refused(lambda: tried(plant, pilot)) == "gates_drill_in_use"
    drills = Drill.objects.filter(pk=row.pk)
    assert refused(lambda: drills.update(**taken)) == "gates_drill_in_use"


@pytest.mark.parametrize("model", [AccuracyReading, DataSnapshot, Drill])
def test_what_was_brought_is_taken_back_once(plant: Plant, pilot: Pilot, model: Any) -> None:
    rows = model.objects.filter(pk=model.objects.order_by("id")[0].pk)
    taken = {"withdrawn_at": plant.now, "withdrawn_by_id": plant.cast.lead.pk, **TAKEN}
    rows.update(**taken)

    found = refused(lambda: rows.update(withdrawn_reason="Other"))

    assert found == f"{model._meta.db_table}_fixed"


@pytest.mark.parametrize(
    ("model", "constraint"),
    [
        (AccuracyReading, "gates_accuracyreading_withdrawn_fk"),
        (DataSnapshot, "gates_datasnapshot_withdrawn_fk"),
        (Drill, "gates_drill_withdrawn_fk"),
    ],
)
def test_nobody_from_elsewhere_takes_it_back(plant: Plant, model: Any, constraint: str) -> None:
    rows = model.objects.filter(pk=model.objects.order_by("id")[0].pk)
    taken = {"withdrawn_at": plant.now, "withdrawn_by_id": NOWHERE, **TAKEN}

    assert refused(lambda: rows.update(**taken)) == constraint


@pytest.mark.parametrize(
    ("model", "constraint"),
    [
        (ErrorClass, "gates_errorclass_of_pilot"),
        (AccuracyReading, "gates_accuracyreading_of_pilot"),
    ],
)
def test_counts_refer_to_pilot_and_row_together(model: Any, constraint: str) -> None:
    # No row can break it, for its key is unique alone: it is there to be referred to.
    found = next(one for one in model._meta.constraints if one.name == constraint)

    assert found.fields == ("tenant", "pilot", "id")


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (ErrorClass, {"pilot_id": NOWHERE}),
        (AccuracyReading, {"decisions": 5_000}),
        (ErrorCount, {"errors": 0}),
        (FailureMode, {"pilot_id": NOWHERE}),
        (DataSnapshot, {"cycle_weeks": 1}),
        (Drill, {"held": F("held")}),
    ],
)
def test_nothing_moves_or_goes(
    plant: Plant, pilot: Pilot, model: Any, values: dict[str, Any]
) -> None:
    rows = model.objects.all()

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        rows.update(**values)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        rows._raw_delete("default")
