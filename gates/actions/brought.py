"""What every write of what people bring to a pilot's gates shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from audit import actions as audit
from common import jobs
from common.errors import Refused
from portfolio.models import Pilot
from tenants.models import Membership
from tenants.queries import Member, System

from ..models import Brought


def take_back(row: Brought, *, reason: str, by: Member | Membership, now: datetime) -> bool:
    """Take back what its caller has locked; say whether that was still to be done.

    Raises Refused without a reason.
    """
    if row.withdrawn_at is not None:
        return False
    if not reason.strip():
        raise Refused("Say why.", code="reason", field="reason")
    row.withdrawn_at, row.withdrawn_by_id, row.withdrawn_reason = now, by.id, reason.strip()
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    return True


def record(
    pilot: Pilot, by: Member | Membership | System, action: str, payload: dict[str, Any]
) -> None:
    """Add a line about a pilot to the trail, and have a look at what its gates lack by now.

    After commit: gates.reopen_pilot.
    """
    jobs.enqueue("gates.reopen_pilot", pilot_id=str(pilot.pk))
    audit.record(actor=by.audit_name, action=action, object=f"pilot:{pilot.code}", payload=payload)
