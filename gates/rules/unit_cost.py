"""What an AI costs at full volume against what it saves. Source: docs/rules/unit-cost.md.

Plain Decimals. What has to be divided by 60 (labour is told in minutes, paid by the hour) is added
up in sixtieths first, so that "exactly nothing" is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

MINUTES = Decimal(60)
ERRORS_PER = Decimal(1000)
# At scale the cost of inference has been three times the estimate.
FACTORS = (1, 2, 3)
WORST = FACTORS[-1]
ONE = Decimal(1)


class Basis(StrEnum):
    """How well a figure is known, best first."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    ASSUMED = "assumed"


class Counted(StrEnum):
    """Whether a volume is that of every site together, or of each."""

    TOGETHER = "together"
    EACH = "each"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """A pilot's work at full volume, and what it costs and saves, in the company's currency.

    items_per_day: on a working day, counted as `counted` says. labour_minutes: of people's work
    that one item no longer needs. errors_before, errors_after: what errors cost per 1,000 items, by
    people as today and by the AI.
    """

    items_per_day: Decimal
    counted: Counted
    sites: int
    days_per_year: int
    calls_per_item: Decimal
    cost_per_call: Decimal
    overhead: Decimal
    labour_minutes: Decimal
    hourly_rate: Decimal
    errors_before: Decimal
    errors_after: Decimal

    @property
    def daily(self) -> Decimal:
        """Return the items a working day, all sites together."""
        return self.items_per_day * (self.sites if self.counted is Counted.EACH else 1)

    @property
    def volume(self) -> Decimal:
        """Return the items a year, all sites together."""
        return self.daily * self.days_per_year

    @property
    def per_item(self) -> Decimal:
        """Return what the AI costs for one item, without overhead."""
        return self.calls_per_item * self.cost_per_call

    @property
    def labour(self) -> Decimal:
        """Return what the labour replaced costs in a year."""
        return self.volume * self.labour_minutes * self.hourly_rate / MINUTES

    @property
    def errors(self) -> Decimal:
        """Return by how much errors cost less in a year; below zero when they cost more."""
        return self.volume * (self.errors_before - self.errors_after) / ERRORS_PER


@dataclass(frozen=True, slots=True)
class Case:
    """A year at a multiple of the unit cost.

    inference: what all items cost; cost: with overhead. net: labour replaced and errors less cost.
    net_per_item: None without volume. margin: what one item leaves of what it saves before
    overhead. break_even: whole items a year from which on it does not lose, None for never.
    """

    factor: int
    inference: Decimal
    cost: Decimal
    net: Decimal
    net_per_item: Decimal | None
    margin: Decimal
    break_even: Decimal | None

    @property
    def pays(self) -> bool:
        """Say whether the year leaves something; a year that leaves exactly nothing does not."""
        return self.net > 0


def case(given: UnitCost, factor: int) -> Case:
    """Return a year at full volume with the unit cost times a factor."""
    inference = given.volume * given.per_item * factor
    # Sixtieths of what one item leaves; every part of it ends behind the point.
    sixtieths = (
        given.labour_minutes * given.hourly_rate
        + (given.errors_before - given.errors_after) * MINUTES / ERRORS_PER
        - given.per_item * factor * MINUTES
    )
    net = (given.volume * sixtieths - given.overhead * MINUTES) / MINUTES
    return Case(
        factor=factor,
        inference=inference,
        cost=inference + given.overhead,
        net=net,
        net_per_item=net / given.volume if given.volume else None,
        margin=sixtieths / MINUTES,
        break_even=_break_even(given.overhead, sixtieths),
    )


def _break_even(overhead: Decimal, sixtieths: Decimal) -> Decimal | None:
    """Return from how many items a year on what they leave carries the overhead; None for never."""
    if sixtieths <= 0:
        return None
    return (overhead * MINUTES / sixtieths).quantize(ONE, rounding=ROUND_CEILING)


def cases(given: UnitCost) -> tuple[Case, ...]:
    """Return a year at one, two and three times the unit cost."""
    return tuple(case(given, factor) for factor in FACTORS)


def per_day(items: Decimal, days_per_year: int) -> Decimal:
    """Return how many whole items a working day make so many a year, rounded up."""
    return (items / days_per_year).quantize(ONE, rounding=ROUND_CEILING)


def weakest(bases: Iterable[Basis]) -> Basis:
    """Return how well a result is known: no better than the worst of what it is made of."""
    return max(bases, key=list(Basis).index)


def signature_refusal(worst: Case, *, reason: str) -> str:
    """Return why a model cannot be signed with these words; empty when it can.

    worst: the year at three times the unit cost. What does not pay there is accepted by name.
    """
    if worst.pays or reason.strip():
        return ""
    return (
        f"At {WORST} times the unit cost it does not pay. Say why Finance accepts that, or do not"
        " sign it."
    )
