"""One metric of one pilot, read out: from its periods to the word and all that stands beside it.

Source: docs/methods/readout.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from math import exp, expm1, log1p

import numpy as np

from metrics.rules.baselines import pool, pool_weeks
from metrics.rules.kinds import KINDS
from metrics.rules.weeks import monday

from . import decision, flags
from .decision import Basis, Evidence, Ruling, Target
from .design import STEP, columns, relative_variance
from .engine import VERSION, Design, Estimate, Fit, Floats, fit, prepare
from .plan import Plan
from .windows import Figure, Windows, select
from .words import CannotFit, Direction, Flag, Grain, Kind, Level, Reason, TargetReading, Verdict

# More wordings than any metric has: of two metrics their numbers make one.
LINE_VERSIONS = 1_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """All that a verdict depends on.

    figures: of the pilot's metric; comparison: of its comparison line, at level A. logarithm:
    whether the metric is judged on the log scale; season_swing (peak to trough) and matters are
    then shares of the value, else in the metric's unit. matters: None takes the usual one.
    possible: the range the metric can take, None for what its kind says.
    """

    plan: Plan
    kind: Kind
    direction: Direction
    level: Level
    figures: tuple[Figure, ...]
    grain: Grain = Grain.WEEK
    comparison: tuple[Figure, ...] = ()
    logarithm: bool = False
    season_swing: float | None = None
    matters: float | None = None
    target: Target | None = None
    possible: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One period as the engine saw it; expected: without the step, in the metric's unit."""

    day: date
    value: float
    denominator: float
    measured: bool
    expected: float | None


@dataclass(frozen=True, slots=True)
class ReadOut:
    """A read-out in the metric's unit; effects on the log scale are shares of the value.

    effect: None where the engine had nothing to say. widened: its interval with the allowance for
    the season. baseline, measurement: raw values of the windows, None where nothing counts.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    level: Level
    effect: Estimate | None = None
    widened: tuple[float, float] | None = None
    p: float | None = None
    leave_one_out_p: tuple[float, ...] = ()
    baseline: float | None = None
    measurement: float | None = None
    measured: Estimate | None = None
    target: TargetReading | None = None
    matters: float | None = None
    flags: tuple[Flag, ...] = ()
    points: tuple[Point, ...] = ()
    windows: Windows | None = None
    fit: Fit | None = None
    engine_version: str = VERSION


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The figures as the engine takes them: y on its own scale, beside what it came from."""

    windows: Windows
    design: Design | None
    y: Floats
    beside: Floats


def read_out(question: Question, *, reached: bool) -> ReadOut:
    """Return the read-out of one metric. reached: whether its time has come.

    Before that nothing is computed, so that nobody looks early. The same question has the same
    answer. Raises CannotFit, with one sentence, for figures that the metric cannot have.
    """
    if not reached:
        return ReadOut(Verdict.PENDING, (Reason.BEFORE_READ_OUT,), question.level)
    series = _series(question)
    found, varies = _fitted(series)
    raw = [pool(side) for side in (series.windows.baseline, series.windows.measurement)]
    matters = _matters(question, raw[0])
    evidence = None if found is None else _evidence(question, series, found, raw)
    ruling = decision.decide(
        basis=_basis(question, series.windows, raw[0], varies=varies),
        evidence=evidence,
        direction=question.direction,
        matters=matters,
        thresholds=decision.STANDARD,
    )
    return _told(question, series, found, ruling, raw, matters)


def _series(question: Question) -> Series:
    _check_possible(question)
    figures, beside = question.figures, {}
    if question.level is Level.COMPARISON:
        beside = {one.day: one for one in question.comparison if one.usable}
        figures = tuple(
            _paired(one, beside) for one in figures if one.day in beside or not one.usable
        )
    windows = select(figures, plan=question.plan, level=question.level, grain=question.grain)
    values = np.array([one.value for one in windows.figures], float)
    other = np.array([beside[one.day].value if beside else 0.0 for one in windows.figures], float)
    if question.logarithm:
        values, other = _logarithm(values), _logarithm(other) if beside else other
    return Series(windows, _design(question, windows), values - other, other)


def _paired(one: Figure, beside: dict[date, Figure]) -> Figure:
    """Return a figure whose wording is that of the metric and of its comparison line together.

    The line counted otherwise moves the difference as the metric counted otherwise would.
    """
    line = beside.get(one.day)
    return one if line is None else replace(one, version=one.version * LINE_VERSIONS + line.version)


def _check_possible(question: Question) -> None:
    """Raise CannotFit for a value that the metric's kind cannot have, or two for one period."""
    low, high = KINDS[question.kind].natural_ends
    if len({one.day for one in question.comparison}) < len(question.comparison):
        raise CannotFit("Two figures of the comparison line stand for one period.")
    for one in (*question.figures, *question.comparison):
        if one.usable and one.value is not None and not low <= one.value <= high:
            raise CannotFit(f"A {question.kind} cannot be {one.value:g}.")


def _logarithm(values: Floats) -> Floats:
    if (values <= 0).any():
        raise CannotFit("A value is not above zero, which the log scale cannot take.")
    return np.log(values)


def _design(question: Question, windows: Windows) -> Design | None:
    """Return the design of what counts, None where a side is empty."""
    figures, before = windows.figures, len(windows.baseline)
    if not windows.baseline or not windows.measurement:
        return None
    days = np.array([(one.day - windows.origin).days for one in figures], float)
    t = days if question.grain is Grain.DAY else np.floor(days / 7)
    step = (np.arange(len(t)) >= before).astype(float)
    x = columns(t, step, level=question.level, grain=question.grain)
    denominators = np.array([one.denominator for one in figures], float)
    row = np.average(x[before:], axis=0, weights=denominators[before:])
    weeks: dict[date, list[int]] = {}
    for place in range(before, len(figures)):
        weeks.setdefault(monday(figures[place].day), []).append(place)
    groups = tuple(map(tuple, weeks.values())) if len(weeks) > 1 else ()
    return Design(t, x, STEP, relative_variance(denominators), groups, row)


def _fitted(series: Series) -> tuple[Fit | None, bool]:
    """Return what the engine says, and whether the series varies as far as one can tell."""
    if series.design is None:
        return None, True
    try:
        prepared = prepare(series.design)
    except CannotFit:  # too short to be fitted: the sufficiency rules have a word for that
        return None, True
    found = fit(prepared, series.y)
    return found, found is not None


def _basis(question: Question, windows: Windows, baseline: float | None, *, varies: bool) -> Basis:
    exposure = sum(one.denominator for one in windows.measurement)
    swing = question.season_swing
    if question.logarithm and swing is not None:
        swing = log1p(swing)
    return Basis(
        read_out_reached=True,
        level=question.level,
        grain=question.grain,
        kind=question.kind,
        baseline_periods=len(windows.baseline),
        baseline_coverage=windows.coverage,
        measured_weeks=windows.measured_weeks,
        expected_events=None
        if baseline is None
        else decision.expected_events(question.kind, baseline=baseline, exposure=exposure),
        definition_changed=windows.definition_changed,
        season_swing=swing,
        varies=varies,
    )


def _matters(question: Question, baseline: float | None) -> float | None:
    """Return the smallest change that matters on the engine's scale."""
    matters = question.matters
    if matters is None and baseline is not None:
        matters = decision.smallest_change(baseline=baseline, target=question.target)
        if question.logarithm:
            matters = matters / baseline
    return log1p(matters) if question.logarithm and matters is not None else matters


def _evidence(question: Question, series: Series, found: Fit, raw: list[float | None]) -> Evidence:
    before, after = raw
    line = _expected_weeks(series, _expected(question, series, found))
    return Evidence(
        lower=found.lower,
        upper=found.upper,
        p=found.p,
        leave_one_out_p=found.leave_one_out_p,
        raw_change=None if before is None or after is None else after - before,
        expected=(min(line), max(line)),
        possible=_possible(question),
    )


def _possible(question: Question) -> tuple[float, float]:
    return question.possible or KINDS[question.kind].natural_ends


def _expected(question: Question, series: Series, found: Fit) -> list[float]:
    """Return the expected line in the metric's unit."""
    line = np.array(found.expected) + series.beside
    return [float(one) for one in (np.exp(line) if question.logarithm else line)]


def _expected_weeks(series: Series, line: list[float]) -> list[float]:
    """Return the expected line of the measured weeks; days as the weeks they make up.

    A weekday on which nothing ever happens is expected below zero as soon as the others rise: its
    place in the week is not a trend.
    """
    measured = series.windows.measurement
    days = zip(measured, line[len(series.windows.baseline) :], strict=True)
    return [value for _, value, _ in pool_weeks((of.day, at, of.denominator) for of, at in days)]


def _points(series: Series, line: list[float] | None) -> tuple[Point, ...]:
    before = len(series.windows.baseline)
    return tuple(
        Point(
            one.day,
            one.value or 0.0,
            one.denominator,
            place >= before,
            None if line is None else line[place],
        )
        for place, one in enumerate(series.windows.figures)
    )


def _told(
    question: Question,
    series: Series,
    found: Fit | None,
    ruling: Ruling,
    raw: list[float | None],
    matters: float | None,
) -> ReadOut:
    unit: Callable[[float], float] = expm1 if question.logarithm else float
    points = _points(series, None if found is None else _expected(question, series, found))
    told = ReadOut(
        verdict=ruling.verdict,
        reasons=ruling.reasons,
        level=question.level,
        baseline=raw[0],
        measurement=raw[1],
        matters=None if matters is None else unit(matters),
        points=points,
        windows=series.windows,
    )
    if found is None or ruling.lower is None or ruling.upper is None:
        return told
    measured = _measured(question, series, found)
    return replace(
        told,
        effect=Estimate(unit(found.effect), unit(found.lower), unit(found.upper)),
        widened=(unit(ruling.lower), unit(ruling.upper)),
        p=found.p,
        leave_one_out_p=found.leave_one_out_p,
        measured=measured,
        target=None
        if question.target is None or measured is None
        else decision.read_target(question.target, measured),
        flags=tuple(_flags(question, series, found, raw[0])),
        fit=found,
    )


def _measured(question: Question, series: Series, found: Fit) -> Estimate | None:
    """Return the measured level in the metric's unit, within what the metric can be."""
    level, design = found.level, series.design
    if level is None or design is None:
        return None
    after = len(series.windows.baseline)
    weights = [one.denominator for one in series.windows.measurement]
    shift = float(np.average(series.beside[after:], weights=weights))
    low, high = _possible(question)
    ends = [end + shift for end in (level.value, level.lower, level.upper)]
    return Estimate(*(min(max(exp(e) if question.logarithm else e, low), high) for e in ends))


def _flags(
    question: Question, series: Series, found: Fit, baseline: float | None
) -> Iterator[Flag]:
    design = series.design
    if design is None:
        return
    if question.level is Level.BEFORE_AFTER and flags.trends(design, series.y):
        yield Flag.PRE_TREND
    if flags.spreads_otherwise(design, series.y, np.array(found.expected)):
        yield Flag.VARIANCE_CHANGED
    effect = expm1(found.effect) * (baseline or 0.0) if question.logarithm else found.effect
    if baseline is not None and flags.is_suspicious(effect, baseline):
        yield Flag.SUSPICIOUS
    if question.level is Level.COMPARISON and flags.moved(design, series.beside):
        yield Flag.COMPARISON_MOVED
