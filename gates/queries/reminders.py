"""What ends soon, and which gates wait for longer than they should."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from metrics.models import PilotOutcome
from portfolio import rules as path

from ..models import Evidence, Gate, GateDecision
from ..rules import reminders as rules
from ..rules.criteria import Check
from ..rules.states import State, earliest


@dataclass(frozen=True, slots=True)
class Ending:
    """Evidence on whose last day nothing answers a criterion any more. mark: of `expiry_mark`."""

    gate: Gate
    evidence: Evidence
    until: date
    mark: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A gate that waits for its decider beyond its day. step: by which it was submitted."""

    gate: Gate
    step: GateDecision
    by: date


@dataclass(frozen=True, slots=True)
class Lapsing:
    """A pass or a waiver that ends on a day. mark: of `expiry_mark`."""

    gate: Gate
    step: GateDecision
    until: date
    mark: int


def list_ending(*, now: datetime) -> list[Ending]:
    """Return what ends so soon that somebody is to be told, in one query.

    A criterion ends with the last of its pieces; of numbers the newest counts alone. Pilots that are
    archived or stopped are left out. Loads the gate's pilot.
    """
    horizon = now.date() + timedelta(days=max(rules.EXPIRES_IN) + 2)
    rows = (
        Evidence.objects.filter(withdrawn_at=None, **_live("gate__pilot"))
        .exclude(gate__pilot__in=_stopped())
        .filter(gate__in=Evidence.objects.filter(expires_on__lte=horizon).values("gate"))
        .select_related("gate__pilot__site", "criterion")
        .order_by("gate_id", "criterion_id", "-captured_on", "-at", "-id")
    )
    found = []
    for _, pieces in groupby(rows, key=lambda one: (one.gate_id, one.criterion_id)):
        last = _last(list(pieces))
        if last.expires_on is None:
            continue
        zone = last.gate.pilot.site.zone
        mark = rules.expiry_mark(
            until=last.expires_on,
            since=path.local_day(last.at, zone),
            day=path.local_day(now, zone),
        )
        if mark is not None:
            found.append(Ending(last.gate, last, last.expires_on, mark))
    return found


def _last(pieces: list[Evidence]) -> Evidence:
    """Return the piece of a criterion that counts longest; of numbers the newest. pieces: newest first."""
    if pieces[0].criterion.check_kind == Check.NUMBER:
        return pieces[0]
    return max(pieces, key=lambda one: one.expires_on or date.max)


def list_lapsing(*, now: datetime) -> list[Lapsing]:
    """Return the passes and waivers that end so soon that somebody is to be told, in two queries.

    A pass ends with the first thing it rests on: a drill, evidence, the last day of who is named.
    Pilots that are archived or stopped are left out. Loads the pilot and who took the step.
    """
    rows = Gate.objects.filter(**_live("pilot")).exclude(pilot__in=_stopped())
    known = {gate.pk: gate for gate in rows.select_related("pilot__site")}
    found = []
    for step in _last_steps(known):
        gate = known[step.gate_id]
        until = _holds_until(gate, step)
        if until is None:
            continue
        zone = gate.pilot.site.zone
        since, day = path.local_day(step.at, zone), path.local_day(now, zone)
        mark = rules.expiry_mark(until=until, since=since, day=day)
        if mark is not None:
            found.append(Lapsing(gate, step, until, mark))
    return found


def _holds_until(gate: Gate, step: GateDecision) -> date | None:
    """Return when a pass or a waiver ends, as far as the last look at it found; None without an end."""
    if step.state == State.PASSED and gate.looked_at is not None and gate.looked_at >= step.at:
        return earliest([step.until, gate.ends_on])
    return step.until if step.state in {State.PASSED, State.WAIVED} else None


def list_overdue(*, now: datetime) -> list[Waiting]:
    """Return the gates that were to be decided by now and are not, in two queries.

    Loads pilot and decider.
    """
    gates = Gate.objects.filter(decider__removed_at=None, decider__isnull=False, **_live("pilot"))
    rows = gates.exclude(pilot__in=_stopped()).select_related("pilot__site", "decider")
    known = {gate.pk: gate for gate in rows}
    found = []
    for step in _last_steps(known):
        gate = known[step.gate_id]
        zone = gate.pilot.site.zone
        by = rules.decide_by(due=gate.due_date, asked=path.local_day(step.at, zone))
        if step.state == State.SUBMITTED and by < path.local_day(now, zone):
            found.append(Waiting(gate, step, by))
    return found


def _last_steps(gates: Iterable[UUID]) -> list[GateDecision]:
    rows = GateDecision.objects.filter(gate_id__in=list(gates))
    newest = rows.order_by("gate_id", "-number").distinct("gate_id")
    return list(newest.select_related("member"))


def _live(pilot: str) -> dict[str, None]:
    return {f"{pilot}__archived_at": None}


def _stopped() -> object:
    return PilotOutcome.objects.filter(word="stop").values("pilot_id")
