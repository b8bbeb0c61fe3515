"""Reminding people of evidence that ends, and of gates that wait too long for their decider."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from common import formats
from portfolio.models import Part
from portfolio.queries import list_parties

from ..queries import reminders as queries
from ..rules.states import KINDS, Code, State
from .telling import tell


def remind(*, now: datetime) -> int:
    """Tell leads what ends in 14 and in 3 days, and deciders of what waits beyond its day.

    Of a waiver that ends, who gave it is told too.
    Each is told once of a thing, however often this runs; what was missed is told late. Returns of
    how many things somebody is told, also those that were told before.
    """
    leads: dict[UUID, set[UUID]] = defaultdict(set)
    for party in list_parties(parts=[Part.LEAD]):
        leads[party.pilot_id].add(party.person_id)
    endings = queries.list_ending(now=now)
    _remind_of_endings(endings, leads)
    lapsing = queries.list_lapsing(now=now)
    _remind_of_lapsing(lapsing, leads)
    return len(endings) + len(lapsing) + _remind_of_waiting(now)


def _remind_of_endings(endings: list[queries.Ending], leads: Mapping[UUID, set[UUID]]) -> None:
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


def _remind_of_lapsing(lapsing: list[queries.Lapsing], leads: Mapping[UUID, set[UUID]]) -> None:
    """Tell leads of a pass that ends, and of a waiver also who gave it."""
    for one in lapsing:
        code, waived = Code(one.gate.code), one.step.state == State.WAIVED
        ends = "The waiver of the gate" if waived else "The pass of the gate"
        people = set(leads[one.gate.pilot_id])
        if waived and one.step.member is not None:
            people.add(one.step.member.person_id)
        tell(
            pilot=one.gate.pilot,
            code=code,
            title=f"{ends} {KINDS[code].name} of {one.gate.pilot.name} ends on"
            f" {formats.day(one.until)}",
            people=people,
            key=f"lapsing:{one.step.pk}:{one.until.isoformat()}:{one.mark}",
        )


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
