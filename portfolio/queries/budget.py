"""Reads of a pilot's budget."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from ..models import BudgetLine, Pilot
from ..rules.budget import PhaseClass


def list_lines(pilot: Pilot) -> list[BudgetLine]:
    """Return the lines of a pilot's budget, archived ones too, by phase class and in their order.

    Loads who confirmed them, with the person.
    """
    order = list(PhaseClass)
    rows = (
        BudgetLine.objects.filter(pilot=pilot)
        .select_related("funded_by__person")
        .order_by("created_at", "id")
    )
    return sorted(rows, key=lambda row: order.index(PhaseClass(row.phase_class)))


def get_line(pilot: Pilot, key: UUID) -> BudgetLine:
    """Return one line of a pilot's budget, archived or not; 404 when there is none."""
    return get_object_or_404(BudgetLine, pilot=pilot, pk=key)
