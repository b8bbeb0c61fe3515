"""A gate's record on paper, what gates ask, and a board with gates under way, in every look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from common.tenancy.context import tenant
from gates import actions
from gates.actions import templates
from gates.rules.criteria import Asked, Check, Side
from gates.rules.states import Code
from tests.browser.pages import Visitor, sheets, shoot
from tests.browser.test_commitment import session
from tests.gates import company
from tests.gates.plant import bring_one, failure_mode, name, passed, submitted, whole_pilot


@dataclass(frozen=True)
class Desk:
    """A company with a pilot whose gates stand in every way, and its admin's session."""

    home: str
    pilot: str
    admin: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    found = company.found("record")
    with tenant(found.acme):
        plant = company.plant_of(found)
        pilot = whole_pilot(plant)
        name(plant, pilot)
        file = actions.Sent("late-lines-of-november.csv", b"line,late\n1,0\n")
        for days in (1, 2):
            day = plant.today - timedelta(days=days)
            values = {"kind": "file", "file": file, "text": "", "captured_on": day}
            bring_one(plant, pilot, Code.DATA, "production_data", **values)
        who = {"pilot": pilot, "code": Code.DATA, "now": plant.now}
        actions.submit_gate(step=1, by=found.lead, **who)
        actions.pass_gate(step=2, by=found.reviewer, **who)
        passed(plant, pilot, Code.OWNERSHIP)
        submitted(plant, pilot, Code.COST)
        name(plant, pilot, Code.ACCURACY)
        failure_mode(plant, pilot, threshold="", name="Never tried")
        name(plant, pilot, Code.FAILURE)
        bring_one(plant, pilot, Code.INTEGRATION, "monitored")
        actions.look_at(pilot=pilot, now=plant.now)
        own = {"code": Code.DATA, "by": found.admin, "now": plant.now, "reason": "Agreed in May."}
        number = Asked("", "Stops a week", "Of line 2.", Check.NUMBER, Side.LE, 2.0, "stops")
        templates.add_criterion(asked=number, version=1, **own)
        optional = Asked("", "The council was told", "", mandatory=False, valid_days=365)
        templates.add_criterion(asked=optional, version=2, **own)
    home = f"/t/{found.slug}/"
    return Desk(home, f"{home}pilots/{pilot.code}/gates/", session(found.admin))


def test_the_pages_are_accessible_and_fit(visitor: Visitor, desk: Desk) -> None:
    problems: list[str] = []

    for word, path in (
        ("record", f"{desk.pilot}data/record/"),
        ("record-none", f"{desk.pilot}accuracy/record/"),
        ("list", desk.pilot),
        ("board", desk.home),
        ("templates", f"{desk.home}settings/gates/"),
        ("template", f"{desk.home}settings/gates/data/"),
        ("criterion", f"{desk.home}settings/gates/data/criteria/own_1/"),
        ("retire", f"{desk.home}settings/gates/data/criteria/own_1/retire/"),
    ):
        problems += visitor.faults(path, name=f"gate-{word}", cookies=desk.admin)

    assert problems == []


@pytest.mark.parametrize("gate", ["data", "ownership"])
def test_a_record_prints_on_one_sheet(visitor: Visitor, desk: Desk, gate: str) -> None:
    page = visitor.open(f"{desk.pilot}{gate}/record/", cookies=desk.admin)

    assert sheets(page) == 1
    page.emulate_media(media="print")
    shoot(page, f"gate-record-print-{gate}")
    assert page.get_by_text("signature, day").first.is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_an_admin_adds_a_criterion_by_keyboard(visitor: Visitor, desk: Desk, script: bool) -> None:
    visitor.expect("422")
    page = visitor.open(f"{desk.home}settings/gates/cost/", cookies=desk.admin, script=script)
    words = f"The works council agreed, {script}"
    page.get_by_role("link", name="Add to it").focus()
    page.keyboard.press("Enter")
    page.get_by_label("What is asked").fill(words)
    page.keyboard.press("Enter")
    page.get_by_text("Nothing was saved.").wait_for()
    page.get_by_label("Why the gates ask otherwise").fill("Agreed with the council.")
    page.get_by_label("What is asked").press("Enter")

    page.get_by_text("It is asked now.").wait_for()
    assert page.get_by_text(words).first.is_visible()
