"""What a pilot's decision can see of what it needs, and what it cannot. Source: docs/rules/sources.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

# Somebody carries what stands there, unless it is connected.
BY_HAND = frozenset({"spreadsheet", "paper"})


class Needed(Protocol):
    """A source that a decision needs, and until when it is known to be current."""

    @property
    def kind(self) -> str: ...
    @property
    def connected(self) -> bool: ...
    @property
    def carried(self) -> bool: ...
    @property
    def last_day(self) -> date | None: ...
    @property
    def limit_days(self) -> int: ...


def is_handoff(one: Needed) -> bool:
    """Say whether a person stands between the source and the decision."""
    return one.carried or one.kind in BY_HAND


def current_until(one: Needed) -> date | None:
    """Return the last day on which a source is young enough; None where nobody knows its age."""
    return None if one.last_day is None else one.last_day + timedelta(days=one.limit_days)


def is_stale(one: Needed, day: date) -> bool:
    """Say whether a source is older than its limit; one of unknown age is."""
    until = current_until(one)
    return until is None or until < day


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many sources a decision needs, and how many of them send by themselves and are current."""

    needed: int
    seen: int

    @property
    def percent(self) -> int:
        """Return the share in whole percent, rounded down: 100 only when all are seen."""
        return self.seen * 100 // self.needed if self.needed else 0


def cover(rows: Sequence[Needed], day: date) -> Coverage:
    """Return what of its sources a decision sees on a day."""
    seen = sum(one.connected and not is_handoff(one) and not is_stale(one, day) for one in rows)
    return Coverage(len(rows), seen)
