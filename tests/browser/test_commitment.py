"""A vendor's commitment from the pilot's page to the printed evidence, in every look, by pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

import pytest
from django.conf import settings

from common.tenancy.context import tenant
from metrics.models import PilotMetric
from tenants.models import Membership
from tests.browser.pages import Visitor, shoot
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast, signed_in
from tests.metrics.test_commitments import EARLY, judge, promise
from tests.plant import Plant

SLUG = "commitments"


@dataclass(frozen=True)
class Desk:
    """A pilot with a missed commitment and one that figures cannot tell; sessions of its people."""

    pilot: str
    missed: str
    unknown: str
    lead: dict[str, str]
    sponsor: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    """Fill a company by its own actions."""
    company = found_company(SLUG)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        pilot = plant.whole(week=15, weeks=30)
        row = PilotMetric.objects.select_related("metric", "pilot__site").get()
        missed, unknown = promise(plant, row), promise(plant, row, due_date=EARLY)
        judge(plant)
    home = f"/t/{SLUG}/pilots/{pilot.code}/"
    return Desk(
        pilot=home,
        missed=f"{home}commitments/{missed.pk}/",
        unknown=f"{home}commitments/{unknown.pk}/",
        lead=session(company.lead),
        sponsor=session(company.sponsor),
    )


def session(member: Membership) -> dict[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return {name: signed_in(member).cookies[name].value}


def test_the_pages_of_a_commitment_are_accessible_and_fit(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for name, path, who in (
        ("pilot", desk.pilot, desk.lead),
        ("missed", desk.missed, desk.sponsor),
        ("form", f"{desk.pilot}commitments/new/", desk.lead),
        ("decide", f"{desk.unknown}decide/", desk.sponsor),
    ):
        problems += visitor.faults(path, name=f"commitment-{name}", cookies=who)

    assert problems == []


@pytest.mark.parametrize("script", [True, False])
def test_a_commitment_is_written_down_by_keyboard(
    visitor: Visitor, desk: Desk, script: bool
) -> None:
    page = visitor.open(desk.pilot, cookies=desk.lead, script=script)
    page.get_by_role("link", name="Add a commitment").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Metric").select_option(label="Late orders on time, in %: higher is better")
    page.get_by_label("The vendor promised").select_option("ge")
    for label, typed in (
        ("Number", "95"),
        ("What the vendor owes if it is missed", "Half of the fee back"),
        ("Where it stands", "Contract, clause 7"),
    ):
        page.get_by_label(label, exact=True).fill(typed)
    page.get_by_label("By the end of").fill("2099-01-04")
    page.keyboard.press("Enter")

    page.get_by_text("The commitment is written down.").wait_for()
    assert page.get_by_text("at least 95.0 %").first.is_visible()


def test_the_evidence_prints_on_one_sheet(visitor: Visitor, desk: Desk) -> None:
    page = visitor.open(desk.missed, cookies=desk.sponsor)

    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    page.emulate_media(media="print")
    shoot(page, "commitment-print")

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert page.get_by_text("For Kestrel: name, day").is_visible()
