"""The twelve weeks of a pilot as cells and as phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

WEEKS = 12
CELL, NARROW, WIDE = 6.0, 1.5, 4.0


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of the path; first and last are week numbers, 1 to 12, both included.

    Phases may touch or overlap: a pilot in week 4 is in ownership and in deployment.
    """

    key: str
    name: str
    first: int
    last: int

    def state(self, week: int | None) -> Literal["done", "now", "next"]:
        """Say where a pilot in this week stands; None and weeks before 1 are before the start."""
        if week is None or week < self.first:
            return "next"
        return "done" if week > self.last else "now"


def phase_breaks(phases: Sequence[Phase]) -> set[int]:
    """Return the weeks after which the strip leaves a wider gap: phase ends inside the path.

    A phase of a single week stands apart from the one before it.
    """
    ends = {phase.last for phase in phases if phase.last < WEEKS}
    return ends | {phase.first - 1 for phase in phases if phase.first == phase.last > 1}


def week_strip(week: int | None, phases: Sequence[Phase] = (), *, late: bool = False) -> str:
    """Draw twelve cells, the current one taller; decoration, the words stand beside it.

    week: 1 to 12; less or None: nothing begun; more: all done. phases: for the wider gaps.
    late: the current week is behind its plan and is drawn as due.
    """
    return _strip(week or 0, frozenset(phase_breaks(phases)), late)


@lru_cache(maxsize=256)
def _strip(now: int, breaks: frozenset[int], late: bool) -> str:
    cells, left = [], 0.0
    for number in range(1, WEEKS + 1):
        if number == now:
            cls, top, height = ("wk-now late" if late else "wk-now"), 1, 12
        else:
            cls, top, height = ("wk-done" if number < now else "wk-next"), 4, 6
        cells.append(
            f'<rect class="{cls}" x="{left}" y="{top}" width="{CELL:g}" height="{height}" rx="1"/>'
        )
        left += CELL + (WIDE if number in breaks else NARROW)
    width = round(left - (WIDE if WEEKS in breaks else NARROW), 1)
    return (
        f'<svg class="weeks" viewBox="0 0 {width} 14" width="{width}" height="14" '
        f'aria-hidden="true">{"".join(cells)}</svg>'
    )
