"""Writing down snapshots of a pilot's data."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from common.errors import Refused
from common.writing import lock
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Pilot
from tenants.models import Membership
from tenants.queries import Member

from ..models import DataSnapshot
from ..rules import snapshots as rules
from .brought import record, take_back


@transaction.atomic
def add_snapshot(
    *,
    pilot: Pilot,
    source: str,
    taken_on: date,
    row_count: int,
    first_day: date,
    last_day: date,
    cycle_weeks: int,
    issues: str,
    lacks: str,
    by: Member | Membership,
    now: datetime,
) -> DataSnapshot:
    """Write down which data of a source a pilot was tried on; a newer one of it counts instead.

    lacks: what it knows nothing of, where it is shorter than one cycle; may be empty, then the gate
    asks for it. Raises Refused for days that cannot be meant, for numbers out of bounds, and for an
    archived pilot. Audit: DATA_SNAPSHOT_ADDED.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    _refuse_days(first_day, last_day, taken_on, path.local_day(now, pilot.site.zone))
    if row_count < 1:
        raise Refused("A snapshot has at least one row.", code="row_count", field="row_count")
    if not 1 <= cycle_weeks <= rules.LONGEST_CYCLE:
        raise Refused(
            f"A cycle has 1 to {rules.LONGEST_CYCLE} weeks; 52 is a year.",
            code="cycle_weeks",
            field="cycle_weeks",
        )
    if not issues.strip():
        raise Refused(
            "Say what is known to be wrong with it, or that nothing is and who looked.",
            code="issues",
            field="issues",
        )
    made: DataSnapshot = DataSnapshot.objects.create(
        pilot=pilot,
        source=source.strip(),
        taken_on=taken_on,
        row_count=row_count,
        first_day=first_day,
        last_day=last_day,
        cycle_weeks=cycle_weeks,
        issues=issues.strip(),
        lacks=lacks.strip(),
        member_id=by.id,
        at=now,
    )
    payload = {
        "snapshot": str(made.pk),
        "source": made.source,
        "taken_on": taken_on.isoformat(),
        "rows": row_count,
        "days": [first_day.isoformat(), last_day.isoformat()],
        "cycle_weeks": cycle_weeks,
    }
    record(pilot, by, "DATA_SNAPSHOT_ADDED", payload)
    return made


def _refuse_days(first_day: date, last_day: date, taken_on: date, today: date) -> None:
    if taken_on > today:
        raise Refused("It was taken today or earlier.", code="taken_on", field="taken_on")
    if last_day > taken_on:
        raise Refused(
            "It ends after it was taken: figures to come are in no snapshot.",
            code="last_day",
            field="last_day",
        )
    if first_day > last_day:
        raise Refused("It begins after it ends.", code="first_day", field="first_day")
    if first_day < path.EARLIEST:
        raise Refused("This day is too far away.", code="first_day", field="first_day")


@transaction.atomic
def withdraw_snapshot(
    *, row: DataSnapshot, reason: str, by: Member | Membership, now: datetime
) -> DataSnapshot:
    """Take a snapshot back, with a reason; it stays to be seen and counts no more.

    Doing it again changes nothing. Raises Refused without a reason and for an archived pilot.
    Audit: DATA_SNAPSHOT_WITHDRAWN.
    """
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row)
    if take_back(row, reason=reason, by=by, now=now):
        payload = {"snapshot": str(row.pk), "source": row.source, "reason": row.withdrawn_reason}
        record(row.pilot, by, "DATA_SNAPSHOT_WITHDRAWN", payload)
    return row
