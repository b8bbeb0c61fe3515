"""How the functions of the story take part in its pilots, and what they ask for."""

from __future__ import annotations

from datetime import date, datetime

from portfolio import actions as portfolio
from portfolio.actions import EngagementDraft
from portfolio.models import Area, Pilot
from portfolio.rules.engagement import PLANNED_BY_WEEK
from portfolio.rules.register import Draft
from tenants.models import Membership

from ..rules.gates import FunctionPlan, RequirementPlan
from .run import Cast


def take_part(pilot: Pilot, cast: Cast, plan: FunctionPlan, now: datetime, *, on: date) -> None:
    """Write down how a function takes part; on: since when."""
    portfolio.engage(
        pilot=pilot,
        area=Area(plan.area),
        draft=EngagementDraft(
            due_week=PLANNED_BY_WEEK,
            lead_weeks=plan.lead_weeks,
            member=cast.members[plan.member] if plan.member else None,
            engaged_on=None if plan.day is None else on,
            outcome=plan.outcome,
            note=plan.note,
        ),
        version=0,
        by=cast.members[plan.by],
        now=now,
    )


def ask(pilot: Pilot, lead: Membership, plan: RequirementPlan, now: datetime, *, on: date) -> None:
    """Write down what a function asks of a pilot; on: when it was found."""
    portfolio.add_requirement(
        pilot=pilot,
        draft=Draft(
            area=plan.area,
            text=plan.text,
            found_on=on,
            blocking=plan.blocking,
            state=plan.state,
            evidence=plan.evidence,
        ),
        by=lead,
        now=now,
    )
