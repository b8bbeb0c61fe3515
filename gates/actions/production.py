"""A pilot enters production once its six gates let it through."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common.errors import Blocker, Changed, Refused
from common.writing import explained, lock
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Pilot
from tenants.queries import Doer, Member, current_slug

from .. import queries
from ..models import Production
from ..queries import Standpoint, strips
from ..rules import states


@transaction.atomic
def enter_production(*, pilot: Pilot, by: Doer, now: datetime) -> Production:
    """Put a pilot into production; doing it again changes nothing.

    Raises Refused, naming each gate that is neither passed nor waived today, and for an archived
    pilot. Audit: PRODUCTION_ENTERED.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    earlier = queries.find_production(pilot)
    if earlier is not None:
        return earlier
    day = path.local_day(now, pilot.site.zone)
    six = queries.all_six(queries.map_states(pilot)[pilot.pk])
    closed = [one for one in six if not one.lets_through(day)]
    refusal = Refused(
        states.blocked_by([one.kind.name for one in closed]),
        code="gates_open",
        blockers=[_blocker(pilot, one) for one in closed],
    )
    if closed:
        raise refusal
    with explained({"gates_production_needs_six": Changed()}):
        found: Production = Production.objects.create(
            pilot=pilot,
            entered_on=day,
            member_id=by.id if isinstance(by, Member) else None,
            by=by.audit_name,
            gates=[
                {
                    "gate": one.code.value,
                    "state": one.state.value,
                    "until": one.until.isoformat() if one.until else None,
                }
                for one in six
            ],
            at=now,
        )
    audit.record(
        actor=by.audit_name,
        action="PRODUCTION_ENTERED",
        object=f"pilot:{pilot.code}",
        payload={"gates": found.gates},
    )
    return found


def _blocker(pilot: Pilot, gate: Standpoint) -> Blocker:
    """Return what one closed gate says, with its page."""
    shown = strips.of(gate)
    address = reverse("gate", args=[current_slug(), pilot.code, gate.code.value])
    return Blocker(f"{shown.name}: {shown.word}", address)
