"""Reads of the portfolio."""

from .models import Pilot


def list_pilots() -> list[Pilot]:
    """Return the pilots that are not archived, by code, with site and vendor."""
    return list(
        Pilot.objects.filter(archived_at=None)
        .select_related("site", "vendor")
        .order_by("code")
    )
