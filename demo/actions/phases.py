"""Phases of the demo's pilots closed as their calendar asks, where they left behind what they must."""

from __future__ import annotations

from gates.actions import phases as actions
from gates.queries import phases
from gates.queries.phases import Standing
from gates.rules.phases import Phase
from portfolio.models import Pilot

from ..rules import PilotPlan
from .run import Cast, Load


def close_phases(load: Load, cast: Cast) -> None:
    """Let each lead close the phases that are over and lack nothing, and a sponsor except one.

    Raises Refused as the actions do. Audit: PHASE_CLOSED, PHASE_EXCEPTED.
    """
    reasons = {story.pilot: story.excepted for story in load.plan.gates}
    for plan in load.plan.pilots:
        pilot = Pilot.objects.select_related("site").get(code=plan.code)
        for seen in phases.list_standings(pilot):
            _, last = phases.WEEKS[seen.phase]
            if last < plan.week_now:
                _close(load, cast, plan, pilot, seen, reasons.get(plan.code, ""))


def _close(
    load: Load, cast: Cast, plan: PilotPlan, pilot: Pilot, seen: Standing, reason: str
) -> None:
    if not seen.lacking:
        actions.close_phase(
            pilot=pilot,
            phase=seen.phase,
            version=seen.next_number,
            by=cast.members[plan.lead],
            now=load.now,
        )
    elif reason and seen.phase is Phase.DEPLOY:
        actions.except_phase(
            pilot=pilot,
            phase=seen.phase,
            version=seen.next_number,
            reason=reason,
            by=cast.members[plan.sponsor],
            now=load.now,
        )
