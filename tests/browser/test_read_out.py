"""A read-out from its page to the note of a change and the decision, in every look, by pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from django.conf import settings

from common.tenancy.context import tenant
from metrics.actions import baselines, readouts
from metrics.models import PilotMetric
from tests.browser.pages import Visitor, shoot
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast, signed_in
from tests.metrics.test_read_outs import lock, measure
from tests.plant import Plant

SLUG = "read-outs"


@dataclass(frozen=True)
class Desk:
    """A pilot in week 15 whose read-out corrected figures would change, and its sponsor's session."""

    pilot: str
    read_out: str
    sponsor: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    """Fill a company by its own actions."""
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        pilot = plant.whole(week=15, weeks=104)
        row = PilotMetric.objects.select_related("metric", "pilot__site").get(pilot=pilot)
        measure(plant, row, 96)
        draft = baselines.draft_baseline(row=row, by=company.lead, now=plant.now, matters=0.02)
        locked = lock(plant, draft)
        readouts.read_out(baseline=locked, now=plant.now)
        measure(plant, row, 70, revision=2)
        readouts.read_out(baseline=locked, now=plant.now)
    home = f"/t/{SLUG}/pilots/{pilot.code}/"
    name = settings.SESSION_COOKIE_NAME
    session = {name: signed_in(cast(Any, company).sponsor).cookies[name].value}
    return Desk(home, f"{home}metrics/{row.pk}/week-12/", session)


def test_the_pages_of_a_read_out_are_accessible_and_fit(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for name, path in (
        ("read-out", desk.read_out),
        ("read-out-pilot", desk.pilot),
        ("decide", f"{desk.pilot}decide/"),
    ):
        problems += visitor.faults(path, name=name, cookies=desk.sponsor)

    assert problems == []


@pytest.mark.parametrize("script", [True, False])
def test_a_change_is_noted_and_the_pilot_decided_by_clicks(
    visitor: Visitor, desk: Desk, script: bool
) -> None:
    page = visitor.open(desk.read_out, cookies=desk.sponsor, script=script)
    take_note = page.get_by_role("link", name="Take note")
    if take_note.count():
        take_note.click()
        shoot(page, "read-out-note")
        page.get_by_label("Why").fill("Two late deliveries came in.")
        page.get_by_role("button", name="Take note").click()
    page.get_by_text("took note: Two late deliveries came in.").wait_for()

    page.goto(f"{desk.pilot}decide/")
    page.get_by_label("Stop", exact=True).check()
    page.get_by_label("Why").fill("It made things worse.")
    page.get_by_role("button", name="Decide").click()

    page.wait_for_url(f"**{desk.pilot}")
    assert page.get_by_text("Stopped").first.is_visible()
    shoot(page, "read-out-stopped")
