"""Errors and ways to fail from empty to passed gates, and blocked ones, by pages in every look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest
from playwright.sync_api import Page

from common.tenancy.context import tenant
from gates.actions import retraining
from gates.models import TriggerFiring
from tenants.models import Membership
from tenants.rules import Role
from tests.browser.pages import Visitor
from tests.browser.test_commitment import session
from tests.browser.test_first_pilot import _member, found_company
from tests.conftest import Cast
from tests.gates import plant as planted
from tests.plant import Plant

SLUG = "foundation"


@dataclass(frozen=True)
class Desk:
    """A company with one pilot without anything, and the sessions of its people."""

    home: str
    lead: dict[str, str]
    reviewer: dict[str, str]
    reviewer_key: str
    day: str
    trigger: str = ""
    firing: str = ""


def found(slug: str, *, fed: bool = False) -> Desk:
    """Found a company. fed: its figures come from a source that is listed, and in time."""
    company = found_company(slug)
    with tenant(company.id):
        reviewer: Membership = _member(slug, Role.REVIEWER)
        plant = Plant(cast(Cast, company))
        pilot = plant.whole(week=15, weeks=30)
        if fed:
            planted.send_live(plant, pilot)
            planted.list_source(plant, pilot)
            planted.write_times(plant, pilot)
    return Desk(
        home=f"/t/{slug}/pilots/{pilot.code}/",
        lead=session(company.lead),
        reviewer=session(reviewer),
        reviewer_key=str(reviewer.pk),
        day=plant.today.isoformat(),
    )


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    return found(SLUG)


def fill(page: Page, **answers: str) -> None:
    """Fill in fields by their name."""
    for name, answer in answers.items():
        field = page.locator(f"[name={name}]").first
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(answer)
        else:
            field.fill(answer)


def send(page: Page, words: str) -> None:
    """Send the form by keyboard, and wait until the page says so."""
    page.locator("form.form button[type=submit]").focus()
    page.keyboard.press("Enter")
    page.get_by_text(words).first.wait_for()


def write_class(page: Page, desk: Desk, **answers: str) -> None:
    page.goto(f"{desk.home}errors/new/")
    fill(page, cost="400", cost_basis="estimated", **answers)
    send(page, "is written down.")


def count(page: Page, desk: Desk, dataset: str, *errors: str) -> None:
    page.goto(f"{desk.home}readings/new/")
    page.locator(f"[name=dataset][value={dataset}]").check()
    fill(page, first_day=desk.day, last_day=desk.day, decisions="1200", source="Log of two weeks")
    for field, found in zip(page.locator("[name^=errors_]").all(), errors, strict=True):
        field.fill(found)
    send(page, "The reading of 1,200 decisions is kept.")


def write_mode(page: Page, desk: Desk, kind: str) -> None:
    page.goto(f"{desk.home}failures/new/")
    fill(
        page,
        name=f"It is {kind}",
        kind=kind,
        noticed="The list stays empty",
        threshold="30 minutes",
        fallback="Plan by the paper list",
    )
    page.locator("[name=receiver]").select_option(label="Lead")
    send(page, "is written down.")


def write_snapshot(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.home}snapshots/new/")
    fill(page, source="ERP, order lines", taken_on=desk.day, row_count="48000")
    fill(page, first_day=desk.day, last_day=desk.day, issues="Days are empty in 2 of 100 lines.")
    fill(page, lacks="All but one day: the year is looked at once it is over.")
    send(page, "is written down.")


def drill(page: Page, desk: Desk, kind: str, held: str = "yes") -> None:
    page.goto(f"{desk.home}failures/")
    page.get_by_role("link", name=f"Add a drill of It is {kind}").click()
    page.locator(f"[name=held][value={held}]").check()
    fill(page, ran_on=desk.day, seen="The planner was called.", next_step="Again next week")
    send(page, "The drill is kept")


def need_field(page: Page, desk: Desk) -> None:
    """Write down what lead time means, owned by the reviewer, and that the pilot needs it."""
    company = desk.home.split("pilots/")[0]
    page.goto(f"{company}settings/fields/new/")
    fill(page, name="Lead time", meaning="Calendar days to the receipt", unit="days")
    fill(page, owner=desk.reviewer_key)
    send(page, "is written down.")
    page.goto(f"{desk.home}fields/new/")
    page.locator("[name=field]").select_option(label="Lead time")
    fill(page, used_for="When an order is late")
    send(page, "is on the list.")


def settle_field(visitor: Visitor, page: Page, desk: Desk, *, script: bool) -> None:
    """Need a field by which the source means something else, and let its owner settle that."""
    need_field(page, desk)
    page.get_by_role("link", name="Lead time", exact=True).click()
    page.get_by_role("link", name="Add a place").click()
    fill(page, source="erp", meaning="Working days", cannot="Nobody knows", said_by="Planner")
    page.locator("[name=stand][value=differs]").check()
    send(page, "It is a conflict until it is settled")
    field = page.url
    page.goto(f"{desk.home}gates/data/")
    assert page.get_by_text("Lead time: ERP means Working days").first.is_visible()
    owner = visitor.open(field, cookies=desk.reviewer, script=script)
    owner.get_by_role("link", name="Settle ERP").click()
    owner.locator("[name=outcome][value=converted]").check()
    fill(owner, factor="1.4", plus="0", reason="Five working days are seven days")
    send(owner, "The conflict is settled")


def bring(page: Page, desk: Desk, gate: str, criterion: str, **answers: str) -> None:
    page.goto(f"{desk.home}gates/{gate}/criteria/{criterion}/")
    if "url" in answers:
        page.locator("[name=kind][value=link]").check()
    fill(page, title="About it", captured_on=desk.day, **answers)
    send(page, "is added.")


def name_decider(page: Page, desk: Desk, gate: str) -> None:
    page.goto(f"{desk.home}gates/{gate}/decider/")
    fill(page, decider=desk.reviewer_key)
    send(page, "decides this gate.")


def submit(page: Page, desk: Desk, gate: str) -> None:
    page.goto(f"{desk.home}gates/{gate}/submit/")
    send(page, "Submitted.")


def decide(visitor: Visitor, desk: Desk, gate: str, *, script: bool) -> None:
    page = visitor.open(f"{desk.home}gates/{gate}/pass/", cookies=desk.reviewer, script=script)
    send(page, "The gate is passed.")


@pytest.mark.parametrize("script", [True, False])
def test_gates_pass_for_real_reasons_by_pages(
    visitor: Visitor, committed: None, script: bool
) -> None:
    desk = found(f"{SLUG}-passes-{script}".lower(), fed=True)
    page = visitor.open(f"{desk.home}errors/", cookies=desk.lead, script=script)
    page.get_by_role("link", name="Add a class").click()
    fill(page, cost="400", cost_basis="estimated", name="Late order missed")
    fill(page, consequence="customer", tolerated="2", checked_by="Planner, QP-7")
    send(page, "is written down.")
    write_class(page, desk, name="Flagged for nothing", consequence="time", tolerated="5")
    count(page, desk, "curated", "6", "30")
    count(page, desk, "live", "10", "40")
    for kind in ("wrong", "unsure", "late", "silent"):
        write_mode(page, desk, kind)
        drill(page, desk, kind)
    bring(page, desk, "accuracy", "costly_missed", value="0")
    write_snapshot(page, desk)
    settle_field(visitor, page, desk, script=script)
    bring(page, desk, "data", "production_data", url="https://docs.plant.example/x")
    for gate in ("data", "accuracy", "failure"):
        name_decider(page, desk, gate)
        submit(page, desk, gate)
        decide(visitor, desk, gate, script=script)

    page.goto(f"{desk.home}gates/")

    assert page.get_by_text("3 of 6 gates let").first.is_visible()


def test_gates_that_cannot_pass_say_why_and_offer_no_step(
    visitor: Visitor, committed: None
) -> None:
    visitor.expect("422")
    desk = found(f"{SLUG}-blocked")
    page = visitor.open(f"{desk.home}errors/", cookies=desk.lead)
    write_class(
        page, desk, name="Late order missed", consequence="recall", tolerated="2", checked_by=""
    )
    # 97.5 % right over all, and yet above what is tolerated.
    count(page, desk, "live", "30")
    write_mode(page, desk, "silent")
    drill(page, desk, "silent", held="no")
    for gate in ("data", "accuracy", "failure"):
        name_decider(page, desk, gate)

    said = {
        "accuracy": (
            "30 in 1,200, 2.5\u00a0%; tolerated 2.0\u00a0%.",
            "Nobody checks each case of",
        ),
        "data": (
            "not counted on curated data yet.",
            "No data snapshot is written down yet.",
            "No field is listed yet.",
        ),
        "failure": ("Not written down: Wrong, Unsure, Late.", "It is silent: did not hold on"),
    }
    for gate, sentences in said.items():
        page.goto(f"{desk.home}gates/{gate}/")
        for words in sentences:
            assert page.get_by_text(words).first.is_visible(), words
        assert page.get_by_role("link", name="Submit").count() == 0
        page.goto(f"{desk.home}gates/{gate}/submit/")
        send_refused(page)


def send_refused(page: Page) -> None:
    """Send the step all the same: the address is known, and the action refuses."""
    page.locator("form.form button[type=submit]").click()
    page.get_by_text("Not every criterion is met.").first.wait_for()


@pytest.fixture(scope="module")
def filled(committed: None) -> Desk:
    """A company whose pilot is as the gates ask, and one class and one drill that are not."""
    slug = f"{SLUG}-looks"
    company = found_company(slug)
    with tenant(company.id):
        plant = Plant(cast(Cast, company))
        pilot = plant.whole(week=15, weeks=30)
        missed = planted.error_class(plant, pilot)
        planted.error_class(plant, pilot, name="Wrong plant", consequence="recall", checked_by="")
        held = planted.error_class(
            plant, pilot, name="Held for nothing", consequence="time", checked_by=""
        )
        planted.read(plant, pilot, {missed: 6, held: 30}, dataset="curated")
        planted.read(plant, pilot, {missed: 40, held: 10})
        for kind in ("wrong", "silent"):
            mode = planted.failure_mode(
                plant, pilot, kind=kind, name=f"It is {kind}", receiver=company.admin
            )
            planted.drill(
                plant, mode, held=kind == "wrong", next_step="A second phone for the night shift"
            )
        planted.snapshot(plant, pilot)
        last = plant.today
        planted.snapshot(plant, pilot, source="MES", first_day=last - timedelta(days=89))
        planted.failure_mode(plant, pilot, kind="late", name="Late", threshold="", receiver=None)
        told = {"receiver": company.lead}
        trial = planted.tried(plant, planted.trigger(plant, pilot, **told))
        planted.answer(plant, trial, by=company.lead)
        planted.tried(plant, planted.trigger(plant, pilot, side="le", **told))
        trigger = planted.trigger(plant, pilot, side="gt", threshold=-1.0, **told)
        retraining.judge_triggers(now=plant.now)
        fired = TriggerFiring.objects.get(last_week__isnull=False)
    return Desk(
        home=f"/t/{slug}/pilots/{pilot.code}/",
        lead=session(company.lead),
        reviewer={},
        reviewer_key=str(missed.pk),
        day="",
        trigger=str(trigger.pk),
        firing=str(fired.pk),
    )


def test_the_pages_are_accessible_and_fit(visitor: Visitor, desk: Desk, filled: Desk) -> None:
    problems: list[str] = []

    for name, path in (
        ("empty", f"{desk.home}errors/"),
        ("empty-failures", f"{desk.home}failures/"),
        ("errors", f"{filled.home}errors/"),
        ("class", f"{filled.home}errors/{filled.reviewer_key}/"),
        ("reading", f"{filled.home}readings/new/"),
        ("failures", f"{filled.home}failures/"),
        ("mode", f"{filled.home}failures/new/"),
        ("snapshots", f"{filled.home}snapshots/"),
        ("snapshot", f"{filled.home}snapshots/new/"),
        ("accuracy", f"{filled.home}gates/accuracy/"),
        ("empty-retraining", f"{desk.home}retraining/"),
        ("retraining", f"{filled.home}retraining/"),
        ("trigger", f"{filled.home}retraining/{filled.trigger}/"),
        ("firing", f"{filled.home}firings/{filled.firing}/"),
    ):
        who = desk.lead if name.startswith("empty") else filled.lead
        problems += visitor.faults(path, name=f"foundation-{name}", cookies=who)

    assert problems == []
