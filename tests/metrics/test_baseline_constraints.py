"""What the database keeps of a baseline, whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from common.writing import constraint_of
from metrics.actions import baselines, targets
from metrics.models import Baseline, Mark, PilotMetric
from tests.conftest import NOW
from tests.metrics.drafts import beside, draft, lock, made, pilot, plant, row
from tests.plant import ZONE, Plant, monday

__all__ = ["made", "pilot", "plant", "row"]  # fixtures
pytestmark = pytest.mark.usefixtures("acme")
FOREIGN, OWN = "00000000-0000-0000-0000-000000000000", "own"
LOCKED = (
    "locked_by_id",
    "locked_at",
    "weeks",
    "value",
    "definition",
    "target",
    "level",
    "side",
    "plan",
)
# Week 3 of a pilot in week 5 begins two Mondays ago.
BEFORE = datetime.combine(monday(2), time.min, ZoneInfo(ZONE)) - timedelta(seconds=1)


def as_locked(baseline: Baseline) -> dict[str, Any]:
    return {name: getattr(baseline, name) for name in LOCKED}


@pytest.mark.parametrize(
    "assignment",
    ["value = 0", "weeks = '[]'", "locked_at = now()", "matters = 1", "level = 'B'", "target = 0"],
)
def test_the_database_refuses_to_change_a_locked_baseline(
    plant: Plant, row: PilotMetric, assignment: str
) -> None:
    lock(plant, draft(plant, row))

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE metrics_baseline SET {assignment}")  # ours

    assert constraint_of(refused.value) == "metrics_baseline_locked_fixed"


@pytest.mark.parametrize("values", [{"metric": "line"}, {"retired_at": None}])
def test_the_database_keeps_a_locked_line_out_of_the_pilot(
    plant: Plant, values: dict[str, Any]
) -> None:
    row, other = beside(plant)
    third = plant.metric("Something else") if "metric" in values else other
    guard = plant.aim(row.pilot, third, role="guard", agreed=False)
    targets.retire_target(row=guard, by=plant.cast.admin, now=plant.now)
    lock(plant, draft(plant, row, comparison=other), now=plant.now + timedelta(weeks=1))

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        PilotMetric.objects.filter(pk=guard.pk).update(metric=other, retired_at=None)

    assert constraint_of(refused.value) == "metrics_pilotmetric_not_compared"


def test_the_database_refuses_to_end_a_baseline_a_second_time(
    plant: Plant, row: PilotMetric
) -> None:
    first = lock(plant, draft(plant, row))
    baselines.supersede_baseline(
        baseline=first,
        version=first.version,
        by=plant.cast.admin,
        now=plant.now,
        reason="The meter was replaced.",
    )

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=first.pk).update(superseded_reason="Something else.")

    assert constraint_of(refused.value) == "metrics_baseline_locked_fixed"


def test_the_database_keeps_the_target_of_a_locked_baseline(plant: Plant, row: PilotMetric) -> None:
    lock(plant, draft(plant, row))

    for change in ({"target": 0.5}, {"agreed_at": None, "agreed_by": None}, {"comparison": "ge"}):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            PilotMetric.objects.filter(pk=row.pk).update(**change)
        assert constraint_of(refused.value) == "metrics_pilotmetric_baseline_held"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"matters": 0}, "metrics_baseline_matters"),
        ({"matters": -1}, "metrics_baseline_matters"),
        ({"season_swing": 1.0}, "metrics_baseline_season_whole"),
        ({"maturity_days": 181}, "metrics_baseline_maturity"),
        ({"accepted_reason": "Because."}, "metrics_baseline_accepted_whole"),
        ({"level": "B"}, "metrics_baseline_locked_whole"),
        ({"superseded_reason": "Because."}, "metrics_baseline_superseded_whole"),
        ({"planned_version": 9}, "metrics_baseline_planned"),
    ],
)
def test_the_database_refuses_half_a_baseline(
    plant: Plant, row: PilotMetric, values: dict[str, Any], constraint: str
) -> None:
    found = draft(plant, row)

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=found.pk).update(**values)

    assert constraint_of(refused.value) == constraint


def test_a_metric_has_one_baseline_in_force(plant: Plant, row: PilotMetric) -> None:
    draft(plant, row)

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.create(target_row=row, number=2, matters=1)

    assert constraint_of(refused.value) == "metrics_baseline_one_current"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"target_row_id": FOREIGN}, "metrics_baseline_target_fk"),
        ({"comparison_id": -1}, "metrics_baseline_comparison_fk"),
        (
            {"season_by_id": FOREIGN, "season_swing": 1, "season_at": NOW},
            "metrics_baseline_season_fk",
        ),
        (
            {"accepted_by_id": FOREIGN, "accepted_reason": "Yes.", "accepted_at": NOW},
            "metrics_baseline_accepted_fk",
        ),
        ({"locked_by_id": FOREIGN}, "metrics_baseline_locked_fk"),
        ({"locked_by_id": OWN, "definition": 0}, "metrics_baseline_definition"),
        (
            {"season_swing": -1, "season_by_id": OWN, "season_at": NOW},
            "metrics_baseline_swing",
        ),
        (
            {"superseded_by_id": OWN, "superseded_reason": "So.", "superseded_at": NOW},
            "metrics_baseline_superseded_locked",
        ),
        ({"number": 1}, "metrics_baseline_number_once"),
    ],
)
def test_the_database_refuses_a_baseline_that_points_nowhere(
    plant: Plant, row: PilotMetric, values: dict[str, Any], constraint: str
) -> None:
    first = lock(plant, draft(plant, row))
    second = baselines.supersede_baseline(
        baseline=first,
        version=first.version,
        by=plant.cast.admin,
        now=plant.now,
        reason="The meter was replaced.",
    )
    own = {name: plant.cast.lead.id if value == OWN else value for name, value in values.items()}
    if "locked_by_id" in values:
        own = as_locked(first) | own

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=second.pk).update(**own)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert constraint_of(refused.value) == constraint


@pytest.mark.parametrize("inserted", [False, True], ids=["update", "insert"])
@pytest.mark.parametrize(
    ("name", "changed", "constraint"),
    [
        ("weeks", lambda weeks: weeks[1:], "metrics_baseline_as_counted"),
        ("weeks", lambda weeks: [], "metrics_baseline_as_counted"),
        ("weeks", lambda weeks: [*weeks[1:], weeks[0]], "metrics_baseline_as_counted"),
        ("weeks", lambda weeks: [[*weeks[0][:3], 0.5], *weeks[1:]], "metrics_baseline_as_counted"),
        ("weeks", lambda weeks: [["2026-01-05", 1, 1, 1], *weeks], "metrics_baseline_as_counted"),
        ("value", lambda value: value + 1e-6, "metrics_baseline_as_counted"),
        ("level", lambda level: "B", "metrics_baseline_as_counted"),
        ("definition", lambda number: number + 1, "metrics_baseline_as_counted"),
        ("target", lambda target: target - 0.01, "metrics_baseline_as_agreed"),
        ("side", lambda side: "ge", "metrics_baseline_as_agreed"),
        ("plan", lambda plan: None, "metrics_baseline_as_counted"),
        ("locked_at", lambda at: BEFORE, "metrics_baseline_not_early"),
        ("side", lambda side: side, None),
    ],
)
def test_the_database_locks_nothing_but_what_was_counted_and_agreed(
    plant: Plant,
    row: PilotMetric,
    inserted: bool,
    name: str,
    changed: Callable[[Any], Any],
    constraint: str | None,
) -> None:
    with transaction.atomic():
        locked = as_locked(lock(plant, draft(plant, row)))
        transaction.set_rollback(True)
    found = Baseline(target_row=row, number=1, matters=0.5) if inserted else draft(plant, row)
    for field, value in (locked | {name: changed(locked[name])}).items():
        setattr(found, field, value)

    refused = None
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as error:
        refused = constraint_of(error)

    assert refused == constraint


def test_the_database_locks_no_target_that_nobody_agreed_to(plant: Plant, row: PilotMetric) -> None:
    with transaction.atomic():
        locked = as_locked(lock(plant, draft(plant, row)))
        transaction.set_rollback(True)
    found = draft(plant, row)
    PilotMetric.objects.filter(pk=row.pk).update(agreed_at=None, agreed_by=None)

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=found.pk).update(**locked)

    assert constraint_of(refused.value) == "metrics_baseline_as_agreed"


@pytest.mark.parametrize("of", ["own", "line"])
def test_the_database_locks_nothing_while_figures_are_still_to_be_added(
    plant: Plant, of: str
) -> None:
    row, other = beside(plant)
    with transaction.atomic():
        first = lock(plant, draft(plant, row, comparison=other), now=plant.now + timedelta(weeks=1))
        locked = as_locked(first)
        transaction.set_rollback(True)
    found = draft(plant, row, comparison=other)
    Mark.objects.create(metric_id=row.metric_id if of == "own" else other.pk, week=monday(3))

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=found.pk).update(**locked)

    assert constraint_of(refused.value) == "metrics_baseline_as_counted"


def test_the_database_refuses_a_stranger_as_the_one_who_ended_a_baseline(
    plant: Plant, row: PilotMetric
) -> None:
    first = lock(plant, draft(plant, row))

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=first.pk).update(
            superseded_by_id=FOREIGN, superseded_reason="So.", superseded_at=NOW
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert constraint_of(refused.value) == "metrics_baseline_superseded_fk"
