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
from ..queries.files import gone_words, list_gone
from ..rules import states
from ..rules.states import State


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
    closed = [(one, why) for one in six if (why := _closed(one)) is not None]
    if closed:
        lapsed = [f"{one.kind.name}: {why}" for one, why in closed if why]
        raise Refused(
            " ".join([states.blocked_by([one.kind.name for one, _ in closed]), *lapsed]),
            code="gates_open",
            blockers=[_blocker(pilot, one, why) for one, why in closed],
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


def _closed(gate: Seen) -> str | None:
    """Return why a pass or a waiver does not hold, empty where there is none; None for an open gate.

    Also before a job has looked: at the evidence, and at the storage in which its files lie.
    """
    if not gate.lets_through:
        return gate.lapsed
    gone = list_gone(gate) if gate.state is State.PASSED else []
    return gone_words(gone) if gone else None


def _blocker(pilot: Pilot, gate: Seen, why: str) -> Blocker:
    """Return what one closed gate says, with its page. why: as of `_closed`."""
    address = reverse("gate", args=[current_slug(), pilot.code, gate.code.value])
    words = why or strips.word(gate.state)
    return Blocker(f"{strips.name(gate.code)}: {words}", address)
