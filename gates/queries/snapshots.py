"""Every read of snapshots of a pilot's data."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from common import formats
from portfolio.models import Pilot

from ..models import DataSnapshot


def list_newest(pilot: Pilot) -> list[DataSnapshot]:
    """Return the newest snapshot of each source of a pilot, by source; it counts alone."""
    rows = DataSnapshot.objects.filter(pilot=pilot, withdrawn_at=None)
    newest: dict[str, DataSnapshot] = {}
    for row in rows.order_by("taken_on", "at", "id"):
        newest[row.source.casefold()] = row
    return sorted(newest.values(), key=lambda row: (row.source.casefold(), row.pk))


def tell(row: DataSnapshot) -> str:
    """Return in one sentence what a snapshot covers: source, days, rows."""
    first, last = formats.day(row.first_day), formats.day(row.last_day)
    return f"{row.source}: {row.row_count:,} rows of {first} to {last}."


def short(row: DataSnapshot) -> str:
    """Return in words by how much a snapshot is shorter than its cycle: "274 days short"."""
    days = row.days_lacking
    return f"{days} day{'' if days == 1 else 's'} short"


def list_snapshots(pilot: Pilot) -> list[DataSnapshot]:
    """Return every snapshot of a pilot, newest first, with persons."""
    rows = DataSnapshot.objects.filter(pilot=pilot).select_related(
        "member__person", "withdrawn_by__person"
    )
    return list(rows.order_by("-taken_on", "-at", "-id"))


def get_snapshot(pilot: Pilot, key: UUID) -> DataSnapshot:
    """Return one snapshot of a pilot; 404 when there is none."""
    rows = DataSnapshot.objects.select_related("pilot__site")
    found: DataSnapshot = get_object_or_404(rows, pilot=pilot, pk=key)
    return found
