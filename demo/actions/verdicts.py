"""Baselines of the story locked, and the pilots that were stopped or graduated."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from metrics.actions import baselines, outcomes, plans
from metrics.models import PilotMetric
from metrics.queries import verdicts
from metrics.rules.baselines import lock_day
from portfolio.models import Pilot
from tenants.models import Membership

from ..rules import MetricPlan
from .run import Cast, Load

ACCEPTED = "A replay of public data: it shows what so short or so unsteady a history can say."


def lock_baselines(load: Load, cast: Cast) -> None:
    """Lock the baseline of every primary metric, once its history is there."""
    for pilot, metric in load.plan.series():
        if metric.role == PilotMetric.Role.PRIMARY:
            row = PilotMetric.objects.select_related("metric", "pilot__site").get(
                pilot__code=pilot.code, metric__code=metric.code
            )
            lead, sponsor = cast.members[pilot.lead], cast.members[pilot.sponsor]
            _lock_baseline(row, metric, lead=lead, sponsor=sponsor, now=load.now)


def _lock_baseline(
    row: PilotMetric, metric: MetricPlan, *, lead: Membership, sponsor: Membership, now: datetime
) -> None:
    """Lock a primary metric's baseline as of ten o'clock on the Monday after week 2, or of now.

    The change that matters is the one that the page proposes. Raises Refused as the actions do.
    Audit: theirs.
    """
    zone = ZoneInfo(row.pilot.site.zone)
    due = datetime.combine(lock_day(first_monday=row.pilot.start_date), time(10), zone)
    at = min(due, now)
    window = verdicts.baseline_window(row, compared=False, now=at)
    matters = verdicts.propose_matters(row, window)
    assert matters, f"{metric.code} has no figure up to week 2"
    draft = baselines.draft_baseline(
        row=row, by=lead, now=at, matters=matters, season_swing=metric.season
    )
    plans.plan_baseline(baseline_id=draft.pk, now=at)
    draft.refresh_from_db()
    if baselines.is_weak(draft):
        draft = baselines.accept_plan(
            baseline=draft, version=draft.version, by=sponsor, now=at, reason=ACCEPTED
        )
    baselines.lock_baseline(baseline=draft, version=draft.version, by=lead, now=at)


def decide_pilots(load: Load, cast: Cast) -> None:
    """Stop or graduate the pilots about which their sponsors decided once they were read out."""
    for plan in load.plan.pilots:
        for word, reason in (("stop", plan.stopped), ("graduate", plan.graduated)):
            if reason:
                outcomes.decide_pilot(
                    pilot=Pilot.objects.get(code=plan.code),
                    version=1,
                    word=word,
                    reason=reason,
                    by=cast.members[plan.sponsor],
                    now=load.now,
                )
