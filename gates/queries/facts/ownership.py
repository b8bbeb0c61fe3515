"""Who runs a pilot when the project is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from common import formats
from portfolio import rules as path
from portfolio.models import Part, Pilot
from portfolio.queries import PartyRow, list_parties

from ...rules.criteria import Fact
from ...rules.states import earliest
from .. import retraining
from ..retraining import Line

TOO_OLD = "it was tried more than a year ago"


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return the facts of the gate Ownership, in three queries."""
    day = path.local_day(now, pilot.site.zone)
    parties = list_parties(pilot_id=pilot.pk, parts=[Part.OPERATOR, Part.DEPUTY_OPERATOR])
    operator = next((one for one in parties if one.part == Part.OPERATOR), None)
    deputies = [one for one in parties if one.part == Part.DEPUTY_OPERATOR]
    return {
        "operator_named": _operator(operator, day),
        "deputy_named": _deputy(deputies, operator, day),
        "retraining_ready": _retraining(retraining.list_lines(pilot, day=day), day),
    }


def _operator(found: PartyRow | None, day: date) -> Fact:
    """Say whether somebody operates it with hours; it holds until their last day."""
    if found is None:
        return Fact(met=False, words="No operator is named.")
    if found.left(day):
        return Fact(met=False, words=_gone(found))
    if not found.hours_per_week:
        return Fact(met=False, words=f"{found.name} has no hours for it.")
    words = f"{found.name}, {found.hours_per_week} hours a week{_until(found)}"
    refers = f"{found.person_id} {found.hours_per_week}"
    return Fact(True, words, refers, found.leaves_on)


def _gone(found: PartyRow) -> str:
    if found.removed:
        return f"{found.name} is no member any more."
    return f"The last day of {found.name} was {formats.day(found.leaves_on)}."


def _until(found: PartyRow) -> str:
    """Return the last day of somebody who is there, to be said behind their name; empty without."""
    return f", last day {formats.day(found.leaves_on)}" if found.leaves_on else ""


def _deputy(deputies: Sequence[PartyRow], operator: PartyRow | None, day: date) -> Fact:
    """Say whether somebody stands in for the operator: one of the deputies who is there.

    It rests on each of them, and so holds until the first of their last days.
    """
    if not deputies:
        return Fact(met=False, words="No deputy is named.")
    there = [one for one in deputies if not one.left(day)]
    if not there:
        return Fact(met=False, words=" ".join(_gone(one) for one in deputies))
    own = operator.person_id if operator else None
    others = [one for one in there if one.person_id != own]
    if not others:
        return Fact(met=False, words=f"{there[0].name} is the operator: name somebody else.")
    names = ", ".join(f"{one.name}{_until(one)}" for one in others)
    refers = " ".join(sorted(str(one.person_id) for one in others))
    return Fact(True, names, refers, earliest(one.leaves_on for one in others))


def _retraining(lines: Sequence[Line], day: date) -> Fact:
    """One trigger that was tried within the year is enough: the gate rests on the oldest such."""
    if not lines:
        return Fact(met=False, words="No figure is named that calls for training.")
    ready = [one for one in lines if not one.lacks and one.until and one.until >= day]
    if not ready:
        words = " ".join(f"{one.words}: {one.lacks or TOO_OLD}." for one in lines)
        return Fact(met=False, words=words)
    words = "; ".join(f"{one.words}, tells {one.row.receiver.person.name}" for one in ready)
    first = ready[0]
    return Fact(True, words, f"{first.row.pk}:{first.row.version}", first.until)
