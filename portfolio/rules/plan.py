"""What a pilot's change plan holds, and when the work on its data comes too short or too late.

Source: docs/rules/change-plan.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from . import week_starts

# A focused scope takes 6 to 10 weeks, full breadth 3 to 5 months: capability A11.
SHORTEST_DAYS = 6 * 7
DEPLOY_WEEK = 4
MOST_PEOPLE = 100_000


class Kind(StrEnum):
    """What stands in a change plan, in the order of its page."""

    PROMISE = "promise"
    ROLE = "role"
    TRAINING = "training"
    CONCERN = "concern"
    MESSAGE = "message"
    PROCESS = "process"
    FOUNDATION = "foundation"


# Which of an item's columns a kind uses besides its title, and which of them it cannot do without.
USES: dict[Kind, tuple[str, ...]] = {
    Kind.PROMISE: ("text",),
    Kind.ROLE: ("people_needed", "text"),
    Kind.TRAINING: ("who", "people_needed", "people_done", "due_on", "owner"),
    Kind.CONCERN: ("who", "due_on", "owner", "text", "done_on"),
    Kind.MESSAGE: ("who", "due_on", "owner", "done_on"),
    Kind.PROCESS: ("before", "after", "who", "people_needed", "people_done", "owner", "done_on"),
    Kind.FOUNDATION: ("starts_on", "due_on", "owner", "text", "done_on"),
}
NEEDS: dict[Kind, frozenset[str]] = {
    Kind.PROMISE: frozenset(),
    Kind.ROLE: frozenset({"text"}),
    Kind.TRAINING: frozenset({"who", "people_needed"}),
    Kind.CONCERN: frozenset(),
    Kind.MESSAGE: frozenset({"who"}),
    Kind.PROCESS: frozenset({"before", "after"}),
    Kind.FOUNDATION: frozenset({"starts_on", "due_on"}),
}
# What is done on a day, and open until then.
ENDS = frozenset({Kind.CONCERN, Kind.MESSAGE, Kind.FOUNDATION})
# What is trained: both ask how many need it and how many had it.
TRAINED = frozenset({Kind.TRAINING, Kind.PROCESS})


class Fault(StrEnum):
    """What is wrong with when the work on the data is planned."""

    SHORT = "short"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a change plan comes to. needed, done: trainings of a person, who counts once in each."""

    roles: int
    needed: int
    done: int
    concerns: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a change plan, as the counts take it."""

    kind: Kind
    people_needed: int | None
    people_done: int | None
    due_on: date | None
    done_on: date | None

    @property
    def is_open(self) -> bool:
        """Say whether something of it is still to be done."""
        if self.kind is Kind.TRAINING:
            return (self.people_done or 0) < (self.people_needed or 0)
        return self.kind in ENDS and self.done_on is None

    def overdue(self, today: date) -> bool:
        """Say whether it is still open after its day."""
        return self.is_open and self.due_on is not None and self.due_on < today


def count(lines: Iterable[Line], *, today: date) -> Counts:
    """Return what the items of a plan come to."""
    listed = list(lines)
    trained = [one for one in listed if one.kind in TRAINED]
    return Counts(
        roles=sum(one.kind is Kind.ROLE for one in listed),
        needed=sum(one.people_needed or 0 for one in trained),
        done=sum(one.people_done or 0 for one in trained),
        concerns=sum(one.kind is Kind.CONCERN and one.is_open for one in listed),
        overdue=sum(one.overdue(today) for one in listed),
    )


def foundation_faults(*, starts_on: date, ends_on: date, start_date: date) -> list[Fault]:
    """Return what is wrong with when work on the data is planned; empty when nothing is.

    start_date: of the pilot. Six whole weeks are long enough, and the Monday on which Deploy begins
    is early enough.
    """
    faults = []
    if (ends_on - starts_on).days + 1 < SHORTEST_DAYS:
        faults.append(Fault.SHORT)
    if starts_on > week_starts(start_date=start_date, number=DEPLOY_WEEK):
        faults.append(Fault.LATE)
    return faults
