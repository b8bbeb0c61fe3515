"""What errors of a pilot cost, and what a reading shows of how often they happen.

Bounds are exact (C. J. Clopper and E. S. Pearson, Biometrika 26, 1934, 404-413), 95 % on each side.
Nothing that serves a page loads scipy; tests compare with it. Source: docs/rules/errors.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from math import ceil, exp, lgamma, log, log1p

# What may be wrong with a bound: one reading in twenty.
RISK = 0.05
# For how many days a reading counts, from the last day that it tells of.
LIVE_DAYS, CURATED_DAYS = 90, 182
# With fewer, not even a reading without an error shows that a rate is below 1 % (3 / 300).
FEWEST = 300
MOST = 10_000_000
PER = 1_000


class Consequence(StrEnum):
    """What an error leads to, the gravest first."""

    SAFETY = "safety"
    RECALL = "recall"
    CUSTOMER = "customer"
    REWORK = "rework"
    TIME = "time"


# A class with one of these is costly, whatever one error is said to cost.
COSTLY = frozenset({Consequence.SAFETY, Consequence.RECALL, Consequence.CUSTOMER})


class Dataset(StrEnum):
    """What was read: prepared cases, or what production brought."""

    CURATED = "curated"
    LIVE = "live"


class Word(StrEnum):
    """What a reading says of one class of error."""

    WITHIN = "within"
    ABOVE = "above"
    TOO_FEW = "too_few"
    TOO_OLD = "too_old"
    NOT_READ = "not_read"


@dataclass(frozen=True, slots=True)
class Count:
    """How many errors of one class were found in how many decisions, and of which last day."""

    errors: int
    decisions: int
    last_day: date

    @property
    def rate(self) -> float:
        """Return the share of decisions with such an error, 0..1."""
        return self.errors / self.decisions

    @property
    def low(self) -> float:
        """Return the lowest rate that goes with it, share 0..1."""
        return 1.0 - highest_rate(self.decisions - self.errors, self.decisions)

    @property
    def high(self) -> float:
        """Return the highest rate that goes with it, share 0..1."""
        return highest_rate(self.errors, self.decisions)

    def counts_until(self, days: int) -> date:
        """Return the last day on which it counts."""
        return self.last_day + timedelta(days=days)


@lru_cache(maxsize=4096)
def highest_rate(errors: int, decisions: int) -> float:
    """Return the rate at which as few errors as these come up once in twenty, share 0..1.

    errors: 0 to decisions. Without an error it is nearly 3 / decisions.
    """
    if errors == decisions:
        return 1.0
    low, high = errors / decisions, 1.0
    while (middle := (low + high) / 2) not in {low, high}:
        if _chance_of_so_few(errors, decisions, middle) > RISK:
            low = middle
        else:
            high = middle
    return high


def _chance_of_so_few(errors: int, decisions: int, rate: float) -> float:
    """Return how likely no more errors than these are at a rate that is not below theirs.

    The terms of the binomial sum become smaller from the last to the first, so it ends early.
    """
    ways = lgamma(decisions + 1) - lgamma(errors + 1) - lgamma(decisions - errors + 1)
    term = exp(ways + errors * log(rate) + (decisions - errors) * log1p(-rate))
    total, odds = term, (1.0 - rate) / rate
    for found in range(errors, 0, -1):
        term *= odds * found / (decisions - found + 1)
        total += term
        if term <= total * 1e-17:
            break
    return total


def judge(count: Count | None, tolerated: Decimal, *, day: date) -> Word:
    """Say what the newest live reading shows of a class on a day.

    tolerated: the highest rate that is accepted, share above 0 and below 1; itself it is accepted.
    None: nobody counted this class on live data.
    """
    if count is None:
        return Word.NOT_READ
    if count.errors > tolerated * count.decisions:
        return Word.ABOVE
    if count.counts_until(LIVE_DAYS) < day:
        return Word.TOO_OLD
    chance = _chance_of_so_few(count.errors, count.decisions, float(tolerated))
    return Word.WITHIN if chance <= RISK else Word.TOO_FEW


def fewest_decisions(tolerated: Decimal) -> int:
    """Return how many decisions without any error show a rate at or below the tolerated one."""
    return ceil(log(RISK) / log1p(-float(tolerated)))


def cost_per_thousand(count: Count, cost: Decimal) -> Decimal:
    """Return what errors of a class cost in 1 000 decisions. cost: of one error, in money."""
    return Decimal(count.errors) / count.decisions * cost * PER


def accuracy(counts: Iterable[Count]) -> float:
    """Return the share of right decisions, 0..1: each wrong one is counted in one class."""
    return max(0.0, 1.0 - sum(one.rate for one in counts))
