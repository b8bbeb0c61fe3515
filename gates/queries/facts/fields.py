"""Whether the fields that a pilot's decision needs mean the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from metrics.queries.fields import Need, read_needs
from portfolio.models import Pilot

from ...rules.criteria import Fact


def gather(pilot: Pilot, *, now: datetime) -> dict[str, Fact]:
    """Return what the pilot's list of fields says, in three queries."""
    return {"fields_agreed": _agreed(read_needs(pilot))}


def _agreed(found: Sequence[Need]) -> Fact:
    """Say whether each field has an owner and no open conflict; it rests on what differs."""
    if not found:
        return Fact(met=False, words="No field is listed yet.")
    fields = [one.field for one in found]
    faults = [f"Nobody owns {one.row.name} any more." for one in fields if one.left]
    faults += [
        f"{one.row.name}: {told.words}, and nobody settled it."
        for one in fields
        for told in one.open
    ]
    if faults:
        return Fact(met=False, words=" ".join(faults))
    differing = [
        f"{one.row.name}: {'; '.join(told.words for told in one.dissenting)}."
        for one in fields
        if one.dissenting
    ]
    same = [one.row.name for one in fields if not one.dissenting]
    words = [f"As agreed everywhere: {', '.join(same)}." if same else "", *differing]
    refers = sorted(one.refers for one in fields)
    return Fact(True, " ".join(filter(None, words)), " ".join(refers))
