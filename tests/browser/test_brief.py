"""The weekly brief on paper, as full as it gets."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings

from common.tenancy.context import tenant
from portfolio import actions as portfolio
from portfolio.models import BriefMail
from portfolio.rules import local_day
from tenants import actions as tenants
from tenants.models import User
from tenants.rules import Role
from tests.browser.pages import Visitor, sheets
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast, signed_in
from tests.plant import Plant

SLUG = "briefs"
PILOTS = 13


def test_twelve_pilots_with_long_names_print_on_one_sheet_and_the_rest_is_counted(
    visitor: Visitor, committed: None
) -> None:
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        for number in range(PILOTS):
            pilot = plant.pilot(
                f"Early warning of late deliveries {number}",
                lead=company.lead,
                sponsor=company.lead,
            )
            metric = plant.metric(f"Lines delivered on or before the day, site {number}")
            plant.send(metric)
            plant.aim(pilot, metric, agreed=False, money=(1000, 20))
            portfolio.write_review(
                pilot=pilot,
                week=5,
                status="at_risk",
                sentence="Two of the three suppliers still send their confirmations a week late.",
                next_decision="",
                version=0,
                by=company.lead,
                now=plant.now,
            )
    name = settings.SESSION_COOKIE_NAME
    session = {name: signed_in(cast(Any, company).lead).cookies[name].value}

    page = visitor.open(f"/t/{SLUG}/brief/", cookies=session)

    assert page.locator(".sheet tbody tr").count() == 12
    assert page.get_by_text("And 1 more on the board.").is_visible()
    assert sheets(page) == 1

    # The review that stands on it: its form and its pilot's page, small and large.
    looks = [(1440, "light"), (390, "dark")]
    home = f"/t/{SLUG}/pilots/{pilot.code}/"
    form = visitor.faults(f"{home}review/", name="review-form", cookies=session, looks=looks)
    assert form + visitor.faults(home, name="review-pilot", cookies=session, looks=looks) == []


def test_a_review_is_written_without_script(visitor: Visitor, committed: None) -> None:
    company = found_company("reviews")
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        pilot = plant.pilot(lead=company.lead)
    name = settings.SESSION_COOKIE_NAME
    session = {name: signed_in(cast(Any, company).lead).cookies[name].value}
    home = f"/t/reviews/pilots/{pilot.code}/"

    page = visitor.open(home, cookies=session, script=False)
    page.get_by_role("link", name="Write week 5").click()
    page.get_by_label("At risk").check()
    page.get_by_label("The week in one sentence").fill("One supplier sends nothing.")
    page.get_by_role("button", name="Save the review").click()

    page.wait_for_url(f"**{home}")
    assert page.get_by_text("One supplier sends nothing.").is_visible()
    page.goto("/t/reviews/brief/")
    assert page.get_by_text("One supplier sends nothing.").is_visible()


def test_briefs_that_could_not_be_mailed_stand_on_the_health_page(
    visitor: Visitor, committed: None
) -> None:
    company, slug = cast(Any, found_company("unsent")), "unsent"
    with tenant(company.id):
        plant = Plant(company)
        plant.pilot(lead=company.lead)
        for tries, name in ((6, "Chief operations officer of all works " * 3), (1, "Coo")):
            email = f"{tries}@{slug}.example"
            user = tenants.create_user(email=email, name=name, password=None)
            person = tenants.add_person(name=name.strip(), email=email, actor="system:test")
            member = tenants.add_member(
                user=user, person=person, roles=[Role.EXECUTIVE], actor="system:test"
            )
            User.objects.filter(pk=user.pk).update(password="chosen")
            month = local_day(plant.now, "Europe/Berlin").replace(day=1)
            BriefMail.objects.create(
                tenant_id=company.id, member=member, month=month, tries=tries, due_at=plant.now
            )
    session_name = settings.SESSION_COOKIE_NAME
    session = {session_name: signed_in(company.admin).cookies[session_name].value}
    address = f"/t/{slug}/settings/health/"

    page = visitor.open(address, cookies=session, script=False)

    table = page.get_by_role("region", name="Table of briefs that could not be mailed")
    assert table.get_by_text("no more this month").first.is_visible()
    assert table.get_by_text("Coo", exact=True).is_visible()
    assert visitor.faults(address, name="health-unsent", cookies=session) == []
