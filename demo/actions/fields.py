"""What fields mean in the demo, written through the product's own actions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from metrics.actions import fields
from metrics.models import FieldDefinition, FieldVariant, Source
from portfolio.models import Pilot
from tenants.models import Membership

from ..rules.fields import FieldPlan
from .run import BY, Cast, Load


def write(load: Load, cast: Cast, *, at: datetime) -> None:
    """Write down every field, what a data set means instead, and settle what was settled.

    at: when. Raises Refused as the actions do. Audit: theirs.
    """
    steward = cast.members[load.plan.answers_for_data]
    for plan in load.plan.fields:
        row = fields.add_field(
            name=plan.name, meaning=plan.meaning, unit=plan.unit, owner=steward, by=BY
        )
        if plan.dataset:
            told = _differ(row, plan)
            if plan.settled:
                fields.settle(
                    row=told,
                    version=told.version,
                    outcome="accepted",
                    reason=plan.settled,
                    by=steward,
                    now=at,
                )


def _differ(row: FieldDefinition, plan: FieldPlan) -> FieldVariant:
    return fields.add_variant(
        row=row,
        site=None,
        source=Source.objects.get(code=plan.dataset),
        meaning=plan.meant,
        stand="convert" if plan.factor else "differs",
        factor=Decimal(plan.factor) if plan.factor else None,
        plus=Decimal(0) if plan.factor else None,
        cannot=plan.cannot,
        said_by=plan.said_by,
        by=BY,
    )


def need(load: Load, pilot: Pilot, *, lead: Membership) -> None:
    """Put the fields that a pilot needs on its list, as its lead."""
    for plan in load.plan.fields:
        if pilot.code in plan.needs:
            row = FieldDefinition.objects.get(name=plan.name)
            fields.add_need(pilot=pilot, field=row, used_for=plan.needs[pilot.code], by=lead)
