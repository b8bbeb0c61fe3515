"""Writes of the weekly review, and the reminder when it is missing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common.errors import Changed, Refused
from common.writing import change, lock, told
from tenants import actions as tenants
from tenants.queries import Member, current_slug

from .. import queries, rules
from ..models import Part, Pilot, PilotReview
from .archived import refuse_archived_pilot


@transaction.atomic
def write_review(
    *,
    pilot: Pilot,
    week: int,
    status: str,
    sentence: str,
    next_decision: str,
    version: int,
    by: Member,
    now: datetime,
) -> PilotReview:
    """Write a pilot's review of a week, or change it while that week or the next one runs.

    version: of the review the person saw, 0 where there was none. The same words again change and
    record nothing. Raises Changed when somebody wrote meanwhile; Refused for an archived pilot, for
    a week that is to come or closed, and for one after the pilot was graduated or stopped. Audit:
    PILOT_REVIEWED. Lines that asked for it are done.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    number = rules.week_of(pilot.start_date, now, pilot.site.zone)
    if week not in rules.review_weeks(number):
        raise Refused(
            f"The review of week {week} cannot be written now: a review is written in its week or"
            " in the one after, and stays as it is from then on.",
            code="week_closed",
        )
    ended = queries.find_ended_at(pilot)
    if ended is not None and week > rules.week_of(pilot.start_date, ended, pilot.site.zone):
        raise Refused(
            f"The pilot was over before week {week}, so there is nothing to write of it.",
            code="pilot_over",
        )
    found: PilotReview | None = PilotReview.objects.filter(pilot=pilot, week=week).first()
    if version != (found.version if found else 0):
        raise Changed
    values = {"status": status, "sentence": sentence, "next_decision": next_decision}
    if found is None:
        found = PilotReview.objects.create(
            pilot=pilot, week=week, member_id=by.id, written_at=now, **values
        )
        payload = {"week": week, **values}
    elif all(getattr(found, name) == value for name, value in values.items()):
        return found
    else:
        moved = change(found, {**values, "member_id": by.id, "written_at": now})
        payload = {"week": week, **told({name: moved[name] for name in values if name in moved})}
    audit.record(
        actor=by.audit_name,
        action="PILOT_REVIEWED",
        object=f"pilot:{pilot.code}",
        payload=payload,
    )
    tenants.settle(dedup_prefix=_asks(pilot.pk), words="Done.")
    return found


def remind_of_reviews(*, now: datetime) -> None:
    """Tell the lead of each pilot whose last two weeks are over without a review.

    One line for a silence, however long it lasts; none for weeks after week 12, nor for a pilot
    that is graduated or stopped. It leads to the form of the last week, which can still be written.
    """
    written = queries.list_reviewed_weeks()
    leads = {party.pilot_id: party for party in queries.list_parties(parts=[Part.LEAD])}
    for pilot in queries.list_board_rows():
        lead = leads.get(pilot.id)
        if pilot.archived_at or pilot.over or lead is None or lead.removed:
            continue
        number = rules.week_of(pilot.start_date, now, pilot.zone)
        weeks = written.get(pilot.id, set())
        if not 3 <= number <= rules.WEEKS + 1 or {number - 1, number - 2} & weeks:
            continue
        since = max((week for week in weeks if week < number), default=0)
        address = reverse("pilot_review", args=[current_slug(), pilot.code])
        tenants.notify_person(
            person_id=lead.person_id,
            topic="review",
            title=f"Nobody wrote the review of weeks {number - 2} and {number - 1} of {pilot.name}.",
            path=f"{address}?week={number - 1}",
            dedup_key=f"{_asks(pilot.id)}{since}",
        )


def ask_no_more_reviews(pilot: Pilot) -> None:
    """Settle the lines that ask for the review of a pilot that is graduated or stopped."""
    tenants.settle(dedup_prefix=_asks(pilot.pk), words="No longer asked.")


def _asks(pilot_id: object) -> str:
    """Return how the keys of the lines begin that ask for a pilot's review."""
    return f"review:{pilot_id}:"
