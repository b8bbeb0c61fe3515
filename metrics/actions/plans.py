"""What the plan of a draft baseline can see; for jobs only, because it needs numpy and scipy."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from tenants.queries import System

from ..models import Baseline
from ..queries import verdicts as stored
from ..rules import baselines as rules
from ..rules.verdict import design, mde
from ..rules.verdict.engine import CannotFit, Design, Floats
from ..rules.verdict.words import Level
from ..rules.weeks import monday
from . import baselines


@transaction.atomic
def plan_baseline(*, baseline_id: UUID, now: datetime) -> None:
    """Work out what a draft's plan can see, and write it beside the draft.

    A draft that was locked or changed meanwhile is left to the next run. A plan that was read from
    the history as it stands is kept. One that sees less than the one before is accepted by nobody
    any more. Audit: PLAN_WITHDRAWN, then.
    """
    draft = stored.find_draft(baseline_id)
    if draft is None:
        return
    history = stored.plan_history(draft, now)
    if history.is_of(draft.plan):
        return
    plan = history.facts | see(history)
    values: dict[str, Any] = {"plan": plan, "planned_version": draft.version}
    worse = draft.accepted_at is not None and _sees(plan) > _sees(draft.plan)
    if worse:
        values |= baselines.UNACCEPTED
    drafts = Baseline.objects.filter(pk=draft.pk, version=draft.version, locked_at=None)
    if drafts.update(**values) and worse:
        baselines.record(draft, "PLAN_WITHDRAWN", System("plans"), {"mde": plan.get("mde")})


def _sees(plan: dict[str, Any] | None) -> float:
    """Return the smallest change that a plan sees; none is small enough where it can say nothing."""
    found: float | None = (plan or {}).get("mde")
    return math.inf if found is None else found


def see(history: rules.History) -> dict[str, Any]:
    """Return mde and offers in the metric's unit, or the reason why there are none."""
    line = _against(history)
    if len(line) < rules.LEAST_PLAN_WEEKS:
        return {"reason": "too_few"}
    y = np.array([value for _, value, _ in line])
    t = np.array([place for place, _, _ in line], float)
    variance = design.relative_variance(np.array([weight for _, _, weight in line]))
    level, grain = Level(history.window.level), history.window.grain
    try:
        known = Design(t, design.columns(t, None, level=level, grain=grain), 0, variance)
        if history.window.daily:
            planned = mde.daily_plan(t, rules.AFTER_WEEKS[0], variance=variance)
        else:
            planned = _planned(t, variance, level)
        seen = mde.detectable(history=known, y=y, planned=planned)
        if seen is None:
            return {"reason": "no_variation"}
        if history.window.daily:
            offers = mde.daily_offers(history=known, y=y)
        else:
            offers = mde.offers(history=known, y=y, comparison=history.line is not None)
    except CannotFit:
        return {"reason": "too_few"}
    return {
        "mde": seen.mde,
        "offers": [
            {"history": one.history_weeks, "after": one.after_weeks, "mde": one.mde}
            for one in offers
        ],
    }


def _against(history: rules.History) -> list[tuple[int, float, float]]:
    """Return place, value and weight; beside a comparison line the difference to it, where both are.

    Places are weeks from the first one, or days from its Monday.
    """
    periods = history.window.periods
    size = 1 if history.window.daily else 7
    origin = monday(periods[0].day) if periods else None
    other = None if history.line is None else {one.day: one.value for one in history.line}
    return [
        ((one.day - origin).days // size, value - beside, one.denominator)
        for one in periods
        for value in [one.value]
        for beside in [0.0 if other is None else other.get(one.day)]
        if origin is not None and value is not None and beside is not None
    ]


def _planned(t: Floats, variance: Floats, level: Level) -> Design:
    """Return the history's weeks, six of transition and four measured ones as heavy as the usual."""
    begins = t[-1] + 1 + mde.GAP_WEEKS
    after = begins + np.arange(rules.AFTER_WEEKS[0])
    whole = np.concatenate([t, after])
    columns = design.columns(whole, (whole >= begins).astype(float), level=level)
    return Design(whole, columns, design.STEP, np.concatenate([variance, np.ones(len(after))]))
