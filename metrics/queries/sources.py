"""The sources that a pilot's decision needs, with what is known of those that are connected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.shortcuts import get_object_or_404

from portfolio.models import Pilot
from portfolio.queries import was_removed

from ..models import PilotSource, Summary
from ..rules import sources as rules
from ..rules.sources import Coverage


@dataclass(frozen=True, slots=True)
class NeededRow:
    """A source of a pilot's list. sent_at: of the newest figure it sent, None for none.

    zone: of the pilot's site, whose days count. left: whether who maintained it is no member any
    more.
    """

    row: PilotSource
    sent_at: datetime | None
    zone: str
    left: bool = False

    @property
    def kept(self) -> bool:
        """Say whether somebody maintains it."""
        return self.row.maintainer_id is not None and not self.left

    @property
    def kind(self) -> str:
        return self.row.kind

    @property
    def connected(self) -> bool:
        return self.row.source_id is not None

    @property
    def carried(self) -> bool:
        return self.row.by_hand

    @property
    def limit_days(self) -> int:
        return self.row.limit_days

    @property
    def last_day(self) -> date | None:
        """Return when it was last brought up to date: what it sent, else what somebody saw."""
        if self.connected:
            return self.sent_at.astimezone(ZoneInfo(self.zone)).date() if self.sent_at else None
        return self.row.updated_on

    @property
    def handoff(self) -> bool:
        return rules.is_handoff(self)

    @property
    def until(self) -> date | None:
        return rules.current_until(self)

    def stale(self, day: date) -> bool:
        return rules.is_stale(self, day)


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The sources that a decision needs now, by name, and those it needs no more."""

    rows: Sequence[NeededRow]
    ended: Sequence[PilotSource]

    def cover(self, day: date) -> Coverage:
        return rules.cover(self.rows, day)


def read_map(pilot: Pilot) -> SourceMap:
    """Return a pilot's sources in two queries; loads source and maintainer. pilot: with its site."""
    found = list(
        PilotSource.objects.filter(pilot=pilot)
        .select_related("source", "maintainer")
        .annotate(left=was_removed("maintainer_id"))
        .order_by("name", "id")
    )
    sent = _sent({one.source_id for one in found if one.source_id and one.ended_at is None})
    return SourceMap(
        rows=[
            NeededRow(one, sent.get(one.source_id), pilot.site.zone, one.left)
            for one in found
            if one.ended_at is None
        ],
        ended=[one for one in found if one.ended_at is not None],
    )


def _sent(ids: Collection[int | None]) -> dict[int | None, datetime]:
    rows = Summary.objects.filter(last_source_id__in=list(ids), last_event_at__isnull=False)
    return dict(
        rows.values("last_source_id")
        .annotate(at=Max("last_event_at"))
        .values_list("last_source_id", "at")
    )


def get_pilot_source(pilot: Pilot, key: UUID) -> PilotSource:
    """Return one source of a pilot's list, ended or not; 404 when there is none."""
    found: PilotSource = get_object_or_404(
        PilotSource.objects.select_related("source", "maintainer"), pilot=pilot, pk=key
    )
    return found
