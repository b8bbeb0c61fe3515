"""By which weeks a vendor's commitment is judged, and how it stands. Source: docs/rules/commitments.md."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

WEEKS = 4


class State(StrEnum):
    """How a commitment stands."""

    OPEN = "open"
    WAITING = "waiting"
    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"
    WAIVED = "waived"


def weeks_of(due_date: date) -> tuple[date, ...]:
    """Return the Mondays of the last four whole weeks that end on or before the due day."""
    after = due_date + timedelta(days=1)
    end = after - timedelta(days=after.weekday())
    return tuple(end - timedelta(weeks=ago) for ago in range(WEEKS, 0, -1))


def closes(due_date: date) -> date:
    """Return the day from which the terms stand: the last of the four weeks is over, and known."""
    return weeks_of(due_date)[-1] + timedelta(weeks=1)


def days_left(due_date: date, *, today: date) -> int:
    """Return how many days are left; 0 on the last day that counts, less once it is over."""
    return (due_date - today).days


def state(*, is_over: bool, waived: bool, found: str, decided: str) -> State:
    """Return how a commitment stands.

    is_over: whether its day is. found: what the newest figures say, empty before they are judged.
    decided: met or missed as a person decided where figures could not tell, empty before.
    Figures that can tell go before what somebody decided without them.
    """
    if waived:
        return State.WAIVED
    if found == State.UNKNOWN:
        return State(decided or found)
    if found:
        return State(found)
    return State.WAITING if is_over else State.OPEN
