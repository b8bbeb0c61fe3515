"""The pages that people fill in: accessible, inside the window and quiet in every look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from django.conf import settings
from playwright.sync_api import expect

from common.tenancy.context import tenant
from metrics.actions import definitions, targets
from portfolio import actions as portfolio
from portfolio.models import Part
from tenants.models import Membership
from tests.browser.pages import Visitor, axe, shoot, sideways
from tests.browser.test_first_pilot import Company, found_company
from tests.conftest import NOW, signed_in

SLUG = "editing"
# The shared pieces are tried in every look by test_pieces.py; a page in each width, one in dark.
LOOKS = [(1440, "light"), (834, "light"), (390, "dark")]


@dataclass(frozen=True)
class Desk:
    """A company with one of each, and the addresses of what is in it."""

    session: dict[str, str]
    pages: dict[str, str]
    sponsor: dict[str, str]
    agree: str


def _session(company: Company) -> dict[str, str]:
    """Return the session of a lead who may open every page but the one that agrees to a target."""
    with tenant(company.id):
        Membership.objects.filter(pk=company.lead.pk).update(roles=["lead", "admin", "executive"])
    return _cookies(company.lead)


def _cookies(member: Membership) -> dict[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return {name: signed_in(member).cookies[name].value}


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    """Fill a company by its own actions."""
    company = found_company(SLUG)
    with tenant(company.id):
        lead = company.lead
        site = portfolio.add_site(name="Plant Lyon", zone="Europe/Paris", by=company.admin)
        old = portfolio.add_vendor(name="Vendor before", by=lead)
        portfolio.archive_vendor(vendor=old, by=lead, now=NOW)
        portfolio.add_vendor(name="Vendor A", contact="desk@vendor.example", by=lead)
        pilot = portfolio.add_pilot(
            name="Late-delivery early warning",
            site=site,
            start_date=date(2026, 9, 7),
            by=lead,
            now=NOW,
            parties=[
                portfolio.PartyDraft(part=Part.LEAD, person=lead.person),
                portfolio.PartyDraft(part=Part.SPONSOR, person=company.sponsor.person),
            ],
        )
        portfolio.set_party(pilot=pilot, part=Part.SPONSOR, person=lead.person, by=lead, now=NOW)
        portfolio.set_party(
            pilot=pilot, part=Part.SPONSOR, person=company.sponsor.person, by=lead, now=NOW
        )
        definitions.add_source(name="ERP", kind="erp", maintainer=lead.person, by=lead)
        metric = definitions.add_metric(
            name="On-time lines",
            kind="proportion",
            unit="share",
            direction="up",
            numerator="lines on time",
            denominator="lines delivered",
            by=lead,
            now=NOW,
        )
        definitions.add_metric(
            name="Stockouts",
            kind="rate",
            unit="per_week",
            exposure="week",
            direction="down",
            numerator="stockouts",
            site=site,
            by=lead,
            now=NOW,
        )
        row = targets.add_target(
            pilot=pilot, metric=metric, role="primary", comparison="gt", target=0.94, by=lead
        )
    return Desk(
        _session(company),
        {
            "sites": "settings/sites/",
            "site": "settings/sites/plant-lyon/",
            "vendors": "settings/vendors/",
            "people": "settings/people/",
            "person-new": "settings/people/new/",
            "sources": "settings/sources/",
            "pilot-new": "pilots/new/",
            "pilot-edit": "pilots/P-01/edit/",
            "pilot-people": "pilots/P-01/people/",
            "archived": "pilots/archived/",
            "metric-kind": "metrics/new/",
            "metric-new": "metrics/new/?kind=rate",
            "metric-edit": "metrics/on-time-lines/edit/",
            "wording": "metrics/on-time-lines/wording/",
            "target-choose": "pilots/P-01/metrics/new/",
            "target-new": "pilots/P-01/metrics/new/?metric=stockouts",
            "target-edit": f"pilots/P-01/metrics/{row.pk}/",
        },
        _cookies(company.sponsor),
        f"/t/{SLUG}/pilots/P-01/metrics/{row.pk}/agree/",
    )


def test_every_form_is_accessible_and_fits(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for name, path in desk.pages.items():
        problems += visitor.faults(
            f"/t/{SLUG}/{path}", name=f"edit-{name}", cookies=desk.session, looks=LOOKS
        )
    problems += visitor.faults(
        desk.agree, name="edit-target-agree", cookies=desk.sponsor, looks=LOOKS
    )

    assert problems == []


def test_a_form_with_errors_moves_focus_to_what_is_wrong(visitor: Visitor, desk: Desk) -> None:
    visitor.expect("422")
    page = visitor.open(f"/t/{SLUG}/settings/people/new/", cookies=desk.session)

    page.get_by_role("button", name="Add a person").click()

    page.get_by_text("Nothing was saved.").wait_for()
    assert axe(page) == []
    page.get_by_role("link", name="Name", exact=True).click()
    assert page.url.endswith("#id_name_field")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_refused_archive_lists_what_to_do_first(visitor: Visitor, desk: Desk, width: int) -> None:
    page = visitor.open(f"/t/{SLUG}/settings/sites/plant-lyon/", cookies=desk.session, width=width)

    page.get_by_role("button", name="Archive").click()

    page.get_by_text("Plant Lyon is still used.").wait_for()
    expect(page.get_by_role("link", name="Archive metric Stockouts first")).to_be_visible()
    shoot(page, f"archive-refused-{width}")
    assert sideways(page) + axe(page) == []
    page.get_by_role("link", name="Move pilot P-01").click()
    assert page.url.endswith("/pilots/P-01/")
    shoot(page, f"pilot-latest-{width}")
    assert sideways(page) + axe(page) == []
