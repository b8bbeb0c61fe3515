"""Naming who advises on a gate, and advising. Nothing here opens or closes a gate."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import actions as audit
from common.errors import Changed, Refused
from common.writing import explained
from portfolio.models import Pilot
from portfolio.queries import parts_of
from tenants.models import Membership
from tenants.queries import Member
from tenants.rules import Parts, Permission, Role, can

from ..models import Advice, Adviser, Gate
from ..queries import advice as heard
from ..rules.advice import NOT_ASKED, NOTHING_WAITS, Stance, may_take_off
from ..rules.states import Code, State
from .asking import ask, end, find_asked, find_last
from .gates import open_gate
from .telling import settle_advice

# What the database refuses where two came at once.
TWICE = {
    "gates_advice_number_once": Changed(),
    "gates_advice_in_order": Changed(),
    "gates_advice_while_asked": Changed(),
}


@transaction.atomic
def name_adviser(
    *, pilot: Pilot, code: Code, adviser: Membership, by: Member | Membership, now: datetime
) -> Adviser:
    """Ask somebody to advise on a gate; naming them again changes nothing.

    Raises Refused for its decider, for who leads or led the pilot, for who is no member any more, for
    a gate reviewer who does not decide it, and for an archived pilot. Audit: GATE_ADVISER_NAMED.
    Where the gate waits for a decision, the adviser finds a line in the inbox.
    """
    gate = open_gate(pilot=pilot, code=code, now=now)
    _refuse_namer(gate, by, pilot)
    if adviser.removed_at is not None:
        raise Refused(
            f"{adviser.person.name} is no member any more: name somebody else.",
            code="adviser_left",
            field="adviser",
        )
    if adviser.pk == gate.decider_id:
        raise Refused(
            f"{adviser.person.name} decides this gate, and advises nobody on it.",
            code="is_decider",
            field="adviser",
        )
    _refuse_lead(parts_of(adviser.person_id, pilot), field="adviser")
    found = heard.find_adviser(gate, adviser.pk)
    if found is not None:
        return found
    made: Adviser = Adviser.objects.create(
        gate=gate, member=adviser, named_by_id=by.id, named_at=now
    )
    _record(pilot, by, "GATE_ADVISER_NAMED", code, adviser=adviser.person.name)
    step = find_asked(gate)
    if step is not None:
        ask([made], pilot=pilot, code=code, step=step)
    return made


@transaction.atomic
def remove_adviser(
    *, pilot: Pilot, code: Code, key: UUID, by: Member | Membership, now: datetime
) -> Adviser:
    """Ask somebody no more; what they said stays. Removing them again changes nothing.

    Raises Refused for a gate reviewer who does not decide the gate, for a lead who did not name
    them, for an adviser of another gate and for an archived pilot. Audit: GATE_ADVISER_REMOVED.
    """
    gate = open_gate(pilot=pilot, code=code, now=now)
    _refuse_namer(gate, by, pilot)
    found = heard.find_named(gate, key)
    if found is None:
        raise Refused("This adviser is of another gate.", code="other_gate")
    if found.ended_at is not None:
        return found
    if not may_take_off(by.actor, by.id, decider_id=gate.decider_id, named_by_id=found.named_by_id):
        raise Refused(
            f"{found.named_by.person.name} asked {found.member.person.name}: they, the gate's decider"
            " or an admin may ask them no more.",
            code="not_namer",
        )
    return end(found, pilot=pilot, code=code, by=by, now=now)


@transaction.atomic
def advise(
    *,
    pilot: Pilot,
    code: Code,
    step: int,
    stance: Stance,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> Advice:
    """Advise the decider of a gate that was submitted; the newest of an adviser stands.

    step: the number of the next step as it was seen. The state of the gate stays as it is. Saying the
    same again changes nothing. Raises Changed when somebody took a step meanwhile; Refused for who
    is no adviser of the gate, for who leads or led the pilot, for a gate that waits for no decision,
    without a reason and for an archived pilot. Audit: GATE_ADVISED.
    """
    gate = open_gate(pilot=pilot, code=code, now=now)
    last = find_last(gate)
    if step != (last.number + 1 if last else 1):
        raise Changed
    _refuse_lead(parts_of(by.person_id, pilot))
    adviser = heard.find_adviser(gate, by.id)
    if adviser is None or gate.decider_id == by.id:
        raise Refused(NOT_ASKED, code="not_adviser")
    if last is None or last.state != State.SUBMITTED:
        raise Refused(NOTHING_WAITS, code="state")
    if not reason.strip():
        raise Refused("Say why.", code="reason", field="reason")
    before = heard.find_standing(last.pk, by.id)
    if before is not None and (before.stance, before.reason) == (stance, reason.strip()):
        return before
    with explained(TWICE):
        made: Advice = Advice.objects.create(
            step=last,
            member_id=by.id,
            number=before.number + 1 if before else 1,
            stance=stance,
            reason=reason.strip(),
            at=now,
        )
    settle_advice(last.pk, "You advised.", adviser=adviser.pk)
    _record(pilot, by, "GATE_ADVISED", code, stance=stance.value, reason=made.reason)
    return made


def _refuse_namer(gate: Gate, by: Member | Membership, pilot: Pilot) -> None:
    """Raise Refused for a gate reviewer who neither decides the gate nor may set it up."""
    if gate.decider_id == by.id:
        return
    if not can(by.actor, Permission.EDIT_PILOT, parts_of(by.person_id, pilot)):
        raise Refused(
            "Its decider, the pilot's lead or an admin names who advises on a gate.",
            code="not_decider",
        )


def _refuse_lead(parts: Parts, *, field: str = "") -> None:
    if parts.led or Role.LEAD in parts.of:
        raise Refused(
            "Who leads or led a pilot advises on none of its gates: their word is that it is"
            " submitted.",
            code="own_lead",
            field=field,
        )


def _record(pilot: Pilot, by: Member | Membership, action: str, code: Code, **payload: Any) -> None:
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"pilot:{pilot.code}",
        payload={"gate": code.value, **payload},
    )
