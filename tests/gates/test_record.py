"""The record of a gate: what each step kept, on a page that prints."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils.html import strip_tags

from common import formats
from common.tenancy.context import tenant
from gates import actions, queries
from gates.rules.states import Code
from portfolio.models import Pilot, PilotParty
from tests.conftest import signed_in
from tests.gates.plant import bring_one, made, name, passed, pilot, plant
from tests.plant import Plant
from tests.queries import check_count, counted

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/gates/"


def read(who: Any, path: str) -> str:
    page = signed_in(who).get(f"{HOME}{path}").content.decode().replace("<", " <")
    return " ".join(unescape(strip_tags(page)).split())


def test_the_record_tells_who_decided_on_what_and_is_linked_from_the_gate(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        step = passed(plant, pilot)

    page = read(plant.cast.reader, "data/record/")

    assert "Data of Late orders: Passed" in page
    assert f"Reviewer passed it, until {formats.day(step.until)}" in page
    assert "Tested on data as production writes it Met About production_data Lead, of" in page
    assert "Decided by Reviewer: signature, day Lead Lead: signature, day" in page
    assert (
        f'href="{HOME}data/record/"'
        in signed_in(plant.cast.reader).get(f"{HOME}data/").content.decode()
    )


def test_a_step_is_printed_as_it_was_kept_whatever_came_since(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot, Code.OWNERSHIP)
        PilotParty.objects.filter(pilot=pilot, part="operator").update(ended_at=plant.now)
        actions.reopen_due(pilot=pilot, now=plant.now)

    kept = read(plant.cast.reader, "ownership/record/?step=2")
    newest = read(plant.cast.reader, "ownership/record/")

    assert "Ownership of Late orders: Passed" in kept
    assert "Met Operator, 6 hours a week" in kept
    assert "Another step was taken since; this is the record of step 2." in kept
    assert "Ownership of Late orders: Reopened" in newest
    assert "Not met No operator is named." in newest
    assert "Another step" not in newest


def test_a_file_is_named_with_its_digest_and_that_it_was_taken_back(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        name(plant, pilot)
        sent = actions.Sent("log.csv", b"line,late\n1,0\n")
        made = bring_one(
            plant, pilot, Code.DATA, "production_data", kind="file", file=sent, text=""
        )
        who = {"by": plant.cast.lead, "now": plant.now}
        actions.submit_gate(pilot=pilot, code=Code.DATA, step=1, **who)
        actions.withdraw_evidence(
            pilot=pilot, code=Code.DATA, key=made.pk, reason="Of another line.", **who
        )

    page = read(plant.cast.reader, "data/record/")

    assert f"SHA-256 {made.file_digest} , taken back since" in page


def test_who_waived_a_gate_signs_its_record_and_not_who_was_to_decide_it(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        name(plant, pilot)
        until = plant.today + timedelta(days=9)
        given = {"reason": "It stands still.", "until": until, "by": plant.cast.coo}
        actions.waive_gate(pilot=pilot, code=Code.DATA, step=1, now=plant.now, **given)

    assert "Decided by Coo: signature, day" in read(plant.cast.reader, "data/record/")


def test_a_gate_without_a_step_prints_how_it_stands(plant: Plant, pilot: Pilot) -> None:
    page = read(plant.cast.reader, "data/record/")

    assert "Nothing was decided yet: this is how the gate stands now." in page
    assert "Tested on data as production writes it Not met No evidence yet." in page


@pytest.mark.parametrize("step", ["3", "0", "x", "-1"])
def test_a_step_that_was_not_taken_has_no_record(plant: Plant, pilot: Pilot, step: str) -> None:
    with tenant(plant.cast.acme):
        passed(plant, pilot)

    answer = signed_in(plant.cast.reader).get(f"{HOME}data/record/?step={step}")

    assert answer.status_code == 404


@pytest.mark.parametrize("times", [1, 10])
def test_the_record_asks_the_same_at_any_number_of_steps(
    plant: Plant, pilot: Pilot, times: int
) -> None:
    with tenant(plant.cast.acme):
        name(plant, pilot, Code.COST)
        for _ in range(times):
            step = queries.get_seen(pilot, Code.COST, now=plant.now).step
            given = {"pilot": pilot, "code": Code.COST, "now": plant.now + timedelta(minutes=step)}
            actions.submit_gate(step=step, by=plant.cast.lead, **given)
            actions.send_back(step=step + 1, reason="Anew.", by=plant.cast.reviewer, **given)
    browser = signed_in(plant.cast.reader)

    _, statements = counted(lambda: browser.get(f"{HOME}cost/record/"))

    check_count("gates, record", statements)
