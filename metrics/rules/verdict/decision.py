"""The decision table: from an interval and what it rests on to the word of a verdict.

Source: docs/methods/verdict-table.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metrics.rules import baselines

from .engine import Estimate
from .words import Direction, Grain, Kind, Level, Reason, TargetReading, Verdict

ALPHA = 0.05
LEAVE_OUT = 0.10
SEASON_FACTOR = baselines.SEASON_FACTOR
LEAST_DAYS = baselines.LEAST_DAYS
LEAST_WEEKS = {
    Level.COMPARISON: 26,
    Level.HISTORY: baselines.LEAST_SEASON_WEEKS,
    Level.BEFORE_AFTER: baselines.LEAST_PLAIN_WEEKS,
}
LEAST_COVERAGE = 0.8
LEAST_MEASURED_WEEKS = 3
LEAST_EVENTS = 10.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What counts as sure. alpha and leave_out: p, 0..1. season_factor: of the declared swing."""

    alpha: float = ALPHA
    leave_out: float = LEAVE_OUT
    season_factor: float = SEASON_FACTOR


STANDARD = Thresholds()


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict rests on.

    baseline_periods: usable ones. baseline_coverage: usable share of the baseline's periods, 0..1.
    measured_weeks: usable ones of the four. expected_events: of the rarer outcome in the
    measurement weeks at the baseline's rate, None where nothing is counted. season_swing: peak to
    trough as declared, in the metric's unit, None without a statement. varies: whether the series
    leaves any spread about its own pattern.
    """

    read_out_reached: bool
    level: Level
    grain: Grain
    kind: Kind
    baseline_periods: int
    baseline_coverage: float
    measured_weeks: int
    expected_events: float | None
    definition_changed: bool
    season_swing: float | None
    varies: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the engine found, in the metric's unit.

    raw_change: measured minus baseline value as they stand, None where not given.
    expected: the lowest and the highest point of the expected line in the measurement weeks.
    possible: the range that the metric can take, None for any.
    """

    lower: float
    upper: float
    p: float
    leave_one_out_p: tuple[float, ...]
    raw_change: float | None = None
    expected: tuple[float, float] | None = None
    possible: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """The word with its reasons in their fixed order, and the interval that it was made from."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    lower: float | None = None
    upper: float | None = None


def decide(
    *,
    basis: Basis,
    evidence: Evidence | None,
    direction: Direction,
    matters: float | None,
    thresholds: Thresholds = STANDARD,
) -> Ruling:
    """Return the word of a read-out: the first line of the table that fits.

    evidence: None where the engine had nothing to say. matters: the smallest change that matters, above
    0 in the metric's unit; None where nobody has said.
    """
    if not basis.read_out_reached:
        return Ruling(Verdict.PENDING, (Reason.BEFORE_READ_OUT,))
    lacking = tuple(insufficient(basis))
    if evidence is None:
        return Ruling(Verdict.NOT_ENOUGH, lacking or (Reason.NO_VARIATION,))
    allowance = season_allowance(basis, thresholds)
    lower, upper = evidence.lower - allowance, evidence.upper + allowance
    verdict, reasons = (
        (Verdict.NOT_ENOUGH, lacking)
        if lacking
        else _judge(evidence, (lower, upper), direction, matters or 0.0, thresholds)
    )
    return Ruling(verdict, reasons, lower, upper)


def insufficient(basis: Basis) -> Iterator[Reason]:
    """Give each reason for which a verdict is refused before its p is looked at, in order."""
    least = LEAST_DAYS if basis.grain is Grain.DAY else LEAST_WEEKS[basis.level]
    counted = basis.kind in {Kind.RATE, Kind.PROPORTION}
    if basis.definition_changed:
        yield Reason.DEFINITION_CHANGED
    if basis.baseline_periods < least:
        yield Reason.BASELINE_TOO_SHORT
    if basis.baseline_coverage < LEAST_COVERAGE:
        yield Reason.BASELINE_GAPS
    if basis.measured_weeks < LEAST_MEASURED_WEEKS:
        yield Reason.MEASUREMENT_INCOMPLETE
    if counted and basis.expected_events is not None and basis.expected_events < LEAST_EVENTS:
        yield Reason.TOO_FEW_EVENTS
    if basis.level is Level.BEFORE_AFTER and basis.season_swing is None:
        yield Reason.SEASON_UNKNOWN
    if not basis.varies:
        yield Reason.NO_VARIATION


def season_allowance(basis: Basis, thresholds: Thresholds = STANDARD) -> float:
    """Return by how much each end of the interval is moved outwards, in the metric's unit.

    A yearly sine moves the difference of the two windows by at most 0.78 of its swing.
    """
    if basis.level is not Level.BEFORE_AFTER or basis.season_swing is None:
        return 0.0
    return thresholds.season_factor * abs(basis.season_swing)


def _judge(
    evidence: Evidence,
    ends: tuple[float, float],
    direction: Direction,
    matters: float,
    thresholds: Thresholds,
) -> tuple[Verdict, tuple[Reason, ...]]:
    lower, upper = ends
    if evidence.p <= thresholds.alpha and (lower > 0 or upper < 0):
        if doubts := tuple(_doubts(evidence, upward=lower > 0, thresholds=thresholds)):
            return Verdict.NOT_ENOUGH, doubts
        better = (lower > 0) is (direction is Direction.HIGHER)
        return (Verdict.IMPROVED if better else Verdict.WORSE), ()
    if -matters < lower and upper < matters:
        return Verdict.NO_CHANGE, ()
    best = upper if direction is Direction.HIGHER else -lower
    if best < matters:
        return Verdict.NOT_ENOUGH, (Reason.IMPROVEMENT_RULED_OUT,)
    return Verdict.NOT_ENOUGH, (Reason.INTERVAL_TOO_WIDE,)


def _doubts(evidence: Evidence, *, upward: bool, thresholds: Thresholds) -> Iterator[Reason]:
    """Give each reason for which a change that looks sure is not called one."""
    if any(p > thresholds.leave_out for p in evidence.leave_one_out_p):
        yield Reason.RESTS_ON_ONE_WEEK
    raw = evidence.raw_change
    if (raw is not None and (raw < 0 if upward else raw > 0)) or leaves_range(evidence):
        yield Reason.RESTS_ON_TREND


def leaves_range(evidence: Evidence) -> bool:
    """Return whether the expected line goes where the metric cannot."""
    if evidence.expected is None or evidence.possible is None:
        return False
    low, high = evidence.possible
    return evidence.expected[0] < low or evidence.expected[1] > high


@dataclass(frozen=True, slots=True)
class Target:
    """An agreed target. better: the side that is good. strict: the target itself is not enough."""

    value: float
    better: Direction
    strict: bool

    def holds(self, value: float) -> bool:
        """Return whether a value is on the good side."""
        if self.better is Direction.HIGHER:
            return value > self.value if self.strict else value >= self.value
        return value < self.value if self.strict else value <= self.value


def read_target(target: Target, level: Estimate) -> TargetReading:
    """Return how the measured level stands to the target; met only with its whole interval."""
    if target.holds(level.lower) and target.holds(level.upper):
        return TargetReading.MET
    return TargetReading.NOT_SURE if target.holds(level.value) else TargetReading.NOT_MET


def expected_events(kind: Kind, *, baseline: float, exposure: float) -> float | None:
    """Return how many events the measurement weeks would hold at the baseline's rate.

    baseline: events per unit of exposure, or a share 0..1, of which the rarer side counts.
    None for kinds that count no events.
    """
    if kind is Kind.RATE:
        return baseline * exposure
    if kind is Kind.PROPORTION:
        return min(baseline, 1 - baseline) * exposure
    return None


def smallest_change(*, baseline: float, target: Target | None) -> float:
    """Return the change that matters where nobody said: the way to a missed target, else 10 %."""
    return baselines.smallest_change(
        baseline=baseline,
        target=None if target is None else target.value,
        met=target is not None and target.holds(baseline),
    )
