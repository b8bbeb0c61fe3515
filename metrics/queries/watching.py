"""The weekly watch of a metric in a pilot, from what its page or the board has read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ..rules.verdict import weekly
from ..rules.verdict.limits import TRIAL_BELOW
from ..rules.verdict.plan import Plan
from ..rules.verdict.signals import Assurance, Signal
from ..rules.verdict.weekly import Usual, Week, Word
from ..rules.verdict.words import DIRECTIONS, Kind
from .board import TargetRow


@dataclass(frozen=True, slots=True)
class Judged:
    """One whole week against the locked baseline: its limits, and the rule that says the word."""

    week: date
    value: float
    lower: float
    upper: float
    word: Word
    signal: Signal


@dataclass(frozen=True, slots=True)
class Watch:
    """What is said of the newest whole week; trial: the baseline is too short for firm limits."""

    judged: Judged
    trial: bool


@dataclass(frozen=True, slots=True)
class Assured:
    """Whether usual variation of so many measured weeks stays on the good side of the target."""

    icon: Assurance
    weeks: int


def varies(target: TargetRow) -> bool:
    """Say whether the limits of a metric with a locked baseline need each week's denominator."""
    return target.locked_weeks is not None and weekly.varies(target.kind)


def judge(
    target: TargetRow, weeks: Sequence[date], values: Sequence[float], weights: Sequence[float]
) -> list[Judged]:
    """Return whole weeks against a locked baseline; empty where that says of none what is usual.

    weeks, values, weights: of weeks with a value that are over, oldest first; as many of each.
    """
    usual = usual_of(target)
    if usual is None or not weeks:
        return []
    limits = weekly.limits_of(usual, list(map(Week, values, weights)))
    said = weekly.judge(limits, DIRECTIONS[target.direction])
    found = zip(weeks, values, limits.lower, limits.upper, said, strict=True)
    return [Judged(week, value, low, high, *one) for week, value, low, high, one in found]


def newest(target: TargetRow, judged: Sequence[Judged]) -> Watch | None:
    """Return the watch: of the newest whole week, where that lies after the baseline."""
    locked = target.locked_weeks
    if locked is None or not judged or judged[-1].week <= locked.through:
        return None
    return Watch(judged[-1], len(locked.values) < TRIAL_BELOW)


def assure(
    target: TargetRow, judged: Sequence[Judged], *, start_date: date, go_live: date | None
) -> Assured | None:
    """Return whether the measured weeks would hit the target; None while that cannot be said.

    start_date, go_live: of the pilot.
    """
    usual, measurement = usual_of(target), Plan(start_date, go_live).measurement
    if usual is None:
        return None
    measured = [one.value for one in judged if measurement.holds(one.week)]
    way = DIRECTIONS[target.direction]
    icon = weekly.assure(usual, measured, target=target.target, direction=way)
    return None if icon is None else Assured(icon, len(measured))


def usual_of(target: TargetRow) -> Usual | None:
    """Return what a locked baseline says is usual; None where its weeks are too few to say.

    None too once the metric was worded anew: what is counted now is not what the older wording did.
    """
    locked = target.locked_weeks
    if locked is None or locked.limits is None or target.baseline is None or target.reworded:
        return None
    band = locked.limits.cut(*target.ends)
    weighed = tuple(zip(locked.values, locked.weights, strict=True))
    return Usual(Kind(target.kind), target.baseline, weighed, (band.lower, band.upper))
