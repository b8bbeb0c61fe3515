"""How candidates for a pilot are ranked: by the whole way to production, not by the benefit alone.

Source: docs/rules/candidates.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from .budget import MOST_CONCEPT

# So many workflows are worth beginning with.
FIRST = 5
# What takes longer to be paid back is not worth beginning with.
LONGEST = Decimal(60)
# At scale the cost of inference has been three times the estimate.
WORST = 3
MONTHS = Decimal(12)


class Gate(StrEnum):
    """The six gates that a candidate has before it, in their order."""

    DATA = "data"
    ACCURACY = "accuracy"
    FAILURE = "failure"
    INTEGRATION = "integration"
    COST = "cost"
    OWNERSHIP = "ownership"


class Outlook(StrEnum):
    """How a gate looks before anything is begun."""

    OPEN = "open"
    CLEAR = "clear"
    WORK = "work"
    STOPS = "stops"


# What has to be known of a candidate before it has a rank, in the order in which it is asked.
FIGURES = ("items_per_year", "benefit", "proof", "production", "item_cost", "overhead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc:
    """What a candidate takes and brings over the whole arc, in the company's currency.

    items_per_year: at full volume. benefit: what it brings a year before its own costs. proof: the
    proof of concept; production: hardening, integration and the first 90 days of monitoring.
    item_cost: of the AI for one item. overhead: a year, whatever the volume. Each None while nobody
    said. outlook: of the six gates in their order.
    """

    items_per_year: Decimal | None
    benefit: Decimal | None
    proof: Decimal | None
    production: Decimal | None
    item_cost: Decimal | None
    overhead: Decimal | None
    outlook: tuple[Outlook, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Return what nobody said yet: names of `FIGURES`, and "gates" for a gate left open."""
        found = tuple(name for name in FIGURES if getattr(self, name) is None)
        return (*found, "gates") if Outlook.OPEN in self.outlook else found

    @property
    def beginning(self) -> Decimal | None:
        """Return what it costs until it runs: proof and production."""
        if self.proof is None or self.production is None:
            return None
        return self.proof + self.production

    def running(self, factor: int = 1) -> Decimal | None:
        """Return what a year of running costs. factor: times the cost of one item."""
        if self.items_per_year is None or self.item_cost is None or self.overhead is None:
            return None
        return self.items_per_year * self.item_cost * factor + self.overhead

    def net(self, factor: int = 1) -> Decimal | None:
        """Return what a year brings after its running costs."""
        running = self.running(factor)
        return None if running is None or self.benefit is None else self.benefit - running

    @property
    def payback(self) -> Decimal | None:
        """Return the months of running until what it cost to begin is back; None when never.

        The payback period: initial outlay over net yearly inflow, without interest.
        """
        net = self.net()
        if net is None or self.beginning is None or net <= 0:
            return None
        return self.beginning / net * MONTHS

    @property
    def pays(self) -> bool:
        """Say whether it is paid back within five years."""
        return self.payback is not None and self.payback <= LONGEST

    @property
    def stops(self) -> tuple[Gate, ...]:
        """Return the gates that stop it."""
        return tuple(
            gate for gate, one in zip(Gate, self.outlook, strict=True) if one is Outlook.STOPS
        )

    @property
    def shares(self) -> tuple[Decimal, Decimal, Decimal] | None:
        """Return where the money of the first year goes: proof, production, running; each 0..1.

        None while one of them is not known, or where nothing costs anything.
        """
        running = self.running()
        if self.proof is None or self.production is None or running is None:
            return None
        whole = self.proof + self.production + running
        if not whole:
            return None
        return self.proof / whole, self.production / whole, running / whole

    @property
    def forgets_production(self) -> bool:
        """Say whether the proof takes more than 30 % of what it costs until it runs."""
        return bool(
            self.beginning and self.proof is not None and self.proof / self.beginning > MOST_CONCEPT
        )


def place(arc: Arc) -> tuple[bool, bool, Decimal]:
    """Return the place of a candidate of which everything is known; the least comes first.

    What no gate stops comes before what one does, what pays before what never does, and then
    what is paid back sooner.
    """
    payback = arc.payback
    return bool(arc.stops), payback is None, payback or Decimal(0)


def rank(arcs: Sequence[tuple[str, Arc]]) -> tuple[list[int], list[int]]:
    """Return the indexes of the ranked, best first, and of those of which something is missing.

    arcs: with the name of each, which decides between equals.
    """
    known = [index for index, (_, arc) in enumerate(arcs) if not arc.missing]
    known.sort(key=lambda index: (*place(arcs[index][1]), arcs[index][0]))
    return known, [index for index, (_, arc) in enumerate(arcs) if arc.missing]
