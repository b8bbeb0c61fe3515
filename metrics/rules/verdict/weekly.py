"""The weekly watch: is the newest whole week unusual against the locked baseline?

A watch and never a verdict. Source: docs/methods/charts.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from metrics.rules.kinds import KINDS

from . import limits, signals
from .limits import Limits
from .signals import Assurance, Signal, Variation
from .words import CannotFit, Direction, Kind


class Word(StrEnum):
    """What the watch says of a week."""

    BETTER = "better_than_usual"
    WORSE = "worse_than_usual"
    USUAL = "usual"


WORDS = {
    Variation.COMMON: Word.USUAL,
    Variation.IMPROVEMENT_HIGH: Word.BETTER,
    Variation.IMPROVEMENT_LOW: Word.BETTER,
    Variation.CONCERN_HIGH: Word.WORSE,
    Variation.CONCERN_LOW: Word.WORSE,
}


@dataclass(frozen=True, slots=True)
class Usual:
    """What a locked baseline says is usual.

    center: its value. weeks: value and denominator of each of its weeks, oldest first. band: its
    XmR limits, cut at what the metric can be.
    """

    kind: Kind
    center: float
    weeks: tuple[tuple[float, float], ...]
    band: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Week:
    """One week's value and what it weighs."""

    value: float
    denominator: float


def varies(kind: str) -> bool:
    """Say whether a week's denominator says how far it may lie from the centre."""
    known = KINDS[kind]
    return known.part_of_whole or known.needs_parts or known.per_time


def limits_of(usual: Usual, weeks: Sequence[Week]) -> Limits:
    """Return the limits of some weeks: p' or u' where a denominator says so, else XmR.

    What a p' or u' chart cannot take, as a credit note's negative sum, has the XmR limits.
    """
    values = [week.value for week in weeks]
    if varies(usual.kind):
        every = [*usual.weeks, *((week.value, week.denominator) for week in weeks)]
        counts = [value * denominator for value, denominator in every]
        chart = limits.proportions if KINDS[usual.kind].part_of_whole else limits.rates
        before = len(usual.weeks)
        try:
            found = chart(counts, [d for _, d in every], baseline=before)
        except CannotFit:
            pass
        else:
            return Limits(tuple(values), found.center, found.lower[before:], found.upper[before:])
    return limits.level(values, usual.center, *usual.band)


def judge(found: Limits, direction: Direction) -> list[tuple[Word, Signal]]:
    """Return of each week whether it is usual, and the rule that says so."""
    judged = []
    for value, signal in zip(found.values, signals.find_signals(found), strict=True):
        above = value > found.center
        icon = signals.variation(signal, above=above, direction=direction)
        judged.append((WORDS[icon], signal))
    return judged


def assure(
    usual: Usual, measured: Sequence[float], *, target: float | None, direction: Direction
) -> Assurance | None:
    """Return whether measured weeks would hit the target as they usually vary.

    None without a measured week or a target, and with too few moving ranges to say.
    """
    if not measured:
        return None
    before = [value for value, _ in usual.weeks]
    return signals.pooled_assurance(
        baseline=before, measurement=measured, target=target, direction=direction
    ).icon
