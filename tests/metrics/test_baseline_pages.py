"""The pages of a baseline, as a lead, a sponsor and an administrator use them."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.tenancy.context import tenant
from metrics.actions import baselines, plans
from metrics.forms import baselines as forms
from metrics.models import Baseline, Metric, PilotMetric
from metrics.queries import verdicts
from tests.conftest import Cast, signed_in
from tests.metrics.drafts import corrected, make, set_aside
from tests.plant import Plant


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> Plant:
    return make(shared, django_db_blocker, week=3)


@pytest.fixture
def plant(made: Plant, cast: Cast) -> Plant:
    return deepcopy(made)


@pytest.fixture
def row(plant: Plant) -> PilotMetric:
    with tenant(plant.cast.acme):
        found: PilotMetric = PilotMetric.objects.select_related("metric", "pilot__site").get()
        return found


def address(row: PilotMetric, name: str = "baseline") -> str:
    return reverse(name, args=["acme", row.pilot.code, row.pk])


def text(client: Client, row: PilotMetric) -> str:
    response = client.get(address(row))
    assert response.status_code == 200
    return response.content.decode()


def unplanned(plant: Plant, row: PilotMetric, matters: float = 0.5) -> Baseline:
    with tenant(plant.cast.acme):
        return baselines.draft_baseline(row=row, by=plant.cast.lead, now=plant.now, matters=matters)


def drafted(plant: Plant, row: PilotMetric, matters: float = 0.5) -> Baseline:
    found = unplanned(plant, row, matters)
    with tenant(plant.cast.acme):
        plans.plan_baseline(baseline_id=found.pk, now=plant.now)
        found.refresh_from_db()
        return found


def find(row: PilotMetric) -> Baseline | None:
    with tenant(row.tenant_id):
        return verdicts.find_baseline(row)


def current(row: PilotMetric) -> Baseline:
    found = find(row)
    assert found is not None
    return found


def test_a_lead_finds_the_change_that_matters_proposed_and_typed_in_points(
    plant: Plant, row: PilotMetric
) -> None:
    form = signed_in(plant.cast.lead).get(address(row, "baseline_edit")).context["form"]

    with tenant(plant.cast.acme):
        window = verdicts.baseline_window(row, compared=False, now=plant.now)
    assert window.value is not None
    assert float(form.initial["matters"]) == pytest.approx((0.94 - window.value) * 100, abs=0.05)


def test_a_draft_with_three_decimals_is_shown_so_that_it_is_taken_again(
    plant: Plant, row: PilotMetric
) -> None:
    lead = signed_in(plant.cast.lead)
    place = address(row, "baseline_edit")
    key = lead.get(place).context["form"]["key"].value()
    answers = {"matters": "1.2340", "season_swing": "12.3450", "maturity_days": "7"}
    lead.post(place, {"key": key, "comparison": "", **answers})

    form = lead.get(place).context["form"]
    shown = {name: form[name].value() for name in (*answers, "comparison", "version")}

    assert lead.post(place, shown).status_code == 302
    assert (shown["matters"], shown["season_swing"]) == ("1.2340", "12.3450")
    assert (current(row).matters, current(row).season_swing) == (0.01234, 0.12345)


def test_a_draft_is_written_in_points_and_stored_as_a_share(plant: Plant, row: PilotMetric) -> None:
    lead = signed_in(plant.cast.lead)
    key = lead.get(address(row, "baseline_edit")).context["form"]["key"].value()

    response = lead.post(
        address(row, "baseline_edit"),
        {"key": key, "matters": "2,5", "season_swing": "0", "comparison": "", "maturity_days": "7"},
    )

    assert response.status_code == 302
    found = current(row)
    assert (found.matters, found.season_swing, found.maturity_days) == (0.025, 0.0, 7)


def test_what_was_stated_is_printed_with_every_digit_of_it(plant: Plant, row: PilotMetric) -> None:
    with tenant(plant.cast.acme):
        baselines.draft_baseline(
            row=row, by=plant.cast.lead, now=plant.now, matters=0.0004, season_swing=0.00003
        )

    page = text(signed_in(plant.cast.lead), row)

    assert "<dd>0.04\u00a0pts</dd>" in page
    assert "<dd>0.003\u00a0pts<br>" in page


@pytest.mark.parametrize(
    ("change", "unit", "decimals", "typed"),
    [
        (0.0361234567, "share", 1, "3.6"),
        (0.000361234567, "share", 1, "0.036"),
        (12.3456789, "minutes", 0, "12"),
        (2.0, "minutes", 1, "2"),
        (0.0, "minutes", 1, ""),
        (None, "minutes", 1, ""),
    ],
)
def test_a_change_is_proposed_without_digits_that_nobody_would_type(
    change: float | None, unit: str, decimals: int, typed: str
) -> None:
    assert forms.proposed_change(change, Metric(unit=unit, decimals=decimals)) == typed


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("matters", "0"),
        ("matters", "two"),
        ("matters", "2,500"),
        ("season_swing", "-1"),
        ("season_swing", "1.250"),
        ("maturity_days", "900"),
    ],
)
def test_a_draft_with_a_wrong_answer_says_so_at_the_field_and_keeps_the_rest(
    plant: Plant, row: PilotMetric, name: str, typed: str
) -> None:
    lead = signed_in(plant.cast.lead)
    key = lead.get(address(row, "baseline_edit")).context["form"]["key"].value()
    answers = {"matters": "2", "season_swing": "1", "maturity_days": "7", "comparison": ""}

    response = lead.post(address(row, "baseline_edit"), {"key": key, **answers, name: typed})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [name]
    assert find(row) is None


def test_the_page_says_what_the_plan_sees_and_what_more_history_buys(
    plant: Plant, row: PilotMetric
) -> None:
    drafted(plant, row)

    page = text(signed_in(plant.cast.reader), row)

    assert "This plan sees a change of" in page
    assert "104 weeks</th>" in page


def test_a_lead_locks_the_baseline_that_was_seen(plant: Plant, row: PilotMetric) -> None:
    found = drafted(plant, row)
    lead = signed_in(plant.cast.lead)
    assert "Lock the baseline" in text(lead, row)

    lead.post(address(row, "baseline_lock"), {"version": found.version})

    assert current(row).locked_by_id == plant.cast.lead.id
    assert "Locked: " in text(lead, row)


def test_the_page_says_when_a_week_that_is_set_aside_is_tried_again(
    plant: Plant, row: PilotMetric
) -> None:
    drafted(plant, row)
    with tenant(plant.cast.acme):
        set_aside(row.metric, ago=4, until=datetime.now(UTC) + timedelta(hours=1))

    page = text(signed_in(plant.cast.lead), row)

    assert "Wait for a week that takes too long to compute: it is tried again at" in page
    assert "Wait a few seconds" not in page


def test_a_lead_waits_for_the_plan_before_the_lock(plant: Plant, row: PilotMetric) -> None:
    found = unplanned(plant, row)
    lead = signed_in(plant.cast.lead)

    page = text(lead, row)
    response = lead.post(address(row, "baseline_lock"), {"version": found.version}, follow=True)

    assert "Wait a few seconds" in page
    assert "Lock the baseline" not in page
    assert "still being worked out" in response.content.decode()
    assert current(row).locked_at is None


def test_a_lead_waits_for_figures_that_are_still_added_up(plant: Plant, row: PilotMetric) -> None:
    drafted(plant, row)
    with tenant(plant.cast.acme):
        plant.acknowledge([corrected(row.metric, ago=4, numerator=1)])

    page = text(signed_in(plant.cast.lead), row)

    assert "figures that arrived are still being added up" in page
    assert "Lock the baseline" not in page


def test_a_page_with_a_plan_of_other_figures_has_it_worked_out_anew(
    plant: Plant, row: PilotMetric, django_capture_on_commit_callbacks: Any
) -> None:
    drafted(plant, row)
    with tenant(plant.cast.acme):
        plant.deliver([corrected(row.metric, ago=4, numerator=80)])
    lead = signed_in(plant.cast.lead)

    with django_capture_on_commit_callbacks() as jobs:
        page = text(lead, row)

    assert len(jobs) == 1
    assert "what the plan can see is worked out now" in page
    assert "Lock the baseline" not in page


def test_a_baseline_that_moved_since_it_was_seen_is_not_locked(
    plant: Plant, row: PilotMetric
) -> None:
    found = drafted(plant, row)

    response = signed_in(plant.cast.lead).post(
        address(row, "baseline_lock"), {"version": found.version + 1}, follow=True
    )

    assert "changed" in response.content.decode()
    assert current(row).locked_at is None


def test_a_weak_plan_is_accepted_by_the_sponsor_with_a_reason_and_never_by_the_lead(
    plant: Plant, row: PilotMetric
) -> None:
    found = drafted(plant, row, matters=0.0001)
    lead, sponsor = signed_in(plant.cast.lead), signed_in(plant.cast.sponsor)
    assert "Accept it by name" not in text(lead, row)
    assert "Accept it by name" in text(sponsor, row)
    answer = {"version": found.version, "reason": "The vendor pays for the trial."}

    refused = lead.post(address(row, "baseline_accept"), answer)
    taken = sponsor.post(address(row, "baseline_accept"), answer)

    assert (refused.status_code, taken.status_code) == (403, 302)
    assert "accepted that this plan sees too little" in text(lead, row)


def test_a_plan_that_can_say_nothing_says_why_and_asks_to_be_accepted(
    plant: Plant, row: PilotMetric
) -> None:
    with tenant(plant.cast.acme):
        plant.deliver(corrected(row.metric, ago=ago, numerator=90) for ago in range(1, 21))
    drafted(plant, row)

    page = text(signed_in(plant.cast.sponsor), row)

    assert "Nothing tells which change this plan could see." in page
    assert "The figures are all the same" in page
    assert "Accept it by name" in page


def test_an_administrator_replaces_a_locked_baseline_and_everybody_sees_the_old_one(
    plant: Plant, row: PilotMetric
) -> None:
    found = drafted(plant, row)
    with tenant(plant.cast.acme):
        found = baselines.lock_baseline(
            baseline=found, version=found.version, by=plant.cast.lead, now=plant.now
        )
    answer = {"version": found.version, "reason": "The meter was replaced in June."}

    refused = signed_in(plant.cast.lead).post(address(row, "baseline_replace"), answer)
    taken = signed_in(plant.cast.admin).post(address(row, "baseline_replace"), answer)

    assert (refused.status_code, taken.status_code) == (403, 302)
    assert "The meter was replaced in June." in text(signed_in(plant.cast.reader), row)


def test_a_baseline_without_figures_says_what_to_send(plant: Plant) -> None:
    with tenant(plant.cast.acme):
        pilot = plant.pilot("Empty", week=1, lead=plant.cast.lead)
        row = plant.aim(pilot, plant.metric("Nothing yet"), agreed=False)

    page = text(signed_in(plant.cast.lead), row)

    assert "No baseline yet." in page
    assert "Send as many earlier weeks" in page
