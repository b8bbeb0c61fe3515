"""The table of `make bench-verdict`: which series are judged how, beside what is expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import sqrt

from metrics.rules.verdict.decision import ALPHA, STANDARD, Thresholds
from metrics.rules.verdict.words import Level

from .expected import EXPECTED_RUNS, FALLS, HISTORIES, Expected
from .series import MEAN, Made, counts, late_shares, means
from .words import UNGUARDED, false_share, found_share

DATA: dict[str, Callable[..., Made]] = {
    "independent weeks": means,
    "AR 0.3": partial(means, rho=0.3),
    "AR 0.6": partial(means, rho=0.6),
    "counts, 3 x variance": counts,
    "late shares, 4 x variance": late_shares,
}
ONE_FREAK_WEEK = partial(means, freak=5.0)
SEASONS = {
    "season 10 %": partial(means, season=0.1),
    "season 30 %": partial(means, season=0.3),
    "drift": partial(means, drift=0.005),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: the share of series that are called improved or, without a fall, also worse.

    make: takes runs, before and fall. swing: the season as declared. expected: in %, None where
    nobody knows. limited: whether more calls than promised are a failure.
    """

    level: Level
    weeks: int
    make: Callable[..., Made]
    fall: float = 0.0
    swing: float = 0.0
    thresholds: Thresholds = STANDARD
    expected: float | None = None
    limited: bool = False

    def share(self, runs: int) -> float:
        """Make so many series and return the share called, 0..1."""
        compared = {"compared": True} if self.level is Level.COMPARISON else {}
        made = self.make(runs=runs, before=self.weeks, fall=self.fall, **compared)
        count = found_share if self.fall else false_share
        return count(
            made,
            before=self.weeks,
            level=self.level,
            swing=self.swing,
            thresholds=self.thresholds,
        )

    def keeps(self, share: float, runs: int) -> bool:
        """Return whether a share is within what is promised."""
        return not self.limited or share <= limit(runs)

    def strays(self, share: float, runs: int) -> bool:
        """Return whether a share is off the expected one by more than chance and rounding."""
        if self.expected is None:
            return False
        likely = min(max(self.expected / 100, 0.005), 0.995)
        error = sqrt(likely * (1 - likely) * (1 / runs + 1 / EXPECTED_RUNS))
        return abs(share - self.expected / 100) > 3 * error + 0.005


def limit(runs: int) -> float:
    """Return the largest share of false calls that so many series may show by chance."""
    return ALPHA + 3 * sqrt(ALPHA * (1 - ALPHA) / runs)


@dataclass(frozen=True, slots=True)
class Line:
    """Some figures with one label."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines under common headings."""

    title: str
    headings: tuple[str, ...]
    lines: tuple[Line, ...]


def blocks() -> list[Block]:
    """Return the whole table: a block for each history, and one of seasons and drift."""
    falls = ("no fall", *(f"fall {fall * 100:g} %" for fall in FALLS[1:]))
    return [
        *(Block(one.name, falls, (*by_fall(one), *_freak(one))) for one in HISTORIES),
        Block(
            "no fall; a season that nobody declared, or a drift of 0.5 % a week",
            tuple(SEASONS),
            tuple(line for one in HISTORIES if one.seasons for line in _seasons(one)),
        ),
    ]


def by_fall(one: Expected) -> list[Line]:
    """Return a line for each kind of data, of a figure at each fall."""
    return [
        Line(
            label,
            tuple(
                Cell(
                    one.level,
                    one.weeks,
                    make,
                    fall=fall,
                    expected=rate,
                    limited=one.used and not fall,
                )
                for fall, rate in zip(FALLS, rates, strict=True)
            ),
        )
        for (label, make), rates in zip(DATA.items(), one.rates, strict=False)
    ]


def _freak(one: Expected) -> list[Line]:
    if one.freak == (None, None):
        return []
    guarded, bare = one.freak
    cell = partial(Cell, one.level, one.weeks, ONE_FREAK_WEEK)
    return [
        Line("one freak week", (cell(expected=guarded, limited=one.used),)),
        Line("the same without the guard", (cell(expected=bare, thresholds=UNGUARDED),)),
    ]


def _seasons(one: Expected) -> list[Line]:
    """Return the history's line; at level C as if no season were declared, then as it is."""
    plain = one.level is Level.BEFORE_AFTER
    cells = tuple(
        Cell(one.level, one.weeks, make, expected=rate, limited=one.used and not plain)
        for make, rate in zip(SEASONS.values(), one.seasons, strict=True)
    )
    line = Line(one.name, cells)
    if not plain:
        return [line]
    declared = tuple(
        Cell(one.level, one.weeks, make, swing=2 * MEAN * season, limited=one.used)
        for make in SEASONS.values()
        if (season := make.keywords.get("season"))
    )
    return [line, Line("  the same, declared", declared)]
