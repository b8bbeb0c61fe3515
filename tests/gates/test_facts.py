"""What the product knows is found by its name, and what nobody asks for is not read."""

from __future__ import annotations

from typing import Any

import pytest

from gates.queries import facts
from gates.rules.criteria import Check
from gates.rules.first import FIRST
from portfolio.models import Pilot
from tests.gates.plant import made, pilot, plant
from tests.plant import Plant
from tests.queries import counted

__all__ = ["made", "pilot", "plant"]  # fixtures


@pytest.mark.usefixtures("acme")
def test_each_module_tells_just_what_it_is_said_to_know(plant: Plant, pilot: Pilot) -> None:
    for module, names in facts.KNOWN.items():
        found: dict[str, Any] = module.gather(pilot, now=plant.now)
        assert found.keys() == names, module.__name__


def test_every_fact_that_a_gate_asks_is_known_once() -> None:
    asked = {one.fact for criteria in FIRST.values() for one in criteria if one.check is Check.FACT}
    known = [name for names in facts.KNOWN.values() for name in names]

    assert asked == set(known)
    assert len(known) == len(set(known))


@pytest.mark.usefixtures("acme")
def test_one_fact_alone_is_told_as_among_all_and_in_fewer_queries(
    plant: Plant, pilot: Pilot
) -> None:
    among, every = counted(lambda: facts.gather(pilot, now=plant.now))
    alone, few = counted(lambda: facts.gather(pilot, now=plant.now, wanted={"deputy_named"}))

    assert alone["deputy_named"] == among["deputy_named"]
    assert len(few) < len(every)
