"""How long gates wait for the function that decides them. Source: docs/rules/engagement.md, "Waiting"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """One time a gate waited for its decider.

    functions: of who decided, or of who is asked while it waits; empty for who reviews for none.
    until: when it was passed or sent back, None while it waits.
    """

    functions: tuple[str, ...]
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waited:
    """How long one function takes. days: the median of what it decided, None before the first.

    function: empty for deciders who review for none. longest: days the oldest one waits now.
    """

    function: str
    decided: int
    days: float | None
    waiting: int
    longest: float | None


def days_between(since: datetime, until: datetime) -> float:
    """Return how many days lie between two moments, with one decimal."""
    return round((until - since) / DAY, 1)


def by_function(turns: Iterable[Turn], *, now: datetime) -> list[Waited]:
    """Return how long each function takes and what waits for it, the longest waiting first.

    Who decides for several functions counts in each.
    """
    decided: dict[str, list[float]] = {}
    waiting: dict[str, list[float]] = {}
    for turn in turns:
        for function in turn.functions or ("",):
            into = waiting if turn.until is None else decided
            into.setdefault(function, []).append(days_between(turn.since, turn.until or now))
    found = [
        Waited(
            function=function,
            decided=len(decided.get(function, ())),
            days=median(decided[function]) if function in decided else None,
            waiting=len(waiting.get(function, ())),
            longest=max(waiting[function]) if function in waiting else None,
        )
        for function in sorted(decided.keys() | waiting.keys())
    ]
    return sorted(found, key=lambda one: -(one.longest or 0))
