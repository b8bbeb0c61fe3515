"""What a weekly chart and its table are given, and what both say of a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common import formats
from common.charts.weeks import is_over


@dataclass(frozen=True, slots=True)
class Mark:
    """An unusual week. better: or else worse; why: in words, the rule that says so."""

    better: bool
    why: str


@dataclass(frozen=True, slots=True)
class WeekPoint:
    """One week of a metric, in its stored unit; value None is a gap.

    n: items behind the value. left_out: why no baseline or verdict uses it, empty when used; of
    a week with items and no value, why it has none. expected: what the verdict's engine would have
    expected of the week without the pilot. lower, upper: its own limits, where each week has some.
    mark: what is unusual about it.
    """

    week_start: date
    value: float | None
    n: int | None = None
    numerator: float | None = None
    denominator: float | None = None
    left_out: str = ""
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was usual in the weeks since..through (Mondays).

    mean: centre of a locked baseline; None while none is locked, and the usual range has no line
    that could be taken for it. lo, hi: limits; None where too few weeks are known.
    """

    mean: float | None
    lo: float | None
    hi: float | None
    through: date
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """The value of all measured weeks together, and the first and last of them (Mondays)."""

    value: float
    since: date
    through: date


@dataclass(frozen=True, slots=True)
class Target:
    """Agreed value and side: ">", ">=", "<" or "<="."""

    value: float
    comparison: str


def week_number(week_start: date, start_week: date | None) -> int | None:
    """Return the pilot's week of a Monday: 1 is the start week, 0 the week before."""
    return None if start_week is None else (week_start - start_week).days // 7 + 1


@dataclass(frozen=True, slots=True)
class Words:
    """How one metric's values are written."""

    unit: str
    decimals: int
    locale: str | None

    def value(self, value: float | None) -> str:
        return formats.measure(value, self.unit, self.decimals, self.locale)

    def target(self, target: Target) -> str:
        return formats.target(
            target.value, target.comparison, self.unit, self.decimals, self.locale
        )


def why(week: WeekPoint) -> str:
    """Say in words what is unusual about a week; empty when nothing is."""
    return week.mark.why if week.mark else ""


def running(week: WeekPoint, today: date | None) -> str:
    """Say in words that a week has not ended; empty when it has, or when no day is given."""
    return "" if today is None or is_over(week.week_start, today) else "week not over"


def filled(weeks: Sequence[WeekPoint]) -> list[WeekPoint]:
    """Return the weeks in order with a gap for each missing one; the last of doubles counts."""
    known = {week.week_start: week for week in weeks}
    if not known:
        return []
    first, last = min(known), max(known)
    mondays = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    return [known.get(monday) or WeekPoint(monday, None) for monday in mondays]
