"""Deciding what becomes of a pilot: graduate, extend or stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common import formats
from common.errors import Changed, Refused
from common.writing import explained, lock, take_turn
from portfolio import rules as path
from portfolio.actions import ask_no_more_load, ask_no_more_reviews, refuse_archived_pilot
from portfolio.models import Part, Pilot
from tenants.models import Membership
from tenants.queries import Member, current_slug

from .. import queries
from ..models import PilotOutcome, ReadOut
from ..queries import verdicts as stored
from .paying import WHO_PAYS
from .targets import tell

SAID = {"graduate": "is graduated", "extend": "is extended", "stop": "is stopped"}


@transaction.atomic
def decide_pilot(
    *,
    pilot: Pilot,
    version: int,
    word: str,
    reason: str,
    until_week: int | None = None,
    seen: str | None = None,
    by: Member | Membership,
    now: datetime,
) -> PilotOutcome:
    """Decide about a pilot by name and with a reason; the read-outs that stand are kept beside it.

    version: one more than the decisions the person saw. until_week: of an extension, 16 or 24.
    seen: `verdicts.seen` of the read-outs that the person saw, None where nobody looked at any.
    A pilot can be stopped at any time. To graduate or extend it, each of its primary metrics is
    read out against a baseline that is in force, and no changed read-out of any week waits; an
    extension measures weeks that are not over. Raises Refused otherwise, and Changed when
    somebody decided in between. Audit: PILOT_GRADUATED, PILOT_EXTENDED, PILOT_STOPPED. Lead and
    sponsors find a line in their inbox; those that ask for a review or about the load are settled once
    the pilot is over.
    """
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    number = len(stored.list_outcomes(pilot)) + 1
    if number != version:
        raise Changed
    take_turn("read-outs")  # none of them changes meanwhile
    evidence = stored.list_evidence(pilot)
    if seen not in (None, stored.seen(evidence)):
        raise Changed
    if word != PilotOutcome.Word.STOP:
        _refuse_unread(pilot, evidence)
    until = _until(pilot, until_week, now=now) if word == PilotOutcome.Word.EXTEND else None
    with explained(WHO_PAYS):
        found: PilotOutcome = PilotOutcome.objects.create(
            pilot=pilot,
            number=number,
            word=word,
            until_week=until,
            reason=reason.strip(),
            member_id=by.id,
            at=now,
            evidence=[_kept(one) for one in evidence],
        )
    audit.record(
        actor=by.audit_name,
        action={
            "graduate": "PILOT_GRADUATED",
            "extend": "PILOT_EXTENDED",
            "stop": "PILOT_STOPPED",
        }[word],
        object=f"pilot:{pilot.code}",
        payload={"reason": reason.strip(), "until_week": until, "evidence": found.evidence},
    )
    if word != PilotOutcome.Word.EXTEND:
        ask_no_more_reviews(pilot)
        ask_no_more_load(pilot)
    where = reverse("pilot", args=[current_slug(), pilot.code])
    title = f"{pilot.name} {SAID[word]}"
    tell(pilot, Part.LEAD, Part.SPONSOR, title=title, path=where, key=f"outcome:{found.pk}")
    return found


def _refuse_unread(pilot: Pilot, evidence: list[ReadOut]) -> None:
    primaries = queries.list_primaries(pilot)
    read = {one.baseline.target_row_id: one for one in evidence}
    unread = [row for row in primaries if row.pk not in read]
    if unread or not primaries:
        names = ", ".join(row.metric.name for row in unread) or "No primary metric"
        raise Refused(
            f"{names} is not read out yet. A pilot can be stopped before, and nothing else. Where no"
            " baseline is locked, lock one, or take the metric out of the pilot.",
            code="not_read_out",
            field="word",
        )
    if stored.list_waiting(pilot):
        raise Refused(
            "Corrected figures or another baseline change what was read out. Take note of that first,"
            " then decide.",
            code="changed",
            field="word",
        )
    replaced = [row for row in primaries if read[row.pk].baseline.superseded_at is not None]
    if replaced:
        names = ", ".join(row.metric.name for row in replaced)
        raise Refused(
            f"The baseline that {names} was read out against is replaced, and what the new one shows"
            " is not known yet. Lock it, and decide once it is read out.",
            code="baseline_replaced",
            field="word",
        )


def _until(pilot: Pilot, until_week: int | None, *, now: datetime) -> int:
    if until_week is None:
        raise Refused(
            "Say after which week it is read out anew.", code="until_week", field="until_week"
        )
    last = stored.map_later_looks(pilot)[until_week]
    if path.local_day(now, pilot.site.zone) > last:
        raise Refused(
            f"What week {until_week} measures ended on {formats.day(last)}. Choose a later week, or"
            " decide.",
            code="until_week",
            field="until_week",
        )
    return until_week


def _kept(read_out: ReadOut) -> dict[str, Any]:
    return {
        "id": str(read_out.pk),
        "metric": read_out.baseline.target_row.metric.code,
        "week": read_out.week,
        "version": read_out.number,
        "word": read_out.word,
        "digest": bytes(read_out.digest).hex(),
    }
