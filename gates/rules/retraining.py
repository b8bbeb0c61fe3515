"""When a figure calls for training a model anew, and whether somebody would notice.

Source: docs/rules/retraining.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from .criteria import Side

# How many weeks a trigger may look at, and how long it may rest after it fired.
MOST_WEEKS, MOST_REST_WEEKS = 26, 52
# Larger thresholds are slips of the finger.
MOST = 1e15
# For how many days a trigger counts as tried, from the day somebody answered.
TRIED_DAYS = 365

# A trigger is worded by the side on which the figure calls for training.
WORDS = {Side.LT: "below", Side.LE: "at or below", Side.GE: "at or above", Side.GT: "above"}


class Word(StrEnum):
    """What the last weeks of a trigger's figure say."""

    FIRES = "fires"
    QUIET = "quiet"
    RESTS = "rests"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Terms:
    """side, threshold: where the figure calls for training, as it is stored (a share of 94 % is 0.94).

    weeks: for how many weeks running. rest_weeks: for how many weeks it does not fire again.
    """

    side: Side
    threshold: float
    weeks: int
    rest_weeks: int


def beyond(value: float, *, side: Side, threshold: float) -> bool:
    """Say whether a figure lies on the side that calls for training."""
    return {
        Side.LT: value < threshold,
        Side.LE: value <= threshold,
        Side.GE: value >= threshold,
        Side.GT: value > threshold,
    }[side]


def asked_weeks(last: date, weeks: int) -> list[date]:
    """Return the Mondays that a trigger looks at, oldest first. last: of the last week that is over."""
    return [last - timedelta(weeks=back) for back in range(weeks - 1, -1, -1)]


def judge(
    terms: Terms, figures: Mapping[date, float], *, last: date, fired: date | None = None
) -> Word:
    """Say what the last weeks call for.

    figures: by Monday, weeks without one left out. last: the Monday of the last week that is over.
    fired: the last week that made it fire before, None for none.

    A week without a figure breaks the row: nothing is known of it, and that is said.
    """
    weeks = asked_weeks(last, terms.weeks)
    known = [figures[week] for week in weeks if week in figures]
    if any(not beyond(value, side=terms.side, threshold=terms.threshold) for value in known):
        return Word.QUIET
    if len(known) < len(weeks):
        return Word.UNKNOWN
    if fired is not None and last < fired + timedelta(weeks=max(terms.rest_weeks, 1)):
        return Word.RESTS
    return Word.FIRES


def tried_until(answered_on: date) -> date:
    """Return the last day on which a trigger counts as tried."""
    return answered_on + timedelta(days=TRIED_DAYS)


def readings(figures: Mapping[date, float], weeks: Sequence[date]) -> list[list[str | float]]:
    """Return the figures of some weeks as a firing keeps them: pairs of Monday and value."""
    return [[week.isoformat(), figures[week]] for week in weeks if week in figures]
