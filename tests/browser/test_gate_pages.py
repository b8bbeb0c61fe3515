"""The page of each of the six gates: on desk, tablet and phone, by keyboard, by finger, without script."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from common.tenancy.context import tenant
from gates.rules.states import Code
from tests.browser.pages import Visitor, shoot
from tests.browser.test_commitment import session
from tests.gates import company
from tests.gates.plant import bring, name, passed, submitted, whole_pilot

# Desk, tablet and phone; the dark theme of these pieces is seen on other pages.
LOOKS = [(1440, "light"), (834, "light"), (390, "light")]
# What the keyboard has to reach of a page, in the order in which it stands there, with its place.
ACTIONS = """() => [...document.querySelectorAll(
  "main :is(a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'])")]
  .filter(one => one.checkVisibility() && one.getClientRects().length)
  .map((one, place) => {
    one.dataset.place = place;
    const box = one.getBoundingClientRect();
    return [one.closest(".actbar, .gatelist, .head") ? -1 : box.top + scrollY, one.textContent];
  })"""
FOCUSED = "() => document.activeElement?.dataset.place ?? ''"


@dataclass(frozen=True)
class Desk:
    """Gates of one pilot as they stand in all ways, those of another that are ready; and sessions."""

    shown: str
    ready: str
    lead: dict[str, str]
    reviewer: dict[str, str]
    executive: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    found = company.found("gate-pages")
    with tenant(found.acme):
        plant = company.plant_of(found)
        shown, ready = whole_pilot(plant, "Late orders"), whole_pilot(plant, "Scrap")
        passed(plant, shown, Code.DATA)
        name(plant, shown, Code.ACCURACY)
        submitted(plant, shown, Code.FAILURE)
        name(plant, shown, Code.INTEGRATION)
        submitted(plant, shown, Code.COST)
        for code in Code:
            name(plant, ready, code)
            bring(plant, ready, code)
    people = (found.lead, found.reviewer, found.coo)
    home = f"/t/{found.slug}/pilots/"
    return Desk(
        f"{home}{shown.code}/gates/",
        f"{home}{ready.code}/gates/",
        *(session(one) for one in people),
    )


@pytest.mark.parametrize("gate", Code)
def test_the_page_of_a_gate_is_accessible_and_fits(
    visitor: Visitor, desk: Desk, gate: Code
) -> None:
    problems = visitor.faults(
        f"{desk.shown}{gate}/", name=f"gates-{gate}", cookies=desk.lead, looks=LOOKS
    )

    assert problems == []


def walked(page: Page) -> list[str]:
    """Return the places that Tab reaches in the page's own part, in the order in which it does."""
    found: list[str] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        place = page.evaluate(FOCUSED)
        if place:
            found.append(place)
        elif found:
            break
    return found


@pytest.mark.parametrize("width", [1440, 834, 390])
@pytest.mark.parametrize("gate", Code)
def test_without_script_the_keyboard_reaches_every_action_in_reading_order(
    visitor: Visitor, desk: Desk, gate: Code, width: int
) -> None:
    page = visitor.open(f"{desk.shown}{gate}/", cookies=desk.lead, width=width, script=False)
    actions = page.evaluate(ACTIONS)

    assert len(actions) > 10
    assert walked(page) == [str(place) for place in range(len(actions))]
    tops = [top for top, _ in actions if top >= 0]
    # A link that begins in the middle of a line stands somewhat higher or lower than its neighbour.
    assert all(after > before - 24 for before, after in zip(tops, tops[1:], strict=False)), actions


@pytest.mark.parametrize("gate", Code)
def test_a_gate_is_two_taps_from_being_submitted_and_two_from_being_passed(
    visitor: Visitor, desk: Desk, gate: Code
) -> None:
    for who, link, done in (
        (desk.lead, "Submit", "Submitted."),
        (desk.reviewer, "Pass the gate", "The gate is passed."),
    ):
        page = visitor.open(f"{desk.ready}{gate}/", cookies=who, width=390, script=False)
        way = page.get_by_role("link", name=link, exact=True)
        expect(way).to_be_in_viewport()
        shoot(page, f"gates-{gate}-{link.split()[0].lower()}")
        way.tap()
        button = page.locator("form.form button[type=submit]")
        expect(button).to_be_in_viewport()
        button.tap()
        expect(page.get_by_text(done).first).to_be_visible()


def test_a_gate_that_waits_is_sent_back_or_waived_in_two_taps_and_a_reason(
    visitor: Visitor, desk: Desk
) -> None:
    for who, link in ((desk.reviewer, "Send back"), (desk.executive, "Waive")):
        page = visitor.open(f"{desk.shown}cost/", cookies=who, width=390, script=False)
        way = page.get_by_role("link", name=link, exact=True)
        expect(way).to_be_in_viewport()
        way.tap()

        expect(page.locator("form.form textarea")).to_be_in_viewport()
        expect(page.locator("form.form button[type=submit]")).to_be_visible()
