"""The refusal that every write about an archived pilot shares."""

from __future__ import annotations

from common.errors import Refused

from ..models import Pilot


def refuse_archived_pilot(pilot: Pilot) -> None:
    """Raise Refused for a pilot that is archived: it is brought back before it changes."""
    if pilot.archived_at is not None:
        raise Refused(
            f"{pilot.name} is archived, and nothing of it changes until it is brought back.",
            code="pilot_archived",
        )
