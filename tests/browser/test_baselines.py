"""A baseline from its draft to its lock, by pages alone, in every look and without script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from django.conf import settings

from common.tenancy.context import tenant
from metrics.actions import baselines, plans
from metrics.models import PilotMetric
from tests.browser.pages import Visitor, axe, shoot
from tests.browser.test_first_pilot import found_company
from tests.browser.test_pages import LOOKS, OVER_THE_EDGE
from tests.conftest import Cast, signed_in
from tests.plant import Plant

SLUG = "baselines"


@dataclass(frozen=True)
class Desk:
    """A pilot in week 5 with a weak draft beside one with money, and two people's sessions."""

    address: str
    lead: dict[str, str]
    sponsor: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    """Fill a company by its own actions."""
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        pilot = plant.whole(week=5, weeks=20)
        plant.whole("Stock counts", money=(2000, 1234567))
        row = PilotMetric.objects.get(pilot=pilot)
        draft = baselines.draft_baseline(row=row, by=company.lead, now=plant.now, matters=0.001)
        plans.plan_baseline(baseline_id=draft.pk, now=plant.now)
    name = settings.SESSION_COOKIE_NAME

    def session(member: Any) -> dict[str, str]:
        return {name: signed_in(member).cookies[name].value}

    return Desk(
        f"/t/{SLUG}/pilots/{pilot.code}/metrics/{row.pk}/baseline/",
        session(company.lead),
        session(company.sponsor),
    )


def test_the_pages_of_a_baseline_are_accessible_and_fit(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for name, path, session in (
        ("baseline", "", desk.sponsor),
        ("baseline-edit", "edit/", desk.lead),
        ("baseline-accept", "accept/", desk.sponsor),
    ):
        problems += visitor.faults(desk.address + path, name=name, cookies=session, looks=LOOKS)

    assert problems == []


@pytest.mark.parametrize("width", [1440, 1241])
def test_what_a_unit_is_worth_stays_in_its_column_of_the_board(
    visitor: Visitor, desk: Desk, width: int
) -> None:
    page = visitor.open(f"/t/{SLUG}/", cookies=desk.lead, width=width)

    assert page.locator("table.pf").get_by_text("1,234,567 a unit").is_visible()
    assert page.evaluate(OVER_THE_EDGE) == []


def test_a_weak_plan_is_accepted_and_the_baseline_locked_by_clicks(
    visitor: Visitor, desk: Desk
) -> None:
    page = visitor.open(desk.address, cookies=desk.sponsor)
    page.get_by_role("link", name="Accept it by name").click()
    page.get_by_label("Why").fill("The vendor pays for the trial.")
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("accepted that this plan sees too little").wait_for()

    page = visitor.open(desk.address, cookies=desk.lead)
    page.get_by_role("button", name="Lock the baseline").click()

    page.get_by_text("Locked: ").wait_for()
    assert page.get_by_role("link", name="Change the draft").count() == 0
    shoot(page, "baseline-locked")
    assert axe(page) == []
