"""The last phase leaves a read-out of each primary metric and a decision."""

from __future__ import annotations

from common.tenancy.context import tenant
from gates.queries import phases
from gates.rules.phases import Output, Phase
from metrics.models import Baseline
from portfolio.models import Pilot
from tests.metrics.test_outcomes import baseline, decide, made, pilot, plant
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
