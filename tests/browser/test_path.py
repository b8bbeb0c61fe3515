"""Phases, change plan and first 90 days of a pilot: in every look, and kept without script."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import expect

from common.tenancy.context import tenant
from gates.actions import phases
from gates.rules.phases import Phase
from portfolio.actions import candidates, load, plan
from portfolio.models import Part, Pilot, PilotParty
from portfolio.models.engagement import KNOWN
from portfolio.rules.candidates import Outlook
from portfolio.rules.plan import Kind
from tests.browser.pages import Visitor
from tests.browser.test_commitment import session
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast
from tests.gates.plant import trigger
from tests.plant import Plant, monday
from tests.portfolio.test_candidates import ORDERS
from tests.portfolio.test_plan import LEAST

SLUG = "path"
LONG = "The deputy is named in the works council's meeting; until then the shift lead stands in. "


@dataclass(frozen=True)
class Desk:
    """A pilot in week 5 with an operator and a deputy; sessions of its lead and its sponsor."""

    home: str
    pilot: str
    lead: dict[str, str]
    sponsor: dict[str, str]


def fill(plant: Plant, people: Any) -> str:
    """Make a pilot whose ownership can be closed, and whose audit is closed by exception."""
    pilot = plant.whole(week=5)
    for part, member in ((Part.OPERATOR, people.admin), (Part.DEPUTY_OPERATOR, people.sponsor)):
        PilotParty.objects.create(
            pilot=pilot, person_id=member.person_id, part=part, hours_per_week=4
        )
    phases.except_phase(
        pilot=pilot,
        phase=Phase.AUDIT,
        version=1,
        reason=(LONG * 6).strip(),
        by=people.sponsor,
        now=plant.now,
    )
    Pilot.objects.filter(pk=pilot.pk).update(go_live_date=monday(3))
    pilot.refresh_from_db()
    gap = plant.metric("Exceptions")
    plant.send(gap, weeks=1)
    for metric in (None, gap):
        trigger(plant, pilot, **({"metric": metric} if metric else {}))
    for number in range(4):
        load.add_programme(
            name=f"Programme {number} {LONG}",
            kind="erp",
            site=plant.site,
            roles=["Planners of the late shift", f"Shift leads of hall {number}"],
            starts_on=pilot.start_date,
            ends_on=None,
            by=people.lead,
        )
    for number, looks in enumerate(("clear", "stops", "work", "open")):
        candidates.add_candidate(
            name=f"Candidate {number} {LONG}",
            site=plant.site,
            figures=ORDERS | ({"item_cost": Decimal(9)} if number == 2 else {}),
            outlook=[Outlook(looks)] * 6,
            consulted=KNOWN[: number * 4],
            advice=LONG * 3,
            by=people.lead,
        )
    for kind in Kind:
        values = LEAST[kind] | {"title": f"{kind}: {LONG * 2}".strip()}
        plan.add_item(pilot=pilot, kind=kind, by=people.lead, now=plant.now, **values)
    return pilot.code


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    company = found_company(SLUG)
    people = SimpleNamespace(admin=company.admin, lead=company.lead, sponsor=company.sponsor)
    with tenant(company.id):
        code = fill(Plant(cast(Cast, people)), people)
    home = f"/t/{SLUG}/"
    return Desk(
        home=home,
        pilot=f"{home}pilots/{code}/",
        lead=session(company.lead),
        sponsor=session(company.sponsor),
    )


def test_every_page_is_accessible_and_fits_in_every_look(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for name, path, who in (
        ("phases", f"{desk.pilot}phases/", desk.lead),
        ("phase-close", f"{desk.pilot}phases/ownership/close/", desk.lead),
        ("phase-except", f"{desk.pilot}phases/deploy/except/", desk.sponsor),
        ("plan", f"{desk.pilot}change/", desk.lead),
        ("plan-process", f"{desk.pilot}change/new/process/", desk.lead),
        ("pilot", desk.pilot, desk.lead),
        ("load", f"{desk.pilot}load/", desk.sponsor),
        ("load-decide", f"{desk.pilot}load/decide/", desk.sponsor),
        ("programmes", f"{desk.home}programmes/", desk.lead),
        ("programme", f"{desk.home}programmes/new/", desk.lead),
        ("candidates", f"{desk.home}candidates/", desk.lead),
        ("candidate", f"{desk.home}candidates/new/", desk.lead),
        ("watch", f"{desk.pilot}retraining/", desk.lead),
        ("board", desk.home, desk.lead),
    ):
        problems += visitor.faults(path, name=f"path-{name}", cookies=who)

    assert problems == []


def test_a_lead_closes_a_phase_on_a_phone_without_script(visitor: Visitor, desk: Desk) -> None:
    page = visitor.open(f"{desk.pilot}phases/", cookies=desk.lead, width=390, script=False)

    page.get_by_role("link", name="Close Ownership").click()
    page.get_by_role("button", name="Close it").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "2 of 5 phases are closed, 1 of them by exception."
    )


def test_a_concern_is_written_down_on_a_phone_without_script(visitor: Visitor, desk: Desk) -> None:
    page = visitor.open(f"{desk.pilot}change/", cookies=desk.lead, width=390, script=False)

    page.get_by_role("link", name="Add a concern").click()
    page.get_by_label("What worries people").fill("It will count how slow I am.")
    page.get_by_role("button", name="Add it").click()

    expect(page.get_by_role("link", name="It will count how slow I am.")).to_be_visible()
