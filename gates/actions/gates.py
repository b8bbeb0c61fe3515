"""A gate begins with the first thing that is done with it; one person decides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from audit import actions as audit
from common import jobs
from common.errors import Refused
from common.writing import change, lock, take_turn, told
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Pilot
from portfolio.queries import parts_of
from tenants.models import Membership
from tenants.queries import Member
from tenants.rules import Role

from ..models import Criterion, Gate, Template
from ..queries.advice import find_adviser
from ..rules.criteria import Asked
from ..rules.first import FIRST
from ..rules.states import Code
from .asking import end, find_asked
from .telling import settle, tell_decider


@transaction.atomic
def name_decider(
    *,
    pilot: Pilot,
    code: Code,
    decider: Membership,
    due_date: date | None,
    version: int,
    by: Member | Membership,
    now: datetime,
) -> Gate:
    """Name the one person who decides a gate, and by when.

    version: of the gate that was seen, 0 where nothing was done with it. Raises Changed for an old
    one, Refused for somebody who may not decide it: no gate reviewer, or who leads or led the
    pilot; and for an archived pilot. Audit: GATE_DECIDER_NAMED. Where the gate waits for a decision, the new
    decider finds a line in the inbox; where they advised on it, they are asked no more.
    """
    gate = open_gate(pilot=pilot, code=code, now=now)
    gate = lock(gate, version=version or 1)
    refuse_decider(decider, pilot)
    if due_date is not None and not path.EARLIEST <= due_date <= path.LATEST:
        raise Refused("This day is too far away.", code="due_date", field="due_date")
    moved = change(gate, {"decider_id": decider.pk, "due_date": due_date})
    if moved:
        audit.record(
            actor=by.audit_name,
            action="GATE_DECIDER_NAMED",
            object=f"pilot:{pilot.code}",
            payload={"gate": code.value, "decider": decider.person.name, **told(moved)},
        )
    if "decider_id" in moved:
        _ask_anew(gate, pilot, code, decider)
    if (adviser := find_adviser(gate, decider.pk)) is not None:
        end(adviser, pilot=pilot, code=code, by=by, now=now)
    return gate


def refuse_decider(decider: Membership, pilot: Pilot) -> None:
    """Raise Refused for somebody who may not decide a gate of a pilot, or not any more."""
    if decider.removed_at is not None:
        raise Refused(
            f"{decider.person.name} is no member any more: name somebody else.",
            code="decider_left",
            field="decider",
        )
    if Role.REVIEWER not in decider.actor.roles:
        raise Refused(
            "Only a gate reviewer decides a gate. An admin gives the role.",
            code="not_reviewer",
            field="decider",
        )
    parts = parts_of(decider.person_id, pilot)
    if Role.LEAD in parts.of or parts.led:
        raise Refused(
            "Who leads a pilot, or ever led it, decides none of its gates. Neither handing it over nor"
            " another start changes that.",
            code="own_lead",
            field="decider",
        )


def _ask_anew(gate: Gate, pilot: Pilot, code: Code, decider: Membership) -> None:
    """Ask another decider for a decision that the gate waits for."""
    step = find_asked(gate)
    if step is not None:
        settle(step.pk, "Somebody else decides it now.")
        tell_decider(pilot=pilot, code=code, step=step.pk, person_id=decider.person_id)


def open_gate(*, pilot: Pilot, code: Code, now: datetime) -> Gate:
    """Return a gate to do something with; begin it with the newest template where it is the first.

    After commit: gates.reopen_pilot, so that the board says what it lacks then.
    """
    refuse_archived_pilot(lock(pilot))
    jobs.enqueue("gates.reopen_pilot", pilot_id=str(pilot.pk))
    found: Gate | None = Gate.objects.filter(pilot=pilot, code=code).first()
    if found is None:
        found = Gate.objects.create(pilot=pilot, code=code, template=newest_template(code, now))
    return found


def newest_template(code: Code, now: datetime) -> Template:
    """Return the newest template of a gate, alone with it; the first one is what the product brings."""
    take_turn("gate template")
    found: Template | None = Template.objects.filter(gate=code).order_by("-number").first()
    if found is not None:
        return found
    made: Template = Template.objects.create(gate=code, number=1, at=now)
    write_criteria(made, FIRST[code])
    return made


def write_criteria(template: Template, asked: Iterable[Asked]) -> None:
    """Write what a version of a template asks, in its order."""
    Criterion.objects.bulk_create(
        Criterion(
            tenant_id=template.tenant_id,
            template=template,
            code=one.code,
            position=position,
            text=one.text,
            why=one.why,
            check_kind=one.check,
            side=one.side or "",
            limit=one.limit,
            unit=one.unit,
            fact=one.fact,
            mandatory=one.mandatory,
            valid_days=one.valid_days,
        )
        for position, one in enumerate(asked)
    )
