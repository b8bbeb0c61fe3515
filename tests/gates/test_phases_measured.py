"""The last phase leaves a read-out of each primary metric and a decision."""

from __future__ import annotations

from datetime import timedelta

from common.tenancy.context import tenant
from gates.queries import phases
from gates.rules.phases import Output, Phase
from metrics.actions import acknowledgements, baselines, readouts, targets
from metrics.models import Baseline, ReadOut
from metrics.queries import verdicts
from portfolio.models import Pilot
from tests.metrics.test_outcomes import baseline, decide, made, pilot, plant
from tests.metrics.test_read_outs import drafted, freeze, lock, measure
from tests.plant import Plant

__all__ = ["baseline", "made", "pilot", "plant"]  # fixtures


def lacking(plant: Plant, pilot: Pilot) -> tuple[Output, ...]:
    with tenant(plant.cast.acme):
        return phases.find_lacking(pilot)[Phase.MEASURE]


def test_before_the_read_out_both_are_missing(plant: Plant, baseline: Baseline) -> None:
    assert lacking(plant, baseline.target_row.pilot) == (Output.READ_OUT, Output.DECISION)


def test_after_the_read_out_the_decision_is_missing_until_it_is_made(
    plant: Plant, pilot: Pilot
) -> None:
    read = lacking(plant, pilot)
    with tenant(plant.cast.acme):
        decide(plant, pilot)

    assert read == (Output.DECISION,)
    assert lacking(plant, pilot) == ()


def test_a_look_after_week_16_is_no_read_out_after_week_12(
    plant: Plant, baseline: Baseline
) -> None:
    later = plant.now + timedelta(weeks=4)
    with tenant(plant.cast.acme):
        [due] = [one for one in verdicts.list_due(baseline, later) if one.week == 16]
        assert freeze(baseline, due, as_of=later) is not None

    assert lacking(plant, baseline.target_row.pilot) == (Output.READ_OUT, Output.DECISION)


def test_a_read_out_that_waits_for_somebodys_note_is_none_before_it(
    plant: Plant, pilot: Pilot
) -> None:
    with tenant(plant.cast.acme):
        old = Baseline.objects.select_related("target_row__metric", "target_row__pilot").get()
        row = old.target_row
        baselines.supersede_baseline(
            baseline=old, version=old.version, by=plant.cast.lead, now=plant.now, reason="R"
        )
        targets.retire_target(row=row, by=plant.cast.lead, now=plant.now)
        measure(plant, row, 70, revision=2)
        again = lock(plant, drafted(plant, plant.aim(pilot, row.metric)))
        readouts.read_out(baseline=again, now=plant.now)
        found = ReadOut.objects.get(baseline=again)
    waiting = lacking(plant, pilot)
    with tenant(plant.cast.acme):
        acknowledgements.acknowledge(
            read_out=found, by=plant.cast.coo, now=plant.now, reason="It was counted twice."
        )

    assert (found.waits, waiting) == (True, (Output.READ_OUT, Output.DECISION))
    assert lacking(plant, pilot) == (Output.DECISION,)
