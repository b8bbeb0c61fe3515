"""Nobody signs what the page did not show: a form sent after the facts changed is shown anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from common.tenancy.context import tenant
from gates import actions, queries
from gates.actions import errors
from gates.models import ErrorClass, Evidence
from gates.rules.criteria import Asked, Check, Standing, digest
from gates.rules.states import Code, State
from portfolio.models import Pilot
from tests.conftest import signed_in
from tests.gates.plant import bring_one, made, pilot, plant, submitted
from tests.gates.walker import begins, begun
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/gates/"
DATA, WAIVE = f"{HOME}data/pass/", f"{HOME}data/waive/"


@pytest.fixture
def reviewer(plant: Plant, pilot: Pilot) -> Client:
    """The browser of who decides the gates Data and Accuracy, which wait for it."""
    with tenant(plant.cast.acme):
        submitted(plant, pilot)
        submitted(plant, pilot, Code.ACCURACY)
    return signed_in(plant.cast.reviewer)


def swap(plant: Plant, pilot: Pilot, **values: Any) -> None:
    """Bring other evidence for a criterion, and take back what was there."""
    with tenant(plant.cast.acme):
        old = Evidence.objects.get(gate__code="data", title="About production_data")
        bring_one(plant, pilot, Code.DATA, "production_data", **values)
        actions.withdraw_evidence(
            pilot=pilot,
            code=Code.DATA,
            key=old.pk,
            reason="See the other.",
            by=plant.cast.lead,
            now=plant.now,
        )


def state(plant: Plant, pilot: Pilot, code: Code = Code.DATA) -> State:
    with tenant(plant.cast.acme):
        return queries.get_seen(pilot, code, now=plant.now).state


@pytest.mark.parametrize("title", ["Trust me", "About production_data"])
def test_a_gate_whose_evidence_was_swapped_is_looked_at_again_before_it_is_passed(
    plant: Plant, pilot: Pilot, reviewer: Client, title: str
) -> None:
    form = begun(reviewer, DATA)
    swap(plant, pilot, title=title)

    stale = reviewer.post(DATA, form)
    stood = state(plant, pilot)
    looked = reviewer.post(DATA, begins(DATA, stale))

    assert (stale.status_code, stood) == (409, State.SUBMITTED)
    page = stale.content.decode()
    assert "Its evidence or its facts are not those that you saw." in page
    assert title in page
    assert (looked.status_code, state(plant, pilot)) == (302, State.PASSED)


def test_a_gate_whose_tolerance_was_raised_is_looked_at_again_before_it_is_passed(
    plant: Plant, pilot: Pilot, reviewer: Client
) -> None:
    address = f"{HOME}accuracy/pass/"
    form = begun(reviewer, address)
    with tenant(plant.cast.acme):
        row = ErrorClass.objects.get(pilot=pilot, name="Late order missed")
        names = ("name", "consequence", "cost", "cost_basis", "checked_by", "version")
        given = {name: getattr(row, name) for name in names}
        errors.change_error_class(row=row, tolerated=Decimal("0.9"), by=plant.cast.lead, **given)

    stale = reviewer.post(address, form)

    assert stale.status_code == 409
    assert "tolerated 90.0" in stale.content.decode()
    assert state(plant, pilot, Code.ACCURACY) is State.SUBMITTED


def test_a_waiver_after_the_facts_changed_is_looked_at_again_and_keeps_its_reason(
    plant: Plant, pilot: Pilot, reviewer: Client
) -> None:
    coo = signed_in(plant.cast.coo)
    until = (plant.today + timedelta(days=30)).isoformat()
    form = begun(coo, WAIVE) | {"reason": "The line stands still.", "until": until}
    swap(plant, pilot, title="Trust me")

    stale = coo.post(WAIVE, form)
    stood, again = state(plant, pilot), begins(WAIVE, stale)
    looked = coo.post(WAIVE, again)

    assert (stale.status_code, stood) == (409, State.SUBMITTED)
    assert "Trust me" in stale.content.decode()
    assert (again["reason"], again["until"]) == (["The line stands still."], [until])
    assert (looked.status_code, state(plant, pilot)) == (302, State.WAIVED)


def test_a_form_that_does_not_say_what_was_seen_signs_nothing(
    plant: Plant, pilot: Pilot, reviewer: Client
) -> None:
    until = (plant.today + timedelta(days=30)).isoformat()

    passing = reviewer.post(DATA, {"version": 2})
    waiving = signed_in(plant.cast.coo).post(WAIVE, {"version": 2, "reason": "R", "until": until})

    assert (passing.status_code, waiving.status_code) == (409, 409)
    assert state(plant, pilot) is State.SUBMITTED


def test_a_gate_of_which_nothing_changed_is_passed_whoever_opened_its_page_meanwhile(
    plant: Plant, pilot: Pilot, reviewer: Client
) -> None:
    form = begun(reviewer, DATA)
    waiver = begun(signed_in(plant.cast.coo), WAIVE)

    done = reviewer.post(DATA, form)

    assert waiver["seen"] == form["seen"]
    assert (done.status_code, state(plant, pilot)) == (302, State.PASSED)


@pytest.mark.parametrize(
    ("fact", "now", "same"),
    [
        ("feed_on_time", {"words": "95 of 100 figures within 4 minutes"}, True),
        ("feed_on_time", {"refers": "late-orders erp 60"}, False),
        ("feed_on_time", {"met": False}, False),
        ("errors_within", {"words": "10 in 1,201"}, False),
    ],
)
def test_figures_that_arrive_while_a_decider_reads_are_no_other_facts(
    fact: str, now: dict[str, Any], same: bool
) -> None:
    asked = Asked("c", "Criterion", "Why", check=Check.FACT, fact=fact)
    then = Standing(asked, True, "95 of 100 figures within 3 minutes", refers="late-orders erp 15")

    assert (digest([then]) == digest([replace(then, **now)])) is same
