"""Why a computed week has no value, in words. Source: docs/rules/weekly-values.md, "Gaps"."""

from __future__ import annotations

from dataclasses import dataclass

from .kinds import KINDS


@dataclass(frozen=True, slots=True)
class Gap:
    """A week of figures without a value: a note for its row, the reason, and what to do."""

    note: str
    why: str
    remedy: str


NOTHING_BELOW = Gap(
    note="no value: nothing to divide by",
    why="What stands below the line adds up to 0 in this week.",
    remedy="If something should stand there, correct the items.",
)
MIXED = Gap(
    note="no value: only some items say how long was counted",
    why="Some items of this week say for how long events were counted and others do not, so the"
    " week cannot be divided by either.",
    remedy="Send the items again in one batch with a higher revision: all with that time, or none.",
)


def find_gap(*, kind: str, value: float | None, low: float | None, days: int) -> Gap | None:
    """Return why a week has no value; None when it has one.

    low: the smallest rate of an item, None when no item of the week tells its exposure.
    days: 0..7, how many have an event or were reported.
    """
    if value is not None:
        return None
    if not KINDS[kind].per_time:
        return NOTHING_BELOW
    return _unreported(days) if low is None else MIXED


def _unreported(days: int) -> Gap:
    return Gap(
        note=f"no value: {days} of 7 days known",
        why=f"Only {days} of 7 days are known. Nobody said whether nothing happened on the others"
        " or nothing was sent, and a guess is not shown.",
        remedy="Have the source report the days it sent in full (in the API: reported), or send"
        " each item with the time for which events were counted.",
    )
