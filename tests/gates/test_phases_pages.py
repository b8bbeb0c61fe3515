"""The page of a pilot's phases, and what board and pilot page say of an exception."""

from __future__ import annotations

from typing import Any

import pytest

from common.tenancy.context import tenant
from gates.actions import phases as actions
from gates.rules.phases import Phase
from portfolio import actions as portfolio
from portfolio.models import Part, Pilot, PilotParty
from tests.conftest import signed_in
from tests.gates.plant import made, pilot, plant
from tests.gates.test_pages import words
from tests.gates.test_phases import REASON, close, make_exception
from tests.plant import Plant
from tests.queries import check_count, counted

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/phases/"


def read(who: Any, path: str = HOME) -> str:
    return words(signed_in(who).get(path))


def post(who: Any, path: str, **answer: Any) -> Any:
    return signed_in(who).post(f"{HOME}{path}", {"version": 1, **answer}, follow=True)


def test_a_lead_closes_a_phase_by_pages_and_opens_it_again(plant: Plant, pilot: Pilot) -> None:
    before = read(plant.cast.lead)
    closed = words(post(plant.cast.lead, "ownership/close/"))
    opened = words(post(plant.cast.lead, "ownership/take-back/", version=2, reason="Too soon."))

    assert "None of the five phases is closed." in before
    assert "Close Ownership" in before and "Close by exception" not in before
    assert "Ownership is closed." in closed
    assert "1 of 5 phases is closed with all that it leaves behind." in closed
    assert "Ownership is open again." in opened
    assert "Opened again by Lead," in opened and "“Too soon.”" in opened


def test_what_is_missing_is_named_where_somebody_closes_all_the_same(
    plant: Plant, pilot: Pilot
) -> None:
    client = signed_in(plant.cast.lead)
    asked = words(client.get(f"{HOME}audit/close/"))
    refused = client.post(f"{HOME}audit/close/", {"version": 1})

    assert "Missing now: a locked baseline of each primary metric." in asked
    assert refused.status_code == 422
    assert "Missing: a locked baseline of each primary metric" in words(refused)


def test_an_exception_stands_on_board_pilot_and_list_until_it_is_taken_back(
    plant: Plant, pilot: Pilot
) -> None:
    made = words(post(plant.cast.coo, "audit/except/", seen="baseline", reason=REASON))
    board = read(plant.cast.reader, "/t/acme/")
    page = read(plant.cast.reader, "/t/acme/pilots/P-01/")
    post(plant.cast.coo, "audit/take-back/", version=2, reason="It is locked.")
    after = read(plant.cast.reader, "/t/acme/")

    why = "Closed without a locked baseline of each primary metric. Coo: “The vendor"
    assert "Audit is closed by exception." in made
    assert "1 phase is closed by exception: by whom and why" in board
    assert "Audit, Late orders" in board and why in board.replace("&#x27;", "'")
    assert "Audit is closed by exception." in page and why in page
    assert "closed by exception" not in after


def test_the_pilot_page_says_which_phases_are_over_and_not_closed(
    plant: Plant, pilot: Pilot
) -> None:
    page = read(plant.cast.reader, "/t/acme/pilots/P-01/")

    assert "No phase is closed yet." in page
    assert "Over by the calendar and not closed: Audit, Ownership." in page


def test_what_went_missing_since_a_phase_was_closed_is_said(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        close(plant, pilot)
        PilotParty.objects.filter(pilot=pilot, part=Part.OPERATOR).update(ended_at=plant.now)

    page = read(plant.cast.reader)

    assert "Missing since: a named operator with hours for it." in page
    assert "1 of 5 phases is closed. 1 closed phase lacks something by now." in page
    assert "with all that" not in page


def test_the_page_begins_with_how_many_are_closed_by_exception_and_lack_more_by_now(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        make_exception(plant, pilot)
    one = read(plant.cast.reader)
    with tenant(plant.cast.acme):
        close(plant, pilot)
    two = read(plant.cast.reader)
    with tenant(plant.cast.acme):
        plant.aim(pilot, plant.metric("Overtime"), agreed=False)
        PilotParty.objects.filter(pilot=pilot, part=Part.OPERATOR).update(ended_at=plant.now)
    by_now = read(plant.cast.reader)

    excepted = "2 of 5 phases are closed, 1 of them by exception."
    assert "1 of 5 phases is closed, by exception. Week" in one
    assert f"{excepted} Week" in two
    assert f"{excepted} 2 closed phases lack something by now." in by_now


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("reader", "ownership/close/", 403),
        ("sponsor", "ownership/close/", 403),
        ("lead", "audit/except/", 403),
        ("admin", "audit/except/", 403),
        ("coo", "audit/except/", 200),
        ("lead", "rest/close/", 404),
    ],
)
def test_each_step_is_offered_to_whom_it_is_given(
    plant: Plant, pilot: Pilot, who: str, path: str, status: int
) -> None:
    assert signed_in(getattr(plant.cast, who)).get(f"{HOME}{path}").status_code == status


def test_a_stale_form_gets_409_and_keeps_the_reason(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        make_exception(plant, pilot)
    answer = {"version": 1, "reason": "Mine."}

    stale = signed_in(plant.cast.sponsor).post(f"{HOME}audit/except/", answer)

    assert stale.status_code == 409
    assert "This was changed by someone else" in words(stale)
    assert "Mine." in words(stale)
    assert 'name="version" value="2"' in stale.content.decode()


def test_a_name_is_given_to_what_the_page_said_is_missing_and_to_nothing_more(
    plant: Plant, pilot: Pilot
) -> None:
    client, path = signed_in(plant.cast.coo), f"{HOME}audit/except/"
    shown = client.get(path).content.decode()
    with tenant(plant.cast.acme):
        plant.aim(pilot, plant.metric("Overtime"), agreed=False)
    answer = {"version": 1, "seen": "baseline", "reason": "Mine."}

    stale = client.post(path, answer)
    signed = client.post(path, {**answer, "seen": "target,baseline"}, follow=True)

    both = (
        "Missing now: an agreed target of each primary metric, a locked baseline of each primary"
        " metric. When you looked: a locked baseline of each primary metric."
    )
    assert 'name="seen" value="baseline"' in shown
    assert stale.status_code == 409 and both in words(stale) and "Mine." in words(stale)
    assert 'name="seen" value="target,baseline"' in stale.content.decode()
    assert "Audit is closed by exception." in words(signed)


@pytest.mark.parametrize("seen", ["", "target", "x", "target,baseline,x"])
def test_an_exception_that_saw_other_outputs_is_made_by_nobody(
    plant: Plant, pilot: Pilot, seen: str
) -> None:
    answer = {"version": 1, "seen": seen, "reason": "Mine."}

    assert signed_in(plant.cast.coo).post(f"{HOME}audit/except/", answer).status_code == 409
    assert "Audit is closed" not in read(plant.cast.coo)


def test_a_form_of_a_step_that_is_done_leads_to_the_list(plant: Plant, pilot: Pilot) -> None:
    answer = signed_in(plant.cast.lead).get(f"{HOME}ownership/take-back/")

    assert (answer.status_code, answer["Location"]) == (302, HOME)


def test_an_exception_without_a_reason_or_with_a_long_one_is_refused_at_its_field(
    plant: Plant, pilot: Pilot
) -> None:
    client = signed_in(plant.cast.coo)

    for reason, said in (("", "Fill this in."), ("x" * 601, "At most 600 characters fit here")):
        refused = client.post(f"{HOME}audit/except/", {"version": 1, "reason": reason})
        assert refused.status_code == 422
        assert said in words(refused)


def test_an_archived_pilot_shows_its_phases_and_offers_nothing(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        make_exception(plant, pilot)
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    page, board = read(plant.cast.coo), read(plant.cast.coo, "/t/acme/")

    assert "Closed by exception" in page and "Open again" not in page
    assert "closed by exception: by whom" not in board
    assert signed_in(plant.cast.coo).get(f"{HOME}deploy/except/").status_code == 200


def test_more_steps_cost_no_more_queries(plant: Plant, pilot: Pilot) -> None:
    client = signed_in(plant.cast.lead)
    _, before = counted(lambda: client.get(HOME))
    check_count("pilot, phases/", before)
    with tenant(plant.cast.acme):
        for number in range(1, 9, 2):
            close(plant, pilot, version=number)
            actions.take_back_phase(
                pilot=pilot,
                phase=Phase.OWNERSHIP,
                version=number + 1,
                reason="R",
                by=plant.cast.lead,
                now=plant.now,
            )

    _, after = counted(lambda: client.get(HOME))

    assert len(after) == len(before)
