"""What a plan can see, and what a lock asks of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from common.errors import Refused
from metrics.actions import baselines, recompute
from metrics.models import PilotMetric
from metrics.rules import baselines as rules
from portfolio.models import Pilot
from tests.metrics.drafts import (
    beside,
    corrected,
    draft,
    lock,
    made,
    pilot,
    planned,
    plant,
    reword,
    row,
    set_aside,
    unsteady,
)
from tests.plant import Plant, monday

__all__ = ["made", "pilot", "plant", "row"]  # fixtures
pytestmark = pytest.mark.usefixtures("acme")


def test_a_baseline_is_not_locked_before_its_plan_is_known(plant: Plant, row: PilotMetric) -> None:
    found = draft(plant, row)

    with pytest.raises(Refused) as refused:
        baselines.lock_baseline(
            baseline=found, version=found.version, by=plant.cast.lead, now=plant.now
        )

    assert refused.value.code == "plan_pending"
    assert lock(plant, found).locked_at == plant.now


def test_a_weak_plan_is_locked_only_once_somebody_accepted_it(
    plant: Plant, row: PilotMetric
) -> None:
    weak = draft(plant, row, matters=0.0001)
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
    weak = draft(plant, row, matters=0.0001)
    planned(weak)
    accepted = baselines.accept_plan(
        baseline=weak,
        version=weak.version,
        by=plant.cast.sponsor,
        now=plant.now,
        reason="The vendor pays.",
    )

    changed = draft(plant, row, matters=0.0002, version=accepted.version)

    assert changed.accepted_by_id is None


def test_a_season_hides_what_a_plain_before_and_after_would_see(
    plant: Plant, row: PilotMetric
) -> None:
    found = draft(plant, row)
    sees = planned(found)["mde"]
    found = draft(plant, row, matters=sees * 1.5, season_swing=0.0, version=found.version)
    planned(found)
    still = baselines.is_weak(found)

    found = draft(plant, row, matters=sees * 1.5, season_swing=sees, version=found.version)

    planned(found)
    assert (still, baselines.is_weak(found)) == (False, True)
    assert baselines.detectable(found) == pytest.approx(1.8 * sees)


def test_another_season_withdraws_the_acceptance(plant: Plant, row: PilotMetric) -> None:
    weak = draft(plant, row, matters=0.0001)
    planned(weak)
    accepted = baselines.accept_plan(
        baseline=weak,
        version=weak.version,
        by=plant.cast.sponsor,
        now=plant.now,
        reason="The vendor pays.",
    )

    changed = draft(plant, row, matters=0.0001, season_swing=0.4, version=accepted.version)

    assert changed.accepted_by_id is None


def test_a_plan_that_sees_enough_needs_no_acceptance(plant: Plant, row: PilotMetric) -> None:
    strong = draft(plant, row)
    planned(strong)

    with pytest.raises(Refused, match="can see"):
        baselines.accept_plan(
            baseline=strong,
            version=strong.version,
            by=plant.cast.sponsor,
            now=plant.now,
            reason="To be safe.",
        )


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


def test_another_change_that_matters_keeps_the_plan(plant: Plant, row: PilotMetric) -> None:
    seen = draft(plant, row)
    plan = planned(seen)

    changed = draft(plant, row, matters=0.3, version=seen.version)

    assert changed.plan == plan
    planned(changed)
    assert changed.planned_version == seen.version


def test_another_comparison_line_forgets_the_plan(plant: Plant) -> None:
    row = PilotMetric.objects.get(pilot=plant.whole("Early", week=2))
    seen = draft(plant, row)
    assert planned(seen)["level"] == "C"

    changed = draft(plant, row, comparison=plant.metric("The other plant"), version=seen.version)

    assert (changed.plan, changed.planned_version) == (None, None)
    assert planned(changed)["level"] == "A"


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
    found = draft(plant, row)
    before = planned(found)
    lock(plant, found)
    plant.send(row.metric, weeks=80)

    assert planned(found) == before


def test_a_baseline_is_not_locked_while_a_correction_is_still_added_up(
    plant: Plant, row: PilotMetric
) -> None:
    seen = draft(plant, row)
    plant.acknowledge([corrected(row.metric, ago=4, numerator=80)])

    with pytest.raises(Refused, match="still being added up") as refused:
        lock(plant, seen)
    recompute.recompute()

    assert refused.value.code == "figures_due"
    weeks = {week: value for week, _, _, value in lock(plant, seen).weeks}
    assert weeks[monday(4).isoformat()] == 0.8


def test_a_baseline_is_not_locked_while_a_week_of_it_is_set_aside(
    plant: Plant, row: PilotMetric
) -> None:
    seen = draft(plant, row)
    set_aside(row.metric, ago=4, until=plant.now + timedelta(hours=1))

    with pytest.raises(Refused, match="takes too long to compute") as refused:
        lock(plant, seen)

    assert refused.value.code == "week_aside"


def test_a_baseline_is_not_locked_while_its_comparison_line_is_still_added_up(
    plant: Plant,
) -> None:
    row, other = beside(plant)
    seen = draft(plant, row, comparison=other)
    plant.acknowledge([corrected(other, ago=4, numerator=1, revision=2)])
    later = plant.now + timedelta(weeks=1)

    with pytest.raises(Refused) as refused:
        lock(plant, seen, now=later)

    assert refused.value.code == "figures_due"


def test_figures_after_week_2_hold_up_no_lock(plant: Plant, row: PilotMetric) -> None:
    seen = draft(plant, row)
    plant.acknowledge([corrected(row.metric, ago=1, numerator=1)])

    assert lock(plant, seen).locked_at is not None


def test_a_baseline_is_not_locked_by_a_plan_of_other_figures(
    plant: Plant, row: PilotMetric
) -> None:
    seen = draft(plant, row)
    planned(seen)
    plant.deliver([corrected(row.metric, ago=4, numerator=80)])

    with pytest.raises(Refused) as refused:
        baselines.lock_baseline(
            baseline=seen, version=seen.version, by=plant.cast.lead, now=plant.now
        )

    assert refused.value.code == "plan_pending"
    assert lock(plant, seen).locked_at is not None


def test_a_plan_is_worked_out_anew_when_its_comparison_line_is_corrected(plant: Plant) -> None:
    row, other = beside(plant)
    seen = draft(plant, row, comparison=other)
    before = planned(seen)
    plant.deliver(unsteady(other, revision=2))

    assert planned(seen)["mde"] > 2 * before["mde"]


def test_a_plan_that_sees_less_than_the_accepted_one_is_accepted_anew(
    plant: Plant, row: PilotMetric
) -> None:
    weak = draft(plant, row, matters=0.0001)
    planned(weak)
    accepted = baselines.accept_plan(
        baseline=weak,
        version=weak.version,
        by=plant.cast.sponsor,
        now=plant.now,
        reason="The vendor pays.",
    )
    plant.deliver(unsteady(row.metric))

    planned(accepted)

    assert (accepted.accepted_by_id, accepted.accepted_at, accepted.accepted_reason) == (
        None,
        None,
        "",
    )
    assert AuditEvent.objects.filter(action="PLAN_WITHDRAWN", actor="system:plans").count() == 1


def test_a_plan_that_sees_more_than_the_accepted_one_stays_accepted(
    plant: Plant, row: PilotMetric
) -> None:
    weak = draft(plant, row, matters=0.0001)
    planned(weak)
    accepted = baselines.accept_plan(
        baseline=weak,
        version=weak.version,
        by=plant.cast.sponsor,
        now=plant.now,
        reason="The vendor pays.",
    )
    plant.deliver(corrected(row.metric, ago=ago, numerator=90 + ago % 2) for ago in range(3, 20))

    planned(accepted)

    assert accepted.accepted_by_id == plant.cast.sponsor.id


@pytest.mark.parametrize(("weeks", "reason"), [(3, "too_few"), (8, "no_variation")])
def test_a_plan_that_can_say_nothing_is_locked_only_once_somebody_accepted_it(
    plant: Plant, pilot: Pilot, weeks: int, reason: str
) -> None:
    metric = plant.metric("Hardly known")
    plant.deliver(corrected(metric, ago=3 + one, numerator=90) for one in range(weeks))
    silent = draft(plant, plant.aim(pilot, metric))
    assert planned(silent)["reason"] == reason

    with pytest.raises(Refused, match="nothing tells what it sees"):
        lock(plant, silent)
    accepted = baselines.accept_plan(
        baseline=silent,
        version=silent.version,
        by=plant.cast.sponsor,
        now=plant.now,
        reason="A start without history.",
    )

    assert lock(plant, accepted).accepted_by_id == plant.cast.sponsor.id


def test_a_plan_reads_its_comparison_line_by_one_wording_only(plant: Plant) -> None:
    row, other = beside(plant)
    seen = draft(plant, row, comparison=other)
    assert planned(seen)["mde"] > 0
    reword(other, plant.cast.admin, valid_from=monday(3), known_weeks=3)

    # Weeks 3, 2 and 1 before this one are all that the newer words leave.
    assert planned(seen)["reason"] == "too_few"
