"""Who may change what others are measured by, who is told, and what an agreement stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from common import formats
from common.errors import Changed, Refused, Unconfirmed
from metrics import queries
from metrics.actions import baselines, definitions, targets
from metrics.models import Metric, MetricDefinition, PilotMetric
from metrics.queries import Changer
from metrics.rules.wordings import Agreed
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot
from tenants.models import Membership, Notification
from tenants.queries import System
from tests.conftest import Cast
from tests.metrics.drafts import beside, draft, lock, made, pilot, plant, reword, row
from tests.plant import Plant, monday

__all__ = ["made", "pilot", "plant", "row"]  # fixtures
CODE = "late-orders-on-time"


@pytest.fixture
def metric(pilot: Pilot) -> Metric:
    found: Metric = Metric.objects.get(code=CODE)
    return found


@pytest.fixture
def other(plant: Plant, cast: Cast) -> Membership:
    """Return another project lead, who leads nothing."""
    Membership.objects.filter(pk=cast.operator.pk).update(roles=["lead"])
    return Membership.objects.get(pk=cast.operator.pk)


def rename(metric: Metric, by: Changer, **changes: Any) -> Metric:
    fields = ("kind", "unit", "direction", "exposure", "decimals", "site")
    values = {name: getattr(metric, name) for name in fields} | {"name": "OTIF"} | changes
    return definitions.change_metric(metric=metric, version=metric.version, by=by, **values)


def archive(metric: Metric, by: Changer) -> Metric:
    now = Membership.objects.values_list("created_at", flat=True)[0]
    return definitions.archive_metric(metric=metric, by=by, now=now)


@pytest.mark.parametrize("change", [rename, reword, archive])
def test_a_lead_does_not_change_what_anothers_pilot_is_measured_by(
    metric: Metric, other: Membership, change: Any
) -> None:
    with pytest.raises(Refused) as refused:
        change(metric, other)

    assert refused.value.code == "used_elsewhere"
    assert str(refused.value) == (
        "Late orders on time is used in Late orders (lead: Lead). Renaming it, wording it anew or"
        " archiving it is up to Lead or a tenant admin: Admin."
    )
    assert MetricDefinition.objects.filter(metric=metric).count() == 1


def test_a_lead_who_was_removed_is_not_named_as_who_may(
    cast: Cast, metric: Metric, other: Membership
) -> None:
    Membership.objects.filter(pk=cast.lead.pk).update(removed_at=datetime.now(UTC))

    with pytest.raises(Refused, match=r"\(lead: nobody\).*is up to a tenant admin: Admin"):
        rename(metric, other)


@pytest.mark.parametrize("who", ["lead", "admin"])
@pytest.mark.parametrize("change", [rename, reword])
def test_the_lead_of_every_pilot_that_uses_a_metric_and_an_admin_change_it(
    cast: Cast, metric: Metric, who: str, change: Any
) -> None:
    change(metric, getattr(cast, who))


def test_a_job_of_the_product_changes_a_metric(metric: Metric) -> None:
    assert rename(metric, System("test")).name == "OTIF"


@pytest.mark.parametrize("role", ["primary", "guard", "health"])
def test_a_metric_in_pilots_of_two_leads_is_changed_by_neither(
    plant: Plant, metric: Metric, other: Membership, role: str
) -> None:
    plant.aim(plant.pilot("Press shop", lead=other), metric, agreed=False, role=role)

    for lead in (plant.cast.lead, other):
        with pytest.raises(Refused) as refused:
            rename(metric, lead)

        assert str(refused.value) == (
            "Late orders on time is used in Late orders (lead: Lead) and Press shop (lead: Operator)."
            " Renaming it, wording it anew or archiving it is up to a tenant admin: Admin."
        )


def test_a_pilot_without_a_lead_leaves_its_metric_to_the_admin(
    plant: Plant, metric: Metric
) -> None:
    plant.aim(plant.pilot("Press shop"), metric, agreed=False)

    with pytest.raises(Refused, match=r"Press shop \(lead: nobody\).* up to a tenant admin: Admin"):
        rename(metric, plant.cast.lead)


def test_an_archived_pilot_and_a_metric_nobody_uses_leave_a_change_to_every_lead(
    plant: Plant, pilot: Pilot, metric: Metric, other: Membership
) -> None:
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    rename(metric, other)
    archive(metric, other)
    rename(plant.metric("Stockouts"), other, name="Stops")


def test_who_led_a_pilot_before_does_not_change_its_metric(
    plant: Plant, pilot: Pilot, metric: Metric, other: Membership
) -> None:
    portfolio.set_party(
        pilot=pilot, part=Part.LEAD, person=other.person, by=plant.cast.admin, now=plant.now
    )

    with pytest.raises(Refused, match="up to Operator or a tenant admin"):
        rename(metric, plant.cast.lead)
    rename(metric, other)


def agree(plant: Plant, row: PilotMetric, **changes: Any) -> PilotMetric:
    """Let the sponsor agree at the moment it is, after every wording written so far."""
    values = {"version": row.version, "by": plant.cast.sponsor, "now": datetime.now(UTC)}
    return targets.agree_target(row=row, **values | changes)


def lines() -> dict[tuple[str, str], str]:
    """Return where the lines of the inbox about metrics lead, by who reads them and their words."""
    rows = Notification.objects.filter(topic="metric").select_related("member__person")
    return {(row.member.person.name, row.title): row.path for row in rows}


def trail() -> list[tuple[str, str, str, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(object__startswith="pilot:", action__startswith="METRIC_")
    return list(rows.order_by("seq").values_list("object", "action", "actor", "payload"))


def test_of_another_name_the_lead_and_who_agreed_read_in_their_inbox(
    plant: Plant, metric: Metric
) -> None:
    rename(metric, plant.cast.admin)

    title = "Late orders on time in Late orders is called OTIF now"
    page = f"/t/acme/metrics/{CODE}/"
    assert lines() == {("Lead", title): page, ("Sponsor", title): page}


def test_of_another_wording_who_agreed_is_led_to_where_they_agree_again(
    plant: Plant, metric: Metric
) -> None:
    reword(metric, plant.cast.admin)

    title = "Late orders on time in Late orders is worded anew from 1 Mar 2027"
    row = PilotMetric.objects.get()
    assert lines() == {
        ("Lead", title): f"/t/acme/metrics/{CODE}/",
        ("Sponsor", f"{title}, and you agreed before"): (
            f"/t/acme/pilots/P-01/metrics/{row.pk}/agree/"
        ),
    }


@pytest.mark.parametrize("change", [rename, reword])
def test_who_changes_a_metric_is_not_told_of_it(plant: Plant, metric: Metric, change: Any) -> None:
    change(metric, plant.cast.lead)

    assert [who for who, _ in lines()] == ["Sponsor"]


def test_a_job_tells_everybody(metric: Metric) -> None:
    rename(metric, System("test"))

    assert {who for who, _ in lines()} == {"Lead", "Sponsor"}


def test_nobody_is_told_where_neither_name_nor_wording_moved(plant: Plant, metric: Metric) -> None:
    rename(metric, plant.cast.admin, name=metric.name, decimals=3)

    assert (lines(), trail()) == ({}, [])


def test_every_pilot_of_a_metric_keeps_in_its_trail_what_was_changed(
    plant: Plant, metric: Metric
) -> None:
    plant.aim(plant.pilot("Press shop"), metric, agreed=False, role="guard")

    rename(metric, plant.cast.admin)
    reword(metric, plant.cast.admin)

    who, name = plant.cast.admin.audit_name, ["Late orders on time", "OTIF"]
    new = {"metric": CODE, "number": 2, "valid_from": "2027-03-01"}
    assert trail() == [
        ("pilot:P-01", "METRIC_RENAMED", who, {"metric": CODE, "name": name}),
        ("pilot:P-02", "METRIC_RENAMED", who, {"metric": CODE, "name": name}),
        ("pilot:P-01", "METRIC_REWORDED", who, new),
        ("pilot:P-02", "METRIC_REWORDED", who, new),
    ]


def test_an_agreement_is_about_the_newest_wording_of_its_moment(
    plant: Plant, metric: Metric
) -> None:
    reword(metric, plant.cast.admin)
    row = agree(plant, PilotMetric.objects.get())

    reword(metric, plant.cast.admin, numerator="Another", valid_from=date(2027, 6, 7))

    assert queries.find_agreed(row) == Agreed(number=2, newest=3)


def test_an_agreement_older_than_every_wording_is_about_the_first(
    plant: Plant, metric: Metric
) -> None:
    row = PilotMetric.objects.get()
    assert row.agreed_at is not None
    assert row.agreed_at < metric.definitions.get().created_at

    assert queries.find_agreed(row) == Agreed(number=1, newest=1)


def test_a_target_is_agreed_again_after_another_wording_and_asks_no_more(
    plant: Plant, metric: Metric
) -> None:
    first = PilotMetric.objects.get()
    reword(metric, plant.cast.admin)

    again = agree(plant, first, by=plant.cast.coo, wording=2)

    assert (again.agreed_by, again.version) == (plant.cast.coo, first.version + 1)
    assert queries.find_agreed(again) == Agreed(number=2, newest=2)
    asks = Notification.objects.filter(topic="metric", title__endswith="you agreed before")
    assert asks.exclude(read_at=None).count() == 1
    assert AuditEvent.objects.filter(action="TARGET_AGREED").latest("seq").payload["wording"] == 2


def test_a_target_whose_wording_stands_is_not_agreed_a_second_time(
    plant: Plant, metric: Metric
) -> None:
    row = PilotMetric.objects.get()

    again = agree(plant, row, by=plant.cast.coo)

    assert (again.agreed_by_id, again.version) == (plant.cast.sponsor.id, row.version)


def test_nobody_agrees_to_a_wording_they_did_not_see(plant: Plant, metric: Metric) -> None:
    row = PilotMetric.objects.get()
    reword(metric, plant.cast.admin)

    with pytest.raises(Changed):
        agree(plant, row, wording=1)


def test_under_a_locked_baseline_an_agreement_stays_as_it_is(plant: Plant, metric: Metric) -> None:
    row = PilotMetric.objects.get()
    lock(plant, draft(plant, row))
    reword(metric, plant.cast.admin)

    with pytest.raises(Refused, match="A baseline is locked"):
        agree(plant, PilotMetric.objects.get())


@pytest.mark.parametrize(("back", "weeks"), [(0, 3), (2, 3), (6, 3), (-1, 4)])
def test_a_wording_that_reaches_weeks_counted_already_asks_first(
    plant: Plant, metric: Metric, back: int, weeks: int
) -> None:
    day = monday(3) + timedelta(days=back)

    with pytest.raises(Unconfirmed) as asked:
        reword(metric, plant.cast.admin, valid_from=day)

    assert (asked.value.answer, asked.value.field) == (weeks, "valid_from")
    assert f"{weeks} weeks that are counted already, from {formats.day(monday(weeks))} on" in str(
        asked.value
    )
    assert metric.definitions.count() == 1
    wording = reword(metric, plant.cast.admin, valid_from=day, known_weeks=weeks)
    assert (wording.number, wording.valid_from) == (2, day)


def test_a_yes_to_some_weeks_is_none_to_more(plant: Plant, metric: Metric) -> None:
    with pytest.raises(Unconfirmed) as asked:
        reword(metric, plant.cast.admin, valid_from=monday(5), known_weeks=3)

    assert asked.value.answer == 5


def test_a_wording_of_weeks_to_come_asks_nothing(plant: Plant, metric: Metric) -> None:
    assert reword(metric, plant.cast.admin, valid_from=monday()).valid_from == monday()


@pytest.mark.parametrize("weeks_ago", [3, 12, 60])
def test_no_wording_begins_in_the_weeks_of_a_locked_baseline_or_before_them(
    plant: Plant, row: PilotMetric, weeks_ago: int
) -> None:
    lock(plant, draft(plant, row))
    last = monday(2) - timedelta(days=1)

    for day in (monday(weeks_ago), last):
        with pytest.raises(Refused) as refused:
            reword(row.metric, plant.cast.admin, valid_from=day, known_weeks=20)

        assert (refused.value.code, refused.value.field) == ("baseline_locked", "valid_from")
        assert str(refused.value) == (
            "The baseline of Late orders on time in Late orders is locked, and its weeks up to"
            f" {formats.day(last)} stay as they were worded. The new wording begins on"
            f" {formats.day(monday(2))} or later."
        )
    assert row.metric.definitions.count() == 1


def test_no_wording_of_a_comparison_line_begins_in_the_weeks_of_a_locked_baseline(
    plant: Plant,
) -> None:
    row, other = beside(plant)
    lock(plant, draft(plant, row, comparison=other), now=plant.now + timedelta(weeks=1))

    with pytest.raises(Refused, match=r"beside The other plant, is locked") as refused:
        reword(other, plant.cast.admin, valid_from=monday(3), known_weeks=3)

    assert (refused.value.code, refused.value.field) == ("baseline_locked", "valid_from")
    assert reword(other, plant.cast.admin, valid_from=monday(), known_weeks=0).number == 2


def test_a_wording_may_begin_after_the_weeks_of_a_locked_baseline(
    plant: Plant, row: PilotMetric
) -> None:
    lock(plant, draft(plant, row))

    wording = reword(row.metric, plant.cast.admin, valid_from=monday(2), known_weeks=2)

    assert wording.number == 2


def test_a_draft_and_a_replaced_baseline_hold_no_wording(plant: Plant, row: PilotMetric) -> None:
    locked = lock(plant, draft(plant, row))
    baselines.supersede_baseline(
        baseline=locked,
        version=locked.version,
        by=plant.cast.admin,
        now=plant.now,
        reason="The scale was wrong",
    )

    wording = reword(row.metric, plant.cast.admin, valid_from=monday(3), known_weeks=3)

    assert wording.number == 2


def test_a_baseline_is_not_locked_by_a_wording_that_nobody_agreed_to(
    plant: Plant, row: PilotMetric
) -> None:
    agree(plant, row)
    reword(row.metric, plant.cast.admin, valid_from=monday(90), known_weeks=20)
    baseline = draft(plant, row)

    with pytest.raises(Refused, match=r"agreed to version 1 .* by version 2") as refused:
        lock(plant, baseline)

    assert refused.value.code == "agreed_before"
    agree(plant, PilotMetric.objects.get())
    assert lock(plant, baseline).definition == 2
