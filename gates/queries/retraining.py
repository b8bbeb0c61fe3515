"""Every read of what calls for training a model anew, and of each time it did."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Max, Q
from django.shortcuts import get_object_or_404

from common import formats
from metrics.models import PilotOutcome, Snapshot
from portfolio import rules as path
from portfolio.models import Part, Pilot, PilotParty
from tenants.queries import Member
from tenants.rules import Parts, Role

from ..models import RetrainingTrigger, TriggerFiring
from ..rules import retraining as rules
from ..rules.criteria import Side
from ..rules.retraining import Terms
from ..rules.states import earliest


@dataclass(frozen=True, slots=True)
class Line:
    """A trigger in use. trial: the newest time that somebody tried it as it stands, None for none.

    day: on which it is looked at, in the pilot's zone.
    """

    row: RetrainingTrigger
    trial: TriggerFiring | None
    zone: str
    day: date

    @property
    def words(self) -> str:
        """Return the rule in words: "Exception rate above 5.0 % for 2 weeks running"."""
        return say_rule(self.row)

    @property
    def lacks(self) -> str:
        """Return what is missing for it to count, as part of a sentence; empty when nothing is."""
        name = self.row.receiver.person.name
        if self.row.receiver.removed_at is not None:
            return f"{name}, who is told, is no member any more"
        if self.row.receiver.left(self.day):
            last = formats.day(self.row.receiver.person.leaves_on)
            return f"the last day of {name}, who is told, was {last}"
        if self.trial is None:
            return "it was not tried as it stands now"
        if self.trial.answered_at is None:
            return f"{name} has not answered the trial of {self._told_on(self.trial)}"
        return ""

    @property
    def until(self) -> date | None:
        """Return the last day on which it counts as tried; None without an answered trial.

        A trial counts for a year, and no longer than who is told is there.
        """
        if self.trial is None or self.trial.answered_at is None:
            return None
        answered = rules.tried_until(path.local_day(self.trial.answered_at, self.zone))
        return earliest([answered, self.row.receiver.person.leaves_on])

    def _told_on(self, firing: TriggerFiring) -> str:
        return formats.day(path.local_day(firing.at, self.zone))


def say_rule(row: RetrainingTrigger) -> str:
    """Return the rule of a trigger in words; needs its metric."""
    running = "in one week" if row.weeks == 1 else f"for {row.weeks} weeks running"
    return f"{row.metric.name} {say_threshold(row, row.side, row.threshold)} {running}"


def say_threshold(row: RetrainingTrigger, side: str, threshold: float) -> str:
    """Return a threshold of a trigger's metric with its side in words: "above 5.0 %"."""
    metric = row.metric
    return formats.target(threshold, rules.WORDS[Side(side)], metric.unit, metric.decimals)


def terms_of(row: RetrainingTrigger) -> Terms:
    return Terms(Side(row.side), row.threshold, row.weeks, row.rest_weeks)


def list_lines(pilot: Pilot, *, day: date) -> list[Line]:
    """Return the triggers of a pilot in use, oldest first, with their trials, in two queries."""
    rows = list(
        RetrainingTrigger.objects.filter(pilot=pilot, archived_at=None)
        .select_related("metric", "receiver__person")
        .order_by("id")
    )
    trials: dict[tuple[UUID, int], TriggerFiring] = {}
    for one in TriggerFiring.objects.filter(
        trigger__pilot=pilot, trigger__archived_at=None, member__isnull=False
    ).order_by("at", "id"):
        key = (one.trigger_id, one.trigger_version)
        # An answer counts, even where somebody tried it again since.
        if key not in trials or one.answered_at or not trials[key].answered_at:
            trials[key] = one
    zone = pilot.site.zone
    return [Line(row, trials.get((row.pk, row.version)), zone, day) for row in rows]


def list_firings(pilot: Pilot) -> list[TriggerFiring]:
    """Return every firing and trial of a pilot, newest first, with metric and persons."""
    rows = TriggerFiring.objects.filter(trigger__pilot=pilot).select_related(
        "trigger__metric", "member__person", "receiver__person", "answered_by__person"
    )
    return list(rows.order_by("-at", "-id"))


def list_archived_triggers(pilot: Pilot) -> list[RetrainingTrigger]:
    """Return the triggers of a pilot that were put aside, oldest first, with metric."""
    rows = RetrainingTrigger.objects.filter(pilot=pilot, archived_at__isnull=False)
    return list(rows.select_related("metric").order_by("id"))


def list_waiting_firings(member: Member, *, now: datetime) -> list[TriggerFiring]:
    """Return what asks a member for an answer, oldest first, with metric, pilot, site and receiver.

    What was to reach somebody who left asks those who lead the pilot.
    """
    led = PilotParty.objects.filter(person_id=member.person_id, part=Part.LEAD, ended_at=None)
    rows = TriggerFiring.objects.filter(
        Q(receiver_id=member.id) | Q(trigger__pilot__in=led.values("pilot_id")),
        answered_at=None,
        trigger__pilot__archived_at=None,
    ).select_related("trigger__metric", "trigger__pilot__site", "receiver__person")
    return [
        one
        for one in rows.order_by("at", "id")
        if one.receiver_id == member.id
        or one.receiver.left(path.local_day(now, one.trigger.pilot.site.zone))
    ]


def get_trigger(pilot: Pilot, key: UUID) -> RetrainingTrigger:
    """Return one trigger of a pilot, archived or not; 404 when there is none."""
    rows = RetrainingTrigger.objects.select_related("pilot__site", "metric", "receiver__person")
    found: RetrainingTrigger = get_object_or_404(rows, pilot=pilot, pk=key)
    return found


def get_firing(pilot: Pilot, key: UUID) -> TriggerFiring:
    """Return one firing of a pilot with its trigger; 404 when there is none."""
    rows = TriggerFiring.objects.select_related("trigger__metric", "receiver__person")
    found: TriggerFiring = get_object_or_404(rows, trigger__pilot=pilot, pk=key)
    return found


def may_answer(firing: TriggerFiring, member_id: UUID, parts: Parts) -> bool:
    """Say whether a member may say what was done: who was told may, and the pilot's lead, once."""
    return firing.answered_at is None and (firing.receiver_id == member_id or Role.LEAD in parts.of)


def list_armed() -> list[tuple[RetrainingTrigger, date | None]]:
    """Return the tenant's triggers that look at figures, each with the last week that fired it.

    Those of pilots that are archived or stopped look at none.
    """
    stopped = PilotOutcome.objects.filter(word="stop").values("pilot_id")
    rows = (
        RetrainingTrigger.objects.filter(archived_at=None, pilot__archived_at=None)
        .exclude(pilot_id__in=stopped)
        .select_related("pilot__site", "metric", "receiver__person")
        .annotate(fired=Max("firings__last_week"))
    )
    return [(row, row.fired) for row in rows.order_by("id")]


def map_figures(wanted: Collection[tuple[int, date, date]]) -> dict[int, dict[date, float]]:
    """Return weekly figures by metric and Monday, in one query.

    wanted: metrics with the first and the last week. Weeks without a value are left out.
    """
    found: dict[int, dict[date, float]] = {}
    if not wanted:
        return found
    asked = Q()
    for metric_id, first, last in wanted:
        asked |= Q(metric_id=metric_id, week__range=(first, last))
    rows = Snapshot.objects.filter(asked)
    for metric_id, week, value in rows.values_list("metric_id", "week", "value"):
        if value is not None:
            found.setdefault(metric_id, {})[week] = value
    return found


def last_week_over(today: date) -> date:
    """Return the Monday of the last week that is over on a day."""
    return today - timedelta(days=today.weekday() + 7)
