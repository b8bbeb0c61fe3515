"""The first 90 days after go-live: what is read every week, what is missing, and who is told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from common import formats
from common.tenancy.context import tenant
from gates.actions import enter_production, retraining
from gates.actions import watch as actions
from gates.models import RetrainingTrigger
from gates.queries import watch as queries
from gates.rules import watch as rules
from metrics.models import PilotOutcome
from portfolio import actions as portfolio
from portfolio.models import Pilot
from portfolio.queries.around import map_around
from tenants.models import Notification
from tests.conftest import signed_in
from tests.gates.plant import all_passed, made, pilot, plant, trigger
from tests.gates.test_pages import words
from tests.plant import Plant, monday
from tests.queries import counted

__all__ = ["made", "pilot", "plant"]  # fixtures

HOME = "/t/acme/pilots/P-01/retraining/"
LIVE = date(2026, 10, 5)  # a Monday


def test_twelve_or_thirteen_whole_weeks_begin_within_the_90_days() -> None:
    from_monday, from_tuesday = rules.weeks(LIVE), rules.weeks(LIVE + timedelta(days=1))

    assert (from_monday[0], len(from_monday)) == (LIVE, 13)
    assert (from_tuesday[0], len(from_tuesday)) == (LIVE + timedelta(days=7), 12)
    assert from_monday[-1] == LIVE + timedelta(days=84)
    assert len(rules.weeks(LIVE + timedelta(days=6))) == 13


@pytest.mark.parametrize(
    ("days", "missing"), [(0, 0), (8, 0), (9, 1), (15, 1), (16, 2), (84 + 9, 13), (400, 13)]
)
def test_a_reading_is_missing_from_the_wednesday_after_its_week(days: int, missing: int) -> None:
    found = rules.missed(LIVE, (), today=LIVE + timedelta(days=days))

    assert len(found) == missing


def test_a_week_with_a_figure_is_not_missing() -> None:
    known = [LIVE, LIVE + timedelta(days=14)]

    found = rules.missed(LIVE, known, today=LIVE + timedelta(days=23))

    assert found == [LIVE + timedelta(days=7)]


@pytest.mark.parametrize(
    ("go_live", "entered", "start"),
    [
        (LIVE, None, LIVE),
        (None, LIVE, LIVE),
        (LIVE, LIVE - timedelta(days=3), LIVE - timedelta(days=3)),
        (LIVE, LIVE + timedelta(days=3), LIVE + timedelta(days=3)),
        (None, None, None),
    ],
)
def test_a_pilot_is_watched_from_its_entry_and_until_then_from_go_live(
    go_live: date | None, entered: date | None, start: date | None
) -> None:
    assert rules.starts(go_live=go_live, entered_on=entered) == start


def test_a_pilot_is_watched_until_its_last_week_was_read_for_a_week() -> None:
    last = LIVE + timedelta(days=84 + 16)

    assert [rules.is_on(LIVE, day) for day in (LIVE - timedelta(days=1), LIVE)] == [False, True]
    assert [rules.is_on(LIVE, day) for day in (last, last + timedelta(days=1))] == [True, False]


def go_live(pilot: Pilot, *, weeks_ago: int) -> None:
    Pilot.objects.filter(pk=pilot.pk).update(
        start_date=monday(weeks_ago + 1), go_live_date=monday(weeks_ago)
    )
    pilot.refresh_from_db()


def watched(plant: Plant, pilot: Pilot, *, known: int = 2, **values: Any) -> RetrainingTrigger:
    """Let a pilot go live four weeks ago, with a figure that has values of the last weeks only."""
    go_live(pilot, weeks_ago=4)
    RetrainingTrigger.objects.filter(pilot=pilot).update(archived_at=plant.now)
    metric = plant.metric("Exceptions")
    if known:
        plant.send(metric, weeks=known)
    return trigger(plant, pilot, metric=metric, **values)


def told(plant: Plant) -> list[tuple[Any, str]]:
    lines = Notification.objects.filter(topic="watch").order_by("title", "member_id")
    return [(line.member_id, line.title) for line in lines]


@pytest.mark.usefixtures("acme")
def test_who_is_told_of_training_and_the_lead_are_told_of_a_missing_reading_once(
    plant: Plant, pilot: Pilot
) -> None:
    watched(plant, pilot, known=1)

    actions.tell_missed(now=plant.now)
    actions.tell_missed(now=plant.now + timedelta(hours=1))

    day = formats.day(monday(2))
    title = f"Exceptions has no reading of the week of {day}: {pilot.name} is watched"
    assert {member for member, said in told(plant) if said == title} == {
        plant.cast.lead.pk,
        plant.cast.sponsor.pk,
    }
    assert len(told(plant)) == len(set(told(plant)))
    assert not any(formats.day(monday(1)) in said for _member, said in told(plant))


@pytest.mark.usefixtures("acme")
def test_a_reading_that_has_been_missing_for_long_is_told_to_nobody_anew(
    plant: Plant, pilot: Pilot
) -> None:
    watched(plant, pilot, known=1)

    actions.tell_missed(now=plant.now + timedelta(weeks=4))

    assert not any(formats.day(monday(2)) in said for _member, said in told(plant))
    assert told(plant)  # the newest weeks have none either


@pytest.mark.usefixtures("acme")
def test_a_pilot_of_which_no_figure_is_named_is_told_to_its_lead(
    plant: Plant, pilot: Pilot
) -> None:
    go_live(pilot, weeks_ago=1)
    RetrainingTrigger.objects.filter(pilot=pilot).update(archived_at=plant.now)

    actions.tell_missed(now=plant.now)

    said = f"{pilot.name} is live, and no figure is named that is watched"
    assert told(plant) == [(plant.cast.lead.pk, said)]


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("state", ["archived", "stopped", "later", "over"])
def test_a_pilot_that_is_not_watched_asks_for_no_reading(
    plant: Plant, pilot: Pilot, state: str
) -> None:
    watched(plant, pilot, known=0)
    if state == "archived":
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)
    elif state == "stopped":
        PilotOutcome.objects.create(
            pilot=pilot,
            number=1,
            word="stop",
            reason="R",
            member=plant.cast.coo,
            at=plant.now,
            evidence=[],
        )
    elif state == "later":
        go_live(pilot, weeks_ago=-3)
    else:
        go_live(pilot, weeks_ago=20)

    assert actions.tell_missed(now=plant.now) == 0
    assert told(plant) == []


@pytest.mark.usefixtures("acme")
def test_decay_beyond_the_threshold_fires_the_trigger_and_nothing_is_missing(
    plant: Plant, pilot: Pilot
) -> None:
    row = watched(plant, pilot, known=4, side="lt", threshold=0.99)

    [fired] = retraining.judge_triggers(now=plant.now)

    assert fired.trigger_id == row.pk
    assert not any(formats.day(monday(3)) in said for _member, said in told(plant))
    assert [line.missed for line in read(plant, pilot).lines if monday(3) in line.missed] == []


def read(plant: Plant, pilot: Pilot) -> queries.Watched:
    starts = queries.map_starts({pilot.pk: pilot.go_live_date})
    return queries.read(starts, now=plant.now, zone=plant.site.zone)


@pytest.mark.usefixtures("acme")
def test_two_triggers_of_one_figure_are_one_reading(plant: Plant, pilot: Pilot) -> None:
    row = watched(plant, pilot)
    trigger(plant, pilot, metric=row.metric, threshold=0.2)

    [line] = read(plant, pilot).lines

    assert len(line.triggers) == 2


def test_board_pilot_and_list_say_which_readings_are_missing(plant: Plant, pilot: Pilot) -> None:
    with tenant(plant.cast.acme):
        watched(plant, pilot)
    reader = signed_in(plant.cast.reader)
    board, page, shown = (
        words(reader.get(path)) for path in ("/t/acme/", "/t/acme/pilots/P-01/", HOME)
    )

    said = "2 weekly readings are missing, the newest of the week of"
    assert "1 figure of the first 90 days after go-live is not read: which and since when" in board
    assert f"Exceptions, {pilot.name}" in board and said in board
    assert f"Exceptions, {pilot.name}: {said}" in page
    assert said in shown and "Missing" in shown and "of the 90 after go-live on" in shown


@pytest.mark.usefixtures("acme")
def test_an_earlier_go_live_date_ends_no_watch_of_a_pilot_that_entered_production(
    plant: Plant, pilot: Pilot
) -> None:
    all_passed(plant, pilot)
    enter_production(pilot=pilot, by=plant.cast.coo, now=plant.now)  # type: ignore[arg-type]
    go_live(pilot, weeks_ago=40)

    starts = queries.map_starts({pilot.pk: pilot.go_live_date})
    around = map_around(today=plant.today)[pilot.pk]

    assert starts == {pilot.pk: around.entered_on}
    assert rules.is_on(starts[pilot.pk], plant.today)
    names = RetrainingTrigger.objects.filter(pilot=pilot).values_list("metric__name", flat=True)
    assert [one.name for one in around.watched] == list(names) != []


def test_a_pilot_without_a_named_figure_says_so_where_it_is_watched(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        go_live(pilot, weeks_ago=1)
        RetrainingTrigger.objects.filter(pilot=pilot).update(archived_at=plant.now)

    assert "No figure is named that is watched." in words(signed_in(plant.cast.reader).get(HOME))


def test_more_pilots_and_figures_cost_the_board_no_more_queries(plant: Plant, pilot: Pilot) -> None:
    client = signed_in(plant.cast.coo)
    with tenant(plant.cast.acme):
        row = watched(plant, pilot)
    _, before = counted(lambda: client.get("/t/acme/"))
    with tenant(plant.cast.acme):
        for number in range(4):
            another = plant.pilot(f"Another {number}", lead=plant.cast.lead)
            go_live(another, weeks_ago=3)
            trigger(plant, another, metric=row.metric)

    _, after = counted(lambda: client.get("/t/acme/"))

    assert len(after) == len(before)
