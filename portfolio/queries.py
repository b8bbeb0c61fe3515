"""Reads of the portfolio."""

from django.shortcuts import get_object_or_404

from .models import Pilot


def list_pilots() -> list[Pilot]:
    """Return the pilots that are not archived, by code, with site and vendor."""
    return list(
        Pilot.objects.filter(archived_at=None).select_related("site", "vendor").order_by("code")
    )


def get_pilot(code: str) -> Pilot:
    """Return one pilot with site and vendor, archived or not; 404 when there is none."""
    return get_object_or_404(Pilot.objects.select_related("site", "vendor"), code=code)
