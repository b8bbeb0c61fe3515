"""What is expected of the verdict: how often it calls a change, by level and weeks of history.

The figures are those of the prototype that the engine was specified by, from 2 000 to 5 000 series
each. Source: docs/methods/engine.md, "Found".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.rules.verdict.decision import LEAST_WEEKS
from metrics.rules.verdict.plan import LONGEST_WEEKS
from metrics.rules.verdict.words import Level

EXPECTED_RUNS = 2_000
FALLS = (0.0, 0.05, 0.10, 0.20, 0.40)
A, B, C = Level.COMPARISON, Level.HISTORY, Level.BEFORE_AFTER


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected with so many weeks of history at a level, in %.

    rates: called at each fall, for each kind of data in order. freak: called for one freak week,
    with the guard and without. seasons: called in each of SEASONS.
    """

    level: Level
    weeks: int
    rates: Sequence[tuple[float, ...]]
    freak: tuple[float | None, float | None] = (None, None)
    seasons: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        return f"level {self.level}, {self.weeks} weeks{self._mark()}"

    @property
    def used(self) -> bool:
        """Return whether the product reads out with this history."""
        return LEAST_WEEKS[self.level] <= self.weeks <= LONGEST_WEEKS[self.level]

    def _mark(self) -> str:
        if self.used:
            return ""
        return " (refused)" if self.weeks < LEAST_WEEKS[self.level] else " (not used)"


HISTORIES = (
    Expected(
        B,
        104,
        (
            (1.1, 4, 16, 71, 100),
            (2.5, 6, 14, 57, 100),
            (2.9, 6, 12, 37, 92),
            (1.5, 2, 2, 5, 20),
            (1.4, 1, 1, 4, 16),
        ),
        (3.5, 31.1),
        (1.1, 1.1, 1.1),
    ),
    Expected(
        B,
        66,
        (
            (0.5, 2, 10, 53, 100),
            (1.4, 3, 9, 38, 94),
            (2.2, 3, 6, 21, 70),
            (1.2, 1, 1, 2, 10),
            (0.5, 1, 1, 2, 9),
        ),
        (1.7, 11.8),
        (0.5, 0.5, 0.5),
    ),
    Expected(
        A,
        104,
        ((0.9, 3, 10, 54, 100), (2.4, 4, 11, 45, 97), (3.2, 5, 10, 35, 91)),
        (3.8, 30.8),
        (0.5, 0.5, 0.9),
    ),
    Expected(
        A,
        26,
        ((0.6, 2, 7, 40, 97), (2.1, 4, 9, 36, 89), (4.3, 6, 10, 26, 72)),
        (2.4, 10.5),
        (0.9, 0.9, 0.6),
    ),
    Expected(
        A,
        14,
        ((0.8, 1, 4, 24, 87), (1.8, 3, 6, 24, 74), (4.9, 6, 10, 23, 66)),
        (1.4, 2.2),
        (0.4, 0.4, 0.8),
    ),
    Expected(
        C,
        26,
        (
            (0.7, 3, 15, 74, 100),
            (2.0, 6, 16, 61, 99),
            (4.2, 7, 14, 45, 93),
            (0.5, 1, 1, 2, 17),
            (0.8, 1, 1, 2, 14),
        ),
        (2.2, 16.7),
        (9.5, 20, 9.2),
    ),
    Expected(
        C,
        14,
        (
            (0.5, 2, 10, 53, 99),
            (1.8, 4, 12, 44, 94),
            (4.0, 7, 13, 40, 90),
            (0.5, 0, 1, 2, 8),
            (0.4, 0, 1, 1, 7),
        ),
        (1.2, None),
        (7.7, 32, 2.9),
    ),
    Expected(
        C,
        8,
        (
            (0.2, 1, 3, 28, 91),
            (1.6, 2, 6, 27, 86),
            (3.5, 6, 12, 35, 86),
            (0.1, 0, 0, 1, 4),
            (0.2, 0, 0, 1, 4),
        ),
        (0.1, None),
        (2.2, 28, 0.8),
    ),
    Expected(C, 4, ((0.2, 0, 2, 11, 64), (0.9, 2, 4, 17, 71), (4.6, 5, 11, 31, 81))),
    Expected(C, 2, ((0.5, 1, 3, 10, 45), (2.7, 3, 6, 14, 55), (5.4, 8, 11, 26, 72))),
)
