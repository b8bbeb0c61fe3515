"""The start of a pilot stays while a baseline is locked, so that nobody chooses the weeks later."""

from __future__ import annotations

import html
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.actions import baselines, targets
from metrics.models import Baseline, PilotMetric
from portfolio.models import Pilot
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.metrics.drafts import beside, draft
from tests.plant import Plant, monday
from tests.portfolio.test_editing_pages import initial, text, url

REMEDY = "An administrator replaces that baseline first, with a reason; then the start can move."
ELSEWHEN = (monday(11), monday(-4))


@pytest.fixture
def pilot(cast: Cast) -> Pilot:
    with tenant(cast.acme):
        return Plant(cast).whole(week=5, locked=True)


def start(cast: Cast) -> date:
    with tenant(cast.acme):
        found: date = Pilot.objects.get().start_date
        return found


def replace_baseline(cast: Cast) -> None:
    baseline = Baseline.objects.get()
    baselines.supersede_baseline(
        baseline=baseline,
        version=baseline.version,
        by=cast.admin,
        now=datetime.now(UTC),
        reason="The line began a month later.",
    )


@pytest.mark.parametrize("day", ELSEWHEN)
def test_the_form_refuses_another_start_at_its_field(cast: Cast, pilot: Pilot, day: date) -> None:
    lead = signed_in(cast.lead)
    address = url("pilot_edit", pilot.code)

    response = lead.post(address, initial(lead, address) | {"start_date": day.isoformat()})

    assert response.status_code == 422
    assert REMEDY in html.unescape(text(response))
    assert 'id="id_start_date_error"' in text(response)
    assert start(cast) == pilot.start_date


@pytest.mark.parametrize("day", ELSEWHEN)
def test_the_api_refuses_another_start_at_its_field(cast: Cast, pilot: Pilot, day: date) -> None:
    api = Api(cast.api)
    path = f"pilots/{pilot.code}/"

    response = api.patch(
        path, {"start_date": day.isoformat(), "goal": "x"}, If_Match=api.get(path)["ETag"]
    )

    assert response.status_code == 409
    errors = response.json()["errors"]
    assert [(one["field"], one["code"]) for one in errors] == [("start_date", "baseline_locked")]
    assert REMEDY in errors[0]["detail"]
    with tenant(cast.acme):
        found = Pilot.objects.get()
        assert (found.start_date, found.goal) == (pilot.start_date, pilot.goal)
        assert not AuditEvent.objects.filter(action="PILOT_CHANGED").exists()


def test_what_else_a_pilot_is_changes_under_a_locked_baseline(cast: Cast, pilot: Pilot) -> None:
    lead = signed_in(cast.lead)
    address = url("pilot_edit", pilot.code)

    response = lead.post(address, initial(lead, address) | {"goal": "94 % on time"})

    assert response.status_code == 302


def test_the_start_moves_once_the_baseline_was_replaced(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        replace_baseline(cast)
    lead = signed_in(cast.lead)
    address = url("pilot_edit", pilot.code)

    response = lead.post(address, initial(lead, address) | {"start_date": monday(6).isoformat()})

    assert response.status_code == 302
    assert start(cast) == monday(6)


def test_a_draft_holds_no_start(cast: Cast) -> None:
    with tenant(cast.acme):
        plant = Plant(cast)
        pilot = plant.whole(week=5)
        row = PilotMetric.objects.get(pilot=pilot)
        baselines.draft_baseline(row=row, by=cast.lead, now=plant.now, matters=0.5)

        Pilot.objects.filter(pk=pilot.pk).update(start_date=monday(6))

    assert start(cast) == monday(6)


def test_the_database_keeps_the_start_whoever_writes(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Pilot.objects.filter(pk=pilot.pk).update(start_date=monday(11))

    assert constraint_of(refused.value) == "portfolio_pilot_start_held"


EARLIER, LATER = monday(8), monday(-3)
OUT_FIRST = (
    "A comparison line is in the draft of a baseline of this pilot: take it out, move the start, and"
    " choose it again while it is before week 3."
)


@pytest.fixture
def compared(cast: Cast) -> Pilot:
    """A pilot in week 2 whose draft has a comparison line."""
    with tenant(cast.acme):
        plant = Plant(cast)
        row, other = beside(plant)
        draft(plant, row, comparison=other)
        return row.pilot


def test_a_start_does_not_move_before_the_choice_of_a_comparison_line(
    cast: Cast, compared: Pilot
) -> None:
    lead = signed_in(cast.lead)
    address = url("pilot_edit", compared.code)

    earlier = lead.post(address, initial(lead, address) | {"start_date": EARLIER.isoformat()})
    later = lead.post(address, initial(lead, address) | {"start_date": LATER.isoformat()})
    back = lead.post(
        address, initial(lead, address) | {"start_date": compared.start_date.isoformat()}
    )

    assert (earlier.status_code, later.status_code, back.status_code) == (422, 302, 422)
    assert OUT_FIRST in html.unescape(text(earlier))
    assert 'id="id_start_date_error"' in text(earlier)
    assert start(cast) == LATER


def test_the_api_refuses_an_earlier_start_under_a_comparison_line(
    cast: Cast, compared: Pilot
) -> None:
    api = Api(cast.api)
    path = f"pilots/{compared.code}/"

    response = api.patch(path, {"start_date": EARLIER.isoformat()}, If_Match=api.get(path)["ETag"])

    assert response.status_code == 409
    assert response.json()["errors"][0]["code"] == "comparison_chosen"


def test_a_start_moves_to_an_earlier_day_once_the_line_is_out_of_the_draft(
    cast: Cast, compared: Pilot
) -> None:
    with tenant(cast.acme):
        written = Baseline.objects.get()
        baselines.draft_baseline(
            row=written.target_row,
            by=cast.lead,
            now=datetime.now(UTC),
            matters=written.matters,
            version=written.version,
        )
    lead = signed_in(cast.lead)
    address = url("pilot_edit", compared.code)

    response = lead.post(address, initial(lead, address) | {"start_date": EARLIER.isoformat()})

    assert response.status_code == 302


def test_the_line_of_a_retired_metric_holds_no_start(cast: Cast, compared: Pilot) -> None:
    with tenant(cast.acme):
        row = Baseline.objects.get().target_row
        targets.retire_target(row=row, by=cast.lead, now=datetime.now(UTC))
    lead, address = signed_in(cast.lead), url("pilot_edit", compared.code)

    response = lead.post(address, initial(lead, address) | {"start_date": EARLIER.isoformat()})

    assert response.status_code == 302
    assert start(cast) == EARLIER


def test_the_line_of_a_metric_that_is_a_guard_meanwhile_holds_the_start(
    cast: Cast, compared: Pilot
) -> None:
    with tenant(cast.acme):
        row = Baseline.objects.get().target_row
        PilotMetric.objects.filter(pk=row.pk).update(role="guard", slot=None)
    lead, address = signed_in(cast.lead), url("pilot_edit", compared.code)

    response = lead.post(address, initial(lead, address) | {"start_date": EARLIER.isoformat()})

    assert response.status_code == 422
    assert "make it a primary one first, or retire it" in html.unescape(text(response))


def test_the_database_lets_no_start_move_before_a_chosen_line(cast: Cast, compared: Pilot) -> None:
    with tenant(cast.acme):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Pilot.objects.filter(pk=compared.pk).update(start_date=EARLIER)

    assert constraint_of(refused.value) == "portfolio_pilot_line_held"
