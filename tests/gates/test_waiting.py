"""What waits for a reviewer and their function, and how long each function takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.tenancy.context import tenant
from gates import actions
from gates.models import Gate, GateDecision
from gates.rules.states import Code
from gates.rules.waiting import Turn, Waited, by_function
from portfolio import actions as portfolio
from portfolio.models import Area, Pilot
from portfolio.rules.register import Draft
from tenants.models import Membership
from tests.conftest import signed_in
from tests.gates.plant import made, name, passed, pilot, plant, submitted
from tests.plant import Plant, today
from tests.portfolio.test_board import text as words
from tests.queries import check_count, counted

__all__ = ["made", "pilot", "plant"]  # fixtures

PAGE = "/t/acme/waiting/"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def review_for(member: Membership, *functions: str) -> None:
    Membership.objects.filter(pk=member.pk).update(functions=list(functions))


def require_of(plant: Plant, pilot: Pilot, area: str, text: str, **values: Any) -> None:
    draft = Draft(**{"area": area, "text": text, "found_on": today(), **values})
    portfolio.add_requirement(pilot=pilot, draft=draft, by=plant.cast.lead, now=plant.now)


def after(days: float) -> datetime:
    return NOON + timedelta(days=days)


def test_waiting_times_are_right_against_a_count_by_hand() -> None:
    turns = [
        Turn(("security",), NOON, after(1)),
        Turn(("security", "legal"), NOON, after(4)),
        Turn(("security",), NOON, after(10)),
        Turn(("legal",), after(2)),
        Turn(("legal",), after(5)),
        Turn((), NOON, after(0.5)),
    ]

    found = by_function(turns, now=after(8))

    # Security: 1, 4, 10. Legal: 4, and two that wait for 6 and 3 days. Nobody's: half a day.
    assert found == [
        Waited("legal", decided=1, days=4.0, waiting=2, longest=6.0),
        Waited("", decided=1, days=0.5, waiting=0, longest=None),
        Waited("security", decided=3, days=4.0, waiting=0, longest=None),
    ]


def test_a_gate_that_was_submitted_waits_for_its_decider_until_it_is_decided(
    plant: Plant, pilot: Pilot
) -> None:
    reviewer = plant.cast.reviewer
    with tenant(plant.cast.acme):
        review_for(reviewer, "finance")
        submitted(plant, pilot)
        Gate.objects.update(due_date=today() - timedelta(days=1))
    page = words(signed_in(reviewer).get(PAGE))
    with tenant(plant.cast.acme):
        actions.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=reviewer, now=plant.now)

    decided = words(signed_in(reviewer).get(PAGE))

    assert "Waiting for you: 1 gate" in page
    assert "Data of Late orders Late orders less than a day" in page
    assert "Late" in page
    assert "Finance 0 nothing decided yet 1 less than a day" in page
    assert "None waits for you." in decided
    assert "Finance 1 less than a day 0" in decided


def test_the_page_counts_from_submitted_to_decided_by_the_deciders_function(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        review_for(plant.cast.reviewer, "security")
        passed(plant, pilot)
        name(plant, pilot, Code.COST)
        steps = {row.verb: row for row in GateDecision.objects.all()}

    found = signed_in(plant.cast.reader).get(PAGE).context["waited"]

    assert set(steps) == {"submit", "pass"}
    assert [(one["name"], one["decided"], one["waiting"]) for one in found] == [("Security", 1, 0)]


def test_a_waived_gate_waited_for_nobody_to_the_end(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        submitted(plant, pilot)
        actions.waive_gate(
            pilot=pilot,
            code=Code.DATA,
            step=2,
            reason="Later.",
            until=today() + timedelta(days=9),
            by=plant.cast.coo,
            now=plant.now,
        )

    assert signed_in(plant.cast.reader).get(PAGE).context["waited"] == []


def test_functions_and_requirements_of_a_reviewer_wait_and_no_others(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        review_for(plant.cast.reviewer, "legal")
        require_of(plant, pilot, "privacy", "Name who sees it", blocking=True)
        require_of(plant, pilot, "legal", "Sign the contract")
        require_of(plant, pilot, "legal", "Old", state="met", evidence="Seen")
        require_of(plant, pilot, "security", "Log every call")

    page = words(signed_in(plant.cast.reviewer).get(PAGE))

    # Legal and the review it answers for, both late in week 5.
    assert "Waiting for you: 2 functions, 2 requirements" in page
    assert "Legal in Late orders Late orders Late" in page
    assert "Privacy in Late orders Late orders Late" in page
    assert page.index("Name who sees it Blocking") < page.index("Sign the contract")
    assert "Log every call" not in page
    assert "Old" not in page


def test_who_is_named_for_a_function_finds_it_without_reviewing_for_it(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        portfolio.engage(
            pilot=pilot,
            area=Area.OPERATIONS,
            draft=portfolio.EngagementDraft(due_week=2, member=plant.cast.operator),
            version=0,
            by=plant.cast.lead,
            now=plant.now,
        )

    page = words(signed_in(plant.cast.operator).get(PAGE))

    assert "Operations in Late orders" in page
    assert "You review for no function" in page


def test_an_archived_pilot_waits_for_nobody(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        review_for(plant.cast.reviewer, "legal")
        require_of(plant, pilot, "legal", "Sign the contract")
        submitted(plant, pilot)
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    page = words(signed_in(plant.cast.reviewer).get(PAGE))

    assert "Nothing waits for you" in page


def test_a_reviewer_finds_the_page_from_every_page_and_from_the_inbox(plant: Plant) -> None:
    browser = signed_in(plant.cast.reviewer)

    assert f'href="{PAGE}"' in browser.get("/t/acme/metrics/").content.decode()
    assert "Needs you What waits for your function" in words(browser.get("/t/acme/"))
    assert "What waits for you and your function" in words(browser.get("/t/acme/inbox/"))


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_asks_the_same_of_the_database_at_any_size(
    plant: Plant, pilot: Pilot, count: int
) -> None:
    with tenant(plant.cast.acme):
        review_for(plant.cast.reviewer, "legal")
        for code in list(Code)[:count]:
            submitted(plant, pilot, code)
        for number in range(count):
            require_of(plant, pilot, "legal", f"Requirement {number}")
    browser = signed_in(plant.cast.reviewer)

    page, statements = counted(lambda: browser.get(PAGE))

    assert len(page.context["gates"]) == count
    check_count("waiting", statements)
