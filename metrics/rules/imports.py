"""Whose figures a person may import. Source: docs/rules/imports.md, "Own pilots"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Judged:
    """A pilot that is judged by a metric: it has the metric as primary.

    lead_id, lead: who leads it now, as a person; None and empty while nobody does.
    """

    pilot: str
    lead_id: UUID | None = None
    lead: str = ""


def import_refusal(judged: Sequence[Judged], person_id: UUID) -> str:
    """Say why a person may not import a metric, and who may; empty when they may.

    judged: every pilot that is judged by it. A person imports what judges their own pilots and
    nobody else's: who leads another pilot could otherwise write the figures it is judged by.
    """
    if not judged:
        return "No pilot is judged by this metric: it is primary in none, so nobody imports it."
    leads = {one.lead_id for one in judged}
    if leads == {person_id}:
        return ""
    pilots = " and ".join(one.pilot for one in judged)
    if len(leads) > 1:
        named = " and ".join(f"{one.pilot} (lead: {one.lead or 'nobody'})" for one in judged)
        return (
            f"Pilots of different leads are judged by this metric: {named}."
            " None of them imports it; a system sends it."
        )
    if not judged[0].lead:
        return f"{pilots}: judged by this metric and without a lead. Its lead imports it."
    return f"You do not lead {pilots}, judged by this metric; its lead {judged[0].lead} imports it."
