"""Writes of baselines: the draft, what its plan can see, its acceptance, its lock and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from common import formats, jobs
from common.errors import Refused
from common.writing import change, explained, lock, told
from portfolio import rules as path
from portfolio.actions import refuse_archived_pilot
from portfolio.models import Part
from tenants.models import Membership
from tenants.queries import Member, System, current_slug

from ..models import Baseline, Metric, PilotMetric
from ..queries import find_agreed
from ..queries import verdicts as stored
from ..rules import baselines as rules
from ..rules.kinds import KINDS
from .targets import tell

# What the plan was computed from; another value of one of these calls for another plan.
PLANNED = frozenset({"comparison_id", "grain"})
# What somebody accepted beside the plan; another value withdraws that.
ACCEPTED = PLANNED | {"matters", "season_swing"}
# The database counts the weeks itself, and refuses others and a lock while some are still to come.
MOVED = {
    "metrics_baseline_as_counted": Refused(
        "Figures that arrived are still being added up. Try again in a few seconds.",
        code="figures_due",
    )
}
UNACCEPTED = {"accepted_by_id": None, "accepted_at": None, "accepted_reason": ""}


@transaction.atomic
def draft_baseline(
    *,
    row: PilotMetric,
    by: Member | Membership,
    now: datetime,
    matters: float,
    season_swing: float | None = None,
    comparison: Metric | None = None,
    grain: str = Baseline.Grain.WEEK,
    maturity_days: int = 7,
    version: int | None = None,
) -> Baseline:
    """Write or change the draft of a metric's baseline.

    matters: smallest change that matters, above 0, in the metric's unit. season_swing: peak to
    trough of a year in that unit, stated by `by`; 0 is an answer. comparison: chosen before week 3.
    grain: day only where weeks are too few and days are or can be enough, and without a comparison.
    version: of the draft that was seen, None where there was none.
    Raises Changed for an old version, Refused for a locked baseline or what cannot be meant.
    Audit: BASELINE_DRAFTED. After commit: metrics.plan_baseline.
    """
    lock(row.pilot)  # its start does not move meanwhile
    row = lock(row)
    _refuse_unjudged(row)
    _check(row, matters=matters, season_swing=season_swing, comparison=comparison, now=now)
    if grain == Baseline.Grain.DAY:
        _check_days(row, comparison=comparison, now=now)
    draft = stored.find_baseline(row)
    if draft is not None and draft.locked_at is not None:
        raise _locked(draft)
    values: dict[str, Any] = {
        "matters": matters,
        "comparison_id": comparison.pk if comparison else None,
        "grain": grain,
        "maturity_days": maturity_days,
    }
    if draft is None:
        draft = Baseline(target_row=row, number=stored.count_baselines(row) + 1, **values)
        _state_season(draft, season_swing, by, now)
        draft.save()
        moved: dict[str, list[Any]] = {name: [None, value] for name, value in values.items()}
    else:
        draft = lock(draft, version=version or 0)  # nobody saw a version 0
        if draft.season_swing != season_swing:
            stated = season_swing is not None
            values |= {
                "season_swing": season_swing,
                "season_by_id": by.id if stated else None,
                "season_at": now if stated else None,
            }
        moved = change(draft, values)
        _withdraw(draft, moved)
    if moved:
        record(draft, "BASELINE_DRAFTED", by, told(moved))
        call_planner(draft)
    return draft


def _withdraw(draft: Baseline, moved: dict[str, list[Any]]) -> None:
    """Take back what was worked out and what was accepted from values that moved."""
    values: dict[str, Any] = {}
    if moved.keys() & PLANNED:
        values |= {"plan": None, "planned_version": None}
    if moved.keys() & ACCEPTED:
        values |= UNACCEPTED
    change(draft, values)


def _state_season(
    draft: Baseline, swing: float | None, by: Member | Membership, now: datetime
) -> None:
    if swing is not None:
        draft.season_swing, draft.season_by_id, draft.season_at = swing, by.id, now


@transaction.atomic
def accept_plan(
    *, baseline: Baseline, version: int, by: Member | Membership, now: datetime, reason: str
) -> Baseline:
    """Accept by name that a plan cannot see the change that matters, or cannot tell what it sees.

    Raises Changed for an old version, Refused for a locked baseline, a plan that can see it or is
    not computed yet, an archived pilot, and without a reason. Audit: PLAN_ACCEPTED.
    """
    refuse_archived_pilot(baseline.target_row.pilot)
    baseline = lock(baseline, version=version)
    if baseline.locked_at is not None:
        raise _locked(baseline)
    if not is_weak(baseline):
        raise Refused("This plan can see the change that matters.", code="plan_sees")
    if not reason.strip():
        raise Refused("Say why it is worth trying all the same.", code="reason", field="reason")
    change(
        baseline,
        {"accepted_by_id": by.id, "accepted_at": now, "accepted_reason": reason.strip()},
    )
    record(baseline, "PLAN_ACCEPTED", by, {"reason": reason.strip(), "mde": detectable(baseline)})
    return baseline


@transaction.atomic
def lock_baseline(
    *, baseline: Baseline, version: int, by: Member | Membership, now: datetime
) -> Baseline:
    """Freeze a baseline: its weeks, their value, the target and everything the read-out will need.

    Raises Changed for an old version, Refused before week 2 is over, without an agreed target or a
    week with data, where the comparison line is a metric of the pilot by now, where the weeks have
    a newer wording than was agreed to, while figures that arrived are not in the weeks, before the
    plan is known that these weeks call for, and with a weak plan that nobody accepted. Locking what
    is locked changes nothing.
    Audit: BASELINE_LOCKED. The sponsors find a line in their inbox.
    """
    lock(baseline.target_row.pilot)  # its start does not move meanwhile
    row = lock(baseline.target_row)
    baseline = lock(baseline)
    if baseline.locked_at is not None:
        return baseline
    baseline = lock(baseline, version=version)
    _lock_wordings(row, baseline)
    _refuse_unjudged(row)
    pilot = row.pilot
    today = stored.judged_day(row, now)
    number = path.week_number(start_date=pilot.start_date, day=today)
    if number <= rules.LAST_WEEK:
        day = rules.lock_day(first_monday=path.first_monday(pilot.start_date))
        raise Refused(
            f"The baseline ends with week {rules.LAST_WEEK}. Lock it from {formats.day(day)} on.",
            code="too_early",
        )
    window = _agreed_window(baseline, row, now)
    with explained(MOVED):
        change(
            baseline,
            {
                "locked_by_id": by.id,
                "locked_at": now,
                "level": window.level,
                "weeks": window.kept,
                "value": window.value,
                "definition": window.definition,
                "side": row.comparison,
                "target": row.target,
                "late_week": number if number > rules.LAST_WEEK + 1 else None,
            },
        )
    record(baseline, "BASELINE_LOCKED", by, {"level": window.level, "value": window.value})
    tell(
        pilot,
        Part.SPONSOR,
        title=f"The baseline of {row.metric.name} in {pilot.name} is locked",
        path=reverse("baseline", args=[current_slug(), pilot.code, row.pk]),
        key=f"baseline:{baseline.pk}",
    )
    return baseline


def _lock_wordings(row: PilotMetric, baseline: Baseline) -> None:
    """Let no wording begin in the weeks of a metric or its comparison line meanwhile.

    In the order of their keys: two locks of which each compares with the other's metric wait.
    """
    metrics = {one.pk: one for one in (row.metric, baseline.comparison) if one is not None}
    for key in sorted(metrics):
        lock(metrics[key])


def _agreed_window(baseline: Baseline, row: PilotMetric, now: datetime) -> rules.Window:
    """Return the weeks to lock, once everybody who has a say in them knows what they show."""
    agreed = find_agreed(row)
    if agreed is None:
        raise Refused("The target is not agreed yet.", code="not_agreed")
    aside_until = stored.aside_until(row, baseline.comparison_id, now)
    if aside_until is not None:
        raise Refused(
            "A week that this baseline may use takes too long to compute. It is tried again at"
            f" {formats.moment(aside_until, row.metric.zone)}.",
            code="week_aside",
        )
    if baseline.comparison is not None:
        _refuse_own(row, baseline.comparison)
    history = stored.plan_history(baseline, now)
    window = history.window
    if window.daily:
        _refuse_enough_weeks(row, now)
        _refuse_few_days(row, len(window.periods))
    if window.value is None:
        raise Refused(
            "No week up to week 2 has a figure by the wording that holds at its end.",
            code="no_weeks",
        )
    if agreed.number < window.definition:
        raise Refused(
            f"The target was agreed to version {agreed.number} of the wording, and these weeks are"
            f" worded by version {window.definition}. It is agreed again first.",
            code="agreed_before",
        )
    if not history.is_of(baseline.plan):
        raise Refused(
            "What this plan can see is still being worked out. Look again in a few seconds.",
            code="plan_pending",
        )
    if is_weak(baseline) and baseline.accepted_at is None:
        raise Refused(
            "This plan cannot see the change that matters, or nothing tells what it sees, and nobody"
            " has accepted that.",
            code="plan_weak",
        )
    return window


def call_planner(baseline: Baseline) -> None:
    """Have what a draft's plan can see worked out. After commit: metrics.plan_baseline."""
    jobs.enqueue("metrics.plan_baseline", baseline_id=str(baseline.pk))


@transaction.atomic
def supersede_baseline(
    *, baseline: Baseline, version: int, by: Member | Membership, now: datetime, reason: str
) -> Baseline:
    """End a locked baseline and return a draft with the same settings; the old one stays visible.

    Raises Changed for an old version, Refused for a draft, for one that is superseded already, for
    an archived pilot and without a reason. Audit: BASELINE_SUPERSEDED.
    """
    refuse_archived_pilot(baseline.target_row.pilot)
    lock(baseline.target_row.pilot)  # its start does not move meanwhile
    row = lock(baseline.target_row)
    baseline = lock(baseline, version=version)
    if baseline.locked_at is None or baseline.superseded_at is not None:
        raise Refused("Only a locked baseline can be replaced.", code="not_locked")
    if not reason.strip():
        raise Refused("Say why it is replaced.", code="reason", field="reason")
    change(
        baseline,
        {"superseded_by_id": by.id, "superseded_at": now, "superseded_reason": reason.strip()},
    )
    record(baseline, "BASELINE_SUPERSEDED", by, {"reason": reason.strip()})
    draft: Baseline = Baseline.objects.create(
        target_row=row,
        number=baseline.number + 1,
        matters=baseline.matters,
        season_swing=baseline.season_swing,
        season_by_id=baseline.season_by_id,
        season_at=baseline.season_at,
        comparison_id=baseline.comparison_id,
        grain=baseline.grain,
        log_scale=baseline.log_scale,
        maturity_days=baseline.maturity_days,
    )
    call_planner(draft)
    return draft


def is_weak(baseline: Baseline) -> bool:
    """Tell whether the plan is known and cannot see the change that matters, or says nothing."""
    mde = detectable(baseline)
    return baseline.plan is not None and (mde is None or mde > baseline.matters)


def detectable(baseline: Baseline) -> float | None:
    """Return the smallest change that the plan can see; None while nothing tells it.

    At level C the read-out widens its interval by what the season may move: the plan sees less by that.
    """
    plan: dict[str, Any] = baseline.plan or {}
    seen: float | None = plan.get("mde")
    if seen is None:
        return None
    return seen + rules.season_allowance(level=plan["level"], swing=baseline.season_swing)


def _check(
    row: PilotMetric,
    *,
    matters: float,
    season_swing: float | None,
    comparison: Metric | None,
    now: datetime,
) -> None:
    """Refuse what cannot be meant."""
    if not matters > 0:
        raise Refused("The change that matters is above zero.", code="matters", field="matters")
    if season_swing is not None and not season_swing >= 0:
        raise Refused("A swing is zero or more.", code="swing", field="season_swing")
    if comparison is None:
        return
    if comparison.pk == row.metric_id:
        raise Refused(
            "A metric is no comparison for itself.", code="comparison_self", field="comparison"
        )
    if not stored.are_alike(comparison, row.metric):
        raise Refused(
            f"{comparison.name} has another kind or unit than {row.metric.name}, or counts per"
            " another time.",
            code="comparison_unlike",
            field="comparison",
        )
    _refuse_own(row, comparison)
    pilot = row.pilot
    today = path.local_day(now, pilot.site.zone)
    held = stored.find_baseline(row)
    chosen = held is not None and held.comparison_id == comparison.pk
    if not chosen and path.week_number(start_date=pilot.start_date, day=today) > rules.LAST_WEEK:
        raise Refused(
            "A comparison line is chosen before week 3, when nobody can know how it will turn out.",
            code="comparison_late",
            field="comparison",
        )


def _check_days(row: PilotMetric, *, comparison: Metric | None, now: datetime) -> None:
    """Refuse daily figures where weeks are enough, beside a comparison line, and of too few days."""
    if comparison is not None:
        raise Refused(
            "A comparison line is compared week by week. Leave it out, or compare weeks.",
            code="grain_compared",
            field="grain",
        )
    _refuse_enough_weeks(row, now)
    _refuse_few_days(row, stored.count_possible_days(row, now))


def _refuse_enough_weeks(row: PilotMetric, now: datetime) -> None:
    weeks = stored.count_weeks(row, now)
    if weeks >= rules.LEAST_PLAIN_WEEKS:
        raise Refused(
            f"{weeks} weeks up to week 2 are usable, and {rules.LEAST_PLAIN_WEEKS} are enough."
            " Compare week by week.",
            code="grain_weeks",
            field="grain",
        )


def _refuse_few_days(row: PilotMetric, days: int) -> None:
    if days < rules.LEAST_DAYS:
        count = "1 day" if days == 1 else f"{days} days"
        of_a_rate = ""
        if KINDS[row.metric.kind].per_time:
            of_a_rate = " Days of a rate count once they are declared as reported."
        raise Refused(
            f"Day by day needs {rules.LEAST_DAYS} days with a figure up to the end of week 2, on"
            f" weekdays that have one in most weeks. Here it is {count}.{of_a_rate} Compare week by"
            " week, and send earlier weeks.",
            code="grain_days",
            field="grain",
        )


def _refuse_own(row: PilotMetric, comparison: Metric) -> None:
    if stored.is_of_pilot(comparison, row.pilot):
        raise Refused(
            f"{comparison.name} is a metric of {row.pilot.name} itself. A comparison line is one"
            " that the pilot does not touch.",
            code="comparison_own",
            field="comparison",
        )


def _refuse_unjudged(row: PilotMetric) -> None:
    if row.retired_at is not None:
        raise Refused("This metric is retired from the pilot.", code="retired")
    if row.role != PilotMetric.Role.PRIMARY:
        raise Refused("Only primary metrics are judged against a baseline.", code="not_primary")
    refuse_archived_pilot(row.pilot)


def _locked(baseline: Baseline) -> Refused:
    return Refused(
        "The baseline is locked. An administrator can replace it, with a reason.",
        code="baseline_locked",
    )


def record(
    baseline: Baseline, action: str, by: Member | Membership | System, payload: dict[str, Any]
) -> None:
    """Write a line about a baseline into the audit trail of its pilot."""
    row = baseline.target_row
    audit.record(
        actor=by.audit_name,
        action=action,
        object=f"pilot:{row.pilot.code}",
        payload={"metric": row.metric.code, "baseline": baseline.number, **payload},
    )
