"""Which weeks a baseline is made of, what they add up to, and what a change must be to matter.

Source: docs/methods/baseline.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from statistics import median
from typing import Protocol

WEEK = timedelta(days=7)
LAST_WEEK = 2
# The most that each level looks back, and the least history that can tell a season from a pilot.
MOST_WEEKS = 104
MOST_PLAIN_WEEKS = 14
LEAST_SEASON_WEEKS = 66
LEAST_REPORTED_SHARE = 0.8
MATTERS_SHARE = 0.1
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
class Week:
    """One computed week of a metric; value: numerator over denominator, or the median."""

    monday: date
    numerator: float | None
    denominator: float
    value: float | None
    days_reported: int


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a metric's definition, in force from a day on, the first from the beginning."""

    number: int
    begins: date | None


@dataclass(frozen=True, slots=True)
class Window:
    """The usable weeks of a baseline, oldest first, and over how many weeks they stretch.

    level: A, B or C. definition: number of the wording that all of them were counted by.
    """

    level: str
    weeks: tuple[Week, ...]
    stretch: int
    definition: int

    @property
    def coverage(self) -> float:
        """Return the share of the stretch that is usable, 0..1."""
        return len(self.weeks) / self.stretch if self.stretch else 0.0

    @property
    def value(self) -> float | None:
        """Return what all weeks together say; None without a week."""
        return pool(self.weeks)

    @property
    def kept(self) -> list[list[str | float | None]]:
        """Return the weeks as a locked baseline keeps them."""
        return [
            [one.monday.isoformat(), one.numerator, one.denominator, one.value]
            for one in self.weeks
        ]


@dataclass(frozen=True, slots=True)
class History:
    """What a plan is read from: a window, and the usable weeks of the comparison line.

    line: oldest first, None where no line was chosen.
    """

    window: Window
    line: tuple[Week, ...] | None = None

    @property
    def facts(self) -> dict[str, str | int | float | None]:
        """Return what tells this history from every other one, as a plan keeps it."""
        weeks = self.window.weeks
        lines = [weeks] if self.line is None else [weeks, self.line]
        told = [[(str(one.monday), one.value, one.denominator) for one in line] for line in lines]
        return {
            "level": self.window.level,
            "weeks": len(weeks),
            "through": weeks[-1].monday.isoformat() if weeks else None,
            "value": self.window.value,
            "digest": sha256(repr(told).encode()).hexdigest(),
        }

    def is_of(self, plan: Mapping[str, object] | None) -> bool:
        """Tell whether a plan was read from exactly this history."""
        return self.facts.items() <= (plan or {}).items()


def choose_window(
    weeks: Sequence[Week], wordings: Sequence[Wording], *, last: date, compared: bool
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
    stretch = (last - taken[0].monday).days // 7 + 1 if taken else 0
    return Window(level, tuple(taken), stretch, _final(last, wordings))


def weeks_alike(weeks: Sequence[Week], wordings: Sequence[Wording], *, last: date) -> list[Week]:
    """Return the usable weeks up to a Monday's, oldest first, of the wording at the end of that."""
    known = sorted((one for one in weeks if one.monday <= last), key=lambda one: one.monday)
    final = _final(last, wordings)
    return [one for one in usable_weeks(known) if wording_of(one.monday, wordings) == final]


def usable_weeks(weeks: Sequence[Week]) -> list[Week]:
    """Return the weeks with a value that were reported about as fully as is usual here.

    A feed that sends one figure a week reports one day of seven: what is usual is the median.
    """
    if not weeks:
        return []
    usual = median(one.days_reported for one in weeks)
    return [
        one
        for one in weeks
        if one.value is not None
        and one.denominator > 0
        and one.days_reported >= LEAST_REPORTED_SHARE * usual
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


def smallest_change(*, baseline: float, target: float | None, met: bool) -> float:
    """Return the change that matters where nobody said otherwise, in the metric's unit.

    The way to a target that the baseline misses; else a tenth of the baseline.
    """
    if target is not None and not met and target != baseline:
        return abs(target - baseline)
    return abs(baseline) * MATTERS_SHARE


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


def _since(weeks: Sequence[Week], last: date, most: int) -> list[Week]:
    begins = last - (most - 1) * WEEK
    return [one for one in weeks if one.monday >= begins]


def _final(last: date, wordings: Sequence[Wording]) -> int:
    return wording_on(last + timedelta(days=6), wordings)
