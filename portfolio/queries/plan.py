"""Reads of a pilot's change plan."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from ..models import Pilot, PlanItem


def list_items(pilot: Pilot) -> list[PlanItem]:
    """Return the items of a pilot's change plan, archived ones too, in the order they came.

    Loads owner, and who wrote each with the person.
    """
    rows = PlanItem.objects.filter(pilot=pilot).select_related("owner", "member__person")
    return list(rows.order_by("created_at", "id"))


def get_item(pilot: Pilot, key: UUID) -> PlanItem:
    """Return one item of a pilot's change plan, archived or not; 404 when there is none."""
    found: PlanItem = get_object_or_404(
        PlanItem.objects.select_related("owner"), pilot=pilot, pk=key
    )
    return found
