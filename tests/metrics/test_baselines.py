"""What the writes of baselines promise, and what the database keeps of a locked one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from common.errors import Changed, Refused
from common.writing import constraint_of
from metrics.actions import baselines, plans, targets
from metrics.models import Baseline, Metric, PilotMetric
from metrics.queries import verdicts
from metrics.rules import baselines as rules
from portfolio.models import Pilot
from tenants.models import Notification
from tests.conftest import NOW, Cast
from tests.plant import Plant

pytestmark = pytest.mark.usefixtures("acme")
FOREIGN, OWN = "00000000-0000-0000-0000-000000000000", "own"
LOCKED = {
    "locked_at": NOW,
    "weeks": [],
    "value": 1,
    "definition": 1,
    "target": 1,
    "level": "C",
    "side": "gt",
}


@pytest.fixture
def plant(acme: int, cast: Cast) -> Plant:
    return Plant(cast)


@pytest.fixture
def pilot(plant: Plant) -> Pilot:
    return plant.whole(week=5, weeks=20)


@pytest.fixture
def row(pilot: Pilot) -> PilotMetric:
    found: PilotMetric = PilotMetric.objects.get(pilot=pilot)
    return found


def draft(plant: Plant, row: PilotMetric, **changes: Any) -> Baseline:
    values = {"matters": 0.02, "by": plant.cast.lead, "now": plant.now}
    return baselines.draft_baseline(row=row, **values | changes)


def lock(plant: Plant, baseline: Baseline, **changes: Any) -> Baseline:
    values = {"version": baseline.version, "by": plant.cast.lead, "now": plant.now}
    return baselines.lock_baseline(baseline=baseline, **values | changes)


def test_a_draft_takes_the_next_number_and_names_who_stated_the_season(
    plant: Plant, row: PilotMetric
) -> None:
    found = draft(plant, row, season_swing=0.0)

    assert (found.number, found.season_by_id, found.season_at) == (1, plant.cast.lead.id, plant.now)


def test_a_draft_that_changes_keeps_who_stated_a_season_that_stays(
    plant: Plant, row: PilotMetric
) -> None:
    first = draft(plant, row, season_swing=0.01)

    second = draft(
        plant, row, season_swing=0.01, matters=0.03, version=first.version, by=plant.cast.admin
    )

    assert (second.pk, second.matters, second.season_by_id) == (first.pk, 0.03, plant.cast.lead.id)


def test_a_draft_that_moved_meanwhile_is_not_overwritten(plant: Plant, row: PilotMetric) -> None:
    seen = draft(plant, row)
    draft(plant, row, matters=0.05, version=seen.version)

    with pytest.raises(Changed):
        draft(plant, row, matters=0.07, version=seen.version)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"matters": 0.0}, "matters"),
        ({"matters": float("nan")}, "matters"),
        ({"season_swing": -1.0}, "season_swing"),
    ],
)
def test_a_draft_refuses_what_cannot_be_meant(
    plant: Plant, row: PilotMetric, changes: dict[str, float], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        draft(plant, row, **changes)

    assert refused.value.field == field


def test_a_comparison_line_is_another_metric_of_the_same_kind(
    plant: Plant, row: PilotMetric
) -> None:
    other = plant.metric("On-time lines of the other plant")
    days = Metric.objects.create(
        code="days", name="Days", kind="mean", unit="days", direction="down", zone=other.zone
    )

    for wrong in (row.metric, days):
        with pytest.raises(Refused) as refused:
            draft(plant, row, comparison=wrong)
        assert refused.value.field == "comparison"


def test_a_comparison_line_is_chosen_before_week_3_and_kept_after(plant: Plant) -> None:
    early = plant.whole("Early", week=2)
    other = plant.metric("On-time lines of the other plant")
    row = PilotMetric.objects.get(pilot=early)
    chosen = draft(plant, row, comparison=other)
    later = plant.now + timedelta(weeks=3)

    kept = draft(plant, row, comparison=other, matters=0.05, version=chosen.version, now=later)
    with pytest.raises(Refused, match="before week 3"):
        draft(
            plant,
            row,
            comparison=plant.metric("A third line"),
            version=kept.version,
            now=later,
        )

    assert kept.comparison_id == other.pk


def test_only_a_primary_metric_has_a_baseline(plant: Plant, pilot: Pilot) -> None:
    guard = plant.aim(pilot, plant.metric("Complaints"), role="guard")

    with pytest.raises(Refused, match="primary"):
        draft(plant, guard)


def test_a_lock_keeps_the_weeks_their_value_and_the_agreed_target(
    plant: Plant, row: PilotMetric
) -> None:
    found = lock(plant, draft(plant, row))

    window = verdicts.baseline_window(row, compared=False)
    assert (found.level, found.side, found.target) == ("C", "gt", 0.94)
    assert found.value == window.value
    assert [week[0] for week in found.weeks] == [one.monday.isoformat() for one in window.weeks]
    assert len(found.weeks) == 14
    assert Notification.objects.filter(dedup_key=f"baseline:{found.pk}").exists()


def test_locking_twice_changes_nothing(plant: Plant, row: PilotMetric) -> None:
    seen = draft(plant, row)
    first = lock(plant, seen)

    assert lock(plant, seen).version == first.version


def test_a_baseline_is_not_locked_before_week_2_is_over(plant: Plant) -> None:
    row = PilotMetric.objects.get(pilot=plant.whole("Early", week=2))

    with pytest.raises(Refused, match="Lock it from"):
        lock(plant, draft(plant, row))


def test_a_lock_after_week_3_is_marked_as_late(plant: Plant, row: PilotMetric) -> None:
    assert lock(plant, draft(plant, row)).late_week == 5


def test_a_target_is_agreed_before_its_baseline_is_locked(plant: Plant, pilot: Pilot) -> None:
    metric = plant.metric("Not agreed")
    plant.send(metric, weeks=20)
    row = plant.aim(pilot, metric, agreed=False)

    with pytest.raises(Refused, match="not agreed"):
        lock(plant, draft(plant, row))


def test_a_baseline_without_a_week_of_figures_is_not_locked(plant: Plant, pilot: Pilot) -> None:
    row = plant.aim(pilot, plant.metric("Empty"))

    with pytest.raises(Refused, match="No week"):
        lock(plant, draft(plant, row))


def test_a_weak_plan_is_locked_only_once_somebody_accepted_it(
    plant: Plant, row: PilotMetric
) -> None:
    weak = draft(plant, row)
    Baseline.objects.filter(pk=weak.pk).update(plan={"mde": 0.5}, planned_version=weak.version)
    weak.refresh_from_db()
    with pytest.raises(Refused, match="cannot see"):
        lock(plant, weak)

    accepted = baselines.accept_plan(
        baseline=weak,
        version=weak.version,
        by=plant.cast.sponsor,
        now=plant.now,
        reason="The vendor pays for the trial.",
    )

    assert lock(plant, accepted).accepted_by_id == plant.cast.sponsor.id


def test_another_change_that_matters_withdraws_the_acceptance(
    plant: Plant, row: PilotMetric
) -> None:
    weak = draft(plant, row)
    Baseline.objects.filter(pk=weak.pk).update(plan={"mde": 0.5}, planned_version=weak.version)
    accepted = baselines.accept_plan(
        baseline=weak,
        version=weak.version,
        by=plant.cast.sponsor,
        now=plant.now,
        reason="The vendor pays.",
    )

    changed = draft(plant, row, matters=0.01, version=accepted.version)

    assert changed.accepted_by_id is None


def test_a_plan_that_sees_enough_needs_no_acceptance(plant: Plant, row: PilotMetric) -> None:
    strong = draft(plant, row)
    Baseline.objects.filter(pk=strong.pk).update(plan={"mde": 0.01}, planned_version=1)
    strong.refresh_from_db()

    with pytest.raises(Refused, match="can see"):
        baselines.accept_plan(
            baseline=strong,
            version=strong.version,
            by=plant.cast.sponsor,
            now=plant.now,
            reason="To be safe.",
        )


def test_a_locked_baseline_is_replaced_with_a_reason_and_stays_visible(
    plant: Plant, row: PilotMetric
) -> None:
    first = lock(plant, draft(plant, row))

    second = baselines.supersede_baseline(
        baseline=first,
        version=first.version,
        by=plant.cast.admin,
        now=plant.now,
        reason="The meter was replaced in June.",
    )

    assert (second.number, second.locked_at, second.matters) == (2, None, 0.02)
    assert [one.number for one in verdicts.list_superseded(row)] == [1]
    assert verdicts.find_baseline(row) == second


def test_a_target_stays_while_its_baseline_is_locked(plant: Plant, row: PilotMetric) -> None:
    lock(plant, draft(plant, row))
    row.refresh_from_db()

    with pytest.raises(Refused, match="baseline is locked"):
        targets.change_target(
            row=row,
            version=row.version,
            role="primary",
            comparison="gt",
            target=0.5,
            units_per_week=None,
            value_per_unit=None,
            by=plant.cast.lead,
        )
    with pytest.raises(Refused, match="baseline is locked"):
        targets.retire_target(row=row, by=plant.cast.lead, now=plant.now)


def planned(baseline: Baseline) -> dict[str, Any]:
    plans.plan_baseline(baseline_id=baseline.pk)
    baseline.refresh_from_db()
    found: dict[str, Any] = baseline.plan
    return found


def test_a_plan_says_what_it_can_see_and_what_more_history_would_buy(
    plant: Plant, row: PilotMetric
) -> None:
    found = draft(plant, row)

    plan = planned(found)

    assert (plan["level"], plan["weeks"], found.planned_version) == ("C", 14, found.version)
    assert plan["mde"] > 0
    offers = {(one["history"], one["after"]): one["mde"] for one in plan["offers"]}
    assert set(offers) == {(h, a) for h in (26, 66, 104) for a in rules.AFTER_WEEKS}
    assert offers[104, 26] < offers[26, 4]


def test_a_plan_is_worked_out_anew_when_history_grows(plant: Plant, row: PilotMetric) -> None:
    found = draft(plant, row)
    before = planned(found)
    plant.send(row.metric, weeks=80)

    after = planned(found)

    assert (before["level"], after["level"]) == ("C", "B")


def test_a_plan_beside_a_comparison_line_looks_at_the_difference(
    plant: Plant,
) -> None:
    early = plant.whole("Early", week=2, weeks=40)
    other = plant.metric("The other plant")
    plant.send(other, weeks=40)
    found = draft(plant, PilotMetric.objects.get(pilot=early), comparison=other)

    # Both lines are the same to the digit: their difference never varies.
    assert planned(found)["reason"] == "no_variation"


def test_a_plan_without_history_says_so(plant: Plant, pilot: Pilot) -> None:
    found = draft(plant, plant.aim(pilot, plant.metric("Empty")))

    assert planned(found)["reason"] == "too_few"


def test_a_locked_baseline_keeps_the_plan_it_was_locked_with(
    plant: Plant, row: PilotMetric
) -> None:
    found = draft(plant, row, matters=0.5)
    before = planned(found)
    lock(plant, found)
    plant.send(row.metric, weeks=80)

    assert planned(found) == before


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
        ({"locked_by_id": FOREIGN, **LOCKED}, "metrics_baseline_locked_fk"),
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
    first = lock(plant, draft(plant, row, matters=0.5))
    second = baselines.supersede_baseline(
        baseline=first,
        version=first.version,
        by=plant.cast.admin,
        now=plant.now,
        reason="The meter was replaced.",
    )
    own = {name: plant.cast.lead.id if value == OWN else value for name, value in values.items()}

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=second.pk).update(**own)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert constraint_of(refused.value) == constraint


def test_the_database_refuses_a_stranger_as_the_one_who_ended_a_baseline(
    plant: Plant, row: PilotMetric
) -> None:
    first = lock(plant, draft(plant, row, matters=0.5))

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Baseline.objects.filter(pk=first.pk).update(
            superseded_by_id=FOREIGN, superseded_reason="So.", superseded_at=NOW
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert constraint_of(refused.value) == "metrics_baseline_superseded_fk"
