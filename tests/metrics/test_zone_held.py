"""A pilot keeps its time zone while a baseline is locked: it says when a week is over."""

from __future__ import annotations

import html
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from common.tenancy.context import tenant
from common.writing import constraint_of
from metrics.actions import baselines
from metrics.models import Baseline, Metric
from portfolio import actions
from portfolio.models import Pilot, Site
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.plant import ZONE, Plant
from tests.portfolio.test_editing_pages import initial, text, url

OTHER = "America/Chicago"
REMEDY = "administrator replaces that baseline first, with a reason"


@pytest.fixture
def pilot(cast: Cast) -> Pilot:
    """Return a pilot with a locked baseline whose metric is of no site, beside two other sites."""
    with tenant(cast.acme):
        plant = Plant(cast)
        found = plant.whole(week=5, locked=True)
        actions.add_site(name="Plant Omaha", code="omaha", zone=OTHER, by=cast.admin)
        actions.add_site(name="Plant Ulm", code="ulm", zone=ZONE, by=cast.admin)
        Metric.objects.update(site=None)
        return found


def replace_baseline(cast: Cast) -> None:
    with tenant(cast.acme):
        baseline = Baseline.objects.get()
        baselines.supersede_baseline(
            baseline=baseline,
            version=baseline.version,
            by=cast.admin,
            now=datetime.now(UTC),
            reason="The line moved to Omaha.",
        )


def test_the_form_refuses_a_site_in_another_zone_at_its_field(cast: Cast, pilot: Pilot) -> None:
    lead, address = signed_in(cast.lead), url("pilot_edit", pilot.code)

    response = lead.post(address, initial(lead, address) | {"site": "omaha"})

    assert response.status_code == 422
    assert REMEDY in html.unescape(text(response))
    assert 'id="id_site_error"' in text(response)
    with tenant(cast.acme):
        assert Pilot.objects.get().site_id == pilot.site_id


def test_the_api_refuses_a_site_in_another_zone_at_its_field(cast: Cast, pilot: Pilot) -> None:
    api, path = Api(cast.api), f"pilots/{pilot.code}/"

    response = api.patch(path, {"site": "omaha"}, If_Match=api.get(path)["ETag"])

    assert response.status_code == 409
    errors = response.json()["errors"]
    assert [(one["field"], one["code"]) for one in errors] == [("site", "baseline_locked")]


def test_a_pilot_moves_within_its_zone_under_a_locked_baseline(cast: Cast, pilot: Pilot) -> None:
    lead, address = signed_in(cast.lead), url("pilot_edit", pilot.code)

    assert lead.post(address, initial(lead, address) | {"site": "ulm"}).status_code == 302


def test_the_zone_of_a_pilots_site_is_refused_at_its_field(cast: Cast, pilot: Pilot) -> None:
    admin, address = signed_in(cast.admin), url("site_edit", pilot.site.code)

    response = admin.post(address, initial(admin, address) | {"zone": OTHER})

    assert response.status_code == 422
    assert REMEDY in html.unescape(text(response))
    assert 'id="id_zone_error"' in text(response)
    with tenant(cast.acme):
        assert Site.objects.get(pk=pilot.site_id).zone == ZONE


def refused_words(cast: Cast, pilot: Pilot) -> str:
    admin, address = signed_in(cast.admin), url("site_edit", pilot.site.code)
    return html.unescape(text(admin.post(address, initial(admin, address) | {"zone": OTHER})))


def test_the_refusal_leads_to_the_baseline_that_holds_the_zone(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        row = Baseline.objects.select_related("target_row__metric").get().target_row

    page = refused_words(cast, pilot)

    first = f"Replace the baseline of {row.metric.name} in pilot P-01 {pilot.name} first"
    assert f'<a class="lnk" href="{url("baseline", "P-01", row.pk)}">{first}</a>' in page


def test_the_refusal_says_to_bring_an_archived_pilot_back_first(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        actions.archive_pilot(pilot=pilot, by=cast.admin, now=datetime.now(UTC))
        metric = Metric.objects.get()

    page = refused_words(cast, pilot)

    first = (
        f"Bring the archived pilot P-01 {pilot.name} back first, then replace its baseline of"
        f" {metric.name}"
    )
    assert f'<a class="lnk" href="{url("pilot", "P-01")}">{first}</a>' in page


def test_site_and_zone_change_once_the_baseline_was_replaced(cast: Cast, pilot: Pilot) -> None:
    replace_baseline(cast)
    admin, site = signed_in(cast.admin), url("site_edit", pilot.site.code)
    edit = url("pilot_edit", pilot.code)

    assert admin.post(site, initial(admin, site) | {"zone": OTHER}).status_code == 302
    assert admin.post(edit, initial(admin, edit) | {"site": "ulm"}).status_code == 302


def test_the_database_keeps_the_zone_whoever_writes(cast: Cast, pilot: Pilot) -> None:
    with tenant(cast.acme):
        omaha = Site.objects.get(code="omaha")
        with pytest.raises(IntegrityError) as moved, transaction.atomic():
            Pilot.objects.filter(pk=pilot.pk).update(site=omaha)
        with pytest.raises(IntegrityError) as changed, transaction.atomic():
            Site.objects.filter(pk=pilot.site_id).update(zone=OTHER)
        Site.objects.filter(code="ulm").update(zone=OTHER)

    assert constraint_of(moved.value) == "portfolio_pilot_zone_held"
    assert constraint_of(changed.value) == "portfolio_site_zone_held"
