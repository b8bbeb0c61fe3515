"""When data and background work count as late. Source: docs/operations.md, "Health"."""

from datetime import datetime, timedelta
from enum import StrEnum

PROCESS_SILENT = timedelta(seconds=60)
WAITING_LONG = timedelta(seconds=60)


class State(StrEnum):
    """How something does, in the word the page prints."""

    FINE = "Working"
    LATE = "Late"
    SILENT = "Silent"
    STOPPED = "Stopped arriving"
    NEVER = "Never seen"


def judge_process(seen_at: datetime | None, now: datetime) -> State:
    """Return how a background process does; it shows itself every few seconds."""
    if seen_at is None:
        return State.NEVER
    return State.SILENT if now - seen_at > PROCESS_SILENT else State.FINE


def judge_waiting(oldest_at: datetime | None, now: datetime) -> State:
    """Return how the recompute does by the age of the oldest week that waits."""
    return State.LATE if oldest_at and now - oldest_at > WAITING_LONG else State.FINE


def judge_arrival(last_at: datetime | None, limit: timedelta | None, now: datetime) -> State:
    """Return how a metric's data arrives; limit: the silence its source may keep, None for any."""
    if last_at is None:
        return State.NEVER
    return State.STOPPED if limit is not None and now - last_at > limit else State.FINE
