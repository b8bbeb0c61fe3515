"""From an empty company through all six gates into production, by pages and API sync alone.

Only accounts are there before: who may sign in. Everything else is typed into pages, and what the
plant's system sends comes over the API.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page

from common.tenancy.context import tenant
from tenants.models import Membership
from tenants.rules import Role
from tests.browser import test_foundation as pages
from tests.browser import test_last_gates as last
from tests.browser.pages import Visitor, shoot
from tests.browser.test_commitment import session
from tests.browser.test_first_pilot import BETTER, Company, _member, deliver, found_company
from tests.browser.test_first_pilot import Desk as Window
from tests.browser.test_foundation import Desk, fill, send
from tests.plant import monday

GATES = ("data", "accuracy", "failure", "integration", "cost", "ownership")
METRIC = "late-lines"


@dataclass(frozen=True)
class People:
    """Who may sign in to the company besides its admin, lead and sponsor."""

    company: Company
    executive: Membership
    reviewer: Membership


def let_in(slug: str) -> People:
    """Make the accounts, and nothing else."""
    company = found_company(slug)
    with tenant(company.id):
        _member(slug, Role.OPERATOR)
        _member(slug, Role.OWNER)
        executive, reviewer = (_member(slug, role) for role in (Role.EXECUTIVE, Role.REVIEWER))
    return People(company, executive, reviewer)


def set_up(visitor: Visitor, people: People) -> None:
    """Let the admin add a site and a source, and let the reviewer speak for Finance."""
    admin = Window(visitor, people.company.admin, people.company.slug, script=True)
    admin.click("Settings", "Sites", "Add a site")
    admin.fill(Name="Plant Lyon", Code="LYON", Time_zone="Europe/Paris")
    admin.click("Add a site")
    admin.says("Plant Lyon is added.")
    admin.click("Sources", "Add a source")
    admin.fill(Name="Order book", Code="erp", Kind="ERP")
    admin.click("Add a source")
    admin.says("Order book is added.")
    admin.page.goto(f"/t/{people.company.slug}/settings/members/{people.reviewer.pk}/")
    admin.page.locator("[name=functions][value=finance]").check()
    send(admin.page, "Reviewer")


def begin_pilot(visitor: Visitor, people: People) -> str:
    """Let the lead start a pilot with a metric whose target the sponsor agrees; return its page."""
    lead = Window(visitor, people.company.lead, people.company.slug, script=True)
    lead.click("Portfolio", "Add the first pilot")
    lead.fill(Name="Late orders", Start=monday(3).isoformat(), Sponsor="Sponsor")
    lead.click("Start the pilot", "Choose a metric", "Define a", "Choose A share")
    lead.fill(Name="Late lines", Code=METRIC, Site="Plant Lyon")
    lead.fill(**{"What counts": "Lines delivered late", "Of what": "All lines"})
    lead.page.get_by_label(BETTER["down"]).check()
    lead.click("Define the metric")
    lead.page.get_by_label("Primary:").check()
    lead.fill(**{"The target is": "below", "Target": "6"})
    lead.click("Add the metric")
    lead.says("Late lines")
    home = lead.page.url.split("/metrics/")[0]
    sponsor = Window(visitor, people.company.sponsor, people.company.slug, script=True)
    sponsor.click("Late orders", "Agree the target of Late lines", "Agree")
    sponsor.says("You agreed: Late lines")
    return home[home.index("/t/") :].rstrip("/") + "/"


def item(days: int) -> dict[str, Any]:
    """Return what the plant's system sends of what happened some days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    return {
        "metric": METRIC,
        "event_at": at.isoformat(),
        "source": "erp",
        "external_id": f"{days} days ago",
        "numerator": 8,
        "denominator": 100,
    }


def tell_times(page: Page, desk: Desk) -> None:
    """Write down what the times of the metric are read from."""
    company = desk.home.split("pilots/")[0]
    page.goto(f"{company}metrics/{METRIC}/timestamps/erp/")
    fill(page, transaction_type="Delivery", event_field="LIKP-WADAT_IST", limit_hours="24")
    send(page, "Late lines")


def write_down(page: Page, desk: Desk) -> None:
    """Write down all that the gates read of the pilot, as its lead."""
    last.list_source(page, desk, maintainer="Lead")
    tell_times(page, desk)
    costly = {"consequence": "customer", "tolerated": "2", "checked_by": "Planner, QP-7"}
    pages.write_class(page, desk, name="Late order missed", **costly)
    pages.count(page, desk, "curated", "6")
    pages.count(page, desk, "live", "10")
    for kind in ("wrong", "unsure", "late", "silent"):
        pages.write_mode(page, desk, kind)
        pages.drill(page, desk, kind)
    pages.write_snapshot(page, desk)
    pages.need_field(page, desk)
    last.write_cost(page, desk, cost_per_call="0.01")
    last.name_person(page, desk, "operator", "Operator")
    last.name_person(page, desk, "deputy_operator", "Owner")
    last.name_trigger(page, desk)
    document = {"url": "https://docs.plant.example/x"}
    pages.bring(page, desk, "data", "production_data", **document)
    pages.bring(page, desk, "accuracy", "costly_missed", value="0")
    pages.bring(page, desk, "integration", "monitored", **document)
    pages.bring(page, desk, "ownership", "retraining", **document)


def test_an_empty_company_brings_a_pilot_through_six_gates_into_production(
    visitor: Visitor, site: str
) -> None:
    people = let_in("six-gates")
    company = people.company
    set_up(visitor, people)
    home = begin_pilot(visitor, people)
    # What is there when a feed begins is history; what happens from then on has to come in time.
    deliver(site, company, [item(days) for days in (28, 21, 14, 7)])
    deliver(site, company, [item(0)])
    desk = Desk(
        home=home,
        lead=session(company.lead),
        reviewer=session(people.reviewer),
        reviewer_key=str(people.reviewer.pk),
        day=datetime.now(UTC).date().isoformat(),
    )
    page = visitor.open(home, cookies=desk.lead)
    write_down(page, desk)
    finance = visitor.open(f"{home}cost/sign/", cookies=desk.reviewer)
    send(finance, "is signed.")

    executive = visitor.open(f"{home}gates/", cookies=session(people.executive))
    enter = executive.get_by_role("button", name="Put into production")
    for number, gate in enumerate(GATES):
        executive.reload()
        assert executive.get_by_text(f"{number} of 6 gates let Late orders").first.is_visible()
        assert enter.count() == 0
        pages.name_decider(page, desk, gate)
        pages.submit(page, desk, gate)
        pages.decide(visitor, desk, gate, script=True)

    executive.reload()
    assert executive.get_by_text("All six gates let Late orders").first.is_visible()
    enter.click()
    executive.get_by_text("Late orders is in production since").first.wait_for()
    shoot(executive, "six-gates")
    executive.goto(f"/t/{company.slug}/")
    strip = executive.get_by_role("list", name="Gates: 6 of 6 passed or waived").first
    assert strip.is_visible()
