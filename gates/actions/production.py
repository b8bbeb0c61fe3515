"""A pilot enters production once its six gates let it through."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import actions as audit
from common.errors import Refused
from common.writing import explained, lock
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Pilot
from tenants.queries import Doer, Member

from .. import queries
from ..models import Production
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
    closed = [one.kind.name for one in six if not one.lets_through(day)]
    refusal = Refused(
        states.blocked_by(closed or ["of this pilot"]), code="gates_open", blockers=[]
    )
    if closed:
        raise refusal
    with explained({"gates_production_needs_six": refusal}):
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
