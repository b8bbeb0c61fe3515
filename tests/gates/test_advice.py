"""Advisers of a gate: who is asked, what they say, and that it opens and closes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from common.errors import Changed, Refused
from gates import actions, queries
from gates.models import Advice, Adviser
from gates.queries.advice import Heard, map_heard
from gates.rules.advice import Stance
from gates.rules.states import Code, State
from portfolio.models import Part, Pilot, PilotParty
from tenants.models import Membership, Notification
from tests.gates.plant import made, name, pilot, plant, submitted
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
ASKED = "Your advice is asked on the gate Data of Late orders"


def ask(plant: Plant, pilot: Pilot, who: Membership, **values: Any) -> Adviser:
    given = {"code": Code.DATA, "by": plant.cast.lead, "now": plant.now, **values}
    return actions.name_adviser(pilot=pilot, adviser=who, **given)


def take_off(plant: Plant, pilot: Pilot, adviser: Adviser, **values: Any) -> Adviser:
    given = {"code": Code.DATA, "by": plant.cast.lead, "now": plant.now, **values}
    return actions.remove_adviser(pilot=pilot, key=adviser.pk, **given)


def say(plant: Plant, pilot: Pilot, who: Membership, **values: Any) -> Advice:
    given = {
        "code": Code.DATA,
        "step": 2,
        "stance": Stance.AGAINST,
        "reason": "Too thin.",
        **values,
    }
    return actions.advise(pilot=pilot, by=who, now=plant.now, **given)


def heard(plant: Plant, pilot: Pilot) -> Heard:
    return map_heard([queries.get_seen(pilot, Code.DATA, now=plant.now)])[Code.DATA]


def lines(who: Membership) -> list[tuple[str, str, bool]]:
    """Return title, what came of it and whether it is read, of the lines in an inbox."""
    rows = Notification.objects.filter(member=who, topic="gate").order_by("id")
    return [(one.title, one.body, one.read_at is not None) for one in rows]


def kept(found: Any) -> list[tuple[str, str, str]]:
    found.refresh_from_db()
    return [(one["by"], one["stance"], one["reason"]) for one in found.advice]


# Advice never blocks


@pytest.mark.parametrize("stance", [None, *Stance])
def test_a_gate_is_passed_whatever_its_advisers_say_or_do_not_say(
    plant: Plant, pilot: Pilot, stance: Stance | None
) -> None:
    for who in (plant.cast.reader, plant.cast.coo):
        ask(plant, pilot, who)
    submitted(plant, pilot)
    if stance is not None:
        for who in (plant.cast.reader, plant.cast.coo):
            say(plant, pilot, who, stance=stance)
    assert queries.get_seen(pilot, Code.DATA, now=plant.now).state is State.SUBMITTED

    done = actions.pass_gate(
        pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now
    )

    assert done.state == State.PASSED


def test_a_gate_is_submitted_while_nobody_advises_on_it(plant: Plant, pilot: Pilot) -> None:
    assert submitted(plant, pilot).state == State.SUBMITTED


# What is kept


def test_a_decision_keeps_the_advice_that_stood_and_history_what_it_replaced(
    plant: Plant, pilot: Pilot
) -> None:
    for who in (plant.cast.reader, plant.cast.coo):
        ask(plant, pilot, who)
    submitted(plant, pilot)
    say(plant, pilot, plant.cast.reader)
    say(plant, pilot, plant.cast.coo, stance=Stance.REMARK, reason="Ask in May again.")
    say(plant, pilot, plant.cast.reader, stance=Stance.FOR, reason="The log is there now.")

    done = actions.send_back(
        pilot=pilot,
        code=Code.DATA,
        step=2,
        reason="Not yet.",
        by=plant.cast.reviewer,
        now=plant.now,
    )

    assert sorted(kept(done)) == [
        ("Coo", "remark", "Ask in May again."),
        ("Reader", "for", "The log is there now."),
    ]
    assert sorted(one.reason for one in heard(plant, pilot).every) == [
        "Ask in May again.",
        "The log is there now.",
        "Too thin.",
    ]


def test_a_decision_keeps_no_advice_of_who_took_it(plant: Plant, pilot: Pilot) -> None:
    Membership.objects.filter(pk=plant.cast.coo.pk).update(roles=["executive", "reviewer"])
    plant.cast.coo.refresh_from_db()
    for who in (plant.cast.reader, plant.cast.coo):
        ask(plant, pilot, who)
    submitted(plant, pilot)
    say(plant, pilot, plant.cast.reader)
    say(plant, pilot, plant.cast.coo, stance=Stance.FOR, reason="I would pass it.")
    name(plant, pilot, decider=plant.cast.coo, version=2)

    done = actions.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=plant.cast.coo, now=plant.now)

    assert kept(done) == [("Reader", "against", "Too thin.")]
    assert "I would pass it." in [one.reason for one in heard(plant, pilot).every]


def test_advice_is_on_one_submission_and_the_next_asks_anew(plant: Plant, pilot: Pilot) -> None:
    ask(plant, pilot, plant.cast.reader)
    submitted(plant, pilot)
    say(plant, pilot, plant.cast.reader)
    given = {"pilot": pilot, "code": Code.DATA, "now": plant.now}
    actions.send_back(step=2, reason="Not yet.", by=plant.cast.reviewer, **given)
    actions.submit_gate(step=3, by=plant.cast.lead, **given)

    (voice,) = heard(plant, pilot).voices
    done = actions.pass_gate(step=4, by=plant.cast.reviewer, **given)

    assert voice.given is None
    assert kept(done) == []
    assert [title for title, _, _ in lines(plant.cast.reader)] == [ASKED, ASKED]


def test_what_an_adviser_said_stays_when_they_are_taken_off(plant: Plant, pilot: Pilot) -> None:
    adviser = ask(plant, pilot, plant.cast.reader)
    submitted(plant, pilot)
    say(plant, pilot, plant.cast.reader)

    take_off(plant, pilot, adviser)

    (voice,) = heard(plant, pilot).voices
    assert (voice.adviser, voice.given and voice.given.reason) == (None, "Too thin.")
    done = actions.pass_gate(
        pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now
    )
    assert kept(done) == [("Reader", "against", "Too thin.")]


def test_what_a_waiver_passed_over_is_kept_with_it(plant: Plant, pilot: Pilot) -> None:
    ask(plant, pilot, plant.cast.reader)
    submitted(plant, pilot)
    say(plant, pilot, plant.cast.reader)

    done = actions.waive_gate(
        pilot=pilot,
        code=Code.DATA,
        step=2,
        reason="It stands still.",
        until=plant.today + timedelta(days=30),
        by=plant.cast.coo,
        now=plant.now,
    )

    assert kept(done) == [("Reader", "against", "Too thin.")]


def test_saying_the_same_again_changes_nothing(plant: Plant, pilot: Pilot) -> None:
    ask(plant, pilot, plant.cast.reader)
    submitted(plant, pilot)

    first, again = (say(plant, pilot, plant.cast.reader) for _ in range(2))

    assert first == again
    assert Advice.objects.count() == 1


def test_each_thing_that_is_done_is_a_line_of_the_trail(plant: Plant, pilot: Pilot) -> None:
    adviser = ask(plant, pilot, plant.cast.reader)
    submitted(plant, pilot)
    say(plant, pilot, plant.cast.reader)
    take_off(plant, pilot, adviser)

    rows = AuditEvent.objects.filter(action__contains="ADVIS").order_by("seq")
    assert [(one.action, one.actor) for one in rows] == [
        ("GATE_ADVISER_NAMED", plant.cast.lead.audit_name),
        ("GATE_ADVISED", plant.cast.reader.audit_name),
        ("GATE_ADVISER_REMOVED", plant.cast.lead.audit_name),
    ]


# Who is told


def test_advisers_find_a_line_when_the_gate_is_submitted_and_it_is_settled_when_it_is_decided(
    plant: Plant, pilot: Pilot
) -> None:
    ask(plant, pilot, plant.cast.reader)
    ask(plant, pilot, plant.cast.coo)
    before = lines(plant.cast.reader)
    submitted(plant, pilot)
    say(plant, pilot, plant.cast.coo)
    told = lines(plant.cast.reader), lines(plant.cast.coo)
    actions.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now)

    assert before == []
    assert told == ([(ASKED, "", False)], [(ASKED, "You advised.", True)])
    assert lines(plant.cast.reader) == [(ASKED, "It is decided.", True)]


def test_who_is_named_while_the_gate_waits_is_asked_at_once_and_once(
    plant: Plant, pilot: Pilot
) -> None:
    submitted(plant, pilot)

    for _ in range(2):
        ask(plant, pilot, plant.cast.reader)

    assert lines(plant.cast.reader) == [(ASKED, "", False)]
    assert Adviser.objects.count() == 1


def test_who_is_taken_off_is_asked_no_more_and_asked_anew_when_named_again(
    plant: Plant, pilot: Pilot
) -> None:
    submitted(plant, pilot)
    take_off(plant, pilot, ask(plant, pilot, plant.cast.reader))
    ask(plant, pilot, plant.cast.reader)

    assert lines(plant.cast.reader) == [(ASKED, "You are asked no more.", True), (ASKED, "", False)]


def test_another_decider_leaves_the_advisers_asked(plant: Plant, pilot: Pilot) -> None:
    Membership.objects.filter(pk=plant.cast.coo.pk).update(roles=["executive", "reviewer"])
    plant.cast.coo.refresh_from_db()
    ask(plant, pilot, plant.cast.reader)
    ask(plant, pilot, plant.cast.coo)
    submitted(plant, pilot)

    name(plant, pilot, decider=plant.cast.coo, version=2)

    assert lines(plant.cast.reader) == [(ASKED, "", False)]
    # Who decides by now is asked for a decision, and for no advice.
    assert [one.member for one in heard(plant, pilot).voices] == [plant.cast.reader]
    assert [(body, read) for _, body, read in lines(plant.cast.coo)] == [
        ("You are asked no more.", True),
        ("", False),
    ]


def test_neither_who_left_nor_who_leads_the_pilot_by_now_is_asked(
    plant: Plant, pilot: Pilot
) -> None:
    for who in (plant.cast.reader, plant.cast.coo):
        ask(plant, pilot, who)
    Membership.objects.filter(pk=plant.cast.reader.pk).update(removed_at=plant.now)
    PilotParty.objects.filter(pilot=pilot, part=Part.LEAD).update(ended_at=plant.now)
    PilotParty.objects.create(pilot=pilot, person_id=plant.cast.coo.person_id, part=Part.LEAD)
    Membership.objects.filter(pk=plant.cast.coo.pk).update(roles=["executive", "lead"])

    submitted(plant, pilot)

    assert lines(plant.cast.reader) == []
    assert lines(plant.cast.coo) == []
    assert [one.left for one in heard(plant, pilot).voices] == [True, False]


# Who is refused


@pytest.mark.parametrize(
    ("who", "code"), [("reviewer", "is_decider"), ("lead", "own_lead"), ("gone", "adviser_left")]
)
def test_who_cannot_advise_is_not_named(plant: Plant, pilot: Pilot, who: str, code: str) -> None:
    name(plant, pilot)
    Membership.objects.filter(pk=plant.cast.owner.pk).update(removed_at=plant.now)
    plant.cast.owner.refresh_from_db()
    chosen = plant.cast.owner if who == "gone" else getattr(plant.cast, who)

    with pytest.raises(Refused) as refused:
        ask(plant, pilot, chosen)

    assert refused.value.code == code


def test_who_ever_led_the_pilot_is_not_named(plant: Plant, pilot: Pilot) -> None:
    PilotParty.objects.create(
        pilot=pilot, person_id=plant.cast.reader.person_id, part=Part.LEAD, ended_at=plant.now
    )

    with pytest.raises(Refused, match="leads or led a pilot advises on none of its gates"):
        ask(plant, pilot, plant.cast.reader)


def test_a_reviewer_who_does_not_decide_the_gate_names_nobody(plant: Plant, pilot: Pilot) -> None:
    with pytest.raises(Refused, match="Its decider, the pilot's lead or an admin names"):
        ask(plant, pilot, plant.cast.reader, by=plant.cast.reviewer)

    name(plant, pilot)
    assert ask(plant, pilot, plant.cast.reader, by=plant.cast.reviewer).named_by == (
        plant.cast.reviewer
    )


def test_who_is_not_asked_does_not_advise(plant: Plant, pilot: Pilot) -> None:
    submitted(plant, pilot)

    with pytest.raises(Refused, match="You are not asked"):
        say(plant, pilot, plant.cast.reader)


def test_there_is_nothing_to_advise_before_a_gate_is_submitted(plant: Plant, pilot: Pilot) -> None:
    ask(plant, pilot, plant.cast.reader)

    with pytest.raises(Refused, match="waits for no decision"):
        say(plant, pilot, plant.cast.reader, step=1)


def test_advice_needs_a_reason(plant: Plant, pilot: Pilot) -> None:
    ask(plant, pilot, plant.cast.reader)
    submitted(plant, pilot)

    with pytest.raises(Refused, match="Say why"):
        say(plant, pilot, plant.cast.reader, reason=" \n")


def test_advice_that_comes_behind_the_decision_hears_of_it(plant: Plant, pilot: Pilot) -> None:
    ask(plant, pilot, plant.cast.reader)
    submitted(plant, pilot)
    actions.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now)

    with pytest.raises(Changed):
        say(plant, pilot, plant.cast.reader)

    assert not Advice.objects.exists()


def test_an_adviser_of_another_gate_is_not_taken_off(plant: Plant, pilot: Pilot) -> None:
    other = ask(plant, pilot, plant.cast.reader, code=Code.COST)

    with pytest.raises(Refused, match="another gate"):
        take_off(plant, pilot, other)
