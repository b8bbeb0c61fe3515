"""The demo's baselines: drafted by the lead, accepted where the plan is weak, locked when due."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from metrics.actions import baselines, plans
from metrics.models import PilotMetric
from metrics.queries import verdicts
from metrics.rules.baselines import lock_day
from tenants.models import Membership

from .rules import MetricPlan

ACCEPTED = "A replay of public data: it shows what so short or so unsteady a history can say."


def lock_baseline(
    row: PilotMetric, plan: MetricPlan, *, lead: Membership, sponsor: Membership, now: datetime
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
    assert matters, f"{plan.code} has no figure up to week 2"
    draft = baselines.draft_baseline(
        row=row, by=lead, now=at, matters=matters, season_swing=plan.season
    )
    plans.plan_baseline(baseline_id=draft.pk, now=at)
    draft.refresh_from_db()
    if baselines.is_weak(draft):
        draft = baselines.accept_plan(
            baseline=draft, version=draft.version, by=sponsor, now=at, reason=ACCEPTED
        )
    baselines.lock_baseline(baseline=draft, version=draft.version, by=lead, now=at)
