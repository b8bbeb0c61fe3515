"""Reads of vendors' commitments, and how each stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, QuerySet
from django.http import Http404

from portfolio.models import Pilot

from ..models import CommitmentDecision, CommitmentFinding, PilotMetric, VendorCommitment
from ..rules import commitments as rules
from ..rules.commitments import State


@dataclass(frozen=True, slots=True)
class Standing:
    """A commitment with everything that was found and decided, newest first, on a day.

    versions: what the figures said. taken: what people decided.
    """

    commitment: VendorCommitment
    versions: list[CommitmentFinding]
    taken: list[CommitmentDecision]
    today: date

    @property
    def newest(self) -> CommitmentFinding | None:
        return self.versions[0] if self.versions else None

    @property
    def decision(self) -> CommitmentDecision | None:
        """Return the decision that the state rests on; None where it rests on figures."""
        waived = [one for one in self.taken if one.word == "waived"]
        if waived or self.newest is None or self.newest.word != "unknown":
            return waived[0] if waived else None
        return self.taken[0] if self.taken else None

    @property
    def state(self) -> State:
        word = self.decision.word if self.decision else ""
        return rules.state(
            is_over=self.days_left < 0,
            waived=word == "waived",
            found=self.newest.word if self.newest else "",
            decided=word,
        )

    @property
    def days_left(self) -> int:
        return rules.days_left(self.commitment.due_date, today=self.today)

    @property
    def seen(self) -> int:
        """Return a number that grows with each finding and decision, for forms about them."""
        return len(self.versions) + len(self.taken) + 1

    @property
    def may_change(self) -> bool:
        """Say whether the terms may change: until the four weeks are over, or anything is said."""
        over = self.today >= rules.closes(self.commitment.due_date)
        return self.state is State.OPEN and not over and not self.versions


def list_standings(pilot: Pilot, *, today: date) -> list[Standing]:
    """Return a pilot's commitments by their day, each with vendor, metric and who wrote it down."""
    rows = _whole().filter(target_row__pilot=pilot).order_by("due_date", "id")
    return [_standing(row, today) for row in rows]


def get_standing(pilot: Pilot, key: UUID, *, today: date) -> Standing:
    """Return one commitment of a pilot; 404 when there is none."""
    found = _whole().filter(target_row__pilot=pilot, pk=key).first()
    if found is None:
        raise Http404("no such commitment")
    return _standing(found, today)


def _whole() -> QuerySet[VendorCommitment]:
    decisions = CommitmentDecision.objects.select_related("member__person")
    return VendorCommitment.objects.select_related(
        "vendor", "target_row__metric", "target_row__pilot__site", "written_by__person"
    ).prefetch_related(
        Prefetch("findings", CommitmentFinding.objects.order_by("-number"), to_attr="versions"),
        Prefetch("decisions", decisions.order_by("-at", "-id"), to_attr="taken"),
    )


def _standing(row: Any, today: date) -> Standing:
    return Standing(row, row.versions, row.taken, today)


def list_committable(pilot: Pilot, *, also: UUID | None = None) -> list[PilotMetric]:
    """Return the metrics a vendor can commit to: those of the pilot now, primary ones first.

    also: one that is offered though it was retired since.
    """
    rows = PilotMetric.objects.filter(pilot=pilot).select_related("metric")
    found = rows.filter(retired_at=None) | rows.filter(pk=also)
    return list(found.order_by("slot", "role", "metric__name", "id"))


def list_due(now: datetime) -> list[UUID]:
    """Return the keys of the commitments of which the figures have something new to say."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT commitment_id FROM commitments_due(%s, NULL)", [now])
        return [key for (key,) in cursor]


def freeze(key: UUID, *, as_of: datetime) -> CommitmentFinding | None:
    """Let the database judge a commitment and keep what it finds; None where nothing is new.

    With commitment, vendor, metric and pilot.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT freeze_commitment(%s, %s)", [key, as_of])
        made = cursor.fetchone()[0]
    rows = CommitmentFinding.objects.select_related(
        "commitment__vendor", "commitment__target_row__metric", "commitment__target_row__pilot"
    )
    found: CommitmentFinding | None = rows.filter(pk=made).first()
    return found
