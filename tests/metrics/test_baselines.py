"""What the writes of baselines promise: drafts, locks and replacements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.errors import Changed, Refused
from metrics import queries
from metrics.actions import baselines, definitions, targets
from metrics.models import Baseline, Metric, PilotMetric
from metrics.queries import verdicts
from portfolio.actions import add_site, archive_pilot
from portfolio.models import Pilot
from tenants.models import Notification
from tests.metrics.drafts import beside, draft, lock, made, pilot, planned, plant, reword, row
from tests.plant import ZONE, Plant, monday

__all__ = ["made", "pilot", "plant", "row"]  # fixtures
pytestmark = pytest.mark.usefixtures("acme")


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


def test_a_comparison_line_counts_per_the_same_time(plant: Plant) -> None:
    daily, weekly = (
        definitions.add_metric(
            name=f"Parts a {exposure}",
            kind="rate",
            unit="parts",
            exposure=exposure,
            direction="up",
            numerator="Parts",
            site=plant.site,
            by=plant.cast.admin,
            now=plant.now,
        )
        for exposure in ("day", "week")
    )
    row = plant.aim(plant.pilot("Early", week=1, lead=plant.cast.lead), daily, agreed=False)

    with pytest.raises(Refused) as refused:
        draft(plant, row, comparison=weekly)

    assert refused.value.code == "comparison_unlike"
    assert verdicts.list_comparable(row) == []


def test_a_metric_of_the_pilot_itself_is_no_comparison_line(plant: Plant) -> None:
    row, other = beside(plant)
    elsewhere = draft(plant, row, comparison=other)
    known = Metric.objects.get(code="late-orders-on-time")
    assert verdicts.list_comparable(row) == [known, other]
    plant.aim(row.pilot, other, role="guard")

    with pytest.raises(Refused) as chosen:
        draft(plant, row, comparison=other, matters=0.4, version=elsewhere.version)
    with pytest.raises(Refused) as locked:
        lock(plant, elsewhere, now=plant.now + timedelta(weeks=1))

    assert (chosen.value.code, locked.value.code) == ("comparison_own", "comparison_own")
    assert verdicts.list_comparable(row) == [known]


def test_the_line_of_a_locked_baseline_becomes_no_metric_of_the_pilot(plant: Plant) -> None:
    row, other = beside(plant)
    later = plant.now + timedelta(weeks=1)
    locked = lock(plant, draft(plant, row, comparison=other), now=later)

    with pytest.raises(Refused) as refused:
        plant.aim(row.pilot, other, role="guard")

    assert refused.value.code == "is_comparison"
    assert other not in queries.list_free_metrics(row.pilot)
    baselines.supersede_baseline(
        baseline=locked, version=locked.version, by=plant.cast.admin, now=later, reason="Moved."
    )
    assert other in queries.list_free_metrics(row.pilot)
    assert plant.aim(row.pilot, other, role="guard").role == "guard"


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

    window = verdicts.baseline_window(row, compared=False, now=plant.now)
    assert (found.level, found.side, found.target) == ("C", "gt", 0.94)
    assert found.value == window.value
    assert [week[0] for week in found.weeks] == [one.day.isoformat() for one in window.periods]
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


def test_a_baseline_is_not_locked_before_week_2_is_over_for_its_metric_too(plant: Plant) -> None:
    begins = datetime.combine(monday(), time(0, 30), ZoneInfo(ZONE))
    pilot = plant.pilot(week=3, lead=plant.cast.lead)
    plant.site = add_site(name="Plant Hilo", zone="Pacific/Honolulu", by=plant.cast.admin)
    metric = plant.metric()
    plant.send(metric)
    seen = draft(plant, plant.aim(pilot, metric))

    with pytest.raises(Refused, match="Lock it from"):
        lock(plant, seen, now=begins)
    seen.refresh_from_db()

    assert lock(plant, seen, now=begins + timedelta(hours=24)).locked_at is not None


def test_a_draft_leaves_the_running_week_out_until_it_is_over(plant: Plant) -> None:
    row = PilotMetric.objects.get(pilot=plant.whole("Early", week=2))
    plant.send(row.metric, weeks=1, until=0)
    seen = draft(plant, row)

    def through(now: datetime) -> str:
        window = verdicts.baseline_window(row, compared=False, now=now)
        assert planned(seen, now=now)["through"] == window.periods[-1].day.isoformat()
        return window.periods[-1].day.isoformat()

    assert through(plant.now) == monday(1).isoformat()
    assert through(plant.now + timedelta(days=7)) == monday().isoformat()


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


def test_a_wording_that_begins_within_week_2_leaves_nothing_to_lock(
    plant: Plant, row: PilotMetric
) -> None:
    reword(row.metric, plant.cast.lead, valid_from=monday(3) + timedelta(days=2), known_weeks=3)
    row.refresh_from_db()
    again = targets.agree_target(
        row=row, version=row.version, by=plant.cast.sponsor, now=datetime.now(UTC)
    )

    window = verdicts.baseline_window(again, compared=False, now=plant.now)
    with pytest.raises(Refused, match="by the wording that holds at its end"):
        lock(plant, draft(plant, again))

    assert (window.periods, window.definition) == ((), 2)


def test_a_week_within_which_the_wording_changed_is_in_no_baseline(
    plant: Plant, row: PilotMetric
) -> None:
    reword(row.metric, plant.cast.lead, valid_from=monday(6) + timedelta(days=2), known_weeks=6)

    window = verdicts.baseline_window(row, compared=False, now=plant.now)

    assert [one.day for one in window.periods] == [monday(ago) for ago in (5, 4, 3)]
    assert window.definition == 2


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

    assert (second.number, second.locked_at, second.matters) == (2, None, 0.5)
    assert [one.number for one in verdicts.list_superseded(row)] == [1]
    assert verdicts.find_baseline(row) == second


@pytest.mark.parametrize("write", [baselines.accept_plan, baselines.supersede_baseline])
def test_a_baseline_of_an_archived_pilot_is_neither_accepted_nor_replaced(
    plant: Plant, row: PilotMetric, write: Callable[..., Baseline]
) -> None:
    found = draft(plant, row, matters=0.0001)
    planned(found)
    if write is baselines.supersede_baseline:
        found = lock(plant, draft(plant, row, matters=0.5, version=found.version))
    archive_pilot(pilot=row.pilot, by=plant.cast.admin, now=plant.now)

    with pytest.raises(Refused) as refused:
        write(
            baseline=Baseline.objects.get(),
            version=found.version,
            by=plant.cast.admin,
            now=plant.now,
            reason="The meter was replaced in June.",
        )

    assert refused.value.code == "pilot_archived"


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
