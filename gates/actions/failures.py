"""Writing down how a pilot may fail, and the drills in which it was tried."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from common.errors import Refused
from common.writing import change, lock, told
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Pilot
from tenants.models import Membership
from tenants.queries import Member

from ..models import Drill, FailureMode
from .brought import record, take_back


@transaction.atomic
def add_failure_mode(
    *,
    pilot: Pilot,
    kind: str,
    name: str,
    noticed: str,
    threshold: str,
    fallback: str,
    receiver: Membership | None,
    by: Member | Membership,
) -> FailureMode:
    """Write down one way in which a pilot may fail; what is not known yet may be empty.

    receiver: the member who is alerted. Raises Refused for one who left, and for an archived pilot.
    Audit: FAILURE_MODE_ADDED.
    """
    refuse_archived_pilot(lock(pilot))
    values = _terms(kind, name, noticed, threshold, fallback, receiver)
    made: FailureMode = FailureMode.objects.create(pilot=pilot, **values)
    plain = {field: str(value) for field, value in values.items() if value}
    record(pilot, by, "FAILURE_MODE_ADDED", {"mode": str(made.pk), **plain})
    return made


@transaction.atomic
def change_failure_mode(
    *,
    row: FailureMode,
    version: int,
    kind: str,
    name: str,
    noticed: str,
    threshold: str,
    fallback: str,
    receiver: Membership | None,
    by: Member | Membership,
) -> FailureMode:
    """Change a way to fail; a gate that was passed on it opens again.

    Raises Changed for an old version, and Refused as `add_failure_mode` does.
    Audit: FAILURE_MODE_CHANGED.
    """
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row, version=version)
    values = _terms(kind, name, noticed, threshold, fallback, receiver)
    moved = change(row, values)
    if moved:
        payload = {"mode": str(row.pk), "name": row.name, **told(moved)}
        record(row.pilot, by, "FAILURE_MODE_CHANGED", payload)
    return row


def _terms(
    kind: str,
    name: str,
    noticed: str,
    threshold: str,
    fallback: str,
    receiver: Membership | None,
) -> dict[str, Any]:
    if receiver is not None and receiver.removed_at is not None:
        raise Refused(
            f"{receiver.person.name} is no member any more: name somebody else.",
            code="receiver_left",
            field="receiver",
        )
    return {
        "kind": kind,
        "name": name.strip(),
        "noticed": noticed.strip(),
        "threshold": threshold.strip(),
        "fallback": fallback.strip(),
        "receiver_id": receiver.pk if receiver else None,
    }


@transaction.atomic
def archive_failure_mode(
    *, row: FailureMode, by: Member | Membership, now: datetime
) -> FailureMode:
    """Put a way to fail aside; its drills stay. Doing it again changes nothing.

    Raises Refused for an archived pilot. Audit: FAILURE_MODE_ARCHIVED.
    """
    return _set_aside(row, now, by, "FAILURE_MODE_ARCHIVED")


@transaction.atomic
def restore_failure_mode(*, row: FailureMode, by: Member | Membership) -> FailureMode:
    """Bring a way to fail back. Doing it again changes nothing.

    Raises Refused for an archived pilot. Audit: FAILURE_MODE_RESTORED.
    """
    return _set_aside(row, None, by, "FAILURE_MODE_RESTORED")


def _set_aside(
    row: FailureMode, at: datetime | None, by: Member | Membership, action: str
) -> FailureMode:
    refuse_archived_pilot(lock(row.pilot))
    row = lock(row)
    if (row.archived_at is None) == (at is None):
        return row
    change(row, {"archived_at": at})
    record(row.pilot, by, action, {"mode": str(row.pk), "name": row.name})
    return row


@transaction.atomic
def add_drill(
    *,
    row: FailureMode,
    ran_on: date,
    held: bool,
    seen: str,
    next_step: str,
    by: Member | Membership,
    now: datetime,
) -> Drill:
    """Keep what was seen when a way to fail was tried.

    held: whether the fallback did what it should. next_step: needed where it did not. What is
    written down of the way to fail is kept with it: a change of that is to be tried anew.
    Raises Refused for a day to come, without what was seen or done next, for a mode that is
    archived, and for an archived pilot. Audit: DRILL_ADDED.
    """
    pilot = lock(row.pilot)
    refuse_archived_pilot(pilot)
    row = lock(row)
    if row.archived_at is not None:
        raise Refused(f"{row.name} is archived. Bring it back first.", code="mode_archived")
    if ran_on > path.local_day(now, pilot.site.zone):
        raise Refused("A drill was run today or earlier.", code="ran_on", field="ran_on")
    if ran_on < path.EARLIEST:
        raise Refused("This day is too far away.", code="ran_on", field="ran_on")
    if not seen.strip():
        raise Refused("Say what was seen.", code="seen", field="seen")
    if not held and not next_step.strip():
        raise Refused(
            "It did not hold: say what is done next.", code="next_step", field="next_step"
        )
    made: Drill = Drill.objects.create(
        mode=row,
        ran_on=ran_on,
        held=held,
        seen=seen.strip(),
        next_step=next_step.strip(),
        noticed=row.noticed,
        threshold=row.threshold,
        fallback=row.fallback,
        member_id=by.id,
        at=now,
    )
    payload = {"mode": str(row.pk), "name": row.name, "drill": str(made.pk), "held": held}
    record(pilot, by, "DRILL_ADDED", {**payload, "ran_on": ran_on.isoformat()})
    return made


@transaction.atomic
def withdraw_drill(*, row: Drill, reason: str, by: Member | Membership, now: datetime) -> Drill:
    """Take a drill back, with a reason; it stays to be seen and counts no more.

    Doing it again changes nothing. Raises Refused without a reason and for an archived pilot.
    Audit: DRILL_WITHDRAWN.
    """
    pilot = row.mode.pilot
    refuse_archived_pilot(lock(pilot))
    row = lock(row)
    if take_back(row, reason=reason, by=by, now=now):
        payload = {"drill": str(row.pk), "name": row.mode.name, "reason": row.withdrawn_reason}
        record(pilot, by, "DRILL_WITHDRAWN", payload)
    return row
