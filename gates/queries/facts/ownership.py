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
    operator = next((one for one in parties if one.part == Part.OPERATOR), None)
    deputies = [one for one in parties if one.part == Part.DEPUTY_OPERATOR]
    return {"operator_named": _operator(operator), "deputy_named": _deputy(deputies, operator)}


def _operator(found: PartyRow | None) -> Fact:
    if found is None:
        return Fact(met=False, words="No operator is named.")
    if found.removed:
        return Fact(met=False, words=f"{found.name} is no member any more.")
    if not found.hours_per_week:
        return Fact(met=False, words=f"{found.name} has no hours for it.")
    words = f"{found.name}, {found.hours_per_week} hours a week"
    return Fact(True, words, f"{found.person_id} {found.hours_per_week}")


def _deputy(deputies: Sequence[PartyRow], operator: PartyRow | None) -> Fact:
    """Say whether somebody stands in for the operator: one of the deputies who is there."""
    if not deputies:
        return Fact(met=False, words="No deputy is named.")
    there = [one for one in deputies if not one.removed]
    if not there:
        names = ", ".join(one.name for one in deputies)
        return Fact(met=False, words=f"No member any more: {names}.")
    own = operator.person_id if operator else None
    others = [one for one in there if one.person_id != own]
    if not others:
        return Fact(met=False, words=f"{there[0].name} is the operator: name somebody else.")
    names = ", ".join(one.name for one in others)
    return Fact(True, names, " ".join(sorted(str(one.person_id) for one in others)))
