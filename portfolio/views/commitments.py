"""The vendor's commitments as a pilot's page lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from metrics.queries import commitments, promises
from metrics.queries.commitments import Standing
from portfolio.models import Pilot


@dataclass(frozen=True, slots=True)
class Line:
    """One commitment of the list; undecided: figures cannot tell, and nobody said so by name."""

    vendor: str
    metric: str
    due_date: date
    remedy: str
    told: promises.Told
    url: str
    undecided: bool


def around(pilot: Pilot, *, slug: str, today: date, may_add: bool) -> dict[str, Any]:
    """Return what a pilot's page prints of commitments, in one query, and two more if it has any.

    today: at the pilot's site. may_add: whether the reader may write one down.
    """
    lines = [_line(one, pilot, slug) for one in commitments.list_standings(pilot, today=today)]
    may_add = may_add and pilot.vendor_id is not None
    return {
        "commitments": lines,
        "undecided": [line for line in lines if line.undecided],
        "commit_url": reverse("commitment_new", args=[slug, pilot.code]) if may_add else "",
    }


def _line(standing: Standing, pilot: Pilot, slug: str) -> Line:
    row = standing.commitment
    return Line(
        vendor=row.vendor.name,
        metric=row.target_row.metric.name,
        due_date=row.due_date,
        remedy=row.remedy,
        told=promises.tell(standing),
        url=reverse("commitment", args=[slug, pilot.code, row.pk]),
        undecided=standing.state == "unknown",
    )
