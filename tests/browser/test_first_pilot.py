"""From an empty company to the decision about its first pilot, by clicks and two API syncs alone.

The pilot is the demo's first one: the company founds it in week 3, and the clock moves to week 15.
"""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from playwright.sync_api import Page

from common.tenancy.context import tenant
from demo import actions as demo
from demo import wire
from demo.rules import TENANTS, MetricPlan, PilotPlan, today_at
from demo.table import read_figures
from metrics.actions import plans, readouts, recompute
from metrics.queries import verdicts
from tenants import actions as tenants
from tenants import queries
from tenants.models import Membership
from tenants.queries import current_slug
from tenants.rules import Role, Scope
from tests.browser.pages import Visitor, shoot
from tests.conftest import signed_in

PLAN = TENANTS[0]
PILOT = PLAN.pilots[0]
SITE = PLAN.site(PILOT.site)
KIND_WORDS = {"proportion": "A share", "rate": "How often something happens"}
# The baseline is locked in week 3; the demo is in week 15.
EARLIER = timedelta(weeks=12)
BETTER = {"up": "Higher is better", "down": "Lower is better"}


@dataclass(frozen=True)
class Company:
    """An empty company with three people who may sign in, and a token."""

    id: int
    slug: str
    admin: Membership
    lead: Membership
    sponsor: Membership
    token: str


def found_company(slug: str) -> Company:
    """Create the company and its members as an operator would."""
    tenant_id = tenants.create_tenant(
        slug=slug, name="First Pilot Works", currency=PLAN.currency, zone=SITE.zone
    )
    now = datetime.now(UTC)
    with tenant(tenant_id):
        admin, lead, sponsor = (
            _member(slug, role) for role in (Role.ADMIN, Role.LEAD, Role.SPONSOR)
        )
        _, token = tenants.create_token(
            name="ERP",
            scopes=[Scope.METRICS_WRITE],
            expires_at=now + timedelta(days=100),
            by=admin,
            now=now,
        )
    return Company(tenant_id, slug, admin, lead, sponsor, token)


def _member(slug: str, role: Role) -> Membership:
    email = f"{role.value}@{slug}.example"
    user = tenants.create_user(email=email, name=role.value.title(), password=None)
    person = tenants.add_person(name=role.value.title(), email=email, actor="system:test")
    return tenants.add_member(user=user, person=person, roles=[role], actor="system:test")


class Desk:
    """One member's window in which they fill in forms."""

    def __init__(self, visitor: Visitor, member: Membership, slug: str, *, script: bool) -> None:
        session = signed_in(member).cookies[settings.SESSION_COOKIE_NAME].value
        cookies = {settings.SESSION_COOKIE_NAME: session}
        self.page = visitor.open(f"/t/{slug}/", cookies=cookies, script=script)
        self.page.set_default_timeout(20_000)

    def click(self, *names: str) -> None:
        """Click links or buttons by what they say, one after the other."""
        for name in names:
            link = self.page.locator("main, nav").get_by_role("link", name=name)
            link.or_(self.page.get_by_role("button", name=name)).first.click()

    def fill(self, **answers: str) -> None:
        """Fill in fields by their label, spaces written as underscores."""
        for label, answer in answers.items():
            words = re.escape(label.replace("_", " "))
            field = self.page.get_by_label(re.compile(rf"^{words}\s*(optional)?$"))
            tag = field.evaluate("e => e.tagName")
            field.select_option(label=answer) if tag == "SELECT" else field.fill(answer)

    def says(self, words: str) -> None:
        """Wait for words on the page."""
        self.page.get_by_text(words).first.wait_for()


def define(lead: Desk, metric: MetricPlan) -> None:
    """Define a metric from the pilot's page and give it its target."""
    lead.click("Define a" if lead.page.get_by_text("No metric to choose yet").count() else "Define")
    lead.click(f"Choose {KIND_WORDS[metric.kind]}")
    wording = metric.wordings[0]
    first, second = (
        ("What counts", "Of what")
        if metric.kind == "proportion"
        else ("Which event is counted", "While what is running")
    )
    lead.fill(Name=metric.name, Code=metric.code)
    lead.fill(**{first: wording.numerator, second: wording.denominator, "Site": SITE.name})
    lead.page.get_by_label(BETTER[metric.direction]).check()
    lead.click("Define the metric")
    lead.page.get_by_label(f"{metric.role.title()}:").check()
    factor = 100 if metric.unit == "share" else 1
    side = {"gt": "above", "lt": "below"}[metric.comparison]
    lead.fill(**{"The target is": side, "Target": f"{metric.target * factor:g}"})
    lead.click("Add the metric")


def send(site: str, company: Company, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Sync all figures in one request."""
    request = urllib.request.Request(
        f"{site}/api/v1/measurements/",
        json.dumps({"measurements": items}).encode(),
        {"Authorization": f"Bearer {company.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def figures(pilot: PilotPlan, now: datetime) -> list[dict[str, Any]]:
    """Return the demo's items for a pilot that is in the demo's week now."""
    weeks = pilot.weeks_moved(pilot.start_date(today_at(now, SITE.zone)))
    table = tuple(read_figures())
    return [
        item
        for metric in pilot.metrics
        for item in wire.weekly_items(table, pilot=pilot, metric=metric, weeks=weeks)
    ]


def deliver(site: str, company: Company, items: list[dict[str, Any]]) -> None:
    """Sync figures, and compute their weeks as the worker does."""
    assert send(site, company, items)["rejected"] == []
    with tenant(company.id):
        while (done := recompute.recompute()) and done.marks:
            pass


def read_out(company: Company, now: datetime) -> None:
    """Read out what is due, as the worker does."""
    with tenant(company.id):
        for baseline in verdicts.list_due_baselines(now):
            readouts.read_out(baseline=baseline, now=now)


def lock_baseline(company: Company, lead: Desk, sponsor: Desk, now: datetime) -> None:
    """Draft the first metric's baseline, let the sponsor accept what it can see, and lock it."""
    name = PILOT.metrics[0].name
    lead.click("Portfolio", PILOT.name, f"Baseline of {name}", "Set the baseline", "Save the draft")
    with tenant(company.id):
        for key in verdicts.list_drafts():
            plans.plan_baseline(baseline_id=key, now=now)
    sponsor.click("Portfolio", PILOT.name, f"Baseline of {name}")
    sponsor.says("This plan cannot see the change that matters.")
    sponsor.click("Accept it by name")
    sponsor.fill(Why="The season hides a smaller change.")
    sponsor.click("Accept")
    sponsor.says("accepted that this plan sees too little")
    lead.click("Portfolio", PILOT.name, f"Baseline of {name}", "Lock the baseline")
    lead.says("Locked: ")


def board_row(page: Page) -> list[str]:
    """Return the board's row of the pilot: week, key metric, verdict, money, and the sparkline."""
    row = page.locator("tr[data-row]", has_text=PILOT.name).first
    cells = [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()]
    return [*cells[1:5], row.locator("svg").first.get_attribute("aria-label") or ""]


def demo_row(visitor: Visitor, now: datetime) -> list[str]:
    """Return the board's row of the same pilot in the demo, loaded at the same moment."""
    demo.load(now=now)
    for tenant_id in queries.list_tenant_ids():
        with tenant(tenant_id):
            if current_slug() == PLAN.slug:
                email = f"{PILOT.lead}@{PLAN.domain}"
                lead = Membership.objects.get(user__email=email)
    return board_row(Desk(visitor, lead, PLAN.slug, script=True).page)


def found_in_week_3(
    visitor: Visitor, site: str, slug: str, now: datetime, *, script: bool
) -> tuple[Company, list[dict[str, Any]]]:
    """Found the company and its pilot, up to the lock; return it and the figures still to come."""
    company = found_company(slug)

    def desk(member: Membership) -> Desk:
        return Desk(visitor, member, slug, script=script)

    admin, lead = desk(company.admin), desk(company.lead)
    admin.click("Settings", "Sites", "Add a site")
    admin.fill(Name=SITE.name, Code=SITE.code, Time_zone=SITE.zone)
    admin.click("Add a site")
    admin.says(f"{SITE.name} is added.")

    lead.click("Settings", "Vendors", "Add a vendor")
    lead.fill(Name="Vendor A (invented)")
    lead.click("Add a vendor")
    lead.click("People", "Add a person")
    lead.fill(Name="Dock planner", Job="Planner")
    lead.click("Add a person")
    lead.click("Sources", "Add a source")
    lead.fill(Name="Public data", Code=PILOT.metrics[0].dataset, Kind="Other")
    lead.click("Add a source")
    lead.says("Public data is added.")

    lead.click("Portfolio", "Add the first pilot")
    lead.fill(
        Name=PILOT.name,
        Vendor="Vendor A (invented)",
        Start=PILOT.start_date(today_at(now + EARLIER, SITE.zone)).isoformat(),
        Sponsor="Sponsor",
        Operator="Dock planner, Planner",
    )
    lead.fill(**{"Operator's hours a week": "4"})
    lead.click("Start the pilot")
    lead.says("Next: add the metric it shall move.")
    lead.click("Choose a metric")
    define(lead, PILOT.metrics[0])
    for metric in PILOT.metrics[1:]:
        lead.click("Add a metric")
        define(lead, metric)

    sponsor = desk(company.sponsor)
    sponsor.click(PILOT.name)
    for metric in PILOT.metrics:
        sponsor.click(f"Agree the target of {metric.name}", "Agree")
        sponsor.says(f"You agreed: {metric.name}")

    past, coming = split(figures(PILOT, now + EARLIER), now)
    deliver(site, company, past)
    lock_baseline(company, lead, sponsor, now)
    return company, coming


def split(
    items: list[dict[str, Any]], at: datetime
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the items of the days before a moment's, and the others."""
    past = [item for item in items if item["event_at"] < at.date().isoformat()]
    return past, [item for item in items if item not in past]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_empty_company_comes_to_the_decision_about_its_first_pilot_by_clicks(
    visitor: Visitor, site: str, script: bool
) -> None:
    now = datetime.now(UTC)
    begin, slug = now - EARLIER, f"first-{'script' if script else 'plain'}"
    with time_machine.travel(begin):
        company, coming = found_in_week_3(visitor, site, slug, begin, script=script)

    deliver(site, company, coming)
    read_out(company, now)
    sponsor = Desk(visitor, company.sponsor, slug, script=script)
    row = board_row(sponsor.page)
    shoot(sponsor.page, f"first-pilot-{'script' if script else 'plain'}")
    assert row == demo_row(visitor, now)

    sponsor.click(PILOT.name, "Read-out of week 12")
    sponsor.says(f"{PILOT.metrics[0].name} rose by")
    sponsor.click(PILOT.name, "Decide")
    sponsor.page.get_by_label("Extend", exact=True).check()
    sponsor.page.get_by_label("Read out anew after").select_option("16")
    sponsor.fill(Why="It reached its target once.")
    sponsor.click("Decide")
    sponsor.says("Extended, read out anew after week 16: It reached its target once.")
