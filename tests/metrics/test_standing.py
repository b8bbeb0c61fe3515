"""Which version of a read-out stands on the board, what it asks, and of whom."""

from __future__ import annotations

import json
import re
from dataclasses import replace as replace_row
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils.html import strip_tags

from common.errors import Refused
from common.tenancy.context import tenant
from metrics.actions import acknowledgements, baselines, outcomes, readouts, targets
from metrics.models import Baseline, PilotMetric, PilotOutcome, ReadOut
from metrics.queries import board, verdicts
from portfolio import actions as portfolio
from portfolio.models import Pilot
from tests.conftest import Cast, signed_in
from tests.metrics.test_read_outs import baseline, lock, plant
from tests.plant import Plant, monday

__all__ = ["baseline", "plant"]  # fixtures

IMPROVED, HARDLY, WORSE = 96, 92, 70
NOTE = "Take note of the changed read-out of "
DECISION = "Graduate, extend or stop "
HOLDS = "Holds after correction for all metrics read out in that quarter."


def open_board(plant: Plant, who: str = "coo") -> str:
    return signed_in(getattr(plant.cast, who)).get("/t/acme/").content.decode()


def words(page: str) -> str:
    return " ".join(strip_tags(page).split())


def deliver(
    plant: Plant, row: PilotMetric, week: int, *, upto: int, numerator: int, revision: int = 1
) -> None:
    """Correct the four weeks up to one of a pilot that is in a week now."""
    plant.deliver(
        {
            "metric": row.metric.code,
            "event_at": monday(ago).isoformat(),
            "source": "erp",
            "external_id": f"{row.metric.code} {ago}",
            "numerator": numerator + ago % 3,
            "denominator": 100,
            "revision": revision,
        }
        for ago in range(week - upto, week - upto + 4)
    )


def add(plant: Plant, name: str = "Late orders", *, week: int = 15, to: int = IMPROVED) -> Baseline:
    """Add a pilot in a week now that moved its metric in weeks 9 to 12, its baseline locked."""
    plant.whole(name, week=week, weeks=104)
    row = PilotMetric.objects.select_related("metric", "pilot__site").get(pilot__name=name)
    deliver(plant, row, week, upto=12, numerator=to)
    return locked(plant, row)


def locked(plant: Plant, row: PilotMetric) -> Baseline:
    draft = baselines.draft_baseline(row=row, by=plant.cast.lead, now=plant.now, matters=0.02)
    return lock(plant, draft)


def beside(plant: Plant, pilot: Pilot, name: str) -> PilotMetric:
    """Give a pilot another primary metric with history and an agreed target."""
    metric = plant.metric(name)
    plant.send(metric, weeks=104)
    return plant.aim(pilot, metric)


def read_out(plant: Plant) -> int:
    due = verdicts.list_due_baselines(plant.now)
    return sum(readouts.read_out(baseline=one, now=plant.now) for one in due)


def replace(plant: Plant, baseline: Baseline) -> Baseline:
    """End a locked baseline and return the draft of the next one."""
    return baselines.supersede_baseline(
        baseline=baseline,
        version=Baseline.objects.get(pk=baseline.pk).version,
        by=plant.cast.admin,
        now=plant.now,
        reason="The scanner counted twice.",
    )


def decide(
    plant: Plant, pilot: Pilot, word: str, *, now: datetime, until_week: int | None = None
) -> None:
    outcomes.decide_pilot(
        pilot=pilot,
        version=1,
        word=word,
        until_week=until_week,
        reason="The planners said so.",
        by=plant.cast.coo,
        now=now,
    )


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> tuple[Plant, Baseline]:
    """A pilot in week 15 that improved, its baseline locked and not read out yet."""
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        return plant, add(plant)


def test_what_was_read_out_stands_while_its_baseline_is_replaced(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        read_out(plant)
        replace(plant, baseline)

    board = open_board(plant)

    assert "1 of 1 metric read out improved." in words(board)
    assert 'title="Late orders on time rose by' in board
    assert "Lock the baseline of Late orders" in words(open_board(plant, "lead"))


def test_a_changed_version_of_a_replaced_baseline_neither_stands_nor_is_asked(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        read_out(plant)
        deliver(plant, baseline.target_row, 15, upto=12, numerator=WORSE, revision=2)
        read_out(plant)
    asked = NOTE in words(open_board(plant))
    with tenant(plant.cast.acme):
        replace(plant, baseline)

    board = words(open_board(plant))

    assert asked
    assert NOTE not in board
    assert "1 of 1 metric read out improved." in board


def test_a_version_that_somebody_took_note_of_stands_after_its_baseline_is_replaced(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        read_out(plant)
        deliver(plant, baseline.target_row, 15, upto=12, numerator=WORSE, revision=2)
        read_out(plant)
        acknowledgements.acknowledge(
            read_out=ReadOut.objects.get(number=2), by=plant.cast.coo, now=plant.now, reason="Seen."
        )
        replace(plant, baseline)

    assert "1 worse" in words(open_board(plant))


def test_what_a_new_baseline_changes_waits_while_the_old_word_stands(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        read_out(plant)
        new = lock(plant, replace(plant, baseline))
        deliver(plant, baseline.target_row, 15, upto=12, numerator=WORSE, revision=2)
        read_out(plant)
        waiting = ReadOut.objects.get(baseline=new)
    before = words(open_board(plant))
    with tenant(plant.cast.acme):
        acknowledgements.acknowledge(
            read_out=waiting, by=plant.cast.coo, now=plant.now, reason="Seen."
        )
    after = words(open_board(plant))

    assert (waiting.number, waiting.waits) == (1, True)
    assert "1 of 1 metric read out improved." in before
    assert NOTE in before
    assert DECISION not in before
    assert "0 of 1 metric read out improved, 1 worse." in after
    assert NOTE not in after
    assert DECISION in after


def test_a_decision_waits_until_every_primary_metric_with_a_baseline_is_read_out(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        row = beside(plant, baseline.target_row.pilot, "Returns")
        readouts.read_out(baseline=baseline, now=plant.now)
    without_baseline = words(open_board(plant))
    with tenant(plant.cast.acme):
        second = locked(plant, row)
    to_come = words(open_board(plant))
    with tenant(plant.cast.acme):
        readouts.read_out(baseline=second, now=plant.now)
    read = words(open_board(plant))

    assert [DECISION in page for page in (without_baseline, to_come, read)] == [True, False, True]


def test_a_pilot_whose_baseline_is_replaced_is_not_to_be_decided_meanwhile(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        read_out(plant)
        replace(plant, baseline)

    assert DECISION not in words(open_board(plant))


def test_nobody_graduates_on_what_a_replaced_baseline_showed(
    plant: Plant, baseline: Baseline
) -> None:
    pilot = baseline.target_row.pilot
    with tenant(plant.cast.acme):
        read_out(plant)
        deliver(plant, baseline.target_row, 15, upto=12, numerator=WORSE, revision=2)
        read_out(plant)
        new = replace(plant, baseline)

        with pytest.raises(Refused, match="is replaced, and what the new one shows") as refused:
            decide(plant, pilot, "graduate", now=plant.now)
        lock(plant, new)
        with pytest.raises(Refused, match="is replaced"):
            decide(plant, pilot, "graduate", now=plant.now)
        read_out(plant)
        with pytest.raises(Refused, match="Take note of that first"):
            decide(plant, pilot, "graduate", now=plant.now)

    assert refused.value.code == "baseline_replaced"


@pytest.mark.parametrize("leave", ["retired", "made a guard"])
def test_a_metric_that_was_read_out_stays_before_the_eyes_of_who_decides(
    plant: Plant, baseline: Baseline, leave: str
) -> None:
    pilot = baseline.target_row.pilot
    with tenant(plant.cast.acme):
        row = beside(plant, pilot, "Returns")
        deliver(plant, row, 15, upto=12, numerator=WORSE)
        second = locked(plant, row)
        read_out(plant)
        replace(plant, second)
        row.refresh_from_db()
        if leave == "retired":
            targets.retire_target(row=row, by=plant.cast.lead, now=plant.now)
        else:
            change_role(plant, row)

    page = words(
        signed_in(plant.cast.coo).get(f"/t/acme/pilots/{pilot.code}/decide/").content.decode()
    )
    with tenant(plant.cast.acme):
        decide(plant, pilot, "graduate", now=plant.now)
        evidence = PilotOutcome.objects.get().evidence
        codes = [baseline.target_row.metric.code, row.metric.code]

    assert page.count("The pilot is no longer judged by this metric.") == 1
    assert "Returns fell by" in page
    assert [one["metric"] for one in evidence] == codes
    assert [one["word"] for one in evidence] == ["improved", "worse"]


def change_role(plant: Plant, row: PilotMetric) -> None:
    targets.change_target(
        row=row,
        version=row.version,
        role="guard",
        comparison=row.comparison,
        target=row.target,
        units_per_week=row.units_per_week,
        value_per_unit=row.value_per_unit,
        by=plant.cast.lead,
    )


def headline(plant: Plant) -> str:
    found = re.search(r"<h1>(.*?)</h1>", open_board(plant))
    assert found
    return found[1]


def test_the_headline_says_what_was_read_out_what_holds_and_what_is_still_to_come(
    plant: Plant,
) -> None:
    with tenant(plant.cast.acme):
        add(plant, "Returns", to=WORSE)
        plant.whole("Scrap", week=15, weeks=40, locked=True)
        read_out(plant)
        young = plant.whole("Freight", week=5, locked=True)
        beside(plant, young, "Freight cost")
        plant.pilot("Idle")
        for name, has_baseline in (("Over", True), ("Never begun", False)):
            over = plant.whole(name, week=5, locked=has_baseline)
            decide(plant, over, "stop", now=plant.now)

    assert headline(plant).startswith(
        "1 of 3 metrics read out improved (1 holds after correction), 1 worse,"
        " 1 without enough evidence; 3 still to come. "
    )


@pytest.mark.parametrize("leave", ["archived", "replaced", "taken away"])
def test_no_pilot_leaves_the_headline_once_it_is_read_out(plant: Plant, leave: str) -> None:
    with tenant(plant.cast.acme):
        failed = add(plant, "Returns", to=WORSE)
        read_out(plant)
        pilot = failed.target_row.pilot
        if leave == "archived":
            portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)
        else:
            replace(plant, failed)
        if leave == "taken away":
            targets.retire_target(row=failed.target_row, by=plant.cast.admin, now=plant.now)

    assert headline(plant).startswith(
        "1 of 2 metrics read out improved (1 holds after correction), 1 worse."
    )


def test_the_headline_of_archived_pilots_alone_is_what_they_were_read_out_as(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        pilot = baseline.target_row.pilot
        read_out(plant)
        portfolio.archive_pilot(pilot=pilot, by=plant.cast.admin, now=plant.now)

    assert headline(plant) == "1 of 1 metric read out improved. Nothing waits for you."


def test_which_metrics_hold_after_correction_is_known_of_every_pilot(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        add(plant, "Returns", to=WORSE)
        plant.whole("Scrap", week=15, weeks=40, locked=True)
        read_out(plant)
        rows = board.read_targets().read_out
        holding = board.find_holding(rows, zone="Europe/Berlin")
        held = {row.name for row in rows if row.id in holding}

    assert baseline.target_row_id in holding
    assert held == {"Late orders on time", "Returns on time"}


def test_a_pilots_page_says_whether_its_change_holds_after_correction(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        improved = baseline.target_row.pilot
        unclear = plant.whole("Scrap", week=15, weeks=40, locked=True)
        read_out(plant)

    pages = [
        words(signed_in(plant.cast.reader).get(f"/t/acme/pilots/{one.code}/").content.decode())
        for one in (improved, unclear)
    ]

    assert [f"{HOLDS} Raw: " in page for page in pages] == [True, False]
    assert not any("after correction" in page.replace(HOLDS, "") for page in pages)


def test_a_change_that_does_not_hold_says_so(plant: Plant, baseline: Baseline) -> None:
    with tenant(plant.cast.acme):
        deliver(plant, baseline.target_row, 15, upto=12, numerator=HARDLY, revision=2)
        for name in ("Scrap", "Returns"):
            plant.whole(name, week=15, weeks=40, locked=True)
        read_out(plant)
    pilot = baseline.target_row.pilot

    page = words(signed_in(plant.cast.reader).get(f"/t/acme/pilots/{pilot.code}/").content.decode())

    assert "Improved Late orders on time rose by" in page
    assert "Does not hold after correction for all metrics read out in that quarter. Raw: " in page


@pytest.mark.parametrize(("zone", "holds"), [("Europe/Berlin", False), ("America/Chicago", True)])
def test_the_quarter_is_cut_on_the_companys_clock(plant: Plant, zone: str, holds: bool) -> None:
    with tenant(plant.cast.acme):
        read_out(plant)
        [row] = board.read_targets().read_out
    late, later = datetime(2026, 12, 31, 23, 30, tzinfo=UTC), datetime(2027, 1, 9, tzinfo=UTC)
    improved = json.dumps({"word": "improved", "p": 0.04})
    unchanged = json.dumps({"word": "no_change_detected", "p": 0.9})
    family = [
        replace_row(row, due_at=late, read_out=improved),
        replace_row(row, id=uuid4(), due_at=later, read_out=unchanged),
    ]

    assert board.find_holding(family, zone=zone) == ({row.id} if holds else set())


def test_who_may_not_graduate_yet_is_told_what_to_do_about_a_metric_without_a_baseline(
    plant: Plant, baseline: Baseline
) -> None:
    with tenant(plant.cast.acme):
        beside(plant, baseline.target_row.pilot, "Returns")
        read_out(plant)
        with pytest.raises(Refused, match="Returns is not read out yet") as refused:
            decide(plant, baseline.target_row.pilot, "graduate", now=plant.now)

    assert "lock one, or take the metric out of the pilot" in str(refused.value)
