"""Writes of who takes part in a pilot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common import formats
from common.errors import Refused
from common.writing import explained, lock
from tenants import actions as tenants
from tenants.models import Person
from tenants.queries import Doer, current_slug
from tenants.rules import has_left

from .. import queries, rules
from ..models import Part, Pilot, PilotParty
from .archived import refuse_archived_pilot
from .load import ask_about_load

# One at a time, held by a unique index; naming another ends the one before.
SINGLE = frozenset({Part.SPONSOR, Part.LEAD, Part.OPERATOR})
HOURS = {
    "portfolio_pilotparty_hours": Refused(
        "Hours a week are between 1 and 80.", code="hours", field="hours_per_week"
    )
}


@dataclass(frozen=True, kw_only=True)
class PartyDraft:
    """A person's part in a pilot, as somebody wishes it."""

    part: Part
    person: Person
    hours_per_week: int | None = None


@dataclass(frozen=True, kw_only=True)
class Named:
    """A part as it was given, and the people who had it before."""

    party: PilotParty
    instead_of: tuple[UUID, ...]


@transaction.atomic
def set_party(
    *,
    pilot: Pilot,
    part: Part,
    person: Person,
    by: Doer,
    now: datetime,
    hours_per_week: int | None = None,
) -> PilotParty:
    """Give a person a part in a pilot. A new sponsor, lead or operator ends the one before.

    The same person with the same hours changes nothing. Raises Refused for an archived pilot or
    person, one who was removed or whose last day is over, or impossible hours. Audit: PARTY_NAMED. The
    person finds a line in their inbox, and a sponsor another where the pilot's load waits for a word.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    draft = PartyDraft(part=part, person=person, hours_per_week=hours_per_week)
    party = _find(pilot, draft)
    if party is not None:
        _nameable(person, pilot, now)
    else:
        named = name_party(pilot=pilot, draft=draft, now=now)
        party = named.party
        _touch(pilot)
        record_named(pilot=pilot, named=named, by=by)
        if part is Part.SPONSOR:
            ask_about_load(pilot, only=person.pk)
    return party


@transaction.atomic
def end_party(*, party: PilotParty, by: Doer, now: datetime) -> PilotParty:
    """End somebody's part in a pilot; it stays in the pilot's history.

    Raises Refused for an archived pilot. Audit: PARTY_ENDED.
    """
    pilot = lock(party.pilot)
    refuse_archived_pilot(pilot)
    party = PilotParty.objects.select_for_update(no_key=True).get(pk=party.pk)
    if party.ended_at is None:
        _end(party, now)
        _touch(pilot)
        audit.record(
            actor=by.audit_name,
            action="PARTY_ENDED",
            object=f"pilot:{pilot.code}",
            payload={"part": party.part, "person": str(party.person_id)},
        )
    return party


def name_party(*, pilot: Pilot, draft: PartyDraft, now: datetime) -> Named:
    """Name a person in a pilot that is locked or new; `set_party` is the door for others.

    The caller records the audit line with `record_named`, as the last thing it does.
    """
    person = _nameable(draft.person, pilot, now)
    before = _holders(pilot, draft)
    for one in before:
        _end(one, now)
    with explained(HOURS):
        party: PilotParty = PilotParty.objects.create(
            pilot=pilot, person=person, part=draft.part, hours_per_week=draft.hours_per_week
        )
    others = [one.person_id for one in before if one.person_id != person.pk]
    if draft.part in SINGLE and len(others) == len(before):
        _tell(pilot, party, person)
    return Named(party=party, instead_of=tuple(others))


def _nameable(person: Person, pilot: Pilot, now: datetime) -> Person:
    """Return a person, locked. Refused for one who is archived, was removed or has left."""
    person = lock(person)
    if person.archived_at is not None:
        raise Refused(
            f"{person.name} is archived. Name somebody else.",
            code="person_archived",
            field="person",
        )
    if queries.is_removed(person):
        raise Refused(
            f"{person.name} is no member any more. Name somebody else.",
            code="person_removed",
            field="person",
        )
    if has_left(person.leaves_on, rules.local_day(now, pilot.site.zone)):
        raise Refused(
            f"The last day of {person.name} was {formats.day(person.leaves_on)}. Name somebody else.",
            code="person_left",
            field="person",
        )
    return person


def record_named(*, pilot: Pilot, named: Named, by: Doer) -> None:
    """Record who got which part, and instead of whom."""
    audit.record(
        actor=by.audit_name,
        action="PARTY_NAMED",
        object=f"pilot:{pilot.code}",
        payload={
            "part": named.party.part,
            "person": str(named.party.person_id),
            "instead_of": [str(one) for one in named.instead_of],
        },
    )


def _find(pilot: Pilot, draft: PartyDraft) -> PilotParty | None:
    """Return the active part that is exactly as wished."""
    return PilotParty.objects.filter(
        pilot=pilot,
        part=draft.part,
        person=draft.person,
        hours_per_week=draft.hours_per_week,
        ended_at=None,
    ).first()


def _holders(pilot: Pilot, draft: PartyDraft) -> list[PilotParty]:
    """Return the active parts that the new one replaces, oldest first."""
    parties = PilotParty.objects.filter(pilot=pilot, part=draft.part, ended_at=None)
    if draft.part not in SINGLE:
        parties = parties.filter(person=draft.person)
    return list(parties.order_by("created_at", "id"))


def _end(party: PilotParty, now: datetime) -> None:
    party.ended_at = now
    party.save(update_fields=["ended_at"])


def _touch(pilot: Pilot) -> None:
    """Give the pilot its next version: its people are part of what clients and pages saw."""
    pilot.version += 1
    pilot.save(update_fields=["version"])


def _tell(pilot: Pilot, party: PilotParty, person: Person) -> None:
    tenants.notify_person(
        person_id=person.pk,
        topic="part",
        title=f"You are the {Part(party.part).label.lower()} of {pilot.name}",
        path=reverse("pilot", args=[current_slug(), pilot.code]),
        dedup_key=f"part:{party.pk}",
    )
