"""On the shop floor: what was typed and not sent is offered again, and nothing is signed offline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from playwright.sync_api import Page, expect

from common.tenancy.context import tenant
from tenants import actions as tenants
from tenants.models import Membership
from tenants.rules import Role
from tests.browser.pages import Visitor, axe, shoot, sideways
from tests.browser.test_commitment import session
from tests.browser.test_first_pilot import found_company
from tests.browser.test_foundation import Desk, fill, found, name_decider, send
from tests.conftest import Cast
from tests.plant import Plant

NOTE = "Read on line 4: nulls in 2 of 100 lines, free text in the supplier's name."
OFFER = "You typed something here and did not send it"


SLUG = "drafts"
# What is kept was typed so many days ago.
AGED = """days => {
  const [key] = Object.keys(localStorage), draft = JSON.parse(localStorage.getItem(key));
  localStorage.setItem(key, JSON.stringify({...draft, at: Date.now() - days * 864e5}));
}"""


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    return found(SLUG)


@pytest.fixture(scope="module")
def waived(committed: None) -> tuple[str, list[dict[str, str]]]:
    """The address where a gate is waived, and two people who may."""
    company = found_company(f"{SLUG}-two")
    with tenant(company.id):
        pilot = Plant(cast(Cast, company)).whole(week=5)
        people = [session(_executive(name)) for name in ("one", "two")]
    return f"/t/{company.slug}/pilots/{pilot.code}/gates/data/waive/", people


def _executive(name: str) -> Membership:
    email = f"{name}@{SLUG}.example"
    user = tenants.create_user(email=email, name=name.title(), password=None)
    person = tenants.add_person(name=name.title(), email=email, actor="system:test")
    return tenants.add_member(user=user, person=person, roles=[Role.EXECUTIVE], actor="system:test")


def enter(page: Page, base: str, who: dict[str, str]) -> None:
    """Let somebody else use the same device."""
    page.context.clear_cookies()
    page.context.add_cookies([{"name": name, "value": who[name], "url": base} for name in who])


def note_page(visitor: Visitor, desk: Desk) -> Page:
    path = f"{desk.home}gates/data/criteria/production_data/"
    page = visitor.open(path, cookies=desk.lead, width=390, shared=False)
    page.locator("[name=kind][value=note]").check()
    return page


def drafts(page: Page) -> int:
    return int(page.evaluate("Object.keys(localStorage).length"))


def test_what_was_typed_and_not_sent_is_offered_until_the_server_took_it(
    visitor: Visitor, desk: Desk
) -> None:
    visitor.expect("422")
    page = note_page(visitor, desk)
    fill(page, text=NOTE)

    page.reload()

    expect(page.get_by_text(OFFER)).to_be_visible()
    expect(page.get_by_text("Somebody went on meanwhile")).to_be_hidden()
    shoot(page, "draft-390-light")
    assert axe(page) == []
    assert sideways(page) == []
    page.get_by_role("button", name="Put it back").press("Enter")
    expect(page.get_by_text(OFFER)).to_have_count(0)
    expect(page.locator("[name=text]")).to_be_focused()
    expect(page.locator("[name=text]")).to_have_value(NOTE)
    expect(page.locator("[name=kind][value=note]")).to_be_checked()
    page.locator("form.form button[type=submit]").press("Enter")
    page.locator("[data-errors]").wait_for()
    assert drafts(page) == 1
    fill(page, title="About it", captured_on=desk.day)
    send(page, "is added.")
    assert drafts(page) == 0


def test_what_was_typed_can_be_thrown_away_and_is_nobody_elses(
    visitor: Visitor, waived: tuple[str, list[dict[str, str]]]
) -> None:
    path, executives = waived
    page = visitor.open(path, cookies=executives[0], width=390, shared=False)
    fill(page, reason=NOTE)

    enter(page, visitor.windows.base, executives[1])
    page.goto(path)
    expect(page.locator("[name=reason]")).to_be_empty()
    expect(page.get_by_text(OFFER)).to_have_count(0)
    enter(page, visitor.windows.base, executives[0])
    page.goto(path)
    page.get_by_role("button", name="Throw it away").click()

    assert drafts(page) == 0
    page.reload()
    expect(page.get_by_text(OFFER)).to_have_count(0)


def test_what_never_arrived_is_offered_wherever_one_went_meanwhile(
    visitor: Visitor, desk: Desk
) -> None:
    visitor.expect("FAILED")
    page = note_page(visitor, desk)
    fill(page, text=NOTE)
    form = page.url
    page.route("**/criteria/**", lambda route: route.abort())
    page.locator("form.form button[type=submit]").click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/criteria/**")

    page.goto("/")
    page.goto(form)

    expect(page.get_by_text(OFFER)).to_be_visible()


def test_a_session_that_ended_loses_nothing_that_was_typed(visitor: Visitor, desk: Desk) -> None:
    page = note_page(visitor, desk)
    fill(page, text=NOTE)
    form = page.url
    [name] = desk.lead
    page.context.clear_cookies(name=name)

    page.locator("form.form button[type=submit]").click()
    page.wait_for_url("**/accounts/login/**")
    page.context.clear_cookies()  # and what the server keeps for whoever signs in now
    enter(page, visitor.windows.base, desk.lead)
    page.goto(form)

    expect(page.get_by_text(OFFER)).to_be_visible()


def test_the_offer_says_that_somebody_went_on_meanwhile(
    visitor: Visitor, waived: tuple[str, list[dict[str, str]]]
) -> None:
    path, executives = waived
    page = visitor.open(path, cookies=executives[0], width=390, shared=False)
    fill(page, reason=NOTE)
    other = visitor.open(path, cookies=executives[1], shared=False)
    fill(
        other,
        reason="The drill is next week.",
        until=f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}",
    )
    other.locator("form.form button[type=submit]").click()
    other.locator(".note.good").wait_for()

    page.goto(path)

    expect(page.get_by_text(OFFER)).to_be_visible()
    expect(page.get_by_text("Somebody went on meanwhile")).to_be_visible()


def test_after_two_weeks_nothing_is_kept(visitor: Visitor, desk: Desk) -> None:
    page = note_page(visitor, desk)
    fill(page, text=NOTE)

    page.evaluate(AGED, 13.9)
    page.reload()
    expect(page.get_by_text(OFFER)).to_be_visible()
    page.evaluate(AGED, 14.1)
    page.reload()

    expect(page.get_by_text(OFFER)).to_have_count(0)
    assert drafts(page) == 0


def test_nothing_is_signed_without_a_connection(visitor: Visitor, desk: Desk) -> None:
    visitor.expect("DISCONNECTED")
    setter = visitor.open(desk.home, cookies=desk.lead)
    name_decider(setter, desk, "data")
    page = visitor.open(
        f"{desk.home}gates/data/send-back/", cookies=desk.reviewer, width=390, shared=False
    )
    sign = page.locator("form.form button[type=submit]")

    page.context.set_offline(True)

    expect(sign).to_be_disabled()
    expect(page.get_by_text("No connection.")).to_be_visible()
    shoot(page, "offline-390-light")
    assert axe(page) == []
    page.context.set_offline(False)
    expect(sign).to_be_enabled()
    expect(page.get_by_text("No connection.")).to_be_hidden()
