"""What stands and is asked of a pilot in week 18, in whose turn a second read-out has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from common import formats
from common.errors import Refused
from common.tenancy.context import tenant
from metrics.actions import readouts
from metrics.models import Baseline, ReadOut
from tests.conftest import Cast
from tests.metrics.test_read_outs import baseline, plant
from tests.metrics.test_standing import (
    DECISION,
    IMPROVED,
    NOTE,
    WORSE,
    add,
    decide,
    deliver,
    open_board,
    read_out,
    words,
)
from tests.plant import Plant, today

__all__ = ["baseline", "plant"]  # fixtures


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> tuple[Plant, Baseline]:
    """A pilot in week 18 that improved in weeks 9 to 12, not read out yet."""
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        return plant, add(plant, week=18)


def test_a_changed_read_out_of_a_later_week_is_asked_with_that_weeks_page(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        deliver(plant, baseline.target_row, 18, upto=16, numerator=IMPROVED)
        first = read_out(plant)
        deliver(plant, baseline.target_row, 18, upto=16, numerator=WORSE, revision=2)
        again = read_out(plant)

    sponsor, lead = open_board(plant, "sponsor"), open_board(plant, "lead")

    row = baseline.target_row
    page = f'href="/t/acme/pilots/{row.pilot.code}/metrics/{row.pk}/week-16/"'
    assert (first, again) == (2, 1)
    assert f"{NOTE}Late orders" in words(sponsor)
    assert "read out as after week 16" in words(sponsor)
    assert sponsor.count(page) == 3  # the request, the row and the card
    assert NOTE not in words(lead)


def test_a_read_out_of_late_figures_leaves_six_days_from_the_day_it_was_made(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        read_out(plant)

    board = words(open_board(plant))

    due = formats.day(today() + timedelta(days=6), today=today())
    assert f"Graduate, extend or stop itSponsor · by {due}" in board


def test_an_extended_pilot_is_to_be_decided_once_the_week_it_was_extended_to_is_read_out(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        before = plant.now - timedelta(weeks=3)
        readouts.read_out(baseline=baseline, now=before)
        decide(plant, baseline.target_row.pilot, "extend", until_week=16, now=before)
    extended = words(open_board(plant))
    with tenant(plant.cast.acme):
        read_out(plant)
    read = words(open_board(plant))

    assert DECISION not in extended
    assert "Extended, read out anew after week 16" in extended
    assert DECISION in read


def test_of_a_stopped_pilot_only_a_note_is_asked_and_no_later_read_out_is_made(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        before = plant.now - timedelta(weeks=3)
        readouts.read_out(baseline=baseline, now=before)
        decide(plant, baseline.target_row.pilot, "stop", now=before)
    quiet = words(open_board(plant))
    with tenant(plant.cast.acme):
        read_out(plant)
        deliver(plant, baseline.target_row, 18, upto=12, numerator=WORSE, revision=2)
        read_out(plant)
        found = ReadOut.objects.order_by("number").values_list("week", "number", "waits")
        assert list(found) == [(12, 1, False), (12, 2, True)]
    asked = words(open_board(plant))

    assert [NOTE in quiet, NOTE in asked] == [False, True]
    assert DECISION not in quiet + asked
    assert "Stopped" in quiet


def test_nobody_decides_while_any_read_out_of_the_pilot_waits_for_a_note(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        read_out(plant)
        deliver(plant, baseline.target_row, 18, upto=12, numerator=WORSE, revision=2)
        read_out(plant)
        assert ReadOut.objects.filter(week=12, waits=True).count() == 1
        with pytest.raises(Refused, match="Take note of that first"):
            decide(plant, baseline.target_row.pilot, "graduate", now=plant.now)
