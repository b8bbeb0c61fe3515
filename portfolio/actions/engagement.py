"""Writes of who takes part in a pilot for a function, since when, and what the function said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common import formats
from common.errors import Changed, Refused
from common.writing import change, lock, told
from tenants import actions as tenants
from tenants.models import Membership
from tenants.queries import Member, current_slug
from tenants.rules import Permission, can

from .. import rules as path
from ..models import Area, Engagement, Pilot
from ..queries import engagement as queries
from ..queries import parts_of
from ..rules.engagement import MAX_LEAD_WEEKS, SAID, Outcome, answering
from .archived import refuse_archived_pilot


@dataclass(frozen=True, kw_only=True)
class EngagementDraft:
    """How a function takes part, as somebody wishes it.

    lead_weeks: how long its review takes, None where nobody knows. member: who stands for it.
    note: what the outcome says in words.
    """

    due_week: int
    lead_weeks: int | None = None
    member: Membership | None = None
    engaged_on: date | None = None
    outcome: str = ""
    note: str = ""


@transaction.atomic
def engage(
    *,
    pilot: Pilot,
    area: Area,
    draft: EngagementDraft,
    version: int,
    by: Member | Membership,
    now: datetime,
) -> Engagement | None:
    """Say how a function takes part in a pilot: who, by when, since when, and what it said.

    version: of what was seen, 0 where nothing was said yet. The same again changes nothing.
    Raises Changed for an old version; Refused for somebody who neither edits the pilot nor answers
    for the function, for a day to come, for an outcome without a name, a day or its words, and for
    an archived pilot. Audit: ENGAGEMENT_CHANGED. Who is named new finds a line in the inbox.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    found = Engagement.objects.filter(pilot=pilot, area=area).first()
    if version != (found.version if found else 0):
        raise Changed
    refuse_other_function(pilot, area, found, by)
    _refuse(draft, found, day=path.local_day(now, pilot.site.zone))
    values: dict[str, Any] = {
        "due_week": draft.due_week,
        "lead_weeks": draft.lead_weeks,
        "member_id": draft.member.pk if draft.member else None,
        "engaged_on": draft.engaged_on,
        "outcome": draft.outcome,
        "note": draft.note.strip(),
    }
    said = (found.outcome, found.note) if found else ("", "")
    if (values["outcome"], values["note"]) != said:
        spoke = bool(draft.outcome)
        values |= {"said_by_id": by.id if spoke else None, "said_at": now if spoke else None}
    if found is None:
        made: Engagement = Engagement.objects.create(pilot=pilot, area=area, **values)
        moved = {name: [None, value] for name, value in values.items() if value not in {None, ""}}
    else:
        made = lock(found)
        moved = change(made, values)
    if moved:
        audit.record(
            actor=by.audit_name,
            action="ENGAGEMENT_CHANGED",
            object=f"pilot:{pilot.code}",
            payload={"function": area.value, **told(moved)},
        )
    if draft.member is not None and "member_id" in moved and draft.member.pk != by.id:
        _tell(pilot, area, draft.member, made)
    return made


def refuse_other_function(
    pilot: Pilot, area: str, found: Engagement | None, by: Member | Membership
) -> None:
    """Raise Refused for somebody who neither edits the pilot nor answers for the function."""
    if can(by.actor, Permission.EDIT_PILOT, parts_of(by.person_id, pilot)):
        return
    if found is not None and found.member_id == by.id:
        return
    if answering(area) not in queries.list_functions_of(by.id):
        raise Refused(
            f"{Area(area).label} is answered for by who is named for it or reviews for"
            f" {Area(answering(area)).label}, by the pilot's lead and by admins.",
            code="other_function",
        )


def _refuse(draft: EngagementDraft, found: Engagement | None, *, day: date) -> None:
    if not 1 <= draft.due_week <= path.WEEKS:
        raise Refused("The path has weeks 1 to 12.", code="due_week", field="due_week")
    if draft.lead_weeks is not None and not 0 <= draft.lead_weeks <= MAX_LEAD_WEEKS:
        raise Refused("At most two years.", code="lead_weeks", field="lead_weeks")
    _refuse_person(draft, found)
    if draft.engaged_on is not None and not path.EARLIEST <= draft.engaged_on <= day:
        words = f"It takes part since today, {formats.day(day)}, or since an earlier day."
        raise Refused(words, code="engaged_on", field="engaged_on")
    outcome = Outcome(draft.outcome)
    if outcome not in {Outcome.NONE, Outcome.NOT_NEEDED} and draft.engaged_on is None:
        raise Refused(
            "Say since when it takes part: nobody speaks before that.",
            code="not_engaged",
            field="engaged_on",
        )
    if outcome in SAID and not draft.note.strip():
        raise Refused(
            {
                Outcome.CONDITIONS: "Say under which conditions.",
                Outcome.OBJECTED: "Say what it objects to.",
                Outcome.NOT_NEEDED: "Say why this pilot does not need it.",
            }[outcome],
            code="note",
            field="note",
        )
    if outcome is Outcome.NONE and draft.note.strip():
        raise Refused(
            "Choose what it said; these words stand beside it.", code="outcome", field="outcome"
        )


def _refuse_person(draft: EngagementDraft, found: Engagement | None) -> None:
    if draft.engaged_on is not None and draft.member is None:
        raise Refused("Name who takes part.", code="no_person", field="member")
    before = found.member_id if found else None
    if draft.member is None or draft.member.pk == before:
        return
    if draft.member.removed_at is not None:
        raise Refused(
            f"{draft.member.person.name} is no member any more. Name somebody else.",
            code="person_removed",
            field="member",
        )


def _tell(pilot: Pilot, area: Area, member: Membership, made: Engagement) -> None:
    tenants.notify_person(
        person_id=member.person_id,
        topic="part",
        title=f"You stand for {area.label} in {pilot.name}",
        path=reverse("engagement_list", args=[current_slug(), pilot.code]),
        dedup_key=f"engagement:{made.pk}:{made.version}",
    )
