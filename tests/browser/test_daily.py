"""A baseline of days from its draft to its read-out, by pages alone and in every look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from django.conf import settings

from common.tenancy.context import tenant
from metrics.actions import plans, readouts
from metrics.models import Baseline
from metrics.queries import verdicts
from tests.browser.pages import Visitor, shoot
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast, signed_in
from tests.metrics import daily
from tests.plant import Plant

SLUG = "days"


@dataclass(frozen=True)
class Desk:
    """Two pilots in week 15 whose metric came daily, one read out, and their lead's session."""

    company: int
    plant: Plant
    pilot: str
    baseline: str
    read_out: str
    lead: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    """Fill a company by its own actions."""
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        done, open_ = daily.add(plant, weekdays=daily.MON_TO_FRI), daily.add(plant, name="Setups")
        locked = daily.lock(plant, daily.draft(plant, done))
        readouts.read_out(baseline=locked, now=plant.now)
    home = f"/t/{SLUG}/pilots/"
    name = settings.SESSION_COOKIE_NAME
    return Desk(
        company.id,
        plant,
        f"{home}{done.pilot.code}/",
        f"{home}{open_.pilot.code}/metrics/{open_.pk}/baseline/",
        f"{home}{done.pilot.code}/metrics/{done.pk}/week-12/",
        {name: signed_in(cast(Any, company).lead).cookies[name].value},
    )


def test_the_pages_of_a_daily_pilot_are_accessible_and_fit(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for name, path in (
        ("daily-read-out", desk.read_out),
        ("daily-pilot", desk.pilot),
        ("daily-baseline", desk.read_out.replace("week-12", "baseline")),
        ("daily-draft", f"{desk.baseline}edit/"),
    ):
        problems += visitor.faults(path, name=name, cookies=desk.lead)

    assert problems == []


def test_a_lead_goes_from_a_daily_draft_to_its_read_out_by_clicks(
    visitor: Visitor, desk: Desk
) -> None:
    page = visitor.open(f"{desk.baseline}edit/", cookies=desk.lead)
    page.get_by_label("Smallest change that matters").fill("4")
    page.get_by_label("How far the season moves it").fill("0")
    page.get_by_label("Days", exact=True).check()
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_text("Usable days").wait_for()
    with tenant(desk.company):
        draft = Baseline.objects.get(locked_at=None)
        plans.plan_baseline(baseline_id=draft.pk, now=desk.plant.now)

    page.goto(desk.baseline)
    shoot(page, "daily-planned")
    page.get_by_role("button", name="Lock the baseline").click()
    page.get_by_text("over 28 days").wait_for()
    with tenant(desk.company):
        for one in verdicts.list_due_baselines(desk.plant.now):
            readouts.read_out(baseline=one, now=desk.plant.now)

    page.goto(desk.baseline.replace("baseline", "week-12"))
    page.get_by_text("28 days of baseline").wait_for()
    page.get_by_text("All 56 days as a table").wait_for()
