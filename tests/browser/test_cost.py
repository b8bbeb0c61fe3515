"""A pilot's cost at full volume and its budget in every look, written and signed by pages alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import pytest
from django.conf import settings

from common.tenancy.context import tenant
from gates import actions
from portfolio import actions as portfolio
from portfolio.models import BudgetLine, Pilot
from tenants.models import Membership
from tenants.rules import Role
from tests.browser.pages import Visitor, axe, sheets, shoot, sideways
from tests.browser.test_first_pilot import _member, found_company
from tests.conftest import Cast, signed_in
from tests.gates.plant import TOO_DEAR, let_sign_for_finance, price
from tests.plant import Plant

SLUG = "costs"
LOOKS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]


@dataclass(frozen=True)
class Desk:
    """A pilot with two versions, the first one signed, and a budget; one without; their people."""

    pilot: str
    bare: str
    line: str
    lead: dict[str, str]
    sponsor: dict[str, str]
    finance: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    """Fill a company by its own actions."""
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        finance = _member(SLUG, Role.REVIEWER)
        let_sign_for_finance(finance)
        pilot, bare = plant.whole(), plant.pilot("Bare", lead=company.lead)
        price(plant, pilot)
        actions.sign_cost(pilot=pilot, version=1, by=finance, now=plant.now)
        price(plant, pilot, version=1, note="The vendor's new price list.", **TOO_DEAR)
        line = _budget(plant, pilot, "poc", "Trial of the vendor's model", 60_000, 40_000)
        _budget(plant, pilot, "integration", "Interface to the ERP", 25_000, 0)
        gone = _budget(plant, pilot, "run", "Licences of year 1", 12_000, 0)
        portfolio.archive_budget_line(line=gone, version=1, by=company.lead, now=plant.now)
        portfolio.fund_budget_line(line=line, version=1, by=company.sponsor, now=plant.now)
    home = f"/t/{SLUG}/pilots"
    return Desk(
        pilot=f"{home}/{pilot.code}/",
        bare=f"{home}/{bare.code}/",
        line=f"{home}/{pilot.code}/budget/{line.pk}/",
        lead=session(company.lead),
        sponsor=session(company.sponsor),
        finance=session(finance),
    )


def _budget(
    plant: Plant, pilot: Pilot, phase: str, title: str, planned: int, spent: int
) -> BudgetLine:
    return portfolio.add_budget_line(
        pilot=pilot,
        phase_class=phase,
        title=title,
        planned_money=Decimal(planned),
        actual_money=Decimal(spent),
        planned_hours=Decimal(planned // 100),
        by=plant.cast.lead,
    )


def session(member: Membership) -> dict[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return {name: signed_in(member).cookies[name].value}


def test_the_pages_of_a_cost_are_accessible_and_fit(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for name, path, who in (
        ("page", f"{desk.pilot}cost/", desk.lead),
        ("replaced", f"{desk.pilot}cost/?version=1", desk.lead),
        ("empty", f"{desk.bare}cost/", desk.lead),
        ("form", f"{desk.pilot}cost/edit/", desk.lead),
        ("sign", f"{desk.pilot}cost/sign/", desk.finance),
        ("gate", f"{desk.pilot}gates/cost/", desk.lead),
    ):
        problems += visitor.faults(path, name=f"cost-{name}", cookies=who, looks=LOOKS)

    assert problems == []


def test_the_pages_of_a_budget_are_accessible_and_fit(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for name, path, who in (
        ("page", f"{desk.pilot}budget/", desk.lead),
        ("sponsor", f"{desk.pilot}budget/", desk.sponsor),
        ("empty", f"{desk.bare}budget/", desk.lead),
        ("form", desk.line, desk.lead),
        ("board", f"/t/{SLUG}/", desk.lead),
        ("pilot", desk.pilot, desk.lead),
    ):
        problems += visitor.faults(path, name=f"budget-{name}", cookies=who, looks=LOOKS)

    assert problems == []


@pytest.mark.parametrize("script", [True, False])
def test_a_line_is_written_by_its_lead_and_confirmed_by_the_sponsor_by_keyboard(
    visitor: Visitor, desk: Desk, script: bool
) -> None:
    title = f"Monitoring, script {script}"
    page = visitor.open(f"{desk.pilot}budget/", cookies=desk.lead, script=script)
    page.get_by_role("link", name="Add a line").focus()
    page.keyboard.press("Enter")
    page.get_by_label("What it is for").select_option("monitoring")
    page.get_by_label("In words").fill(title)
    page.get_by_label("Planned money, in EUR").fill("15000")
    page.keyboard.press("Enter")
    page.get_by_text(f"{title} is added.").wait_for()

    page = visitor.open(f"{desk.pilot}budget/", cookies=desk.sponsor, script=script)
    page.get_by_role("button", name=re.compile(f"Confirm as funded.*{title}")).focus()
    page.keyboard.press("Enter")

    page.get_by_text(f"{title} is confirmed as funded.").wait_for()
    assert page.get_by_role("button", name=re.compile(f"Take back.*{title}")).is_visible()


FIGURES = {
    "Items a working day, at full volume": "40000",
    "Sites": "3",
    "Working days a year": "250",
    "Calls an item": "1.5",
    "Cost of one call, in EUR": "0.02",
    "Overhead a year, in EUR": "180000",
    "Labour replaced an item, in minutes": "0.2",
    "Cost of an hour of that labour, in EUR": "36",
    "Errors of today cost, per 1,000 items, in EUR": "10",
    "Errors of the AI cost, per 1,000 items, in EUR": "25",
}
KNOWN = (
    "How well the cost of a call is known",
    "How well the overhead is known",
    "How well the minutes are known",
    "How well the hour is known",
    "How well that is known",
    "How well the cost of its errors is known",
)


@pytest.mark.parametrize("script", [True, False])
def test_a_version_is_written_and_signed_by_keyboard(
    visitor: Visitor, desk: Desk, script: bool
) -> None:
    page = visitor.open(f"{desk.bare}cost/edit/", cookies=desk.lead, script=script)
    for label, typed in FIGURES.items():
        page.get_by_label(label, exact=True).fill(typed)
    for label in KNOWN:
        page.get_by_label(label, exact=True).select_option("estimated")
    page.get_by_label("Counted").select_option("together")
    if page.get_by_label("What changed").count():
        page.get_by_label("What changed").fill("Worked out anew.")
        page.get_by_label("Sites", exact=True).fill("4")
    page.get_by_label("Working days a year", exact=True).press("Enter")
    page.get_by_text("is written. Finance signs it next.").wait_for()

    page = visitor.open(f"{desk.bare}cost/", cookies=desk.finance, script=script)
    page.get_by_role("link", name="Sign it").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Why it may go on").fill("The price falls next year.")
    page.get_by_role("button", name="Sign it").focus()
    page.keyboard.press("Enter")

    page.get_by_text("is signed.").first.wait_for()
    assert page.get_by_text("“The price falls next year.”").first.is_visible()
    assert page.get_by_text("€570,000").first.is_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_wrong_answers_are_named_and_nothing_is_lost(
    visitor: Visitor, desk: Desk, width: int
) -> None:
    visitor.expect("422")
    page = visitor.open(f"{desk.pilot}cost/edit/", cookies=desk.lead, width=width)
    page.get_by_label("Sites", exact=True).fill("0")

    page.get_by_role("button", name="Write the next version").click()

    page.get_by_text("Nothing was saved.").wait_for()
    shoot(page, f"cost-errors-{width}")
    assert axe(page) + sideways(page) == []
    assert page.get_by_label("Sites", exact=True).input_value() == "0"
    assert page.get_by_label("Cost of one call, in EUR", exact=True).input_value() == "0.03"


def test_the_cost_prints_on_one_sheet(visitor: Visitor, desk: Desk) -> None:
    page = visitor.open(f"{desk.pilot}cost/?version=1", cookies=desk.lead)

    assert sheets(page) == 1
    page.emulate_media(media="print")
    shoot(page, "cost-print")
