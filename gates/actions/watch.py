"""Telling people of readings that are missing in the first 90 days after go-live."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse

from common import formats
from portfolio.models import Part, Pilot
from portfolio.queries import list_parties
from tenants import actions as tenants
from tenants.queries import current_slug

from ..queries import watch as queries
from ..rules.watch import MISSING_AFTER

# What is missing for longer stands on the board; nobody is told of it anew.
TOLD_FOR = timedelta(days=14)


def tell_missed(*, now: datetime) -> int:
    """Tell receivers and leads of weekly readings that are missing; return of how many.

    Each is told once of a week, however often this runs. A pilot of which no figure is named is told
    to its leads once.
    """
    pilots = {pilot.pk: pilot for pilot in queries.list_live()}
    starts = queries.map_starts({key: pilot.go_live_date for key, pilot in pilots.items()})
    count = 0
    for zone in sorted({pilots[key].site.zone for key in starts}):
        own = {key: day for key, day in starts.items() if pilots[key].site.zone == zone}
        found = queries.read(own, now=now, zone=zone)
        for key in found.unnamed:
            title = f"{pilots[key].name} is live, and no figure is named that is watched"
            _tell(pilots[key], _leads(key), title, f"watch:{key}:unnamed")
            count += 1
        for line in found.lines:
            pilot = pilots[line.pilot_id]
            fresh = [day for day in line.missed if day > line.today - TOLD_FOR - MISSING_AFTER]
            people = {one.receiver.person_id for one in line.triggers} if fresh else set()
            for monday in fresh:
                title = (
                    f"{line.metric.name} has no reading of the week of {formats.day(monday)}:"
                    f" {pilot.name} is watched"
                )
                once = f"watch:{pilot.pk}:{line.metric.pk}:{monday.isoformat()}"
                _tell(pilot, people | _leads(pilot.pk), title, once)
                count += 1
    return count


def _leads(pilot_id: UUID) -> set[UUID]:
    return {one.person_id for one in list_parties(pilot_id=pilot_id, parts=[Part.LEAD])}


def _tell(pilot: Pilot, people: Iterable[UUID], title: str, key: str) -> None:
    for person_id in sorted(people):
        tenants.notify_person(
            person_id=person_id,
            topic="watch",
            title=title,
            path=reverse("retraining", args=[current_slug(), pilot.code]),
            dedup_key=f"{key}:{person_id}",
        )
