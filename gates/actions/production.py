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
from ..queries import Seen, strips
from ..rules import states


@transaction.atomic
def enter_production(*, pilot: Pilot, by: Doer, now: datetime) -> Production:
    """Put a pilot into production; doing it again changes nothing.

    Raises Refused, naming each gate that is neither passed nor waived today, or whose pass or
    waiver rests on what is gone, and for an archived pilot. Audit: PRODUCTION_ENTERED.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    earlier = queries.find_production(pilot)
    if earlier is not None:
        return earlier
    six = queries.list_seen(pilot, now=now)
    closed = [one for one in six if not one.lets_through]
    if closed:
        lapsed = [f"{one.kind.name}: {one.lapsed}" for one in closed if one.lapsed]
        raise Refused(
            " ".join([states.blocked_by([one.kind.name for one in closed]), *lapsed]),
            code="gates_open",
            blockers=[_blocker(pilot, one) for one in closed],
        )
    with explained({"gates_production_needs_six": Changed()}):
        found: Production = Production.objects.create(
            pilot=pilot,
            entered_on=path.local_day(now, pilot.site.zone),
            member_id=by.id if isinstance(by, Member) else None,
            by=by.audit_name,
            gates=[
                {
                    "gate": one.code.value,
                    "state": one.state.value,
                    "until": one.last.until.isoformat() if one.last and one.last.until else None,
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


def _blocker(pilot: Pilot, gate: Seen) -> Blocker:
    """Return what one closed gate says, with its page."""
    address = reverse("gate", args=[current_slug(), pilot.code, gate.code.value])
    words = gate.lapsed or strips.word(gate.state)
    return Blocker(f"{strips.name(gate.code)}: {words}", address)
