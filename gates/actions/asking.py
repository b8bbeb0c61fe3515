"""Asking advisers of a gate for a word, and asking them no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from audit import actions as audit
from portfolio.models import Pilot
from portfolio.queries import who_led
from tenants.models import Membership
from tenants.queries import Member

from ..models import Adviser, Gate, GateDecision
from ..rules.states import Code, State
from .telling import settle_advice, tell_adviser


def find_last(gate: Gate) -> GateDecision | None:
    """Return the last step of a gate; None before the first."""
    last: GateDecision | None = GateDecision.objects.filter(gate=gate).order_by("-number").first()
    return last


def find_asked(gate: Gate) -> GateDecision | None:
    """Return the step by which a gate waits for its decider; None while it does not."""
    last = find_last(gate)
    return last if last is not None and last.state == State.SUBMITTED else None


def ask(advisers: Iterable[Adviser], *, pilot: Pilot, code: Code, step: GateDecision) -> None:
    """Put a line into the inbox of each adviser but those who lead the pilot by now, or led it."""
    own = who_led(pilot)
    for one in advisers:
        person_id = one.member.person_id
        if person_id not in own:
            tell_adviser(pilot=pilot, code=code, step=step.pk, adviser=one.pk, person_id=person_id)


def end(
    found: Adviser, *, pilot: Pilot, code: Code, by: Member | Membership, now: datetime
) -> Adviser:
    """Ask an adviser of a gate no more; what they said stays. Audit: GATE_ADVISER_REMOVED."""
    found.ended_at, found.ended_by_id = now, by.id
    found.save(update_fields=["ended_at", "ended_by_id"])
    step = find_asked(found.gate)
    if step is not None:
        settle_advice(step.pk, "You are asked no more.", adviser=found.pk)
    audit.record(
        actor=by.audit_name,
        action="GATE_ADVISER_REMOVED",
        object=f"pilot:{pilot.code}",
        payload={"gate": code.value, "adviser": found.member.person.name},
    )
    return found
