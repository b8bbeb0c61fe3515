"""What the plan of a draft baseline can see; for jobs only, because it needs numpy and scipy."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from ..models import Baseline
from ..queries import verdicts as stored
from ..rules import baselines as rules
from ..rules.verdict import design, mde
from ..rules.verdict.engine import CannotFit, Design, Floats
from ..rules.verdict.words import Level


def plan_baseline(*, baseline_id: UUID, now: datetime) -> None:
    """Work out what a draft's plan can see, and write it beside the draft.

    A draft that was locked or changed meanwhile is left to the next run. A plan that was read from
    the history as it stands is kept.
    """
    draft = stored.find_draft(baseline_id)
    if draft is None:
        return
    compared = draft.comparison_id is not None
    window = stored.baseline_window(draft.target_row, compared=compared, now=now)
    known = _history(window)
    stands: dict[str, Any] = draft.plan or {}
    if known.items() <= stands.items():
        return
    plan = known | see(draft, window)
    Baseline.objects.filter(pk=draft.pk, version=draft.version, locked_at=None).update(
        plan=plan, planned_version=draft.version
    )


def see(draft: Baseline, window: rules.Window) -> dict[str, Any]:
    """Return mde and offers in the metric's unit, or the reason why there are none."""
    line = _against(window, draft)
    if len(line) < rules.LEAST_PLAN_WEEKS:
        return {"reason": "too_few"}
    y = np.array([value for _, value, _ in line])
    t = np.array([week for week, _, _ in line], float)
    d = np.array([weight for _, _, weight in line])
    level = Level(window.level)
    try:
        history = Design(t, design.columns(t, None, level=level), 0, design.relative_variance(d))
        seen = mde.detectable(history=history, y=y, planned=_planned(t, d, level))
        if seen is None:
            return {"reason": "no_variation"}
        compared = draft.comparison_id is not None
        offers = mde.offers(history=history, y=y, comparison=compared)
    except CannotFit:
        return {"reason": "too_few"}
    return {
        "mde": seen.mde,
        "offers": [
            {"history": one.history_weeks, "after": one.after_weeks, "mde": one.mde}
            for one in offers
        ],
    }


def _history(window: rules.Window) -> dict[str, Any]:
    """Return which history a plan was read from: another one calls for another plan."""
    return {
        "level": window.level,
        "weeks": len(window.weeks),
        "through": window.weeks[-1].monday.isoformat() if window.weeks else None,
        "value": window.value,
    }


def _against(window: rules.Window, draft: Baseline) -> list[tuple[int, float, float]]:
    """Return week, value and weight; beside a comparison line the difference to it, where both are."""
    if not window.weeks:
        return []
    first, last = window.weeks[0].monday, window.weeks[-1].monday
    other: dict[Any, float] | None = None
    if draft.comparison_id is not None:
        found = rules.usable_weeks(stored.list_history(draft.comparison_id, last=last))
        other = {one.monday: one.value for one in found if one.value is not None}
    return [
        ((one.monday - first).days // 7, one.value - (other[one.monday] if other else 0), weight)
        for one in window.weeks
        for weight in [one.denominator]
        if one.value is not None and (other is None or one.monday in other)
    ]


def _planned(t: Floats, d: Floats, level: Level) -> Design:
    """Return the history's weeks, six of transition and four measured ones as heavy as the usual."""
    begins = t[-1] + 1 + mde.GAP_WEEKS
    after = begins + np.arange(rules.AFTER_WEEKS[0])
    whole = np.concatenate([t, after])
    weights = np.concatenate([d, np.full(len(after), d.mean())])
    columns = design.columns(whole, (whole >= begins).astype(float), level=level)
    return Design(whole, columns, design.STEP, d.mean() / weights)
