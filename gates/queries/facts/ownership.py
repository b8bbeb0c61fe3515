"""Who runs a pilot when the project is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portfolio.models import Part, Pilot
from portfolio.queries import PartyRow, list_parties

from ...rules.criteria import Fact


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Ownership, in one query."""
    parties = list_parties(pilot_id=pilot.pk, parts=[Part.OPERATOR, Part.DEPUTY_OPERATOR])
    return {"operator_named": _operator(parties), "deputy_named": _deputy(parties)}


def _operator(parties: Sequence[PartyRow]) -> Fact:
    found = next((one for one in parties if one.part == Part.OPERATOR), None)
    if found is None:
        return Fact(met=False, words="No operator is named.")
    if found.removed:
        return Fact(met=False, words=f"{found.name} is no member any more.")
    if not found.hours_per_week:
        return Fact(met=False, words=f"{found.name} has no hours for it.")
    words = f"{found.name}, {found.hours_per_week} hours a week"
    return Fact(True, words, f"{found.person_id} {found.hours_per_week}")


def _deputy(parties: Sequence[PartyRow]) -> Fact:
    found = next((one for one in parties if one.part == Part.DEPUTY_OPERATOR), None)
    if found is None:
        return Fact(met=False, words="No deputy is named.")
    if found.removed:
        return Fact(met=False, words=f"{found.name} is no member any more.")
    return Fact(True, found.name, str(found.person_id))
