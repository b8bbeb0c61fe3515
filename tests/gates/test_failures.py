"""Ways to fail and drills: what the gate asks of each, what is refused, and what opens it again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from common.errors import Changed, Refused
from gates import queries
from gates.actions import failures as actions
from gates.models import FailureMode
from gates.queries import facts
from gates.rules import failures as rules
from gates.rules.criteria import Fact
from gates.rules.failures import Word
from gates.rules.states import Code, State
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tenants.models import Membership
from tests.gates.plant import drill, failure_mode, made, passed, pilot, plant, reopen_due
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
DAY = date(2026, 11, 20)


@pytest.fixture
def silent(pilot: Pilot) -> FailureMode:
    return FailureMode.objects.get(pilot=pilot, kind="silent")


def known(plant: Plant, pilot: Pilot, name: str, **later: int) -> Fact:
    return facts.gather(pilot, now=plant.now + timedelta(**later))[name]


def change(plant: Plant, row: FailureMode, **values: Any) -> FailureMode:
    names = ("kind", "name", "noticed", "threshold", "fallback", "receiver", "version")
    given = {name: getattr(row, name) for name in names} | values
    return actions.change_failure_mode(row=row, by=plant.cast.lead, **given)


@pytest.mark.parametrize(
    ("ago", "held", "word"),
    [
        (0, True, Word.HELD),
        (90, True, Word.HELD),
        (91, True, Word.TOO_OLD),
        (1, False, Word.FAILED),
        (400, False, Word.FAILED),
        (None, False, Word.NEVER),
    ],
)
def test_a_drill_that_held_counts_for_90_days(ago: int | None, held: bool, word: Word) -> None:
    ran_on = None if ago is None else DAY - timedelta(days=ago)

    assert rules.judge(ran_on, held=held, changed=False, day=DAY) is word


def test_four_ways_written_down_and_tried_let_the_gate_pass(plant: Plant, pilot: Pilot) -> None:
    ready, drilled = (known(plant, pilot, one) for one in ("modes_ready", "modes_drilled"))

    assert (ready.met, drilled.met) == (True, True)
    assert drilled.until == plant.today + timedelta(days=89)
    passed(plant, pilot, Code.FAILURE)
    assert queries.get_seen(pilot, Code.FAILURE, now=plant.now).state is State.PASSED


def test_a_pilot_without_ways_to_fail_shows_nothing(plant: Plant) -> None:
    found = facts.gather(plant.pilot("Bare"), now=plant.now)

    for name in ("modes_ready", "modes_drilled"):
        assert found[name] == Fact(met=False, words="No way to fail is written down yet.")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"noticed": ""}, "It is silent lacks how it is noticed."),
        ({"threshold": ""}, "It is silent lacks a threshold."),
        ({"fallback": ""}, "It is silent lacks a fallback."),
        ({"receiver": None}, "It is silent lacks somebody who is alerted."),
        (
            {"threshold": "", "fallback": ""},
            "It is silent lacks a threshold, a fallback.",
        ),
        ({"kind": "late"}, "Not written down: Silent."),
    ],
)
def test_what_is_missing_is_named(
    plant: Plant, pilot: Pilot, silent: FailureMode, values: dict[str, Any], words: str
) -> None:
    change(plant, silent, **values)

    assert known(plant, pilot, "modes_ready") == Fact(met=False, words=words)


def test_a_receiver_who_left_opens_the_gate(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.FAILURE)
    Membership.objects.filter(pk=plant.cast.sponsor.pk).update(removed_at=plant.now)

    found = reopen_due(plant.now)

    assert [one.state for one in found] == [State.REOPENED]
    assert "It is silent lacks somebody who is alerted: Sponsor left." in found[0].reason


def test_another_fallback_is_to_be_tried_anew(
    plant: Plant, pilot: Pilot, silent: FailureMode
) -> None:
    passed(plant, pilot, Code.FAILURE)
    change(plant, silent, fallback="Call the planner")

    found = reopen_due(plant.now)

    assert "but changed since: the fallback. Try it again." in found[0].reason


def test_another_name_is_decided_anew(plant: Plant, pilot: Pilot, silent: FailureMode) -> None:
    passed(plant, pilot, Code.FAILURE)
    change(plant, silent, name="It says nothing at all")

    found = reopen_due(plant.now)

    assert found[0].reason.startswith("This changed since it was passed: Each way to fail")


def test_drills_that_become_too_old_open_the_gate(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.FAILURE)

    before = reopen_due(plant.now + timedelta(days=89))
    after = reopen_due(plant.now + timedelta(days=90))

    assert before == []
    assert "is older than 90 days" in after[0].reason


def test_a_drill_that_did_not_hold_stands_until_a_newer_one_held(
    plant: Plant, pilot: Pilot, silent: FailureMode
) -> None:
    today = plant.today
    drill(plant, silent, ran_on=today, held=False, next_step="Second phone")
    failed = known(plant, pilot, "modes_drilled")
    drill(plant, silent, ran_on=today - timedelta(days=3))
    older = known(plant, pilot, "modes_drilled")
    drill(plant, silent, ran_on=today)

    assert "It is silent: did not hold on" in failed.words
    assert (failed.met, older.met, known(plant, pilot, "modes_drilled").met) == (
        False,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("noticed", "how it is noticed"),
        ("threshold", "the threshold"),
        ("fallback", "the fallback"),
    ],
)
def test_a_drill_of_what_was_changed_since_counts_no_more(
    plant: Plant, pilot: Pilot, silent: FailureMode, field: str, words: str
) -> None:
    before = getattr(silent, field)
    change(plant, silent, **{field: "Another one"})
    changed = known(plant, pilot, "modes_drilled")
    silent.refresh_from_db()
    change(plant, silent, **{field: before})
    back = known(plant, pilot, "modes_drilled")
    silent.refresh_from_db()
    change(plant, silent, name="It says nothing", **{field: "Another one"})
    silent.refresh_from_db()
    drill(plant, silent)

    assert not changed.met
    assert changed.words.endswith(f", but changed since: {words}. Try it again.")
    assert (back.met, known(plant, pilot, "modes_drilled").met) == (True, True)


def test_a_way_nobody_tried_is_named(plant: Plant, pilot: Pilot) -> None:
    failure_mode(plant, pilot, kind="other", name="Camera dirty")

    found = known(plant, pilot, "modes_drilled")

    assert (found.met, found.words) == (False, "Camera dirty: no drill yet.")


def test_a_drill_taken_back_counts_no_more(plant: Plant, pilot: Pilot, silent: FailureMode) -> None:
    found = drill(plant, silent, ran_on=plant.today, held=False, next_step="N")
    for reason in ("Of another line.", "Other."):
        found = actions.withdraw_drill(row=found, reason=reason, by=plant.cast.lead, now=plant.now)

    assert found.withdrawn_reason == "Of another line."
    assert known(plant, pilot, "modes_drilled").met


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"ahead": 2}, "ran_on", "today or earlier"),
        ({"ahead": -20_000}, "ran_on", "too far away"),
        ({"seen": " "}, "seen", "Say what was seen"),
        ({"held": False}, "next_step", "say what is done next"),
    ],
)
def test_a_drill_that_cannot_be_meant_is_refused_at_its_field(
    plant: Plant, silent: FailureMode, values: dict[str, Any], field: str, words: str
) -> None:
    ran_on = plant.today + timedelta(days=values.pop("ahead", 0))

    with pytest.raises(Refused, match=words) as refused:
        drill(plant, silent, ran_on=ran_on, **values)

    assert refused.value.field == field


def test_a_way_to_fail_goes_out_of_use_and_comes_back_with_its_drills(
    plant: Plant, pilot: Pilot, silent: FailureMode
) -> None:
    for _ in range(2):
        actions.archive_failure_mode(row=silent, by=plant.cast.lead, now=plant.now)
    closed = known(plant, pilot, "modes_ready")
    with pytest.raises(Refused, match="It is silent is archived"):
        drill(plant, silent)
    for _ in range(2):
        actions.restore_failure_mode(row=silent, by=plant.cast.lead)

    assert closed.words == "Not written down: Silent."
    assert known(plant, pilot, "modes_drilled").met


def test_the_second_of_two_who_change_a_way_to_fail_hears_of_the_first(
    plant: Plant, silent: FailureMode
) -> None:
    change(plant, silent, threshold="10 minutes")

    with pytest.raises(Changed):
        change(plant, silent, threshold="20 minutes")


def test_nobody_who_left_is_named_as_receiver(plant: Plant, silent: FailureMode) -> None:
    Membership.objects.filter(pk=plant.cast.reader.pk).update(removed_at=plant.now)
    left = Membership.objects.get(pk=plant.cast.reader.pk)

    with pytest.raises(Refused, match="Reader is no member any more") as refused:
        change(plant, silent, receiver=left)

    assert refused.value.field == "receiver"


def test_each_change_is_a_line_of_the_trail(plant: Plant, silent: FailureMode) -> None:
    begun = AuditEvent.objects.count()
    change(plant, silent, threshold="10 minutes")
    change(plant, FailureMode.objects.get(pk=silent.pk))
    found = drill(plant, silent)
    actions.withdraw_drill(row=found, reason="R", by=plant.cast.lead, now=plant.now)
    actions.archive_failure_mode(row=silent, by=plant.cast.lead, now=plant.now)
    actions.restore_failure_mode(row=silent, by=plant.cast.lead)

    lines = list(AuditEvent.objects.order_by("seq").values_list("action", "payload"))[begun:]

    assert [action for action, _ in lines] == [
        "FAILURE_MODE_CHANGED",
        "DRILL_ADDED",
        "DRILL_WITHDRAWN",
        "FAILURE_MODE_ARCHIVED",
        "FAILURE_MODE_RESTORED",
    ]
    assert lines[0][1]["changed"] == {"threshold": ["No answer in 30 minutes", "10 minutes"]}


def test_nothing_of_an_archived_pilot_changes(
    plant: Plant, pilot: Pilot, silent: FailureMode
) -> None:
    found = drill(plant, silent)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    for broken in (
        lambda: failure_mode(plant, pilot, name="Other"),
        lambda: change(plant, silent, threshold="T"),
        lambda: drill(plant, silent),
        lambda: actions.archive_failure_mode(row=silent, by=plant.cast.lead, now=plant.now),
        lambda: actions.withdraw_drill(row=found, reason="R", by=plant.cast.lead, now=plant.now),
    ):
        with pytest.raises(Refused, match="archived"):
            broken()


def test_a_drill_is_taken_back_with_a_reason(plant: Plant, silent: FailureMode) -> None:
    found = drill(plant, silent)

    with pytest.raises(Refused, match="Say why") as refused:
        actions.withdraw_drill(row=found, reason="", by=plant.cast.lead, now=plant.now)

    assert refused.value.field == "reason"
