"""Who advises on a pilot's gates, and what they said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from tenants.models import Membership

from ..models import Advice, Adviser, Gate
from ..rules.states import Code, Verb
from . import Seen


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who advises on a gate, or advised on what was submitted last.

    adviser: None for one who was taken off it. given: what stands of theirs on that submission, None
    before they said something.
    """

    member: Membership
    adviser: Adviser | None
    given: Advice | None

    @property
    def left(self) -> bool:
        """Say whether they are no member any more."""
        return self.member.removed_at is not None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a gate has of advisers. voices: in the order of naming. every: all advice, newest first."""

    voices: tuple[Voice, ...] = ()
    every: tuple[Advice, ...] = ()

    def of(self, member_id: UUID) -> Voice | None:
        """Return a member's place among the advisers; None for one who is not asked."""
        found = (one for one in self.voices if one.member.pk == member_id)
        return next((one for one in found if one.adviser is not None), None)


def map_heard(gates: Iterable[Seen]) -> dict[Code, Heard]:
    """Return what some gates of a pilot have of advisers, in two queries, with their persons."""
    seen = {one.gate.pk: one for one in gates if one.gate is not None}
    named = Adviser.objects.filter(gate_id__in=list(seen), ended_at=None)
    advisers = list(named.select_related("member__person").order_by("named_at", "id"))
    said = Advice.objects.filter(step__gate_id__in=list(seen)).select_related(
        "member__person", "step"
    )
    every = list(said.defer("step__facts", "step__advice").order_by("-at", "-number", "id"))
    return {
        one.code: _heard(
            one,
            [row for row in advisers if row.gate_id == key],
            [row for row in every if row.step.gate_id == key],
        )
        for key, one in seen.items()
    }


def _heard(seen: Seen, advisers: list[Adviser], every: list[Advice]) -> Heard:
    asked = next((one.pk for one in seen.decisions if one.verb == Verb.SUBMIT), None)
    standing: dict[UUID, Advice] = {}
    for one in every:
        if one.step_id == asked:
            standing.setdefault(one.member_id, one)
    voices = [Voice(one.member, one, standing.pop(one.member_id, None)) for one in advisers]
    voices += [Voice(one.member, None, one) for one in standing.values()]
    return Heard(tuple(voices), tuple(every))


def list_advisers(gate: Gate) -> list[Adviser]:
    """Return who is asked to advise on a gate and is a member still, with their persons."""
    rows = Adviser.objects.filter(gate=gate, ended_at=None, member__removed_at=None)
    return list(rows.select_related("member__person").order_by("named_at", "id"))


def find_adviser(gate: Gate, member_id: UUID) -> Adviser | None:
    """Return the place of a member among a gate's advisers; None for one who is not asked."""
    found: Adviser | None = Adviser.objects.filter(
        gate=gate, member_id=member_id, ended_at=None
    ).first()
    return found


def find_named(gate: Gate | None, key: UUID) -> Adviser | None:
    """Return an adviser of a gate by key, with who named them, also one who was taken off it."""
    rows = Adviser.objects.filter(pk=key, gate=gate).select_related(
        "member__person", "named_by__person"
    )
    found: Adviser | None = rows.first()
    return found


def find_standing(step_id: UUID, member_id: UUID) -> Advice | None:
    """Return what stands of a member's advice on a submission; None before they said something."""
    rows = Advice.objects.filter(step_id=step_id, member_id=member_id).order_by("-number")
    found: Advice | None = rows.first()
    return found
