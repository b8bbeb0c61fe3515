"""Reads of baselines and read-outs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Max, Prefetch, Q, QuerySet

from portfolio import rules as path
from portfolio.models import Pilot, Site

from ..models import (
    Acknowledgement,
    Baseline,
    Mark,
    Metric,
    MetricDefinition,
    PilotMetric,
    PilotOutcome,
    ReadOut,
    Snapshot,
)
from ..rules import baselines as rules
from ..rules.verdict.words import Grain
from ..rules.weeks import monday
from ..rules.wordings import begins

# What two metrics share whose difference means something.
ALIKE = ("kind", "unit", "exposure")
WITH_PEOPLE = (
    "season_by__person",
    "accepted_by__person",
    "locked_by__person",
    "superseded_by__person",
    "comparison",
)
LATER_LOOKS = """
SELECT w.week, max(i.measured_until) - 1
FROM metrics_pilotmetric t
JOIN metrics_baseline b ON b.tenant_id = t.tenant_id AND b.target_row_id = t.id
CROSS JOIN (VALUES (16), (24)) AS w(week)
CROSS JOIN LATERAL read_out_inputs(t.tenant_id, b.id, w.week) i
WHERE t.tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::bigint
  AND t.pilot_id = %s AND t.retired_at IS NULL
  AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL
GROUP BY w.week ORDER BY w.week
"""
DAYS = """
SELECT f.day, f.numerator, f.denominator, f.value, f.reported
FROM day_figures(%s, %s, %s, %s) f ORDER BY f.day
"""


def find_baseline(row: PilotMetric) -> Baseline | None:
    """Return the baseline in force or its draft, with its people; None when there is none."""
    found: Baseline | None = _baselines(row).filter(superseded_at=None).first()
    return found


def find_holding(row: PilotMetric) -> Baseline | None:
    """Return the locked baseline that holds a pilot's target and the agreement to it.

    Its own, or for an agreed guard any of the pilot's; None where nothing holds it.
    """
    rows = Baseline.objects.filter(superseded_at=None).exclude(locked_at=None)
    if row.role == PilotMetric.Role.GUARD and row.agreed_at is not None:
        rows = rows.filter(target_row__pilot_id=row.pilot_id)
    else:
        rows = rows.filter(target_row=row)
    found: Baseline | None = rows.order_by("id").first()
    return found


def list_locked_with(metric: Metric) -> list[Baseline]:
    """Return the locked baselines in force of a metric, beside it or guarded by it.

    With metric and pilot.
    """
    guarded = PilotMetric.objects.filter(metric=metric, role="guard", retired_at=None)
    rows = Baseline.objects.filter(
        Q(target_row__metric=metric)
        | Q(comparison=metric)
        | Q(target_row__pilot__in=guarded.exclude(agreed_at=None).values("pilot"))
    )
    held = rows.filter(superseded_at=None).exclude(locked_at=None)
    return list(held.select_related("target_row__pilot", "target_row__metric"))


def list_locked_at(site: Site) -> list[Baseline]:
    """Return the locked baselines in force of a site's pilots, archived ones too, by pilot.

    With metric and pilot.
    """
    rows = Baseline.objects.filter(target_row__pilot__site=site, superseded_at=None)
    held = rows.exclude(locked_at=None).select_related("target_row__pilot", "target_row__metric")
    return list(held.order_by("target_row__pilot__code", "target_row_id"))


def find_draft(key: UUID) -> Baseline | None:
    """Return a draft with its metric, pilot and site; None when it is locked or gone."""
    drafts = Baseline.objects.filter(pk=key, locked_at=None)
    found: Baseline | None = drafts.select_related(
        "target_row__metric", "target_row__pilot__site"
    ).first()
    return found


def list_drafts() -> list[UUID]:
    """Return the keys of all drafts."""
    return list(Baseline.objects.filter(locked_at=None).values_list("pk", flat=True))


def list_superseded(row: PilotMetric) -> list[Baseline]:
    """Return the baselines that were replaced, with their people, newest first."""
    return list(_baselines(row).exclude(superseded_at=None).order_by("-number"))


def count_baselines(row: PilotMetric) -> int:
    """Return how many baselines there ever were."""
    return Baseline.objects.filter(target_row=row).count()


def _baselines(row: PilotMetric) -> Any:
    return Baseline.objects.filter(target_row=row).select_related(*WITH_PEOPLE)


def judged_day(row: PilotMetric, now: datetime) -> date:
    """Return the day it is on the slower of two clocks, the pilot's and its metric's.

    A week that ended before it is over on both.
    """
    return min(path.local_day(now, zone) for zone in (row.pilot.site.zone, row.metric.zone))


def last_week(row: PilotMetric) -> date:
    """Return the Monday of week 2 of a pilot, the last that a baseline may use."""
    return path.first_monday(row.pilot.start_date) + (rules.LAST_WEEK - 1) * rules.WEEK


def are_figures_due(row: PilotMetric, comparison_id: int | None) -> bool:
    """Return whether weeks a baseline may use are marked to be computed anew.

    Ask before the weeks are read: what is marked afterwards arrived afterwards.
    """
    return _marks(row, comparison_id).exists()


def aside_until(row: PilotMetric, comparison_id: int | None, now: datetime) -> datetime | None:
    """Return when a week a baseline may use, set aside because it took too long, is tried again.

    The last such time; None when no week is set aside.
    """
    aside = _marks(row, comparison_id).filter(aside_until__gt=now)
    found: datetime | None = aside.aggregate(until=Max("aside_until"))["until"]
    return found


def _marks(row: PilotMetric, comparison_id: int | None) -> QuerySet[Mark]:
    last = last_week(row)
    marks = Mark.objects.filter(metric_id__in=[row.metric_id, comparison_id])
    return marks.filter(week__range=(first_week(last), last))


def baseline_window(
    row: PilotMetric, *, compared: bool, now: datetime, grain: str = Grain.WEEK
) -> rules.Window:
    """Return what a metric's history up to week 2 of its pilot offers; each period is over."""
    if grain == Grain.DAY:
        days, wordings = list_days(row, now), list_rule_wordings(row.metric_id)
        return rules.choose_days(days, wordings, last=last_week(row))
    return rules.choose_window(
        list_history(row.metric_id, last=_over(row, now)),
        list_rule_wordings(row.metric_id),
        last=last_week(row),
        compared=compared,
    )


def count_weeks(row: PilotMetric, now: datetime) -> int:
    """Return how many weeks a metric without a comparison line has for a baseline by weeks."""
    return len(baseline_window(row, compared=False, now=now).periods)


def count_possible_days(row: PilotMetric, now: datetime) -> int:
    """Return how many days a daily baseline has at the end of week 2 if none is missed from now on."""
    return rules.count_possible_days(
        list_days(row, now), list_rule_wordings(row.metric_id), last=last_week(row)
    )


def may_be_daily(row: PilotMetric, window: rules.Window, now: datetime) -> bool:
    """Return whether days may be compared: weeks are too few, and days are or can be enough.

    window: of the weeks, as if no line was chosen.
    """
    if len(window.periods) >= rules.LEAST_PLAIN_WEEKS:
        return False
    return count_possible_days(row, now) >= rules.LEAST_DAYS


def list_days(row: PilotMetric, now: datetime) -> list[rules.Period]:
    """Return every day that a daily baseline may use and that is over, silent ones too, oldest first.

    Computed from the measurements as they are now: days are not kept (docs/adr/0006-daily-grain.md).
    """
    ends = last_week(row) + rules.WEEK
    over = min(ends, judged_day(row, now))
    values: list[Any] = [row.tenant_id, row.metric_id, ends - rules.MOST_DAYS * rules.DAY, over]
    with connection.cursor() as cursor:
        cursor.execute(DAYS, values)
        return [rules.Period(*found) for found in cursor]


def propose_matters(row: PilotMetric, window: rules.Window) -> float | None:
    """Return the smallest change that matters as it is proposed; None without figures."""
    if window.value is None:
        return None
    met = row.target is not None and rules.holds(
        window.value, side=row.comparison, target=row.target
    )
    return rules.smallest_change(baseline=window.value, target=row.target, met=met) or None


def plan_history(baseline: Baseline, now: datetime) -> rules.History:
    """Return what the plan of a baseline is read from as it stands now."""
    row, other = baseline.target_row, baseline.comparison_id
    window = baseline_window(row, compared=other is not None, now=now, grain=baseline.grain)
    if other is None:
        return rules.History(window)
    line = rules.weeks_alike(
        list_history(other, last=_over(row, now)),
        list_rule_wordings(other),
        last=last_week(row),
    )
    return rules.History(window, tuple(line))


def _over(row: PilotMetric, now: datetime) -> date:
    """Return the last Monday up to week 2 whose week is over."""
    return min(last_week(row), monday(judged_day(row, now)) - rules.WEEK)


def list_history(metric_id: int, *, last: date) -> list[rules.Period]:
    """Return the computed weeks of a metric that a baseline ending on a Monday's week may use."""
    rows = Snapshot.objects.filter(metric_id=metric_id, week__range=(first_week(last), last))
    fields = ("week", "numerator", "denominator", "value", "days_reported")
    return [rules.Period(*found) for found in rows.order_by("week").values_list(*fields)]


def first_week(last: date) -> date:
    """Return the first Monday that a baseline ending on a Monday's week may use."""
    return last - timedelta(weeks=rules.MOST_WEEKS - 1)


def list_rule_wordings(metric_id: int) -> list[rules.Wording]:
    """Return number and first day of every version of a metric's definition."""
    rows = MetricDefinition.objects.filter(metric_id=metric_id).order_by("number")
    found = rows.values_list("number", "valid_from")
    return [rules.Wording(number, begins(number, day)) for number, day in found]


def list_comparable(row: PilotMetric) -> list[Metric]:
    """Return the metrics in use that a metric can be compared with, by name.

    They are like it, and none of them is one of the pilot itself.
    """
    metric = row.metric
    alike = Metric.objects.filter(
        archived_at=None, **{name: getattr(metric, name) for name in ALIKE}
    )
    own = PilotMetric.objects.filter(pilot_id=row.pilot_id, retired_at=None).values("metric_id")
    return list(alike.exclude(pk=metric.pk).exclude(pk__in=own).order_by("name", "code"))


def are_alike(one: Metric, other: Metric) -> bool:
    """Return whether the figures of two metrics mean the same."""
    return all(getattr(one, name) == getattr(other, name) for name in ALIKE)


def is_of_pilot(metric: Metric, pilot: Pilot) -> bool:
    """Return whether a pilot has a metric, whatever its role there."""
    rows = PilotMetric.objects.filter(pilot=pilot, metric=metric, retired_at=None)
    return rows.exists()


def find_locked(key: UUID) -> Baseline | None:
    """Return a locked baseline in force, with metric and pilot; None when it is none any more."""
    found: Baseline | None = _locked().filter(pk=key).first()
    return found


def _locked() -> QuerySet[Baseline]:
    rows = Baseline.objects.filter(locked_at__isnull=False, superseded_at=None)
    return rows.select_related("target_row__metric", "target_row__pilot")


@dataclass(frozen=True, slots=True)
class Due:
    """A read-out whose time has come, with inputs that no version has yet."""

    week: int
    inputs: str


def list_due_baselines(now: datetime) -> list[Baseline]:
    """Return the baselines that have something to read out, with metric and pilot."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT baseline_id FROM read_outs_due(%s, NULL)", [now])
        keys = [key for (key,) in cursor]
    return list(_locked().filter(pk__in=keys).order_by("id"))


def list_due(baseline: Baseline, now: datetime) -> list[Due]:
    """Return what a baseline has to read out, by week."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT week, inputs FROM read_outs_due(%s, %s)", [now, baseline.pk])
        return [Due(*found) for found in cursor]


def freeze(
    baseline: Baseline, week: int, *, as_of: datetime, digest: bytes, result: str
) -> UUID | None:
    """Keep what the inputs with a digest gave; None when they are kept already or have moved."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT freeze_readout(%s, %s, %s, %s, %s::jsonb)",
            [baseline.pk, week, as_of, digest, result],
        )
        found: UUID | None = cursor.fetchone()[0]
    return found


def find_newest(baseline: Baseline, week: int) -> ReadOut | None:
    """Return the newest version of a read-out, also one that waits; None before the first."""
    rows = ReadOut.objects.filter(baseline=baseline, week=week)
    found: ReadOut | None = rows.order_by("-number").first()
    return found


def get_read_out(key: UUID) -> ReadOut:
    """Return one version of a read-out."""
    found: ReadOut = ReadOut.objects.get(pk=key)
    return found


def list_kept() -> list[ReadOut]:
    """Return every version of every read-out, with metric and pilot."""
    rows = ReadOut.objects.select_related(
        "baseline__target_row__metric", "baseline__target_row__pilot"
    )
    return list(rows.order_by("id"))


def list_versions(row: PilotMetric, week: int) -> list[ReadOut]:
    """Return every version of a read-out of a metric, also of replaced baselines, newest first.

    Each with its baseline, its people and its comparison line, and, as `taken_note`, who took note
    of it, if anybody did.
    """
    return list(
        ReadOut.objects.filter(baseline__target_row=row, week=week)
        .select_related(
            "baseline__locked_by__person", "baseline__season_by__person", "baseline__comparison"
        )
        .prefetch_related(
            Prefetch(
                "acknowledgements",
                Acknowledgement.objects.select_related("member__person"),
                to_attr="taken_note",
            )
        )
        .order_by("-baseline__number", "-number")
    )


def list_read_weeks(row: PilotMetric) -> list[int]:
    """Return the weeks after which a metric was read out, in order."""
    found = ReadOut.objects.filter(baseline__target_row=row).values_list("week", flat=True)
    return sorted(set(found))


def list_outcomes(pilot: Pilot) -> list[PilotOutcome]:
    """Return what was decided about a pilot, newest first, each with who decided."""
    rows = PilotOutcome.objects.filter(pilot=pilot).select_related("member__person")
    return list(rows.order_by("-number"))


def map_later_looks(pilot: Pilot) -> dict[int, date]:
    """Return the later weeks after which a pilot is read out, each with its last measured day.

    Counted as the read-out counts it, the slip of going live included; of several metrics the last
    day. Empty where no primary metric has a locked baseline.
    """
    with connection.cursor() as cursor:
        cursor.execute(LATER_LOOKS, [pilot.pk])
        return dict(cursor.fetchall())


def list_evidence(pilot: Pilot) -> list[ReadOut]:
    """Return the newest read-out that stands of each metric that was judged, in order of the metrics.

    Of the latest week that was read out, and be it of a baseline that was replaced since. Last those
    that the pilot is no longer judged by: who takes a metric out does not take out what it showed.
    """
    found: dict[int, ReadOut] = {}
    for one in _judged(pilot).filter(Q(waits=False) | Q(acknowledgements__isnull=False)):
        found.setdefault(one.baseline.target_row.metric_id, one)
    return list(found.values())


def seen(read_outs: Sequence[ReadOut]) -> str:
    """Return what tells these versions of read-outs from others: their keys in a row."""
    return " ".join(str(one.pk) for one in read_outs)


def list_waiting(pilot: Pilot) -> list[ReadOut]:
    """Return the versions of a pilot's metrics that wait for somebody to take note.

    Only the newest of a read-out waits, and none of a baseline that was replaced.
    """
    newest: dict[tuple[UUID, int], ReadOut] = {}
    for one in _judged(pilot).filter(baseline__superseded_at=None):
        newest.setdefault((one.baseline_id, one.week), one)
    waiting = [one for one in newest.values() if one.waits]
    noted = Acknowledgement.objects.filter(read_out__in=waiting).values_list("read_out", flat=True)
    return [one for one in waiting if one.pk not in set(noted)]


def _judged(pilot: Pilot) -> QuerySet[ReadOut]:
    rows = ReadOut.objects.filter(baseline__target_row__pilot=pilot)
    return rows.select_related("baseline__target_row__metric").order_by(
        F("baseline__target_row__retired_at").asc(nulls_first=True),
        F("baseline__target_row__slot").asc(nulls_last=True),
        "-week",
        "-baseline__number",
        "-number",
        "id",
    )
