"""Reading pilots out; for jobs only, because it needs numpy and scipy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from audit import actions as audit
from common import jobs
from portfolio.models import Part
from tenants.queries import System, current_slug

from ..models import Baseline, ReadOut
from ..queries import verdicts as stored
from ..rules import baselines as rules
from ..rules.verdict import frozen
from ..rules.verdict.decision import Target
from ..rules.verdict.readout import Question
from ..rules.verdict.windows import Figure, Plan
from ..rules.verdict.words import Direction, Kind, Level
from .targets import tell

WEEKS = (12, 16, 24)
BY = System("metrics.read_out")
FREEZE = "SELECT freeze_readout(%s, %s, %s, %s, %s, %s::jsonb)"
DIRECTIONS = {"up": Direction.HIGHER, "down": Direction.LOWER}


def send_due(*, now: datetime) -> int:
    """Send a job for each locked baseline that has something to read out; return how many.

    Reads only, so that nobody who writes waits for a tenant's many read-outs. After commit:
    metrics.read_out_baseline.
    """
    due = [one for one in stored.list_locked() if any(_list_pending(one, now))]
    for baseline in due:
        jobs.enqueue("metrics.read_out_baseline", baseline_id=str(baseline.pk))
    return len(due)


@transaction.atomic
def read_out(*, baseline: Baseline, now: datetime) -> int:
    """Read out one locked baseline after each week whose time has come; return how many are new.

    Figures that are as they were give the version that stands already, so running it again changes
    nothing. Figures that are about to be computed anew are waited for. Audit: READ_OUT_FROZEN, one
    line a version. Lead and sponsors find a line in their inbox.
    """
    return sum(_freeze(baseline, one, now) for one in _list_pending(baseline, now))


@dataclass(frozen=True, slots=True)
class _Pending:
    """A read-out that is due, with figures that the newest version, if any, does not have."""

    week: int
    due_at: datetime
    given: frozen.Inputs
    newest: ReadOut | None


def _list_pending(baseline: Baseline, now: datetime) -> Iterator[_Pending]:
    for week in WEEKS:
        newest = stored.find_newest(baseline, week)
        plan = plan_of(baseline, week) if newest is None else _plan_kept(newest)
        due_at = plan.read_out_at(baseline.target_row.pilot.site.zone)
        if now < due_at:
            return
        # Asked before the figures are read: what is marked afterwards arrived afterwards.
        if stored.are_figures_marked(baseline, plan.measurement.end):
            return
        given = frozen.Inputs(ask(baseline, plan), _guards(baseline, plan, newest))
        if not _is_known(given, newest):
            yield _Pending(week, due_at, given, newest)


def _is_known(given: frozen.Inputs, newest: ReadOut | None) -> bool:
    """Say whether the newest version has these inputs, whatever engine computed it then."""
    if newest is None:
        return False
    return bytes(newest.digest) == frozen.digest(frozen.write(given, engine=newest.engine))


def _freeze(baseline: Baseline, due: _Pending, now: datetime) -> bool:
    """Compute and keep one read-out; return whether it is new."""
    result = json.dumps(frozen.answer(due.given), allow_nan=False)
    inputs = frozen.write(due.given)
    with connection.cursor() as cursor:
        cursor.execute(FREEZE, [baseline.pk, due.week, due.due_at, now, inputs, result])
        (key,) = cursor.fetchone()
    if due.newest is not None and key == due.newest.pk:  # another worker was first
        return False
    _tell(baseline, stored.get_read_out(key))
    return True


def ask(baseline: Baseline, plan: Plan) -> Question:
    """Return the question of a read-out: the locked weeks, the measured ones, what was agreed."""
    row = baseline.target_row
    metric = row.metric
    compared = baseline.comparison_id
    return Question(
        plan=plan,
        kind=Kind(metric.kind),
        direction=DIRECTIONS[metric.direction],
        level=Level(baseline.level),
        figures=(*_locked(baseline), *_measured(metric.pk, baseline, plan)),
        comparison=() if compared is None else _beside(compared, baseline, plan),
        logarithm=baseline.log_scale,
        season_swing=baseline.season_swing,
        matters=baseline.matters,
        target=Target(
            float(baseline.target or 0),
            DIRECTIONS[metric.direction],
            strict=baseline.side in {"lt", "gt"},
        ),
    )


def plan_of(baseline: Baseline, week: int) -> Plan:
    """Return when a pilot is read out after one of its weeks."""
    pilot = baseline.target_row.pilot
    return Plan(pilot.start_date, pilot.go_live_date, week, baseline.maturity_days)


def _plan_kept(newest: ReadOut) -> Plan:
    """Return the plan of an earlier version, which its later ones keep: nobody moves the weeks."""
    return frozen.read(newest.inputs).question.plan


def _locked(baseline: Baseline) -> tuple[Figure, ...]:
    """Return the weeks of a locked baseline as figures."""
    weeks: list[list[Any]] = baseline.weeks or []
    return tuple(
        Figure(date.fromisoformat(day), value, denominator, version=baseline.definition or 1)
        for day, _, denominator, value in weeks
    )


def _measured(metric_id: int, baseline: Baseline, plan: Plan) -> tuple[Figure, ...]:
    """Return the measured weeks; how fully one is reported is told by all from the baseline on."""
    known = _beside(metric_id, baseline, plan)
    return tuple(figure for figure in known if plan.measurement.holds(figure.day))


def _beside(metric_id: int, baseline: Baseline, plan: Plan) -> tuple[Figure, ...]:
    """Return the weeks of a metric from the first locked week to the last measured one."""
    weeks: list[list[Any]] = baseline.weeks or []
    first = date.fromisoformat(weeks[0][0]) if weeks else plan.measurement.start
    return _figures(metric_id, stored.list_weeks_between(metric_id, first, plan.measurement.end))


def _guards(baseline: Baseline, plan: Plan, newest: ReadOut | None) -> tuple[frozen.Guard, ...]:
    """Return the pilot's guards with their measured weeks.

    A later version keeps the guards and targets of the one before it: nobody eases them afterwards.
    """
    known = (
        [frozen.Guard(*one, weeks=()) for one in stored.list_guards(baseline.target_row.pilot_id)]
        if newest is None
        else frozen.read(newest.inputs).guards
    )
    span = plan.measurement
    return tuple(
        replace(one, weeks=tuple(stored.list_values_between(one.metric, span.start, span.end)))
        for one in known
    )


def _figures(metric_id: int, weeks: Sequence[rules.Week]) -> tuple[Figure, ...]:
    """Return computed weeks as figures; one whose wording changed within it counts for nothing."""
    wordings = stored.list_rule_wordings(metric_id)
    usual = median(one.days_reported for one in weeks) if weeks else 1
    return tuple(
        Figure(
            one.monday,
            one.value,
            one.denominator,
            reported=min(1.0, one.days_reported / usual) if usual else 1.0,
            version=rules.wording_of(one.monday, wordings) or 0,
        )
        for one in weeks
    )


def _tell(baseline: Baseline, found: ReadOut) -> None:
    row = baseline.target_row
    words = (
        f"{row.metric.name}: corrected figures change the read-out of week {found.week}"
        if found.waits
        else f"{row.metric.name} in {row.pilot.name} is read out for week {found.week}"
    )
    path = reverse("read_out", args=[current_slug(), row.pilot.code, row.pk, found.week])
    for part in (Part.SPONSOR, Part.LEAD):
        tell(row.pilot, part, title=words, path=path, key=f"read_out:{found.pk}")
    audit.record(
        actor=BY.audit_name,
        action="READ_OUT_FROZEN",
        object=f"pilot:{row.pilot.code}",
        payload={
            "metric": row.metric.code,
            "week": found.week,
            "version": found.number,
            "word": found.word,
            "digest": found.digest.hex(),
        },
    )


def replay(found: ReadOut) -> bool:
    """Return whether the kept inputs still give the kept result, to the last digit."""
    return bool(frozen.answer(frozen.read(found.inputs)) == found.result)
