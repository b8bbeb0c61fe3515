"""Who a gate rests on has a last day: until then it holds, and from the day after it is open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from common import formats
from common.errors import Refused
from gates import actions, queries
from gates.actions import reminders
from gates.models import Gate, GateDecision
from gates.queries import facts
from gates.queries.phases import find_lacking
from gates.rules.criteria import Fact
from gates.rules.phases import Phase
from gates.rules.states import Code, State
from portfolio.models import Part, Pilot, PilotParty
from tenants import actions as tenants
from tenants.models import Membership, Notification, Person
from tests.gates.plant import (
    all_passed,
    made,
    passed,
    pilot,
    plant,
    reopen_due,
    submitted,
)
from tests.gates.test_forged import refused
from tests.gates.test_known import row
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
# Whom each gate rests on: operator, deputy and who is told of training; who is alerted of a failure.
RESTS_ON = [
    (Code.OWNERSHIP, "operator"),
    (Code.OWNERSHIP, "owner"),
    (Code.OWNERSHIP, "sponsor"),
    (Code.FAILURE, "sponsor"),
]


def leaves(plant: Plant, who: str, days: int | None) -> date | None:
    """Say that somebody's last day is so many days from today, None for no day; return it."""
    day = None if days is None else plant.today + timedelta(days=days)
    person = Person.objects.get(pk=getattr(plant.cast, who).person_id)
    kept = {key: getattr(person, key) for key in ("name", "email", "job_title", "function")}
    tenants.change_person(
        person=person, version=person.version, leaves_on=day, by=plant.cast.admin, **kept
    )
    return day


def known(plant: Plant, pilot: Pilot, name: str, **later: int) -> Fact:
    now = plant.now + timedelta(**later)
    return facts.gather(pilot, now=now, wanted={name})[name]


@pytest.mark.parametrize(
    ("name", "who", "words"),
    [
        ("operator_named", "operator", "Operator, 6 hours a week, last day {}"),
        ("deputy_named", "owner", "Owner, last day {}"),
    ],
)
def test_operator_and_deputy_are_there_to_their_last_day_and_not_the_day_after(
    plant: Plant, pilot: Pilot, name: str, who: str, words: str
) -> None:
    day = leaves(plant, who, 5)

    on_the_last = known(plant, pilot, name, days=5)
    the_day_after = known(plant, pilot, name, days=6)

    assert (on_the_last.met, on_the_last.until) == (True, day)
    assert on_the_last.words == words.format(formats.day(day))
    assert not the_day_after.met
    assert the_day_after.words == f"The last day of {who.title()} was {formats.day(day)}."


@pytest.mark.parametrize(("code", "who"), RESTS_ON)
def test_a_pass_ends_with_the_last_day_of_whom_it_rests_on(
    plant: Plant, pilot: Pilot, code: Code, who: str
) -> None:
    day = leaves(plant, who, 5)

    assert passed(plant, pilot, code).until == day


@pytest.mark.parametrize(("code", "who"), RESTS_ON)
def test_a_last_day_to_come_opens_no_gate_today_and_opens_it_when_it_is_over(
    plant: Plant, pilot: Pilot, code: Code, who: str
) -> None:
    passed(plant, pilot, code)
    day = leaves(plant, who, 20)

    seen = queries.get_seen(pilot, code, now=plant.now)
    today, on_the_last = reopen_due(plant.now), reopen_due(plant.now + timedelta(days=20))
    [found] = reopen_due(plant.now + timedelta(days=21))

    assert (today, on_the_last, seen.holds_until) == ([], [], day)
    assert seen.last is not None
    assert seen.last.until != day
    assert (found.gate.code, found.state) == (code, State.REOPENED)
    assert who.title() in found.reason


@pytest.mark.parametrize(("code", "who"), RESTS_ON)
def test_a_last_day_that_is_over_opens_the_gate_at_once(
    plant: Plant, pilot: Pilot, code: Code, who: str
) -> None:
    passed(plant, pilot, code)
    leaves(plant, who, -1)

    assert [one.gate.code for one in reopen_due(plant.now)] == [code]


def test_a_last_day_that_is_taken_back_leaves_the_gate_as_it_was(
    plant: Plant, pilot: Pilot
) -> None:
    until = passed(plant, pilot, Code.OWNERSHIP).until
    leaves(plant, "operator", 3)
    leaves(plant, "operator", None)

    assert queries.get_seen(pilot, Code.OWNERSHIP, now=plant.now).holds_until == until
    assert reopen_due(plant.now + timedelta(days=4)) == []


def test_a_pass_rests_on_each_deputy_and_so_on_the_first_of_their_last_days(
    plant: Plant, pilot: Pilot
) -> None:
    PilotParty.objects.create(
        pilot=pilot, part=Part.DEPUTY_OPERATOR, person_id=plant.cast.reader.person_id
    )
    leaves(plant, "owner", 30)
    first = leaves(plant, "reader", 9)

    assert known(plant, pilot, "deputy_named").until == first
    assert known(plant, pilot, "deputy_named", days=10).met


def test_the_lead_is_told_before_a_pass_ends_with_a_last_day_and_anew_when_it_moves(
    plant: Plant, pilot: Pilot
) -> None:
    passed(plant, pilot, Code.OWNERSHIP)
    told = []
    for days in (40, 30):
        day = leaves(plant, "operator", days)
        actions.look_at(pilot=pilot, now=plant.now)
        for left in (15, 14, 13, 3):
            reminders.remind(now=plant.now + timedelta(days=days - left))
        words = f"The pass of the gate Ownership of Late orders ends on {formats.day(day)}"
        told.append(Notification.objects.filter(member=plant.cast.lead, title=words).count())

    assert told == [2, 2]


def test_what_the_api_and_the_board_read_ends_when_the_look_found_that_it_ends(
    plant: Plant, pilot: Pilot
) -> None:
    def until() -> date | None:
        return queries.map_states(pilot)[pilot.pk][Code.OWNERSHIP].until

    step = passed(plant, pilot, Code.OWNERSHIP)
    day = leaves(plant, "operator", 20)
    before = until()
    actions.look_at(pilot=pilot, now=plant.now)
    after = until()
    # A look of before the pass says nothing of this one.
    Gate.objects.filter(code=Code.OWNERSHIP).update(looked_at=plant.now - timedelta(days=1))

    assert (before, after, until()) == (step.until, day, step.until)


def test_a_gate_that_is_not_passed_ends_on_no_day(plant: Plant, pilot: Pilot) -> None:
    submitted(plant, pilot, Code.OWNERSHIP)
    leaves(plant, "operator", 20)

    actions.look_at(pilot=pilot, now=plant.now)

    assert Gate.objects.get(code=Code.OWNERSHIP).ends_on is None


def test_no_pilot_enters_production_after_the_last_day_of_its_operator(
    plant: Plant, pilot: Pilot
) -> None:
    all_passed(plant, pilot)
    leaves(plant, "operator", -1)

    with pytest.raises(Refused, match="The last day of Operator was") as found:
        actions.enter_production(pilot=pilot, by=plant.cast.coo, now=plant.now)

    assert found.value.code == "gates_open"


@pytest.mark.parametrize(("who", "output"), [("operator", "operator"), ("owner", "deputy")])
def test_the_phase_ownership_lacks_who_has_left(
    plant: Plant, pilot: Pilot, who: str, output: str
) -> None:
    leaves(plant, who, 1)
    there = find_lacking(pilot)[Phase.OWNERSHIP]
    leaves(plant, who, -2)

    assert there == ()
    assert find_lacking(pilot)[Phase.OWNERSHIP] == (output,)


# What the database knows of a pass by itself.
def until(plant: Plant, asked: GateDecision, days: int) -> dict[str, Any]:
    """Return what a pass says that holds for so many days: each fact that ends does so then."""
    last = plant.today + timedelta(days=days)
    told = [{**one, "until": one["until"] and last.isoformat()} for one in asked.facts]
    return {"facts": told, "until": last}


def constraint(code: Code, who: str) -> str:
    if code is Code.FAILURE:
        return "gates_gatedecision_ready"
    operated = who in {"operator", "owner"}
    return "gates_gatedecision_operated" if operated else "gates_gatedecision_trained"


@pytest.mark.parametrize(("code", "who"), RESTS_ON)
def test_the_database_passes_no_gate_after_a_last_day_and_none_beyond_it(
    plant: Plant, pilot: Pilot, code: Code, who: str
) -> None:
    asked = submitted(plant, pilot, code)
    person = Person.objects.filter(pk=getattr(plant.cast, who).person_id)

    for last, holds in ((-2, 0), (5, 6)):
        person.update(leaves_on=plant.today + timedelta(days=last))
        values = until(plant, asked, holds)
        broken = refused(lambda values=values: row(plant, asked, **values))
        assert broken == constraint(code, who)
    person.update(leaves_on=plant.today + timedelta(days=6))
    assert row(plant, asked, **until(plant, asked, 6)).state == "passed"


def test_a_gate_that_asks_for_no_operator_is_passed_beyond_their_last_day(
    plant: Plant, pilot: Pilot
) -> None:
    leaves(plant, "operator", -2)

    assert passed(plant, pilot, Code.FAILURE).state == "passed"


def test_of_deputies_one_who_stays_is_enough_for_the_database(plant: Plant, pilot: Pilot) -> None:
    asked = submitted(plant, pilot, Code.OWNERSHIP)
    PilotParty.objects.create(
        pilot=pilot, part=Part.DEPUTY_OPERATOR, person_id=plant.cast.reader.person_id
    )
    Person.objects.filter(pk=plant.cast.owner.person_id).update(leaves_on=plant.today)

    assert row(plant, asked, **until(plant, asked, 6)).state == "passed"


@pytest.mark.parametrize("other", ["removed", "operator", "ended"])
def test_no_deputy_stays_who_was_removed_is_the_operator_or_is_deputy_no_more(
    plant: Plant, pilot: Pilot, other: str
) -> None:
    asked = submitted(plant, pilot, Code.OWNERSHIP)
    who = plant.cast.operator if other == "operator" else plant.cast.reader
    second = PilotParty.objects.create(
        pilot=pilot, part=Part.DEPUTY_OPERATOR, person_id=who.person_id
    )
    if other == "removed":
        Membership.objects.filter(pk=who.pk).update(removed_at=plant.now)
    if other == "ended":
        PilotParty.objects.filter(pk=second.pk).update(ended_at=plant.now)
    Person.objects.filter(pk=plant.cast.owner.person_id).update(leaves_on=plant.today)

    broken = refused(lambda: row(plant, asked, **until(plant, asked, 6)))

    assert broken == "gates_gatedecision_operated"
