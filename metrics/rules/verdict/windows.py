"""Which periods are baseline and measurement, and which of them count.

Source: docs/methods/windows.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite

from metrics.rules.baselines import LEAST_REPORTED_SHARE
from metrics.rules.weeks import monday

from .decision import LEAST_DAYS, LEAST_MEASURED_WEEKS, LEAST_WEEKS
from .plan import Plan, Span
from .words import CannotFit, Grain, Level


@dataclass(frozen=True, slots=True)
class Figure:
    """One period of a metric. day: its first day.

    value: None where nothing was measured. denominator: items, base or exposure, 0 or more.
    reported: share of the period's operating days that reported, 0..1. version: of the definition.
    With daily grain every operating day has a figure, also one without a value.
    """

    day: date
    value: float | None
    denominator: float
    reported: float = 1.0
    version: int = 1

    @classmethod
    def of(
        cls,
        day: date,
        numerator: float,
        denominator: float,
        reported: float = 1.0,
        version: int = 1,
    ) -> Figure:
        """Return the figure of a numerator and a denominator, without value where that is 0."""
        value = numerator / denominator if denominator > 0 else None
        return cls(day, value, denominator, reported, version)

    @property
    def usable(self) -> bool:
        """Return whether the period counts; what does not is left out, never scaled up."""
        return (
            self.value is not None
            and isfinite(self.value)
            and isfinite(self.denominator)
            and self.denominator > 0
            and self.reported >= LEAST_REPORTED_SHARE
        )


@dataclass(frozen=True, slots=True)
class Windows:
    """What counts, in time order. origin: the Monday from which periods are counted.

    coverage: usable share of the baseline, 0..1. measured_weeks: usable ones of the four.
    definition_changed: whether another wording took away periods that the verdict needs.
    """

    baseline: tuple[Figure, ...]
    measurement: tuple[Figure, ...]
    coverage: float
    measured_weeks: int
    definition_changed: bool
    origin: date

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Return baseline and measurement in one row."""
        return self.baseline + self.measurement


def select(figures: Iterable[Figure], *, plan: Plan, level: Level, grain: Grain) -> Windows:
    """Return the periods of one wording that count, that of the last measured one.

    The baseline begins with the first usable period of that wording, so a young metric has a short
    one and not one full of gaps. Raises CannotFit where a period has two figures.
    """
    ordered = sorted(figures, key=lambda figure: figure.day)
    if any(count > 1 for count in Counter(figure.day for figure in ordered).values()):
        raise CannotFit("Two figures stand for one period.")
    before, after = plan.baseline(level, grain), plan.measurement
    usable = [figure for figure in ordered if figure.usable]
    all_before = [figure for figure in usable if before.holds(figure.day)]
    all_after = [figure for figure in usable if after.holds(figure.day)]
    version = max(all_after or all_before or [Figure(before.start, None, 0)], key=_day).version
    baseline = tuple(figure for figure in all_before if figure.version == version)
    measurement = tuple(figure for figure in all_after if figure.version == version)
    start = baseline[0].day if baseline else before.end
    weeks = _measured_weeks(measurement, [f for f in ordered if after.holds(f.day)], grain)
    lost = len(all_before) + len(all_after) > len(baseline) + len(measurement)
    least = LEAST_DAYS if grain is Grain.DAY else LEAST_WEEKS[level]
    return Windows(
        baseline,
        measurement,
        _coverage(baseline, ordered, Span(start, before.end), grain),
        weeks,
        lost and (len(baseline) < least or weeks < LEAST_MEASURED_WEEKS),
        monday(start),
    )


def _day(figure: Figure) -> date:
    return figure.day


def _coverage(
    baseline: Sequence[Figure], figures: Sequence[Figure], span: Span, grain: Grain
) -> float:
    """Return the usable share of a baseline's weeks, or of its operating days."""
    if grain is Grain.DAY:
        periods = sum(span.holds(figure.day) for figure in figures)
    else:
        periods = (span.end - monday(span.start)).days // 7
    return len(baseline) / periods if periods else 0.0


def _measured_weeks(usable: Sequence[Figure], given: Sequence[Figure], grain: Grain) -> int:
    """Return how many weeks are usable; of days, four of five of the operating ones are needed."""
    if grain is Grain.WEEK:
        return len(usable)
    days = Counter(monday(figure.day) for figure in given)
    kept = Counter(monday(figure.day) for figure in usable)
    return sum(kept[week] >= LEAST_REPORTED_SHARE * days[week] for week in kept)
