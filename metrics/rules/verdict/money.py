"""What an effect is worth a year. Source: docs/methods/money.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .words import Direction, Verdict

WEEKS_A_YEAR = 52


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of the metric is worth: best guess and range; units: how many a week."""

    value: float
    low: float
    high: float
    units: float


@dataclass(frozen=True, slots=True)
class Worth:
    """Money a year in the price's currency; negative: a loss."""

    value: float
    lower: float
    upper: float


def value_effect(
    *,
    effect: float,
    lower: float,
    upper: float,
    direction: Direction,
    price: Price,
    weeks: float = WEEKS_A_YEAR,
) -> Worth:
    """Return what an effect is worth, its ends from all products of interval and price ends."""
    scale = direction.sign * price.units * weeks
    ends = [end * scale * value for end in (lower, upper) for value in (price.low, price.high)]
    return Worth(effect * scale * price.value, min(ends), max(ends))


def count(verdict: Verdict, worth: Worth) -> Worth | None:
    """Return the money of a verdict that counts, None for a word that claims no change."""
    return worth if verdict in {Verdict.IMPROVED, Verdict.WORSE} else None


def total(worths: Iterable[Worth | None]) -> Worth:
    """Return the sum of what counts, and the sums of ends as a careful range."""
    counted = [worth for worth in worths if worth is not None]
    return Worth(
        sum(worth.value for worth in counted),
        sum(worth.lower for worth in counted),
        sum(worth.upper for worth in counted),
    )
