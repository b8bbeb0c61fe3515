"""Writes of the sources that a pilot's decision needs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit import actions as audit
from common.errors import Refused
from common.writing import change, explained, lock, told
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Pilot
from tenants.models import Person
from tenants.queries import Doer

from ..models import PilotSource, Source

TAKEN = {
    "metrics_pilotsource_name_once": Refused(
        "Another source of this pilot has this name.", code="name_taken", field="name"
    )
}


@transaction.atomic
def add_pilot_source(*, pilot: Pilot, by: Doer, now: datetime, **values: Any) -> PilotSource:
    """Put a source on the list of what a pilot's decision needs; values: as `_checked` takes them.

    Raises Refused for an archived pilot, a name that is taken, paper that sends, and a day to come.
    Audit: PILOT_SOURCE_ADDED.
    """
    pilot = _locked(pilot)
    values = _checked(pilot, now=now, **values)
    with explained(TAKEN):
        found: PilotSource = PilotSource.objects.create(pilot=pilot, **values)
    _record("PILOT_SOURCE_ADDED", found, by, {"kind": found.kind, "gives": found.gives})
    return found


@transaction.atomic
def change_pilot_source(
    *, row: PilotSource, version: int, by: Doer, now: datetime, **values: Any
) -> PilotSource:
    """Change a source of a pilot's list; values: as `_checked` takes them.

    Raises Changed for an old version, Refused as `add_pilot_source` does.
    Audit: PILOT_SOURCE_CHANGED.
    """
    pilot = _locked(row.pilot)
    row = lock(row, version=version)
    values = _checked(pilot, now=now, was=row, **values)
    with explained(TAKEN):
        moved = change(row, values)
    if moved:
        _record("PILOT_SOURCE_CHANGED", row, by, told(moved))
    return row


@transaction.atomic
def end_pilot_source(*, row: PilotSource, by: Doer, now: datetime) -> PilotSource:
    """Take a source off the list: the decision needs it no more. Audit: PILOT_SOURCE_ENDED."""
    _locked(row.pilot)
    row = lock(row)
    if row.ended_at is None:
        change(row, {"ended_at": now})
        _record("PILOT_SOURCE_ENDED", row, by, {})
    return row


@transaction.atomic
def restore_pilot_source(*, row: PilotSource, by: Doer) -> PilotSource:
    """Put a source on the list again.

    Raises Refused while another one has its name. Audit: PILOT_SOURCE_RESTORED.
    """
    _locked(row.pilot)
    row = lock(row)
    with explained(TAKEN):
        moved = change(row, {"ended_at": None})
    if moved:
        _record("PILOT_SOURCE_RESTORED", row, by, {})
    return row


def _locked(pilot: Pilot) -> Pilot:
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    return pilot


def _checked(
    pilot: Pilot,
    *,
    now: datetime,
    name: str,
    kind: str,
    gives: str,
    source: Source | None,
    by_hand: bool,
    maintainer: Person | None,
    updated_on: date | None,
    limit_days: int,
    faults: str,
    was: PilotSource | None = None,
) -> dict[str, Any]:
    """Return the values of a row, or raise Refused for what cannot be."""
    if kind == PilotSource.Kind.PAPER and source is not None:
        raise Refused(
            "Paper sends nothing. Say what it is typed into, and that this is by hand.",
            code="paper_sends",
            field="source",
        )
    if source is not None and source.archived_at is not None and source != (was and was.source):
        raise Refused(
            f"{source.name} is archived, so it sends nothing.", code="archived", field="source"
        )
    if updated_on is not None and updated_on > path.local_day(now, pilot.site.zone):
        raise Refused("Give a day of today or earlier.", code="to_come", field="updated_on")
    return {
        "name": name,
        "kind": kind,
        "gives": gives,
        "source": source,
        "by_hand": by_hand,
        "maintainer": maintainer,
        "updated_on": updated_on,
        "limit_days": limit_days,
        "faults": faults,
    }


def _record(action: str, row: PilotSource, by: Doer, payload: dict[str, Any]) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"pilot:{row.pilot.code}",
        payload={"source": str(row.pk), "name": row.name, **payload},
    )
