"""The form of a new pilot says what else runs at its site: in every look, with and without script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from common.tenancy.context import tenant
from portfolio.actions import load
from tests.browser.pages import Visitor
from tests.browser.test_commitment import session
from tests.gates import company


@dataclass(frozen=True)
class Desk:
    """A company with one site, at which four programmes run until a day; and its lead's session."""

    new: str
    lead: dict[str, str]
    after: str


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    found = company.found("load-ahead")
    with tenant(found.acme):
        plant = company.plant_of(found)
        last = plant.today + timedelta(weeks=20)
        for name in ("SAP roll-out", "New WMS", "Lean, line 2", "Reports anew"):
            load.add_programme(
                name=name,
                kind="other",
                site=plant.site,
                roles=["Planners of the late shift", name],
                starts_on=plant.today,
                ends_on=last,
                by=found.lead,
            )
    after = (last + timedelta(days=1)).isoformat()
    return Desk(f"/t/{found.slug}/pilots/new/", session(found.lead), after)


def test_the_form_with_its_load_is_accessible_and_fits(visitor: Visitor, desk: Desk) -> None:
    assert visitor.faults(desk.new, name="load-ahead", cookies=desk.lead) == []


def test_another_start_shows_its_own_load(visitor: Visitor, desk: Desk) -> None:
    page = visitor.open(desk.new, cookies=desk.lead, width=390)
    note = page.locator("#ahead")
    expect(note).to_contain_text("other things run at Plant Lyon meanwhile.")
    expect(note).to_contain_text("Planners of the late shift, 4 at once")

    page.get_by_label("Start", exact=True).fill(desk.after)
    page.get_by_label("Start", exact=True).press("Tab")

    expect(note).to_be_hidden()


@pytest.mark.parametrize("script", [True, False])
def test_a_pilot_is_started_beside_much_else_by_keyboard(
    visitor: Visitor, desk: Desk, script: bool
) -> None:
    page = visitor.open(desk.new, cookies=desk.lead, script=script)
    page.get_by_label("Name", exact=True).fill(f"Late orders, {script}")
    page.get_by_role("button", name="Start the pilot").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("An executive or the sponsor decides whether").first).to_be_visible()
