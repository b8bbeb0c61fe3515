"""Which weeks or days a baseline is made of, what they add up to, and what a change must be to matter.

Source: docs/methods/baseline.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from statistics import median
from typing import Protocol

from .verdict.words import Grain
from .weeks import monday

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
LAST_WEEK = 2
# The most that each level looks back, and the least history that can tell a season from a pilot.
MOST_WEEKS = 104
MOST_PLAIN_WEEKS = 14
LEAST_SEASON_WEEKS = 66
LEAST_REPORTED_SHARE = 0.8
MATTERS_SHARE = 0.1
# Of a declared swing: a yearly sine moves the difference of the two windows by at most 0.78 of it.
SEASON_FACTOR = 0.8
# With fewer weeks a plain before and after says nothing; days may be enough then.
LEAST_PLAIN_WEEKS = 8
LEAST_DAYS = 14
MOST_DAYS = 28
# A weekday is worked on that had a figure in so many of the weeks.
WORKED_SHARE = 0.5
# With fewer weeks nothing can be said of a metric's noise.
LEAST_PLAN_WEEKS = 4
# Weeks after week 8 for which a plan says what it could see; 4 are the twelve-week path.
AFTER_WEEKS = (4, 8, 12, 26)


class Weighed(Protocol):
    """A week or a day: its value, None where it has none, and how much it weighs."""

    @property
    def value(self) -> float | None: ...
    @property
    def denominator(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Period:
    """One week or day of a metric; value: numerator over denominator, or the median.

    day: its first one, of a week its Monday. days_reported: of a day 0 or 1.
    """

    day: date
    numerator: float | None
    denominator: float
    value: float | None
    days_reported: int

    @property
    def counts(self) -> bool:
        """Return whether it has a figure that weighs something."""
        return self.value is not None and self.denominator > 0


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a metric's definition, in force from a day on, the first from the beginning."""

    number: int
    begins: date | None


@dataclass(frozen=True, slots=True)
class Window:
    """The usable weeks or days of a baseline, oldest first, and over how many they stretch.

    level: A, B or C. stretch: of days, those that are worked on. definition: number of the wording
    that all of them were counted by.
    """

    level: str
    periods: tuple[Period, ...]
    stretch: int
    definition: int
    grain: Grain = Grain.WEEK

    @property
    def daily(self) -> bool:
        """Return whether it is made of days."""
        return self.grain is Grain.DAY

    @property
    def coverage(self) -> float:
        """Return the share of the stretch that is usable, 0..1."""
        return len(self.periods) / self.stretch if self.stretch else 0.0

    @property
    def value(self) -> float | None:
        """Return what all of them together say; None without one."""
        return pool(self.periods)

    @property
    def kept(self) -> list[list[str | float | None]]:
        """Return the weeks or days as a locked baseline keeps them."""
        return [
            [one.day.isoformat(), one.numerator, one.denominator, one.value] for one in self.periods
        ]


@dataclass(frozen=True, slots=True)
class History:
    """What a plan is read from: a window, and the usable weeks of the comparison line.

    line: oldest first, None where no line was chosen.
    """

    window: Window
    line: tuple[Period, ...] | None = None

    @property
    def facts(self) -> dict[str, str | int | float | None]:
        """Return what tells this history from every other one, as a plan keeps it."""
        periods = self.window.periods
        lines = [periods] if self.line is None else [periods, self.line]
        told = [[(str(one.day), one.value, one.denominator) for one in line] for line in lines]
        grain = self.window.grain
        return {
            "level": self.window.level,
            f"{grain}s": len(periods),
            "through": periods[-1].day.isoformat() if periods else None,
            "value": self.window.value,
            "digest": sha256(repr(told).encode()).hexdigest(),
        }

    def is_of(self, plan: Mapping[str, object] | None) -> bool:
        """Tell whether a plan was read from exactly this history."""
        return self.facts.items() <= (plan or {}).items()


def choose_window(
    weeks: Sequence[Period], wordings: Sequence[Wording], *, last: date, compared: bool
) -> Window:
    """Return the baseline that a history up to a Monday allows.

    weeks: in any order, later ones are left out. wordings: at least the first version.
    last: the Monday of week 2. compared: whether a comparison line was chosen.
    """
    usable = weeks_alike(weeks, wordings, last=last)
    level, most = "A", MOST_WEEKS
    if not compared:
        long = len(_since(usable, last, MOST_WEEKS)) >= LEAST_SEASON_WEEKS
        level, most = ("B", MOST_WEEKS) if long else ("C", MOST_PLAIN_WEEKS)
    taken = _since(usable, last, most)
    stretch = (last - taken[0].day).days // 7 + 1 if taken else 0
    return Window(level, tuple(taken), stretch, _final(last, wordings))


def choose_days(days: Sequence[Period], wordings: Sequence[Wording], *, last: date) -> Window:
    """Return the plain before and after that the last days up to the end of week 2 allow.

    days: every one of the span in any order, silent ones too. wordings: at least the first
    version. last: the Monday of week 2.
    """
    known = _span(days, last)
    worked, final = worked_weekdays(known), _final(last, wordings)
    asked = [one for one in known if one.day.weekday() in worked]
    usable = [one for one in asked if one.counts and wording_on(one.day, wordings) == final]
    stretch = sum(one.day >= usable[0].day for one in asked) if usable else 0
    return Window("C", tuple(usable), stretch, final, Grain.DAY)


def worked_weekdays(days: Sequence[Period]) -> frozenset[int]:
    """Return the weekdays, Monday 0, that had a figure in at least half of the weeks.

    days: in order, silent ones too. The weeks are those from the first day with a figure on. That a
    day is declared as reported says nothing: who declares whole weeks declares their Sundays.
    """
    known = [one.day for one in days if one.counts]
    if not known:
        return frozenset()
    weeks = (monday(days[-1].day) - monday(known[0])) // WEEK + 1
    times = Counter(day.weekday() for day in known)
    return frozenset(day for day, found in times.items() if found >= WORKED_SHARE * weeks)


def count_possible_days(days: Sequence[Period], wordings: Sequence[Wording], *, last: date) -> int:
    """Return how many days a daily baseline has at the end of week 2 if none is missed from now on.

    As of `choose_days`; days that are not over yet are not among them. While less than a whole week
    has figures nobody knows which weekdays are worked on, and each may be.
    """
    known = _span(days, last)
    first = next((one.day for one in known if one.counts), None)
    over = known[-1].day if known else last - 3 * WEEK - DAY
    to_come = (last + WEEK - DAY - over).days
    worked = worked_weekdays(known)
    if first is None or over - first < WEEK - DAY:
        worked = frozenset(range(7))
    still = sum((over + n * DAY).weekday() in worked for n in range(1, to_come + 1))
    return len(choose_days(days, wordings, last=last).periods) + still


def _span(days: Sequence[Period], last: date) -> list[Period]:
    """Return the days of the span that a daily baseline may use, oldest first."""
    ends = last + WEEK
    held = (one for one in days if ends - MOST_DAYS * DAY <= one.day < ends)
    return sorted(held, key=lambda one: one.day)


def weeks_alike(
    weeks: Sequence[Period], wordings: Sequence[Wording], *, last: date
) -> list[Period]:
    """Return the usable weeks up to a Monday's, oldest first, of the wording at the end of that."""
    known = sorted((one for one in weeks if one.day <= last), key=lambda one: one.day)
    final = _final(last, wordings)
    return [one for one in usable_weeks(known) if wording_of(one.day, wordings) == final]


def usable_weeks(weeks: Sequence[Period]) -> list[Period]:
    """Return the weeks with a value that were reported about as fully as is usual here.

    A feed that sends one figure a week reports one day of seven: what is usual is the median.
    """
    if not weeks:
        return []
    usual = median(one.days_reported for one in weeks)
    return [
        one for one in weeks if one.counts and one.days_reported >= LEAST_REPORTED_SHARE * usual
    ]


def wording_of(monday: date, wordings: Sequence[Wording]) -> int | None:
    """Return the version a whole week was counted by, None where it changed within the week."""
    first, last = (wording_on(day, wordings) for day in (monday, monday + timedelta(days=6)))
    return first if first == last else None


def wording_on(day: date, wordings: Sequence[Wording]) -> int:
    """Return the version in force on a day."""
    return max(one.number for one in wordings if one.begins is None or one.begins <= day)


def pool(weeks: Iterable[Weighed]) -> float | None:
    """Return the value of several weeks: their sums divided, for a median the weighted mean.

    None where nothing has a weight.
    """
    pairs = [(one.value, one.denominator) for one in weeks if one.value is not None]
    weight = sum(denominator for _, denominator in pairs)
    return sum(value * denominator for value, denominator in pairs) / weight if weight else None


def pool_weeks(
    figures: Iterable[tuple[date, float, float]],
) -> list[tuple[date, float, float]]:
    """Return Monday, value and weight of each week of some figures, in order.

    figures: first day of a week or a day, value and weight. One that is alone in its week stays as
    it is, so weeks are what they were.
    """
    weeks: dict[date, list[tuple[float, float]]] = {}
    for day, value, weight in sorted(figures):
        weeks.setdefault(monday(day), []).append((value, weight))
    return [(first, *_together(pairs)) for first, pairs in weeks.items()]


def _together(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return value and weight of some figures together; weights: above 0."""
    if len(pairs) == 1:
        return pairs[0]
    weight = sum(one for _, one in pairs)
    return sum(value * one for value, one in pairs) / weight, weight


def smallest_change(*, baseline: float, target: float | None, met: bool) -> float:
    """Return the change that matters where nobody said otherwise, in the metric's unit.

    The way to a target that the baseline misses; else a tenth of the baseline.
    """
    if target is not None and not met and target != baseline:
        return abs(target - baseline)
    return abs(baseline) * MATTERS_SHARE


def season_allowance(*, level: str, swing: float | None) -> float:
    """Return by how much a declared season hides a change: only a plain before and after has none out.

    level: A, B or C. swing: peak to trough as stated, None where nobody did.
    """
    return SEASON_FACTOR * abs(swing) if level == "C" and swing is not None else 0.0


def holds(value: float, *, side: str, target: float) -> bool:
    """Return whether a value is on the good side of a target; side: lt, le, gt or ge."""
    return {
        "lt": value < target,
        "le": value <= target,
        "gt": value > target,
        "ge": value >= target,
    }[side]


def lock_day(*, first_monday: date) -> date:
    """Return the first day on which a baseline may be locked: the Monday after week 2."""
    return first_monday + LAST_WEEK * WEEK


def _since(weeks: Sequence[Period], last: date, most: int) -> list[Period]:
    begins = last - (most - 1) * WEEK
    return [one for one in weeks if one.day >= begins]


def _final(last: date, wordings: Sequence[Wording]) -> int:
    return wording_on(last + timedelta(days=6), wordings)
