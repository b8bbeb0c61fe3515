"""Reads of candidates for a pilot."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from ..models import Candidate


def list_candidates() -> list[Candidate]:
    """Return every candidate, begun and archived ones too, by name; loads site and pilot."""
    rows = Candidate.objects.select_related("site", "begun_as")
    return list(rows.order_by("name", "id"))


def get_candidate(key: UUID) -> Candidate:
    """Return one candidate with its site and pilot; 404 when there is none."""
    rows = Candidate.objects.select_related("site", "begun_as")
    found: Candidate = get_object_or_404(rows, pk=key)
    return found
