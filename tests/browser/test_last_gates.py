"""Integration, cost and ownership passed for real reasons, and blocked ones, by pages alone."""

from __future__ import annotations

from typing import cast

import pytest
from playwright.sync_api import Page

from common.tenancy.context import tenant
from tenants.models import Membership
from tenants.rules import Role
from tests.browser.pages import Visitor
from tests.browser.test_commitment import session
from tests.browser.test_cost import FIGURES, KNOWN
from tests.browser.test_first_pilot import _member, found_company
from tests.browser.test_foundation import (
    Desk,
    bring,
    decide,
    fill,
    name_decider,
    send,
    send_refused,
    submit,
)
from tests.conftest import Cast
from tests.gates.plant import let_sign_for_finance, send_live
from tests.plant import Plant

GATES = ("integration", "cost", "ownership")


def found(slug: str, *, live: bool) -> Desk:
    """Found a company whose pilot has figures. live: its source sends what happens just now."""
    company = found_company(slug)
    with tenant(company.id):
        reviewer: Membership = _member(slug, Role.REVIEWER)
        let_sign_for_finance(reviewer)
        _member(slug, Role.OPERATOR)
        _member(slug, Role.OWNER)
        plant = Plant(cast(Cast, company))
        pilot = plant.whole(week=15, weeks=30)
        if live:
            send_live(plant, pilot)
    return Desk(
        home=f"/t/{slug}/pilots/{pilot.code}/",
        lead=session(company.lead),
        reviewer=session(reviewer),
        reviewer_key=str(reviewer.pk),
        day=plant.today.isoformat(),
    )


def list_source(page: Page, desk: Desk, *, by_hand: bool = False, maintainer: str = "") -> None:
    page.goto(f"{desk.home}sources/new/")
    page.get_by_label("Name").fill("ERP, order book")
    page.get_by_label("Kind").select_option("erp")
    page.get_by_label("What the decision needs from it").fill("Promised dates")
    fill(page, source=page.locator("[name=source] option").nth(1).get_attribute("value") or "")
    if maintainer:
        page.locator("[name=maintainer]").select_option(label=maintainer)
    if by_hand:
        page.locator("[name=by_hand]").first.check()
    send(page, "is on the list.")


def write_cost(page: Page, desk: Desk, **instead: str) -> None:
    page.goto(f"{desk.home}cost/edit/")
    for label, typed in FIGURES.items():
        page.get_by_label(label, exact=True).fill(typed)
    for label in KNOWN:
        page.get_by_label(label, exact=True).select_option("estimated")
    page.get_by_label("Counted").select_option("together")
    fill(page, **instead)
    send(page, "is written. Finance signs it next.")


def name_person(page: Page, desk: Desk, part: str, person: str) -> None:
    page.goto(f"{desk.home}people/?part={part}")
    page.locator("[name=person]").select_option(label=person)
    fill(page, hours_per_week="6")
    send(page, f"{person} is ")


def name_trigger(page: Page, desk: Desk) -> None:
    """Write down what calls for training, have it tried, and answer it."""
    page.goto(f"{desk.home}retraining/new/")
    fill(page, side="gt", threshold="20", task="Train on the last six months.")
    fill(page, metric=page.locator("[name=metric] option").nth(1).get_attribute("value") or "")
    page.locator("[name=receiver]").select_option(label="Lead")
    send(page, "The trigger is written down.")
    page.get_by_role("button", name="Try it").click()
    page.get_by_text("is asked to answer.").wait_for()
    page.get_by_role("link", name="Answer what fired").click()
    fill(page, answer="It arrived.")
    send(page, "The answer is kept.")


@pytest.mark.parametrize("script", [True, False])
def test_the_last_three_gates_pass_for_real_reasons_by_pages(
    visitor: Visitor, committed: None, script: bool
) -> None:
    desk = found(f"last-gates-pass-{script}".lower(), live=True)
    page = visitor.open(desk.home, cookies=desk.lead, script=script)
    list_source(page, desk)
    bring(page, desk, "integration", "monitored", url="https://docs.plant.example/alerts")
    write_cost(page, desk, cost_per_call="0.01")
    finance = visitor.open(f"{desk.home}cost/sign/", cookies=desk.reviewer, script=script)
    send(finance, "is signed.")
    name_person(page, desk, "operator", "Operator")
    name_person(page, desk, "deputy_operator", "Owner")
    bring(page, desk, "ownership", "retraining", url="https://docs.plant.example/retraining")
    name_trigger(page, desk)
    for gate in GATES:
        name_decider(page, desk, gate)
        submit(page, desk, gate)
        decide(visitor, desk, gate, script=script)

    page.goto(f"{desk.home}gates/")

    assert page.get_by_text("3 of 6 gates let").first.is_visible()


def test_the_last_three_gates_say_why_they_cannot_pass_and_the_board_shows_them_open(
    visitor: Visitor, committed: None
) -> None:
    visitor.expect("422")
    desk = found("last-gates-blocked", live=False)
    page = visitor.open(desk.home, cookies=desk.lead)
    list_source(page, desk, by_hand=True)
    # At three times the unit cost it does not pay, and Finance accepts nothing.
    write_cost(page, desk)
    name_person(page, desk, "operator", "Operator")
    name_person(page, desk, "deputy_operator", "Operator")
    for gate in GATES:
        name_decider(page, desk, gate)

    said = {
        "integration": (
            "Carried by hand: ERP, order book.",
            "history and corrections do not.",
        ),
        "cost": ("Finance has not signed version 1.", "at 3 times the unit cost"),
        "ownership": ("Operator is the operator: name somebody else.",),
    }
    for gate, sentences in said.items():
        page.goto(f"{desk.home}gates/{gate}/")
        for words in sentences:
            assert page.get_by_text(words).first.is_visible(), words
        assert page.get_by_role("link", name="Submit").count() == 0
        page.goto(f"{desk.home}gates/{gate}/submit/")
        send_refused(page)

    page.goto(desk.home.split("pilots/")[0])
    for name in ("Integration", "Cost", "Ownership"):
        assert page.get_by_role("img", name=f"{name}: In progress").first.is_visible()
