"""Reminding people of evidence that ends, and of gates that wait too long for their decider."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from common import formats
from portfolio.models import Part
from portfolio.queries import list_parties

from ..queries import reminders as queries
from ..rules.states import KINDS, Code
from .telling import tell


def remind(*, now: datetime) -> int:
    """Tell leads what ends in 14 and in 3 days, and deciders of what waits beyond its day.

    Each is told once of a thing, however often this runs; what was missed is told late. Returns of
    how many things somebody is told, also those that were told before.
    """
    return _remind_of_endings(now) + _remind_of_waiting(now)


def _remind_of_endings(now: datetime) -> int:
    endings = queries.list_ending(now=now)
    leads: dict[UUID, list[UUID]] = defaultdict(list)
    for party in list_parties(parts=[Part.LEAD]) if endings else ():
        leads[party.pilot_id].append(party.person_id)
    for one in endings:
        code = Code(one.gate.code)
        tell(
            pilot=one.gate.pilot,
            code=code,
            title=f"“{one.evidence.title}” counts until {formats.day(one.until)}:"
            f" gate {KINDS[code].name} of {one.gate.pilot.name}",
            people=leads[one.gate.pilot_id],
            key=f"ending:{one.evidence.pk}:{one.mark}",
        )
    return len(endings)


def _remind_of_waiting(now: datetime) -> int:
    overdue = queries.list_overdue(now=now)
    for one in overdue:
        code, decider = Code(one.gate.code), one.gate.decider
        assert decider is not None
        tell(
            pilot=one.gate.pilot,
            code=code,
            title=f"The gate {KINDS[code].name} of {one.gate.pilot.name} was to be decided by"
            f" {formats.day(one.by)}: it waits for you",
            people=[decider.person_id],
            # Below the key of what asked for the decision: settled with it.
            key=f"gate:{one.step.pk}:overdue:{decider.person_id}",
        )
    return len(overdue)
