"""Writes of vendors' commitments: the terms, what the figures say of them, and what people decide."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common.errors import Changed, Refused
from common.writing import change, explained, lock, take_turn, told
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Part, Pilot
from tenants.models import Membership
from tenants.queries import Member, System, current_slug

from ..models import CommitmentDecision, CommitmentFinding, PilotMetric, VendorCommitment
from ..queries import commitments as stored
from ..rules.commitments import State, closes
from .paying import WHO_PAYS
from .targets import checked, tell

BY = System("metrics.judge_commitments")
HELD = {
    "metrics_vendorcommitment_held": Refused(
        "It is judged or decided already, so its terms stay. An executive or the sponsor can waive"
        " it; then write down another one.",
        code="judged",
    )
}
TOLD = {
    "met": "{vendor} met its commitment on {metric}",
    "missed": "{vendor} missed its commitment on {metric}",
    "unknown": "The figures cannot tell whether {vendor} met its commitment on {metric}",
}


@transaction.atomic
def add_commitment(
    *,
    row: PilotMetric,
    comparison: str,
    target: float,
    due_date: date,
    remedy: str,
    source: str,
    by: Member | Membership,
    now: datetime,
) -> VendorCommitment:
    """Write down what a pilot's vendor committed to for one of its metrics.

    target: in the metric's stored unit, shares 0 to 1. due_date: the last day that counts.
    Raises Refused for an archived pilot, one without a vendor, a retired metric, and a target that
    nobody could mean. Audit: COMMITMENT_ADDED.
    """
    pilot = _locked_pilot(row.pilot)
    if pilot.vendor_id is None:
        raise Refused("This pilot has no vendor yet. Name it first.", code="no_vendor")
    values = _terms(row, comparison, target, due_date, remedy, source)
    found: VendorCommitment = VendorCommitment.objects.create(
        vendor_id=pilot.vendor_id, written_by_id=by.id, written_at=now, **values
    )
    audit.record(
        actor=by.audit_name,
        action="COMMITMENT_ADDED",
        object=f"pilot:{pilot.code}",
        payload={**_plain(values), "metric": row.metric.code, "vendor": str(pilot.vendor_id)},
    )
    return found


@transaction.atomic
def change_commitment(
    *,
    commitment: VendorCommitment,
    version: int,
    row: PilotMetric,
    comparison: str,
    target: float,
    due_date: date,
    remedy: str,
    source: str,
    by: Member | Membership,
    now: datetime,
) -> VendorCommitment:
    """Change the terms while the last of its four weeks is not over.

    Raises Changed for an old version, Refused as `add_commitment` does, once those weeks are over,
    and for one that is judged or decided. Audit: COMMITMENT_CHANGED, with old and new terms.
    """
    pilot = _locked_pilot(row.pilot)
    take_turn("commitments")  # as freeze_commitment does: it is not judged meanwhile
    commitment = lock(commitment, version=version)
    if path.local_day(now, pilot.site.zone) >= closes(commitment.due_date):
        raise Refused(
            "The four weeks that judge it are over, so it is judged as it stands. An executive or"
            " the sponsor can waive it; then write down another one.",
            code="weeks_over",
        )
    kept = row.pk == commitment.target_row_id
    values = _terms(row, comparison, target, due_date, remedy, source, kept=kept)
    with explained(HELD):
        moved = change(commitment, values)
    if moved:
        audit.record(
            actor=by.audit_name,
            action="COMMITMENT_CHANGED",
            object=f"pilot:{pilot.code}",
            payload={
                "commitment": str(commitment.pk),
                "metric": row.metric.code,
                **told(moved),
            },
        )
    return commitment


@transaction.atomic
def decide_commitment(
    *,
    commitment: VendorCommitment,
    version: int,
    word: str,
    reason: str,
    by: Member | Membership,
    now: datetime,
) -> CommitmentDecision:
    """Decide by name and with a reason: waive it, or say met or missed where figures cannot tell.

    version: `seen` of the standing that the person saw. Raises Changed when more was found or
    decided meanwhile; Refused for an archived pilot, without a reason, for one that is waived
    already, and for met or missed of one that is not judged yet, or that the figures or a person
    judged. Audit: COMMITMENT_WAIVED, COMMITMENT_DECIDED. The lead finds a line in the inbox.
    """
    row = commitment.target_row
    pilot = _locked_pilot(row.pilot)
    take_turn("commitments")
    today = path.local_day(now, pilot.site.zone)
    standing = stored.get_standing(pilot, commitment.pk, today=today)
    if standing.seen != version:
        raise Changed
    _refuse_decision(standing, word, reason)
    with explained(WHO_PAYS):
        found: CommitmentDecision = CommitmentDecision.objects.create(
            commitment=commitment,
            finding=standing.newest,
            word=word,
            reason=reason.strip(),
            member_id=by.id,
            at=now,
        )
    vendor, metric = commitment.vendor.name, row.metric
    waived = word == CommitmentDecision.Word.WAIVED
    said = "is waived" if waived else f"is decided: {word}"
    _tell(pilot, commitment, f"{vendor}'s commitment on {metric.name} {said}", f"{found.pk}")
    audit.record(
        actor=by.audit_name,
        action="COMMITMENT_WAIVED" if waived else "COMMITMENT_DECIDED",
        object=f"pilot:{pilot.code}",
        payload={"metric": metric.code, "word": word, "reason": reason.strip()},
    )
    return found


def judge_due(*, now: datetime) -> list[CommitmentFinding]:
    """Judge every commitment whose figures are complete or corrected; return what is new.

    Running it again changes nothing. Audit: COMMITMENT_JUDGED, one line a version. Lead and
    sponsors find a line in their inbox.
    """
    return [found for key in stored.list_due(now) if (found := _judge(key, now))]


@transaction.atomic
def _judge(key: Any, now: datetime) -> CommitmentFinding | None:
    found = stored.freeze(key, as_of=now)
    if found is None:  # another worker was first, or figures moved meanwhile
        return None
    commitment = found.commitment
    row = commitment.target_row
    names = {"vendor": commitment.vendor.name, "metric": row.metric.name}
    _tell(row.pilot, commitment, TOLD[found.word].format(**names), f"{found.pk}", Part.SPONSOR)
    audit.record(
        actor=BY.audit_name,
        action="COMMITMENT_JUDGED",
        object=f"pilot:{row.pilot.code}",
        payload={
            "metric": row.metric.code,
            "version": found.number,
            "word": found.word,
            "digest": bytes(found.digest).hex(),
        },
    )
    return found


def _locked_pilot(pilot: Pilot) -> Pilot:
    pilot = lock(pilot)
    refuse_archived_pilot(pilot)
    return pilot


def _terms(
    row: PilotMetric,
    comparison: str,
    target: float,
    due_date: date,
    remedy: str,
    source: str,
    *,
    kept: bool = False,
) -> dict[str, Any]:
    """Return the terms as they are stored. kept: the commitment is on this metric already."""
    if row.retired_at is not None and not kept:
        raise Refused(
            f"{row.metric.name} is retired from the pilot. Choose another metric.",
            code="retired",
            field="row",
        )
    checked(row.metric, comparison, target)
    if not path.EARLIEST <= due_date <= path.LATEST:
        raise Refused(
            f"The day lies between {path.EARLIEST.year} and {path.LATEST.year}.",
            code="due_date",
            field="due_date",
        )
    return {
        "target_row_id": row.pk,
        "comparison": comparison,
        "target": target,
        "due_date": due_date,
        "remedy": remedy.strip(),
        "source": source.strip(),
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    names = ("comparison", "target", "remedy", "source")
    return {name: values[name] for name in names} | {"due_date": str(values["due_date"])}


def _refuse_decision(standing: stored.Standing, word: str, reason: str) -> None:
    if not reason.strip():
        raise Refused("Say why.", code="reason", field="reason")
    if standing.state is State.WAIVED:
        raise Refused("It is waived already.", code="waived")
    if word == CommitmentDecision.Word.WAIVED or standing.state is State.UNKNOWN:
        return
    if standing.newest is None:
        raise Refused(
            "It is not judged yet: the figures come first. It can be waived, and nothing else.",
            code="not_judged",
            field="word",
        )
    raise Refused(
        f"It is judged already: {standing.state}. It can be waived, and nothing else.",
        code="judged",
        field="word",
    )


def _tell(pilot: Pilot, commitment: VendorCommitment, title: str, key: str, *more: Part) -> None:
    where = reverse("commitment", args=[current_slug(), pilot.code, commitment.pk])
    tell(pilot, Part.LEAD, *more, title=title, path=where, key=f"commitment:{key}")
