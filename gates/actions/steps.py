"""The steps of a gate: submit, pass, send back, waive, reopen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit import actions as audit
from common import jobs
from common.errors import Changed, Refused
from common.writing import explained, lock
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Part, Pilot
from portfolio.queries import list_parties, parts_of
from tenants.models import Membership
from tenants.queries import Member, System
from tenants.rules import Role

from .. import queries
from ..models import Gate, GateDecision
from ..queries import Seen, strips
from ..queries.advice import list_advisers
from ..queries.files import find_lost, list_gone
from ..rules import states
from ..rules.states import Code, State, Verb
from .asking import ask
from .gates import open_gate, refuse_decider
from .telling import settle, settle_advice, tell, tell_decider

BY = System("gates.reopen")
BY_ITSELF = "Week Twelve"
DONE = {
    Verb.SUBMIT: "GATE_SUBMITTED",
    Verb.PASS: "GATE_PASSED",
    Verb.SEND_BACK: "GATE_SENT_BACK",
    Verb.WAIVE: "GATE_WAIVED",
    Verb.REOPEN: "GATE_REOPENED",
}
WORDS = {
    State.NOT_STARTED: "is not started",
    State.IN_PROGRESS: "is in progress",
    State.SUBMITTED: "waits for its decider already",
    State.CHANGES: "was sent back",
    State.PASSED: "is passed",
    State.WAIVED: "is waived",
    State.REOPENED: "was reopened",
}


@transaction.atomic
def submit_gate(
    *, pilot: Pilot, code: Code, step: int, by: Member | Membership, now: datetime
) -> GateDecision:
    """Ask the decider of a gate to decide; step: the number of the step as it was seen.

    Raises Changed when somebody took a step meanwhile; Refused without a decider who may decide it
    still, with a criterion
    that is not met, in a state that does not allow it and for an archived pilot.
    Audit: GATE_SUBMITTED. The decider and the advisers find a line in the inbox.
    """
    seen = _open(pilot, code, step, Verb.SUBMIT, now)
    decider = seen.gate.decider if seen.gate else None
    if decider is None:
        raise Refused("Name who decides first.", code="no_decider")
    refuse_decider(decider, pilot)
    _refuse_missing(seen)
    _refuse_gone(seen)
    found = _take(seen, Verb.SUBMIT, by=by, now=now)
    tell_decider(pilot=pilot, code=code, step=found.pk, person_id=decider.person_id)
    ask(list_advisers(found.gate), pilot=pilot, code=code, step=found)
    return found


@transaction.atomic
def pass_gate(
    *,
    pilot: Pilot,
    code: Code,
    step: int,
    seen: str | None = None,
    by: Member | Membership,
    now: datetime,
) -> GateDecision:
    """Pass a gate, as its decider; it holds as long as its evidence does.

    seen: `Seen.digest` of the criteria as the person saw them, None where nobody looked at any.
    Raises as `submit_gate`, Changed when they stand otherwise by now, and Refused for anybody but
    the decider and for who ever led the pilot.
    Audit: GATE_PASSED. Lead and sponsor find a line in the inbox.
    """
    gate = _open(pilot, code, step, Verb.PASS, now)
    _refuse_unseen(gate, seen)
    _refuse_other(gate, by)
    _refuse_lead(pilot, by)
    _refuse_missing(gate)
    _refuse_gone(gate)
    found = _take(gate, Verb.PASS, by=by, now=now, until=gate.until)
    _tell_team(
        gate, pilot, found, f"{_who(found)} passed the gate {gate.kind.name} of {pilot.name}"
    )
    return found


@transaction.atomic
def send_back(
    *, pilot: Pilot, code: Code, step: int, reason: str, by: Member | Membership, now: datetime
) -> GateDecision:
    """Send a gate back with a reason, as its decider. Raises as `pass_gate`.

    Audit: GATE_SENT_BACK. Lead and sponsor find a line in the inbox.
    """
    seen = _open(pilot, code, step, Verb.SEND_BACK, now)
    _refuse_other(seen, by)
    _refuse_silence(reason)
    found = _take(seen, Verb.SEND_BACK, by=by, now=now, reason=reason)
    _tell_team(
        seen, pilot, found, f"{_who(found)} sent back the gate {seen.kind.name} of {pilot.name}"
    )
    return found


@transaction.atomic
def waive_gate(
    *,
    pilot: Pilot,
    code: Code,
    step: int,
    reason: str,
    until: date | None,
    seen: str | None = None,
    by: Member | Membership,
    now: datetime,
) -> GateDecision:
    """Waive a gate by name, with a reason, until a day that is within a year; then it reopens.

    seen: as of `pass_gate`.
    Raises Changed when somebody took a step meanwhile or its criteria stand otherwise; Refused for
    who leads or led the pilot, for a day that is none of the year to come, without a reason, and
    for an archived pilot.
    Audit: GATE_WAIVED. Lead and sponsor find a line in the inbox.
    """
    gate = _open(pilot, code, step, Verb.WAIVE, now)
    _refuse_unseen(gate, seen)
    _refuse_lead(pilot, by)
    _refuse_silence(reason)
    if words := states.waiver_refusal(until=until, day=gate.day):
        raise Refused(words, code="until", field="until")
    found = _take(gate, Verb.WAIVE, by=by, now=now, reason=reason, until=until)
    _tell_team(
        gate, pilot, found, f"{_who(found)} waived the gate {gate.kind.name} of {pilot.name}"
    )
    return found


def send_begun() -> None:
    """Send a look at each pilot in use with whose gates something was done, a job for each.

    So what goes wrong with one pilot leaves no gate of another closed.
    After commit: gates.reopen_pilot.
    """
    for pilot in queries.list_begun_pilots():
        jobs.enqueue("gates.reopen_pilot", pilot_id=str(pilot.pk))


@transaction.atomic
def look_at(*, pilot: Pilot, now: datetime) -> list[GateDecision]:
    """Reopen a pilot's gates as `reopen_due`; keep for the board what each lacks, and when it ends."""
    # One look after the other: what an earlier one saw is never kept over what a later one did.
    lock(pilot)
    reopened = reopen_due(pilot=pilot, now=now)
    for seen in queries.list_seen(pilot, now=now):
        # What a storage that does not answer holds is not known: what was seen before stays.
        if seen.gate is not None and (lost := find_lost(seen)) is not None:
            lacks = [one.asked.text for one in seen.missing]
            lacks += [strips.gone(one.file_name) for one in lost]
            ends_on = seen.until if seen.state is State.PASSED else None
            Gate.objects.filter(pk=seen.gate.pk).update(lacks=lacks, looked_at=now, ends_on=ends_on)
    return reopened


@transaction.atomic
def reopen_due(*, pilot: Pilot, now: datetime) -> list[GateDecision]:
    """Reopen every gate of a pilot whose pass or waiver holds no more; return the steps.

    Evidence that expired, a fact that is another one by now, a waiver that ended. Running it
    again changes nothing. Audit: GATE_REOPENED, one line each. Lead, sponsor and decider find a
    line in the inbox.
    """
    return [
        found
        for seen in queries.list_seen(pilot, now=now)
        if seen.lapsed and (found := _reopen(pilot, seen.code, now)) is not None
    ]


def _reopen(pilot: Pilot, code: Code, now: datetime) -> GateDecision | None:
    """Reopen a gate unless somebody did something meanwhile that makes it hold."""
    open_gate(pilot=pilot, code=code, now=now)  # nobody decides meanwhile
    seen = queries.get_seen(pilot, code, now=now)
    return reopen(seen, pilot, reason=seen.lapsed, now=now) if seen.lapsed else None


def reopen(seen: Seen, pilot: Pilot, *, reason: str, now: datetime) -> GateDecision:
    """Reopen a gate in the product's own name, and tell those whom it concerns."""
    found = _take(seen, Verb.REOPEN, by=None, now=now, reason=reason[:600])
    _tell_team(seen, pilot, found, f"The gate {seen.kind.name} of {pilot.name} is open again")
    return found


def _open(pilot: Pilot, code: Code, step: int, verb: Verb, now: datetime) -> Seen:
    """Return a gate for a step, alone with it until the transaction ends."""
    refuse_archived_pilot(pilot)
    open_gate(pilot=pilot, code=code, now=now)
    seen = queries.get_seen(pilot, code, now=now)
    if seen.step != step:
        raise Changed(_by_now(seen))
    if verb not in seen.verbs:
        raise Refused(f"The gate {WORDS[seen.state]}.", code="state")
    return seen


def _refuse_unseen(gate: Seen, seen: str | None) -> None:
    """Refuse to sign other evidence or facts than those that the person saw."""
    if seen not in (None, gate.digest):
        raise Changed("Its evidence or its facts are not those that you saw.")


def _by_now(seen: Seen) -> str:
    """Return what was done with a gate last, for somebody who saw it before."""
    if seen.last is None:
        return ""
    why = f": “{seen.last.reason}”" if seen.last.reason else "."
    return f"By now {_who(seen.last) or BY_ITSELF} {strips.did(seen.last)}{why}"


def _who(found: GateDecision) -> str:
    return found.member.person.name if found.member else ""


def _refuse_missing(seen: Seen) -> None:
    if seen.missing:
        words = " ".join(f"{one.asked.text}: {one.words}" for one in seen.missing)
        raise Refused(f"Not every criterion is met. {words}", code="not_met")


def _refuse_gone(seen: Seen) -> None:
    if gone := list_gone(seen):
        names = ", ".join(one.file_name for one in gone)
        raise Refused(
            f"Gone from the storage, or changed there: {names}. Take it back and bring it again.",
            code="file_gone",
        )


def _refuse_other(seen: Seen, by: Member | Membership) -> None:
    assert seen.gate is not None
    decider = seen.gate.decider
    if decider is None or decider.pk != by.id:
        name = decider.person.name if decider else "nobody yet"
        raise Refused(f"One person decides this gate: {name}.", code="not_decider")


def _refuse_lead(pilot: Pilot, by: Member | Membership) -> None:
    parts = parts_of(by.person_id, pilot)
    if Role.LEAD in parts.of or parts.led:
        raise Refused(
            "Who leads a pilot, or ever led it, passes and waives none of its gates. Neither handing"
            " it over nor another start changes that.",
            code="own_lead",
        )


def _refuse_silence(reason: str) -> None:
    if not reason.strip():
        raise Refused("Say why.", code="reason", field="reason")


# What the database refuses where two came at once.
TWICE = {"gates_gatedecision_number_once": Changed(), "gates_gatedecision_in_order": Changed()}


def _take(
    seen: Seen,
    verb: Verb,
    *,
    by: Member | Membership | None,
    now: datetime,
    reason: str = "",
    until: date | None = None,
) -> GateDecision:
    assert seen.gate is not None
    with explained(TWICE):
        found: GateDecision = GateDecision.objects.create(
            gate=seen.gate,
            number=seen.step,
            verb=verb,
            state=states.LEADS_TO[verb],
            member_id=by.id if by else None,
            reason=reason.strip(),
            until=until,
            facts=seen.record,
            at=now,
        )
    payload: dict[str, Any] = {"gate": seen.code.value, "step": found.number}
    payload |= {"reason": found.reason} if found.reason else {}
    payload |= {"until": found.until.isoformat()} if found.until else {}
    audit.record(
        actor=by.audit_name if by else BY.audit_name,
        action=DONE[verb],
        object=f"pilot:{seen.gate.pilot.code}",
        payload=payload,
    )
    return found


def _tell_team(seen: Seen, pilot: Pilot, found: GateDecision, title: str) -> None:
    parties = list_parties(pilot_id=pilot.pk, parts=[Part.LEAD, Part.SPONSOR])
    people = [one.person_id for one in parties]
    if found.member_id is None and seen.gate is not None and seen.gate.decider is not None:
        people.append(seen.gate.decider.person_id)
    if seen.state is State.SUBMITTED and seen.last is not None:
        settle(seen.last.pk, "It is decided.")
        settle_advice(seen.last.pk, "It is decided.")
    tell(pilot=pilot, code=seen.code, title=title, people=people, key=f"gate:{found.pk}")
