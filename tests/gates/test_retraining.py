"""What calls for training a model anew: when it fires, who is told, and what the gate asks of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.models import AuditEvent
from common.errors import Changed, Refused
from common.writing import constraint_of
from gates import actions as steps
from gates import queries
from gates.actions import retraining as actions
from gates.models import RetrainingTrigger, TriggerFiring
from gates.queries import facts
from gates.queries.retraining import last_week_over
from gates.rules import retraining as rules
from gates.rules.criteria import Fact, Side
from gates.rules.retraining import Terms, Word
from gates.rules.states import Code, State
from metrics.actions import outcomes
from metrics.models import Snapshot
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tenants.models import Membership, Notification
from tests.conftest import Cast
from tests.gates.plant import answer, made, passed, pilot, plant, tried, trigger
from tests.plant import Plant

__all__ = ["made", "pilot", "plant"]  # fixtures

pytestmark = pytest.mark.usefixtures("acme")
WEEK = date(2026, 11, 9)
TWO_ABOVE = Terms(Side.GT, 5.0, weeks=2, rest_weeks=4)


def weeks(*values: float | None, last: date = WEEK) -> dict[date, float]:
    """Return figures by Monday that end with a week; None leaves one out."""
    mondays = rules.asked_weeks(last, len(values))
    return {day: value for day, value in zip(mondays, values, strict=True) if value is not None}


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ((4.1, 5.6, 6.0), Word.FIRES),
        ((6.0, 5.0, 6.0), Word.QUIET),
        ((6.0, 6.0, 5.0), Word.QUIET),
        ((6.0, None, 6.0), Word.UNKNOWN),
        ((6.0, 6.0, None), Word.UNKNOWN),
        ((6.0, 4.0, None), Word.QUIET),
        ((None, 6.0, 6.0), Word.FIRES),
    ],
)
def test_each_of_the_last_weeks_has_to_lie_on_the_bad_side(
    values: tuple[float | None, ...], word: Word
) -> None:
    assert rules.judge(TWO_ABOVE, weeks(*values), last=WEEK) is word


@pytest.mark.parametrize(
    ("side", "at"),
    [(Side.LT, False), (Side.LE, True), (Side.GE, True), (Side.GT, False)],
)
def test_the_number_itself_counts_where_the_side_says_so(side: Side, at: bool) -> None:
    assert rules.beyond(5.0, side=side, threshold=5.0) is at


@pytest.mark.parametrize(
    ("weeks_ago", "word"),
    [(0, Word.RESTS), (1, Word.RESTS), (3, Word.RESTS), (4, Word.FIRES), (9, Word.FIRES)],
)
def test_it_rests_after_it_fired(weeks_ago: int, word: Word) -> None:
    fired = WEEK - timedelta(weeks=weeks_ago)

    assert rules.judge(TWO_ABOVE, weeks(6.0, 6.0), last=WEEK, fired=fired) is word


def test_of_several_weeks_the_last_that_is_over_is_looked_at() -> None:
    assert last_week_over(date(2026, 11, 15)) == date(2026, 11, 2)
    assert last_week_over(date(2026, 11, 16)) == date(2026, 11, 9)


def known(plant: Plant, pilot: Pilot, **later: int) -> Fact:
    return facts.gather(pilot, now=plant.now + timedelta(**later))["retraining_ready"]


def change(plant: Plant, row: RetrainingTrigger, **values: Any) -> RetrainingTrigger:
    names = ("side", "threshold", "weeks", "rest_weeks", "receiver", "task", "version")
    given = {name: getattr(row, name) for name in names} | values
    return actions.change_trigger(row=row, by=plant.cast.lead, **given)


def only(pilot: Pilot) -> RetrainingTrigger:
    return RetrainingTrigger.objects.get(pilot=pilot)


def above_all(plant: Plant, pilot: Pilot, **values: Any) -> RetrainingTrigger:
    """Return a trigger that every figure of the pilot's first metric is beyond."""
    return trigger(plant, pilot, side="gt", threshold=-1.0, **values)


def test_the_gate_rests_on_a_trigger_that_was_tried_and_answered(
    plant: Plant, pilot: Pilot
) -> None:
    found = known(plant, pilot)

    assert found.met
    assert "for 2 weeks running, tells" in found.words
    assert found.until == plant.today + timedelta(days=365)
    passed(plant, pilot, Code.OWNERSHIP)
    assert queries.get_seen(pilot, Code.OWNERSHIP, now=plant.now).state is State.PASSED


def test_a_pilot_without_a_trigger_says_so(plant: Plant) -> None:
    found = known(plant, plant.pilot("Bare"))

    assert found == Fact(met=False, words="No figure is named that calls for training.")


def test_a_changed_trigger_is_to_be_tried_anew_and_opens_the_gate(
    plant: Plant, pilot: Pilot
) -> None:
    passed(plant, pilot, Code.OWNERSHIP)

    row = change(plant, only(pilot), threshold=0.2)
    steps.reopen_due(pilot=pilot, now=plant.now)

    assert "it was not tried as it stands now" in known(plant, pilot).words
    assert queries.get_seen(pilot, Code.OWNERSHIP, now=plant.now).state is State.REOPENED
    trial = tried(plant, row)
    assert "has not answered the trial of" in known(plant, pilot).words
    answer(plant, trial)
    assert known(plant, pilot).met


def test_a_second_trigger_disturbs_no_gate(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.OWNERSHIP)

    second = trigger(plant, pilot, side="le")
    untried = known(plant, pilot)
    answer(plant, tried(plant, second))
    steps.reopen_due(pilot=pilot, now=plant.now)

    assert untried.met
    assert queries.get_seen(pilot, Code.OWNERSHIP, now=plant.now).state is State.PASSED


def test_a_receiver_who_leaves_opens_the_gate(plant: Plant, pilot: Pilot) -> None:
    passed(plant, pilot, Code.OWNERSHIP)
    Membership.objects.filter(pk=plant.cast.sponsor.pk).update(removed_at=plant.now)

    found = known(plant, pilot)

    assert not found.met
    assert "who is told, is no member any more" in found.words


def test_a_trial_that_waits_is_not_made_twice(plant: Plant, pilot: Pilot) -> None:
    row = change(plant, only(pilot), weeks=3)

    assert tried(plant, row) == tried(plant, row)


def test_figures_on_the_bad_side_fire_it_once_and_are_kept(plant: Plant, pilot: Pilot) -> None:
    row = above_all(plant, pilot)

    [fired] = actions.judge_triggers(now=plant.now)
    again = actions.judge_triggers(now=plant.now + timedelta(hours=1))

    last = rules.asked_weeks(fired.last_week, 2)  # type: ignore[arg-type]
    stored = {
        one.week: one.value
        for one in Snapshot.objects.filter(metric_id=row.metric_id, week__in=last)
    }
    assert again == []
    assert fired.trigger_id == row.pk
    assert fired.readings == [[week.isoformat(), stored[week]] for week in last]
    assert AuditEvent.objects.filter(action="RETRAINING_FIRED").count() == 1
    line = Notification.objects.get(dedup_key__startswith=f"retraining:{fired.pk}")
    assert line.title == f"The model of {pilot.name} is to be trained anew"


def test_where_who_is_told_has_left_the_lead_is_told(plant: Plant, pilot: Pilot) -> None:
    above_all(plant, pilot)
    Membership.objects.filter(pk=plant.cast.sponsor.pk).update(removed_at=plant.now)

    [fired] = actions.judge_triggers(now=plant.now)

    lines = Notification.objects.filter(dedup_key__startswith=f"retraining:{fired.pk}")
    assert [one.member_id for one in lines] == [plant.cast.lead.pk]


def test_where_the_lead_left_too_the_sponsor_is_told_and_where_all_left_nobody(
    plant: Plant, pilot: Pilot
) -> None:
    above_all(plant, pilot, receiver=plant.cast.reviewer, weeks=1, rest_weeks=1)
    left = Membership.objects.filter(pk__in=[plant.cast.reviewer.pk, plant.cast.lead.pk])
    left.update(removed_at=plant.now)

    [fired] = actions.judge_triggers(now=plant.now)

    lines = Notification.objects.filter(dedup_key__startswith=f"retraining:{fired.pk}")
    assert [one.member_id for one in lines] == [plant.cast.sponsor.pk]


def test_it_fires_again_after_its_rest(plant: Plant, pilot: Pilot) -> None:
    above_all(plant, pilot, weeks=1, rest_weeks=1)
    wednesday = plant.now + timedelta(days=2 - plant.now.weekday())
    earlier = wednesday - timedelta(weeks=3)

    first = actions.judge_triggers(now=earlier)
    resting = actions.judge_triggers(now=earlier + timedelta(days=1))
    second = actions.judge_triggers(now=wednesday - timedelta(weeks=2))

    assert [len(first), len(resting), len(second)] == [1, 0, 1]
    assert second[0].last_week == first[0].last_week + timedelta(weeks=1)  # type: ignore[operator]


def test_what_is_archived_stopped_or_put_aside_looks_at_nothing(plant: Plant, pilot: Pilot) -> None:
    row = above_all(plant, pilot)
    actions.archive_trigger(row=row, by=plant.cast.lead, now=plant.now)
    aside = actions.judge_triggers(now=plant.now)
    actions.restore_trigger(row=row, by=plant.cast.lead)
    outcomes.decide_pilot(
        pilot=pilot, version=1, word="stop", reason="R", by=plant.cast.coo, now=plant.now
    )

    assert aside == []
    assert actions.judge_triggers(now=plant.now) == []


def test_every_trigger_is_judged_in_as_many_queries(
    plant: Plant, pilot: Pilot, django_assert_num_queries: Any
) -> None:
    for _ in range(4):
        trigger(plant, pilot)

    with django_assert_num_queries(2):
        assert actions.judge_triggers(now=plant.now) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"weeks": 0}, "weeks"),
        ({"weeks": 27}, "weeks"),
        ({"rest_weeks": 0}, "rest_weeks"),
        ({"rest_weeks": 53}, "rest_weeks"),
        ({"threshold": 1e16}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"task": " "}, "task"),
    ],
)
def test_what_makes_no_trigger_is_refused_by_field(
    plant: Plant, pilot: Pilot, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        trigger(plant, pilot, **values)

    assert refused.value.field == field


def test_an_old_version_and_a_second_answer_are_refused(plant: Plant, pilot: Pilot) -> None:
    row = only(pilot)
    change(plant, row, weeks=3)

    with pytest.raises(Changed):
        change(plant, row, weeks=4)
    with pytest.raises(Refused, match="answered already"):
        answer(plant, TriggerFiring.objects.get(trigger=row))


def test_nobody_answers_for_another(plant: Plant, pilot: Pilot) -> None:
    trial = tried(plant, change(plant, only(pilot), weeks=3))

    with pytest.raises(Refused, match="Who was told answers"):
        answer(plant, trial, by=plant.cast.reviewer)
    answer(plant, trial, by=plant.cast.lead)


def test_an_archived_pilot_takes_none_of_it(plant: Plant, pilot: Pilot) -> None:
    row, trial = only(pilot), TriggerFiring.objects.get(trigger__pilot=pilot)
    portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)
    row.refresh_from_db()

    for act in (
        lambda: trigger(plant, pilot),
        lambda: change(plant, row, weeks=3),
        lambda: tried(plant, row),
        lambda: answer(plant, trial),
        lambda: actions.archive_trigger(row=row, by=plant.cast.lead, now=plant.now),
    ):
        with pytest.raises(Refused, match="archived"):
            act()


def execute(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, list(values))


def refused(statement: str, *values: object) -> str:
    with pytest.raises(IntegrityError) as violated:
        execute(statement, *values)
    return constraint_of(violated.value)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gates_triggerfiring SET answer = 'Another'",
        "UPDATE gates_triggerfiring SET answered_at = NULL, answered_by_id = NULL, answer = ''",
    ],
)
def test_the_database_takes_one_answer(pilot: Pilot, statement: str) -> None:
    assert refused(statement) == "gates_triggerfiring_fixed"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gates_triggerfiring SET threshold = 1",
        "DELETE FROM gates_triggerfiring",
        "UPDATE gates_retrainingtrigger SET metric_id = 1",
    ],
)
def test_the_application_changes_no_firing_and_no_figure_of_a_trigger(
    pilot: Pilot, statement: str
) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        execute(statement)


FIRED = (
    "INSERT INTO gates_triggerfiring (tenant_id, trigger_id, trigger_version, at, last_week, side,"
    " threshold, readings, member_id, receiver_id, answer) VALUES (%s, %s, 1, now(), %s, 'gt', 1,"
    " '[]', %s, %s, '')"
)


def test_the_database_fires_once_a_week_and_tells_trials_apart(
    plant: Plant, pilot: Pilot, cast: Cast
) -> None:
    row, who = only(pilot), plant.cast.sponsor.pk
    execute(FIRED, cast.acme, row.pk, WEEK, None, who)

    for week, member, name in (
        (WEEK, None, "gates_triggerfiring_once_a_week"),
        (WEEK + timedelta(days=1), None, "gates_triggerfiring_tried_or_fired"),
        (WEEK + timedelta(days=7), who, "gates_triggerfiring_tried_or_fired"),
        (None, None, "gates_triggerfiring_tried_or_fired"),
    ):
        assert refused(FIRED, cast.acme, row.pk, week, member, who) == name


NOWHERE = "'00000000-0000-0000-0000-000000000000'"


@pytest.mark.parametrize(
    ("assignment", "name"),
    [
        (f"pilot_id = {NOWHERE}", "gates_retrainingtrigger_pilot_fk"),
        ("metric_id = 0", "gates_retrainingtrigger_metric_fk"),
        (f"receiver_id = {NOWHERE}", "gates_retrainingtrigger_receiver_fk"),
        ("side = 'eq'", "gates_retrainingtrigger_side"),
        ("weeks = 0", "gates_retrainingtrigger_terms"),
        ("rest_weeks = 60", "gates_retrainingtrigger_terms"),
        ("threshold = 'NaN'", "gates_retrainingtrigger_terms"),
        ("task = ''", "gates_retrainingtrigger_terms"),
    ],
)
def test_the_database_refuses_a_trigger_that_is_none(
    pilot: Pilot, assignment: str, name: str
) -> None:
    values = {
        "tenant_id": "tenant_id",
        "pilot_id": "pilot_id",
        "metric_id": "metric_id",
        "side": "side",
        "threshold": "threshold",
        "weeks": "weeks",
        "rest_weeks": "rest_weeks",
        "receiver_id": "receiver_id",
        "task": "task",
        "version": "1",
    }
    column, value = assignment.split(" = ")
    values[column] = value

    assert copied("gates_retrainingtrigger", values) == name


@pytest.mark.parametrize(
    ("assignment", "name"),
    [
        (f"trigger_id = {NOWHERE}", "gates_triggerfiring_trigger_fk"),
        (f"member_id = {NOWHERE}", "gates_triggerfiring_member_fk"),
        (f"receiver_id = {NOWHERE}", "gates_triggerfiring_receiver_fk"),
        (f"answered_by_id = {NOWHERE}", "gates_triggerfiring_answered_fk"),
        ("answer = ''", "gates_triggerfiring_answered_whole"),
    ],
)
def test_the_database_refuses_a_firing_that_is_none(
    pilot: Pilot, assignment: str, name: str
) -> None:
    names = (
        "tenant_id trigger_id trigger_version at last_week side threshold readings member_id"
        " receiver_id answered_at answered_by_id answer"
    )
    column, value = assignment.split(" = ")

    values = {one: one for one in names.split()} | {column: value}

    assert copied("gates_triggerfiring", values) == name


def copied(table: str, values: dict[str, str]) -> str:
    """Copy the only row of a table with other values; return the constraint that refuses it."""
    columns, given = ", ".join(values), ", ".join(values.values())
    return refused(f"INSERT INTO {table} ({columns}) SELECT {given} FROM {table}")
