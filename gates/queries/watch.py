"""Every read of the first 90 days after go-live: what is watched, and which readings are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import formats
from metrics.models import Metric, PilotOutcome
from portfolio import rules as path
from portfolio.models import Pilot
from portfolio.queries import PilotRow
from portfolio.queries.around import Around

from ..models import Production, RetrainingTrigger
from ..rules import watch as rules
from .retraining import map_figures, say_threshold


@dataclass(frozen=True, slots=True)
class Line:
    """One figure that is watched in a pilot. values: by Monday. today: by the metric's own clock."""

    pilot_id: UUID
    start: date
    triggers: tuple[RetrainingTrigger, ...]
    values: Mapping[date, float]
    today: date

    @property
    def metric(self) -> Metric:
        return self.triggers[0].metric

    @property
    def missed(self) -> list[date]:
        """Return the weeks whose reading is missing, oldest first."""
        return rules.missed(self.start, self.values, today=self.today)


@dataclass(frozen=True, slots=True)
class Watched:
    """Which pilots are watched, and by what. unnamed: those of which no figure is named."""

    lines: tuple[Line, ...]
    unnamed: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing of one pilot, ready to print."""

    words: str
    why: str
    url: str


def map_starts(live: Mapping[UUID, date | None]) -> dict[UUID, date]:
    """Return from when on pilots are watched, in one query; those that are not live are left out.

    live: the day on which each goes live, None where none is said.
    """
    entered = dict(Production.objects.values_list("pilot_id", "entered_on"))
    found = {
        pilot_id: rules.starts(go_live=day, entered_on=entered.get(pilot_id))
        for pilot_id, day in live.items()
    }
    return {pilot_id: day for pilot_id, day in found.items() if day is not None}


def read(starts: Mapping[UUID, date], *, now: datetime, zone: str) -> Watched:
    """Return what is watched of pilots now, in two queries, in none where none is watched.

    starts: of `map_starts`. zone: whose clock says whether a pilot is watched.
    """
    today = path.local_day(now, zone)
    on = {pilot_id: day for pilot_id, day in starts.items() if rules.is_on(day, today)}
    if not on:
        return Watched((), ())
    rows = RetrainingTrigger.objects.filter(archived_at=None, pilot_id__in=on).select_related(
        "metric", "receiver__person"
    )
    grouped: dict[tuple[UUID, int], list[RetrainingTrigger]] = {}
    for row in rows.order_by("pilot_id", "id"):
        grouped.setdefault((row.pilot_id, row.metric_id), []).append(row)
    wanted = {
        (metric_id, rules.weeks(on[pilot_id])[0], rules.weeks(on[pilot_id])[-1])
        for pilot_id, metric_id in grouped
    }
    figures = map_figures(wanted)
    lines = tuple(
        Line(
            pilot_id,
            on[pilot_id],
            tuple(triggers),
            figures.get(metric_id, {}),
            path.local_day(now, triggers[0].metric.zone),
        )
        for (pilot_id, metric_id), triggers in grouped.items()
    )
    named = {pilot_id for pilot_id, _metric in grouped}
    return Watched(lines, tuple(pilot_id for pilot_id in on if pilot_id not in named))


def list_live() -> list[Pilot]:
    """Return the pilots that may be watched, with their site: neither archived nor stopped."""
    stopped = PilotOutcome.objects.filter(word="stop").values("pilot_id")
    rows = Pilot.objects.filter(archived_at=None).exclude(pk__in=stopped)
    return list(rows.select_related("site").order_by("code"))


def is_stopped(pilot: Pilot) -> bool:
    """Say whether a pilot was stopped."""
    return PilotOutcome.objects.filter(pilot=pilot, word="stop").exists()


def list_unread(
    pilots: Iterable[PilotRow],
    around: Mapping[UUID, Around],
    *,
    now: datetime,
    zone: str,
    slug: str,
) -> list[Missing]:
    """Return what is missing of pilots, in their order. around: what stands around each.

    zone: whose clock says whether a pilot is watched.
    """
    today, found = path.local_day(now, zone), []
    for pilot in pilots:
        seen = around[pilot.id]
        start = rules.starts(go_live=pilot.go_live_date, entered_on=seen.entered_on)
        if start is not None and rules.is_on(start, today):
            lines = [
                (one.name, rules.missed(start, one.weeks, today=path.local_day(now, one.zone)))
                for one in seen.watched
            ]
            found += _missing(pilot.code, pilot.name, lines, slug=slug)
    return found


def _missing(
    code: str, name: str, lines: Sequence[tuple[str, list[date]]], *, slug: str
) -> list[Missing]:
    """Return what is missing of a pilot that is watched. lines: each figure with its missed weeks."""
    url = reverse("retraining", args=[slug, code])
    if not lines:
        return [Missing(name, _("No figure is named that is watched."), url)]
    return [Missing(f"{one}, {name}", say_missed(weeks), url) for one, weeks in lines if weeks]


def say_missed(weeks: list[date]) -> str:
    """Return how many weekly readings are missing, and the newest of them."""
    return ngettext(
        "%(n)s weekly reading is missing, of the week of %(day)s.",
        "%(n)s weekly readings are missing, the newest of the week of %(day)s.",
        len(weeks),
    ) % {"n": len(weeks), "day": formats.day(weeks[-1])}


def of_pilot(pilot: Pilot, *, slug: str, now: datetime, stopped: bool) -> dict[str, Any]:
    """Return what the pages of a pilot print of its first 90 days, in three queries.

    Nothing for a pilot that is not watched now. stopped: whether it was stopped.
    """
    if stopped or pilot.archived_at is not None:
        return {"watch_words": ""}
    starts = map_starts({pilot.pk: pilot.go_live_date})
    found = read(starts, now=now, zone=pilot.site.zone)
    if not found.lines and not found.unnamed:
        return {"watch_words": ""}
    start = starts[pilot.pk]
    number = rules.day_number(start, path.local_day(now, pilot.site.zone))
    words = (
        _("Day %(n)s of the 90 after go-live on %(day)s.")
        if number <= rules.DAYS
        else _("The 90 days after go-live on %(day)s are over; their last week is read.")
    ) % {"n": number, "day": formats.day(start)}
    return {
        "watch_words": words,
        "watch_lines": [_printed(line) for line in found.lines],
        "watch_missing": _missing(
            pilot.code,
            pilot.name,
            [(line.metric.name, line.missed) for line in found.lines],
            slug=slug,
        ),
    }


def _printed(line: Line) -> dict[str, Any]:
    metric, missed = line.metric, set(line.missed)
    return {
        "name": metric.name,
        "terms": [say_threshold(one, one.side, one.threshold) for one in line.triggers],
        "missed": len(missed),
        "weeks": [
            {
                "monday": monday,
                "value": formats.measure(line.values[monday], metric.unit, metric.decimals)
                if monday in line.values
                else "",
                "missed": monday in missed,
            }
            for monday in rules.weeks(line.start)
            if monday in line.values or rules.is_due(monday, line.today)
        ],
    }
