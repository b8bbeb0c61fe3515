"""Every read of ways to fail and of drills, and what they say in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.shortcuts import get_object_or_404

from common import formats
from portfolio.models import Pilot

from ..models import Drill, FailureMode
from ..rules import failures as rules
from ..rules.failures import Word


@dataclass(frozen=True, slots=True)
class Line:
    """One way to fail that is in use, with its drills that count, newest first."""

    row: FailureMode
    drills: tuple[Drill, ...]
    day: date

    @property
    def newest(self) -> Drill | None:
        """Return the newest drill: it counts alone, an older one that held does not."""
        return self.drills[0] if self.drills else None

    @property
    def word(self) -> Word:
        """Return what the newest drill shows today."""
        newest = self.newest
        return rules.judge(
            newest.ran_on if newest else None,
            held=bool(newest and newest.held),
            changed=bool(self.changed),
            day=self.day,
        )

    @property
    def changed(self) -> list[str]:
        """Return in words what is written down otherwise than when the newest drill tried it."""
        newest = self.newest
        if newest is None:
            return []
        return [
            words
            for field, words in rules.TRIED.items()
            if getattr(newest, field) != getattr(self.row, field)
        ]

    @property
    def lacks(self) -> list[str]:
        """Return in words what is not written down of it, or not true any more."""
        row = self.row
        found = [
            words
            for words, value in (
                ("how it is noticed", row.noticed),
                ("a threshold", row.threshold),
                ("a fallback", row.fallback),
                ("somebody who is alerted", row.receiver),
            )
            if not value
        ]
        if row.receiver is not None and row.receiver.left(self.day):
            found.append(f"somebody who is alerted: {row.receiver.person.name} left")
        return found


def list_lines(pilot: Pilot, *, day: date) -> list[Line]:
    """Return the ways to fail of a pilot in use, by kind and name, with their drills, in two queries.

    Loads the receiver with person.
    """
    order = list(rules.Kind)
    rows = list(
        FailureMode.objects.filter(pilot=pilot, archived_at=None).select_related("receiver__person")
    )
    rows.sort(key=lambda row: (order.index(rules.Kind(row.kind)), row.name.lower(), row.pk))
    found: dict[UUID, list[Drill]] = {row.pk: [] for row in rows}
    for drill in Drill.objects.filter(
        mode__pilot=pilot, mode__archived_at=None, withdrawn_at=None
    ).order_by("-ran_on", "-at", "-id"):
        found[drill.mode_id].append(drill)
    return [Line(row, tuple(found[row.pk]), day) for row in rows]


def tell_drill(line: Line) -> str:
    """Return in one sentence what the newest drill shows of a way to fail."""
    name, newest = line.row.name, line.newest
    if newest is None:
        return f"{name}: no drill yet."
    ran_on = formats.day(newest.ran_on)
    changed = ", ".join(line.changed)
    return {
        Word.HELD: f"{name}: held on {ran_on}.",
        Word.CHANGED: f"{name}: held on {ran_on}, but changed since: {changed}. Try it again.",
        Word.FAILED: f"{name}: did not hold on {ran_on}.",
        Word.TOO_OLD: f"{name}: the drill of {ran_on} is older than {rules.DRILL_DAYS} days.",
    }[line.word]


def list_drills(pilot: Pilot) -> list[Drill]:
    """Return every drill of a pilot, newest first, with mode and persons."""
    rows = Drill.objects.filter(mode__pilot=pilot).select_related(
        "mode", "member__person", "withdrawn_by__person"
    )
    return list(rows.order_by("-ran_on", "-at", "-id"))


def list_archived_modes(pilot: Pilot) -> list[FailureMode]:
    """Return the ways to fail of a pilot that were put aside, by name."""
    rows = FailureMode.objects.filter(pilot=pilot, archived_at__isnull=False)
    return list(rows.order_by("name", "id"))


def get_failure_mode(pilot: Pilot, key: UUID) -> FailureMode:
    """Return one way to fail of a pilot, archived or not, with receiver; 404 when there is none."""
    rows = FailureMode.objects.select_related("pilot__site", "receiver__person")
    found: FailureMode = get_object_or_404(rows, pilot=pilot, pk=key)
    return found


def get_drill(pilot: Pilot, key: UUID) -> Drill:
    """Return one drill of a pilot with its mode; 404 when there is none."""
    rows = Drill.objects.select_related("mode__pilot__site")
    found: Drill = get_object_or_404(rows, mode__pilot=pilot, pk=key)
    return found
