"""When functions take part in a pilot, when their reviews start, and when a requirement was found.

Source: docs/rules/engagement.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from . import PHASES, PRODUCTION_FROM, WEEKS, week_ends, week_number, week_starts

# Functions take part while the pilot is planned: in weeks 1 and 2, unless a pilot says otherwise.
PLANNED_BY_WEEK = 2
# Two weeks before its last day an engagement is due.
DUE_WITHIN = timedelta(days=14)
MAX_LEAD_WEEKS = 104
DEPLOY_FROM = next(first for key, _, first, _ in PHASES if key == "deploy")

# No pilot begins without them (capability A16).
MANDATORY = ("technology", "security", "legal", "finance", "sales", "customer_service")
# Reviews that take their time, each with the function that answers for it.
REVIEWS = {"privacy": "legal", "retention": "data_governance", "cross_boundary": "compliance"}
# Those whose lead time somebody has to know before go-live can be planned.
TIMED = ("security", *REVIEWS)


class State(StrEnum):
    """How a function stands in a pilot, what is late first."""

    LATE = "late"
    OBJECTED = "objected"
    DUE = "due"
    NOT_DUE = "not_due"
    ENGAGED = "engaged"
    NOT_NEEDED = "not_needed"


class Outcome(StrEnum):
    """What a function said."""

    NONE = ""
    NO_OBJECTION = "no_objection"
    CONDITIONS = "conditions"
    OBJECTED = "objected"
    NOT_NEEDED = "not_needed"


# What is said in words beside the outcome: conditions, what is wrong, why it is not needed.
SAID = frozenset({Outcome.CONDITIONS, Outcome.OBJECTED, Outcome.NOT_NEEDED})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a function stands in a pilot on a day.

    due_date: the last day of its week. start_by: the last day on which its review can start and
    end before go-live, None without a lead time. days_late: after due_date it took part, or after
    which it still does not. starts_late: whether its review ends after go-live.
    """

    state: State
    due_date: date
    start_by: date | None
    days_late: int = 0
    starts_late: bool = False

    @property
    def last_day(self) -> date:
        """Return the day by which it takes part, whichever comes first."""
        return self.due_date if self.start_by is None else min(self.due_date, self.start_by)


def go_live(*, start_date: date, go_live_date: date | None) -> date:
    """Return the day of go-live; without one the Monday on which production begins, in week 8."""
    return go_live_date or week_starts(start_date=start_date, number=PRODUCTION_FROM)


def stand(
    *,
    start_date: date,
    go_live_date: date | None,
    due_week: int,
    lead_weeks: int | None,
    engaged_on: date | None,
    outcome: str,
    day: date,
) -> Standing:
    """Return how a function stands in a pilot on a day.

    lead_weeks: how long its review takes, None where nobody said.
    Source: docs/rules/engagement.md, "How a function stands".
    """
    due_date = week_ends(start_date=start_date, number=due_week)
    live = go_live(start_date=start_date, go_live_date=go_live_date)
    start_by = None if lead_weeks is None else live - timedelta(weeks=lead_weeks)
    if outcome == Outcome.NOT_NEEDED:
        return Standing(State.NOT_NEEDED, due_date, start_by)
    began = engaged_on or day
    late = max((began - due_date).days, 0)
    starts_late = start_by is not None and began > start_by and outcome == Outcome.NONE
    state = _state(Standing(State.NOT_DUE, due_date, start_by), engaged_on, outcome, day)
    return Standing(state, due_date, start_by, late, starts_late)


def _state(known: Standing, engaged_on: date | None, outcome: str, day: date) -> State:
    if outcome == Outcome.OBJECTED:
        return State.OBJECTED
    if engaged_on is not None:
        return State.ENGAGED
    if day > known.last_day:
        return State.LATE
    return State.DUE if known.last_day - day < DUE_WITHIN else State.NOT_DUE


def deploy_starts(*, start_date: date, go_live_date: date | None) -> date:
    """Return the day from which a requirement was found late: week 4, or go-live where earlier."""
    monday = week_starts(start_date=start_date, number=DEPLOY_FROM)
    return monday if go_live_date is None else min(monday, go_live_date)


def is_found_late(*, start_date: date, go_live_date: date | None, found_on: date) -> bool:
    """Say whether a requirement was found after deploy started."""
    return found_on >= deploy_starts(start_date=start_date, go_live_date=go_live_date)


def found_phase(*, start_date: date, go_live_date: date | None, found_on: date) -> str:
    """Return the phase in which a requirement was found: the last one that had begun.

    `planning` before week 1, `live` from go-live on, `after` behind week 12.
    """
    if go_live_date is not None and found_on >= go_live_date:
        return "live"
    week = week_number(start_date=start_date, day=found_on)
    if week < 1:
        return "planning"
    if week > WEEKS:
        return "after"
    return [key for key, _, first, _ in PHASES if first <= week][-1]


def unnamed(named: Collection[str]) -> list[str]:
    """Return the mandatory functions that nobody stands for. named: those that somebody does."""
    return [one for one in MANDATORY if one not in named]


def answering(area: str) -> str:
    """Return the function that answers for a function or a review."""
    return REVIEWS.get(area, area)
