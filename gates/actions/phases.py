"""Closing the phases of a pilot's path, and taking it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import actions as audit
from common.errors import Blocker, Changed, Refused
from common.writing import explained, lock
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Pilot
from tenants.models import Membership
from tenants.queries import Member, current_slug

from ..models import PhaseStep
from ..queries import phases as queries
from ..queries.phases import Standing
from ..rules.phases import Output, Phase, Verb

# What the database finds otherwise than it was read a moment ago.
REFUSALS = {
    "gates_phasestep_outputs": Changed(),
    "gates_phasestep_number_once": Changed(),
    "gates_phasestep_by_who_may": Refused(
        "An executive or the pilot's lead closes a phase; an executive or the sponsor makes an"
        " exception, never who leads or led the pilot.",
        code="not_who_may",
    ),
}
DONE = {
    Verb.CLOSE: "PHASE_CLOSED",
    Verb.EXCEPT: "PHASE_EXCEPTED",
    Verb.TAKE_BACK: "PHASE_TAKEN_BACK",
}


@transaction.atomic
def close_phase(
    *, pilot: Pilot, phase: Phase, version: int, by: Member | Membership, now: datetime
) -> PhaseStep:
    """Close a phase whose outputs are all there.

    version: the number that its next step has, as the person saw it. Raises Changed for another one,
    Refused naming each missing output, for a closed phase and an archived pilot.
    Audit: PHASE_CLOSED.
    """
    seen = _open(pilot, phase, version)
    if seen.lacking:
        raise Refused(
            f"{seen.name} is not closed: something that it leaves behind is missing.",
            code="outputs_missing",
            blockers=[
                Blocker(
                    f"Missing: {queries.words(one)}",
                    queries.page_of(one, current_slug(), pilot.code),
                )
                for one in seen.lacking
            ],
        )
    return _take(pilot, seen, Verb.CLOSE, "", by, now)


@transaction.atomic
def except_phase(
    *,
    pilot: Pilot,
    phase: Phase,
    version: int,
    reason: str,
    by: Member | Membership,
    now: datetime,
    seen: str | None = None,
) -> PhaseStep:
    """Close a phase without all of its outputs, by name and with a reason; both stay on the board.

    version: as of `close_phase`. seen: `Standing.seen` as the person saw it, None where nobody looked.
    Raises Changed as there, and where other outputs are missing than were seen; Refused where nothing
    is missing, without a reason, for whoever leads or led the pilot, and as `close_phase` does.
    Audit: PHASE_EXCEPTED.
    """
    found = _open(pilot, phase, version)
    if not found.lacking:
        raise Refused(
            f"Nothing of {found.name} is missing: it is closed without an exception.",
            code="nothing_missing",
        )
    if seen not in (None, found.seen):
        raise Changed(_missing_by_now(found, seen or ""))
    return _take(pilot, found, Verb.EXCEPT, reason, by, now)


@transaction.atomic
def take_back_phase(
    *,
    pilot: Pilot,
    phase: Phase,
    version: int,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> PhaseStep:
    """Open a closed phase again, with a reason.

    version: as of `close_phase`. Raises Changed as there, Refused without a reason, for a phase that
    is open, and for an archived pilot. Audit: PHASE_TAKEN_BACK.
    """
    seen = _seen(pilot, phase, version)
    if not seen.closed:
        raise Refused(f"{seen.name} is not closed.", code="phase_open")
    return _take(pilot, seen, Verb.TAKE_BACK, reason, by, now)


def _missing_by_now(found: Standing, seen: str) -> str:
    """Return what is missing now beside what was when somebody looked."""
    known = {one.value: one for one in Output}
    shown = queries.listed(tuple(known[one] for one in seen.split(",") if one in known))
    return f"Missing now: {queries.listed(found.lacking)}. When you looked: {shown or 'nothing'}."


def _seen(pilot: Pilot, phase: Phase, version: int) -> Standing:
    """Return a phase as it is now, its pilot locked; Changed for another version."""
    refuse_archived_pilot(lock(pilot))
    seen = queries.find_standing(pilot, phase)
    if seen.next_number != version:
        raise Changed
    return seen


def _open(pilot: Pilot, phase: Phase, version: int) -> Standing:
    seen = _seen(pilot, phase, version)
    if seen.closed:
        raise Refused(f"{seen.name} is closed already.", code="phase_closed")
    return seen


def _take(
    pilot: Pilot,
    seen: Standing,
    verb: Verb,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> PhaseStep:
    if verb is not Verb.CLOSE and not reason.strip():
        raise Refused("Say why.", code="reason", field="reason")
    lacking = [one.value for one in seen.lacking] if verb is Verb.EXCEPT else []
    with explained(REFUSALS):
        made: PhaseStep = PhaseStep.objects.create(
            pilot=pilot,
            phase=seen.phase.value,
            number=seen.next_number,
            verb=verb.value,
            member_id=by.id,
            reason=reason.strip(),
            lacking=lacking,
            at=now,
        )
    payload = {"phase": seen.phase.value, "reason": made.reason, "lacking": lacking}
    audit.record(
        actor=by.audit_name, action=DONE[verb], object=f"pilot:{pilot.code}", payload=payload
    )
    return made
