"""Advisers of a gate in every look, and a word of one by keyboard, with and without script."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from common.tenancy.context import tenant
from gates import actions
from gates.rules.advice import Stance
from gates.rules.states import Code
from tenants.models import Membership
from tests.browser.pages import Visitor, shoot
from tests.browser.test_commitment import session
from tests.gates import company
from tests.gates.plant import submitted, whole_pilot

LONG = (
    "The log of line 2 ends in May, and nobody knows who kept it since: ask the shift leader first."
)


@dataclass(frozen=True)
class Desk:
    """A company with a gate that waits, and has advisers of every kind; sessions of its people."""

    gate: str
    lead: dict[str, str]
    reader: dict[str, str]
    reviewer: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    found = company.found("advice")
    with tenant(found.acme):
        plant = company.plant_of(found)
        pilot = whole_pilot(plant)
        who = {"pilot": pilot, "code": Code.OWNERSHIP, "now": plant.now}
        for one in (found.reader, found.coo, found.sponsor, found.owner):
            actions.name_adviser(adviser=one, by=found.lead, **who)
        submitted(plant, pilot, Code.OWNERSHIP)
        given = (
            (found.coo, Stance.AGAINST),
            (found.sponsor, Stance.REMARK),
            (found.owner, Stance.FOR),
        )
        for one, stance in given:
            actions.advise(step=2, stance=stance, reason=LONG, by=one, **who)
        Membership.objects.filter(pk=found.owner.pk).update(removed_at=plant.now)
    gate = f"/t/{found.slug}/pilots/{pilot.code}/gates/ownership/"
    people = (found.lead, found.reader, found.reviewer)
    return Desk(gate, *(session(one) for one in people))


def test_the_pages_are_accessible_and_fit(visitor: Visitor, desk: Desk) -> None:
    problems = visitor.faults(desk.gate, name="advice-gate", cookies=desk.lead)
    problems += visitor.faults(f"{desk.gate}advisers/new/", name="advice-ask", cookies=desk.lead)
    problems += visitor.faults(f"{desk.gate}advice/", name="advice-say", cookies=desk.reader)

    assert problems == []


@pytest.mark.parametrize("script", [True, False])
def test_an_adviser_says_a_word_by_keyboard_and_the_decider_reads_it(
    visitor: Visitor, desk: Desk, script: bool
) -> None:
    words = f"Seen on line 2, {script}."
    page = visitor.open(desk.gate, cookies=desk.reader, width=390, script=script)
    page.get_by_role("link", name="Advise", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("Against passing it").focus()
    page.keyboard.press("Space")
    page.get_by_label("Why").fill(words)
    page.get_by_role("button", name="Advise").focus()
    page.keyboard.press("Enter")

    page.get_by_text("The decider finds your advice on this page.").wait_for()
    decider = visitor.open(desk.gate, cookies=desk.reviewer, script=script)
    assert decider.get_by_text(words).first.is_visible()
    assert decider.get_by_role("link", name="Pass the gate").is_visible()
    shoot(decider, f"advice-decider-{'script' if script else 'plain'}")
