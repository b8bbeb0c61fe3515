"""Taking note of a read-out that corrected figures have changed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import actions as audit
from common.errors import Refused
from common.writing import explained, lock, take_turn
from portfolio.actions import refuse_archived_pilot
from tenants.models import Membership
from tenants.queries import Member

from ..models import Acknowledgement, ReadOut
from ..queries import verdicts as stored
from .paying import WHO_PAYS

HELD = {
    "metrics_acknowledgement_once": Refused(
        "Somebody has taken note of this version already.", code="acknowledged"
    ),
}


@transaction.atomic
def acknowledge(
    *, read_out: ReadOut, by: Member | Membership, now: datetime, reason: str
) -> Acknowledgement:
    """Take note by name of a changed read-out; from then on it is the one that stands.

    Raises Refused of an archived pilot, for a version that does not wait, one that a newer one or
    another baseline followed, one that somebody took note of already, and without a reason.
    Audit: VERDICT_ACKNOWLEDGED.
    """
    refuse_archived_pilot(read_out.baseline.target_row.pilot)
    if not read_out.waits:
        raise Refused("This version stands without anybody's note.", code="not_waiting")
    lock(read_out.baseline.target_row.pilot)  # its baseline is not replaced meanwhile
    take_turn("read-outs")  # as freeze_readout does: no newer version may come meanwhile
    baseline = lock(read_out.baseline)
    if baseline.superseded_at or stored.find_newest(baseline, read_out.week) != read_out:
        raise Refused("A newer version followed this one. Look at that.", code="followed")
    if not reason.strip():
        raise Refused("Say what you know of the correction.", code="reason", field="reason")
    with explained(HELD | WHO_PAYS):
        found: Acknowledgement = Acknowledgement.objects.create(
            read_out=read_out, member_id=by.id, at=now, reason=reason.strip()
        )
    row = read_out.baseline.target_row
    audit.record(
        actor=by.audit_name,
        action="VERDICT_ACKNOWLEDGED",
        object=f"pilot:{row.pilot.code}",
        payload={
            "metric": row.metric.code,
            "week": read_out.week,
            "version": read_out.number,
            "word": read_out.word,
            "reason": reason.strip(),
        },
    )
    return found
