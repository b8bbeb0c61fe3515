"""Functions, requirements and what waits: in every look, and a spreadsheet brought in without script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from common.tenancy.context import tenant
from gates import actions as gates
from gates.rules.states import Code
from portfolio.models import Area, Part, Pilot, PilotParty
from tenants import actions as tenants
from tenants.models import Membership
from tenants.rules import Role
from tests.browser.pages import Visitor, shoot
from tests.browser.test_commitment import session
from tests.browser.test_first_pilot import found_company
from tests.conftest import Cast, signed_in
from tests.gates.plant import answer, bring, tried, trigger
from tests.plant import Plant, today
from tests.portfolio.test_engagement import engage, live
from tests.portfolio.test_requirements import add, as_csv, rows_47

SLUG = "early"


@dataclass(frozen=True)
class Desk:
    """Pilots in several weeks; sessions of a lead, a reviewer and an admin."""

    home: str
    pilot: str
    file: str
    lead: dict[str, str]
    reviewer: dict[str, str]
    admin: dict[str, str]


def reviewer_of(functions: list[str]) -> Membership:
    user = tenants.create_user(email=f"reviewer@{SLUG}.example", name="Reviewer", password=None)
    person = tenants.add_person(name="Reviewer", email=user.email, actor="system:test")
    return tenants.add_member(
        user=user,
        person=person,
        roles=[Role.REVIEWER],
        functions=functions,
        actor="system:test",
    )


def fill(plant: Plant, people: Any) -> Pilot:
    """Fill a company: pilots before, in and near the end of their path."""
    pilot = live(plant.whole(week=5), weeks=9)
    plant.pilot("Ahead of its start", week=-3)
    live(plant.pilot("Short path", week=1), weeks=6)
    said = {"member": people.reviewer, "engaged_on": today() - timedelta(days=9)}
    for area, values in {
        Area.SECURITY: {**said, "lead_weeks": 26},
        Area.LEGAL: {**said, "outcome": "objected", "note": "The contract names no processor."},
        Area.FINANCE: {**said, "outcome": "no_objection"},
        Area.OPERATIONS: {
            **said,
            "outcome": "conditions",
            "note": "A shift lead can stop it at any time, also at night.",
        },
        Area.SALES: {"outcome": "not_needed", "note": "No customer sees it."},
        Area.PRIVACY: {"member": people.reviewer, "lead_weeks": 6},
        Area.COMPLIANCE: {"due_week": 9},
    }.items():
        engage(people, pilot, area, by=people.admin, **values)
    add(people, pilot, "Name who sees which line's video", by=people.admin, blocking=True)
    add(people, pilot, "Keep logs", area="legal", by=people.admin, state="met", evidence="Seen")
    add(
        people,
        pilot,
        "Sign the contract",
        area="legal",
        by=people.admin,
        found_on=today() - timedelta(weeks=9),
    )
    for part, member in ((Part.OPERATOR, people.admin), (Part.DEPUTY_OPERATOR, people.sponsor)):
        PilotParty.objects.create(
            pilot=pilot, person_id=member.person_id, part=part, hours_per_week=4
        )
    gates.name_decider(
        pilot=pilot,
        code=Code.OWNERSHIP,
        decider=people.reviewer,
        due_date=today() - timedelta(days=2),
        version=1,
        by=people.lead,
        now=plant.now,
    )
    answer(plant, tried(plant, trigger(plant, pilot)))
    bring(plant, pilot, Code.OWNERSHIP)
    gates.submit_gate(pilot=pilot, code=Code.OWNERSHIP, step=1, by=people.lead, now=plant.now)
    return pilot


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    company = found_company(SLUG)
    with tenant(company.id):
        reviewer = reviewer_of(["security", "legal"])
        people = SimpleNamespace(
            admin=company.admin, lead=company.lead, sponsor=company.sponsor, reviewer=reviewer
        )
        pilot = fill(Plant(cast(Cast, people)), people)
    home = f"/t/{SLUG}/"
    register = f"{home}pilots/{pilot.code}/requirements/"
    sent = {
        "file": SimpleUploadedFile("register.csv", as_csv(rows_47())),
        "found_on": today().isoformat(),
    }
    shown: Any = signed_in(company.lead).post(f"{register}import/", sent)
    return Desk(
        home=home,
        pilot=f"{home}pilots/{pilot.code}/",
        file=shown.url,
        lead=session(company.lead),
        reviewer=session(reviewer),
        admin=session(company.admin),
    )


def test_every_page_is_accessible_and_fits_in_every_look(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for name, path, who in (
        ("heat", f"{desk.home}engagement/", desk.lead),
        ("functions", f"{desk.pilot}functions/", desk.lead),
        ("function", f"{desk.pilot}functions/security/", desk.reviewer),
        ("function-other", f"{desk.pilot}functions/finance/", desk.reviewer),
        ("requirements", f"{desk.pilot}requirements/", desk.lead),
        ("requirement", f"{desk.pilot}requirements/1/", desk.lead),
        ("import", f"{desk.pilot}requirements/import/", desk.lead),
        ("file", desk.file, desk.lead),
        ("waiting", f"{desk.home}waiting/", desk.reviewer),
        ("waiting-none", f"{desk.home}waiting/", desk.admin),
        ("pilot", desk.pilot, desk.lead),
        ("board", desk.home, desk.lead),
        ("inbox", f"{desk.home}inbox/", desk.reviewer),
    ):
        problems += visitor.faults(path, name=f"early-{name}", cookies=who)

    assert problems == []


def test_a_lead_mends_a_spreadsheet_and_brings_it_in_without_script(
    visitor: Visitor, desk: Desk, tmp_path: Path
) -> None:
    rows = rows_47()
    rows[3][0] = "Canteen"
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_bytes(as_csv(rows))
    right.write_bytes(as_csv(rows_47()))
    visitor.expect("422")
    page = visitor.open(
        f"{desk.home}pilots/P-02/requirements/", cookies=desk.admin, width=390, script=False
    )

    page.get_by_role("link", name="Import a spreadsheet").click()
    page.get_by_label("File", exact=True).set_input_files(wrong)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("wrong.csv was not taken")
    expect(page.get_by_role("table", name="Faults by row and column")).to_contain_text("Canteen")
    shoot(page, "early-faults-390-light")
    page.get_by_label("File", exact=True).set_input_files(right)
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Write 47 down").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("47 requirements: 47 open")


def test_a_function_is_named_by_keyboard_alone(visitor: Visitor, desk: Desk) -> None:
    page = visitor.open(f"{desk.home}pilots/P-03/functions/", cookies=desk.admin)

    page.get_by_role("link", name="Change Security").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Who stands for it").focus()
    page.keyboard.type("Rev")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("26")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Security is saved.")).to_be_visible()
    row = page.get_by_role("row", name="Security")
    expect(row).to_contain_text("Reviewer")
    expect(row).to_contain_text("Its review takes 26 weeks")
