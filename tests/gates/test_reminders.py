"""Reminders: evidence that ends soon, and gates that wait too long for their decider."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from common import formats
from gates import actions
from gates.actions import reminders
from gates.rules.reminders import REVIEW_DAYS, decide_by, expiry_mark
from gates.rules.states import Code
from metrics.actions import outcomes
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tenants.models import MailLine, Membership, Notification
from tests.gates.plant import bring_one, made, name, passed, pilot, plant, submitted
from tests.gates.test_advice import ask
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
ENDS = date(2026, 6, 30)


def lines(who: Membership, key: str) -> list[str]:
    """Return the titles of what a member was told, the oldest first, by the beginning of its key."""
    rows = Notification.objects.filter(member=who, dedup_key__startswith=key)
    return list(rows.order_by("id").values_list("title", flat=True))


def remind(plant: Plant, **later: Any) -> None:
    """Do what the hourly job does, twice, at a moment behind the plant's."""
    for _ in range(2):
        reminders.remind(now=plant.now + timedelta(**later))


def piece(plant: Plant, pilot: Pilot, *, days: int, **values: Any) -> Any:
    """Bring evidence that counts for so many days more."""
    until = plant.today + timedelta(days=days)
    return bring_one(
        plant, pilot, Code.DATA, "production_data", title="Log", expires_on=until, **values
    )


@pytest.mark.parametrize(
    ("left", "mark"),
    [(20, None), (15, None), (14, 14), (4, 14), (3, 3), (0, 3), (-1, None)],
)
def test_a_last_day_is_told_14_and_3_days_before_and_late_where_a_look_was_missed(
    left: int, mark: int | None
) -> None:
    day = ENDS - timedelta(days=left)

    assert expiry_mark(until=ENDS, since=date(2026, 1, 5), day=day) == mark


def test_what_ended_soon_when_it_came_is_told_three_days_before_alone() -> None:
    since = ENDS - timedelta(days=10)

    assert expiry_mark(until=ENDS, since=since, day=since) is None
    assert expiry_mark(until=ENDS, since=since, day=ENDS - timedelta(days=3)) == 3


@pytest.mark.parametrize(
    ("due", "by"),
    [
        (date(2026, 6, 20), date(2026, 6, 20)),
        (None, date(2026, 6, 10) + timedelta(days=REVIEW_DAYS)),
        # A day that was over when it was submitted says nothing about this submission.
        (date(2026, 6, 9), date(2026, 6, 10) + timedelta(days=REVIEW_DAYS)),
    ],
)
def test_a_gate_is_decided_by_its_day_or_within_two_weeks(due: date | None, by: date) -> None:
    assert decide_by(due=due, asked=date(2026, 6, 10)) == by


def test_the_lead_is_told_once_14_days_and_once_3_days_before_evidence_ends(
    plant: Plant, pilot: Pilot
) -> None:
    found = piece(plant, pilot, days=30)
    words = f"“Log” counts until {formats.day(found.expires_on)}: gate Data of Late orders"

    told = []
    for days in (10, 16, 20, 27, 29, 31):
        remind(plant, days=days)
        told.append(len(lines(plant.cast.lead, "ending:")))

    assert told == [0, 1, 1, 2, 2, 2]
    assert lines(plant.cast.lead, "ending:") == [words, words]
    assert (
        MailLine.objects.filter(member=plant.cast.lead, dedup_key__startswith="ending:").count()
        == 2
    )
    assert lines(plant.cast.sponsor, "ending:") == []


def test_nobody_is_told_of_evidence_beside_which_something_counts_longer(
    plant: Plant, pilot: Pilot
) -> None:
    piece(plant, pilot, days=30)
    piece(plant, pilot, days=60)

    remind(plant, days=20)

    assert lines(plant.cast.lead, "ending:") == []


def test_of_numbers_the_newest_counts_alone(plant: Plant, pilot: Pilot) -> None:
    day = plant.today
    for captured, days in ((5, 60), (1, 30)):
        bring_one(
            plant,
            pilot,
            Code.ACCURACY,
            "costly_missed",
            captured_on=day - timedelta(days=captured),
            expires_on=day + timedelta(days=days),
        )

    remind(plant, days=20)

    assert len(lines(plant.cast.lead, "ending:")) == 1


@pytest.mark.parametrize("what", ["taken back", "archived", "stopped"])
def test_nobody_is_told_of_what_counts_no_more(plant: Plant, pilot: Pilot, what: str) -> None:
    found = piece(plant, pilot, days=30)
    if what == "taken back":
        given = {"reason": "Wrong.", "by": plant.cast.lead, "now": plant.now}
        actions.withdraw_evidence(pilot=pilot, code=Code.DATA, key=found.pk, **given)
    if what == "archived":
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)
    if what == "stopped":
        stop(plant, pilot)

    remind(plant, days=20)

    assert lines(plant.cast.lead, "ending:") == []


def test_lead_and_who_waived_are_told_once_14_days_and_once_3_days_before_a_waiver_ends(
    plant: Plant, pilot: Pilot
) -> None:
    until = plant.today + timedelta(days=30)
    given = {"reason": "Vendor ships in spring.", "until": until, "by": plant.cast.coo}
    actions.waive_gate(pilot=pilot, code=Code.FAILURE, step=1, now=plant.now, **given)
    words = f"The waiver of the gate Failure handling of Late orders ends on {formats.day(until)}"

    told = []
    for days in (10, 16, 27):
        remind(plant, days=days)
        told.append(len(lines(plant.cast.lead, "lapsing:")))

    assert told == [0, 1, 2]
    assert lines(plant.cast.lead, "lapsing:") == [words, words]
    assert lines(plant.cast.coo, "lapsing:") == [words, words]
    assert lines(plant.cast.sponsor, "lapsing:") == []


def test_the_lead_is_told_before_a_pass_ends_by_what_it_rests_on(
    plant: Plant, pilot: Pilot
) -> None:
    until = passed(plant, pilot).until
    assert until is not None

    remind(plant, days=(until - plant.today).days - 3)

    words = f"The pass of the gate Data of Late orders ends on {formats.day(until)}"
    assert words in lines(plant.cast.lead, "lapsing:")
    assert lines(plant.cast.reviewer, "lapsing:") == []


def stop(plant: Plant, pilot: Pilot) -> None:
    given = {"word": "stop", "reason": "No use.", "by": plant.cast.coo, "now": plant.now}
    outcomes.decide_pilot(pilot=pilot, version=1, **given)


def test_the_decider_is_told_once_that_a_gate_waits_beyond_its_day_and_no_adviser(
    plant: Plant, pilot: Pilot
) -> None:
    due = plant.today + timedelta(days=2)
    ask(plant, pilot, plant.cast.reader)
    submitted(plant, pilot)
    name(plant, pilot, due_date=due, version=2)
    key = "gate:"

    remind(plant, days=2)
    before = len(lines(plant.cast.reviewer, key))
    remind(plant, days=3)
    remind(plant, days=30)

    assert before == 1
    assert lines(plant.cast.reviewer, key)[1:] == [
        f"The gate Data of Late orders was to be decided by {formats.day(due)}: it waits for you"
    ]
    assert len(lines(plant.cast.reader, "")) == 1
    assert lines(plant.cast.reader, key) == []


def test_a_gate_without_a_day_is_to_be_decided_within_two_weeks(plant: Plant, pilot: Pilot) -> None:
    submitted(plant, pilot)

    remind(plant, days=REVIEW_DAYS)
    before = len(lines(plant.cast.reviewer, "gate:"))
    remind(plant, days=REVIEW_DAYS + 1)

    assert (before, len(lines(plant.cast.reviewer, "gate:"))) == (1, 2)


def test_the_reminder_is_settled_when_the_gate_is_decided(plant: Plant, pilot: Pilot) -> None:
    submitted(plant, pilot)
    remind(plant, days=REVIEW_DAYS + 1)

    actions.pass_gate(pilot=pilot, code=Code.DATA, step=2, by=plant.cast.reviewer, now=plant.now)
    remind(plant, days=REVIEW_DAYS + 2)

    rows = Notification.objects.filter(member=plant.cast.reviewer, topic="gate")
    assert {one.body for one in rows} == {"It is decided."}
    assert all(one.read_at for one in rows)


def test_nobody_is_told_of_a_gate_whose_decider_left(plant: Plant, pilot: Pilot) -> None:
    submitted(plant, pilot)
    Membership.objects.filter(pk=plant.cast.reviewer.pk).update(removed_at=plant.now)

    remind(plant, days=REVIEW_DAYS + 1)

    assert len(lines(plant.cast.reviewer, "gate:")) == 1
