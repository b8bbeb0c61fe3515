"""The kinds of metric: one table for forms, pages, rules and actions.

How a week of each kind adds up is decided in the database: docs/rules/weekly-values.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from .units import OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What every place must know of a kind.

    word, example: what it is in words of the plant. units: what it may be measured in, the first is
    proposed. direction: the proposed one, up or down. above, below: how the halves of its wording
    are asked for. both_halves: whether the lower one must be said.
    lowest, highest: where it naturally ends, None where it does not.

    What an item brings is said by marks; without any it is a sum and a count.
    of_values: usually one value, so that a count of 1 goes without saying.
    weighted: a value and how many cases it stands for; the week is their median.
    part_of_whole: the numerator is counted in the denominator.
    needs_parts: a value alone cannot be added up, and a part may stand without a base.
    per_time: events, and for how long they were counted, which reported days may say instead.
    """

    code: str
    word: str
    example: str
    units: tuple[str, ...]
    direction: str
    above: str
    below: str
    both_halves: bool = False
    lowest: float | None = None
    highest: float | None = None
    of_values: bool = False
    weighted: bool = False
    part_of_whole: bool = False
    needs_parts: bool = False
    per_time: bool = False

    @property
    def natural_ends(self) -> tuple[float, float]:
        """Return the least and the greatest value there can be, infinite where it has no end."""
        return (
            -inf if self.lowest is None else self.lowest,
            inf if self.highest is None else self.highest,
        )


TABLE = (
    Kind(
        code="proportion",
        word="A share: how many of all",
        example="Lines delivered on time, of all lines delivered."
        " Parts that failed, of all tested.",
        units=("share", "ppm"),
        direction="up",
        above="What counts",
        below="Of what",
        both_halves=True,
        lowest=0.0,
        highest=1.0,
        part_of_whole=True,
    ),
    Kind(
        code="median",
        word="A typical time or size (median)",
        example="Days from order to receipt, where a few extreme cases must not decide.",
        units=("days", "hours", "minutes", "count", OTHER),
        direction="down",
        above="What is measured",
        below="Over what",
        of_values=True,
        weighted=True,
    ),
    Kind(
        code="mean",
        word="An average",
        example="Minutes a changeover takes, on average.",
        units=("hours", "days", "minutes", "count", OTHER),
        direction="down",
        above="What is averaged",
        below="Over what",
        of_values=True,
    ),
    Kind(
        code="ratio",
        word="One amount over another",
        example="Air freight over value of goods. Overtime minutes per worker and day.",
        units=("share", "count", "minutes", "hours", OTHER),
        direction="down",
        above="Above the line",
        below="Below the line",
        both_halves=True,
        needs_parts=True,
    ),
    Kind(
        code="rate",
        word="How often something happens",
        example="Stockouts a week. Lines more than 14 days late, a week.",
        units=("per_week", "per_day", OTHER),
        direction="down",
        above="Which event is counted",
        below="While what is running",
        lowest=0.0,
        per_time=True,
    ),
)
KINDS = {kind.code: kind for kind in TABLE}
