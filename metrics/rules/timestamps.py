"""When things happened and when they were entered. Source: docs/rules/timestamps.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

# A gate looks at what was entered in four weeks, a page at half a year.
LATELY = timedelta(days=28)
SHOWN = timedelta(days=182)
WEEKS = 12


@dataclass(frozen=True, slots=True)
class Delays:
    """How long after they happened the figures of one source were entered.

    count: figures; told: those that came with the time of entry; open: those that are not entered
    yet, where the source is said to tell that, each as late as it is old. median, p90 and p95 of
    both, in hours, None without any; within_day: share entered within 24 hours, of what is entered
    or older; before: how many were entered before they happened.
    """

    count: int
    told: int
    median: float | None
    p90: float | None
    p95: float | None
    within_day: float | None
    before: int
    open: int

    @property
    def known(self) -> int:
        """Return of how many figures something is known of their entry."""
        return self.told + self.open

    def within(self, hours: int) -> bool:
        """Say whether 95 of 100 were entered within a limit; not where no entry is told."""
        return self.p95 is not None and self.p95 <= hours


@dataclass(frozen=True, slots=True)
class BothWays:
    """A week's value by when things happened, and by when they were entered; None for none."""

    week: date
    by_event: float | None
    by_entry: float | None

    @property
    def off(self) -> float | None:
        """Return by how much the second differs; None where one of them is missing."""
        if self.by_event is None or self.by_entry is None:
            return None
        return self.by_entry - self.by_event


@dataclass(frozen=True, slots=True)
class Bias:
    """What a metric would say on entry time. weeks: newest first; moved: share in another week."""

    weeks: Sequence[BothWays]
    moved: float | None

    @property
    def largest(self) -> float | None:
        """Return the difference of the week that is furthest off; None where none is known."""
        found = [one.off for one in self.weeks if one.off is not None]
        return max(found, key=abs, default=None)
