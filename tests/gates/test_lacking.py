"""The board and the list of gates say what a gate that was begun lacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils.html import strip_tags

from common.tenancy.context import tenant
from gates import actions, queries
from gates.models import Gate
from gates.queries import strips
from gates.rules.states import Code
from portfolio.models import Pilot, PilotParty
from tenants.models import Membership
from tests.conftest import signed_in
from tests.gates.plant import (
    all_passed,
    bring,
    bring_one,
    error_class,
    failure_mode,
    made,
    name,
    passed,
    pilot,
    plant,
    price,
    snapshot,
    submitted,
    trigger,
)
from tests.gates.test_pages import words
from tests.plant import Plant
from tests.queries import check_count, counted

__all__ = ["made", "pilot", "plant"]  # fixtures

FIRST = "Tested on data as production writes it"


def look(plant: Plant, *pilots: Pilot) -> None:
    """Look at pilots as the job does."""
    for one in pilots:
        actions.look_at(pilot=one, now=plant.now)


def read(who: Any, path: str = "") -> str:
    page = signed_in(who).get(f"/t/acme/{path}").content.decode()
    return " ".join(unescape(strip_tags(page.replace("<", " <"))).split())


@pytest.mark.parametrize(
    ("criteria", "decided_by", "said"),
    [
        ([], True, ""),
        ([], False, "Nobody is named to decide it."),
        (["One"], True, "Not met: “One”."),
        (["One", "Two"], True, "Not met: “One”, “Two”."),
        (["One", "Two", "Three"], True, "Not met: “One”, “Two” and 1 more."),
        (
            ["1", "2", "3", "4"],
            False,
            "Not met: “1”, “2” and 2 more. Nobody is named to decide it.",
        ),
    ],
)
def test_a_sentence_names_two_criteria_and_counts_the_rest(
    criteria: list[str], decided_by: bool, said: str
) -> None:
    assert strips.lacking(criteria, decided_by=decided_by) == said


def test_the_board_says_what_a_gate_that_was_begun_lacks(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        name(plant, pilot)
        bring(plant, pilot, Code.INTEGRATION)
        PilotParty.objects.filter(pilot=pilot, part="operator").update(ended_at=plant.now)
        name(plant, pilot, Code.OWNERSHIP)
        look(plant, pilot)

    page = read(plant.cast.reader)

    assert "3 gates are under way: what each lacks" in page
    assert f"Data, Late orders In progress. Not met: “{FIRST}”." in page
    assert "Integration, Late orders In progress. Nobody is named to decide it." in page
    named = "“A named operator has hours for it every week”"
    assert f"Ownership, Late orders In progress. Not met: {named}" in page


def test_a_decider_who_left_counts_as_nobody(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        submitted(plant, pilot)
        Membership.objects.filter(pk=plant.cast.reviewer.pk).update(removed_at=plant.now)
        look(plant, pilot)

    assert "Nobody is named to decide it." in read(plant.cast.reader)
    listed = signed_in(plant.cast.reader).get("/t/acme/pilots/P-01/gates/")
    assert "Nobody is named to decide it." in words(listed)


def test_a_gate_that_lacks_nothing_is_said_to(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        submitted(plant, pilot)
        look(plant, pilot)

    page = read(plant.cast.reader)

    assert "1 gate is under way: what it lacks" in page
    assert "Data, Late orders Submitted. Every criterion is met." in page


def test_what_was_sent_back_says_why_and_what_it_lacks(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        submitted(plant, pilot)
        sent = {"reason": "One shift only.", "by": plant.cast.reviewer, "now": plant.now}
        actions.send_back(pilot=pilot, code=Code.DATA, step=2, **sent)
        piece = queries.get_seen(pilot, Code.DATA, now=plant.now).evidence[0]
        taken = {"reason": "Of line 2.", "by": plant.cast.lead, "now": plant.now}
        actions.withdraw_evidence(pilot=pilot, code=Code.DATA, key=piece.pk, **taken)
        look(plant, pilot)

    page = read(plant.cast.reader)

    assert f"Reviewer: “One shift only.” Not met: “{FIRST}”." in page
    assert "under way" not in page


def test_gates_that_let_through_or_were_not_begun_lack_nothing(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot)
        given = {"reason": "R", "until": plant.today + timedelta(days=9)}
        who = {"by": plant.cast.coo, "now": plant.now}
        actions.waive_gate(pilot=pilot, code=Code.COST, step=1, **given, **who)
        look(plant, pilot)

    page = read(plant.cast.reader)

    assert "under way" not in page
    assert "Not met" not in page


def test_a_gate_that_nobody_looked_at_yet_is_told_on_no_board(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        name(plant, pilot)

    assert "under way" not in read(plant.cast.reader)


def test_the_list_of_gates_says_what_is_lacking_now_whoever_looked(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        name(plant, pilot)
        name(plant, pilot, Code.ACCURACY)

    page = read(plant.cast.reader, f"pilots/{pilot.code}/gates/")

    assert f"In progress Not met: “{FIRST}”." in page
    assert "In progress Not met: “Costly errors that nobody caught on live data”." in page
    assert page.count("Not met") == 2


def test_looking_leaves_the_version_of_a_gate_and_every_form_as_they_are(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        gate = name(plant, pilot)
        look(plant, pilot)

        found = Gate.objects.get(pk=gate.pk)
        assert (found.version, found.looked_at) == (gate.version, plant.now)


def test_a_look_reopens_what_holds_no_more_and_keeps_what_it_lacks(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot, Code.OWNERSHIP)
        PilotParty.objects.filter(pilot=pilot, part="deputy_operator").update(ended_at=plant.now)
        look(plant, pilot)

    page = read(plant.cast.reader)

    assert "Reopened. Week Twelve: “" in page
    assert "Not met: “A deputy is named”." in page


WRITES: dict[str, Callable[[Plant, Pilot], Any]] = {
    "decider": name,
    "evidence": lambda plant, pilot: bring_one(plant, pilot, Code.DATA, "production_data"),
    "class": lambda plant, pilot: error_class(plant, pilot, name="Another"),
    "mode": lambda plant, pilot: failure_mode(plant, pilot, name="Another"),
    "snapshot": snapshot,
    "cost": lambda plant, pilot: price(plant, pilot, version=1, note="Anew", sites=4),
    "trigger": trigger,
}


@pytest.mark.parametrize("what", WRITES)
def test_what_is_written_about_a_pilot_asks_for_a_look_at_its_gates(
    plant: Plant, pilot: Pilot, what: str, django_capture_on_commit_callbacks: Any
) -> None:
    with tenant(plant.cast.acme), django_capture_on_commit_callbacks() as sent:
        WRITES[what](plant, pilot)

    assert sent


def test_the_job_of_every_ten_minutes_looks_at_each_pilot_with_a_gate(
    plant: Plant, pilot: Pilot, django_capture_on_commit_callbacks: Any
) -> None:
    with tenant(plant.cast.acme):
        name(plant, pilot)
        plant.pilot("Nothing done")
        with django_capture_on_commit_callbacks() as sent:
            actions.send_begun()

        assert [one.code for one in queries.list_begun_pilots()] == [pilot.code]
    assert len(sent) == 1


@pytest.mark.parametrize("count", [2, 20])
def test_the_board_asks_the_same_at_any_number_of_gates(
    plant: Plant, pilot: Pilot, count: int
) -> None:
    with tenant(plant.cast.acme):
        others = [plant.pilot(f"Pilot {number}") for number in range(count - 1)]
        for one in others:
            name(plant, one)
        all_passed(plant, pilot)
        look(plant, pilot, *others)
    browser = signed_in(plant.cast.coo)

    page, statements = counted(lambda: browser.get("/t/acme/"))

    gates = min(count - 1, 12)
    assert page.content.decode().count("In progress. Not met") == gates
    assert ("7 more stand on the pages of their pilots" in read(plant.cast.coo)) is (count == 20)
    check_count("board", statements)
