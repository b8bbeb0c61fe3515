"""What was done with a gate, and which pilots entered production. Append-only, both."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import KeyedModel, Membership, own_rows

from ..rules.states import LEADS_TO, Verb
from .gates import Gate

STEPS = reduce(or_, (Q(verb=verb.value, state=state.value) for verb, state in LEADS_TO.items()))


class GateDecision(KeyedModel):
    """One step of a gate: submitted, passed, sent back, waived or reopened.

    number: 1, then one more each. member: who, None where the product reopened it. until: the last
    day on which a pass or a waiver holds, None for no end. facts: every criterion as it stood.
    advice: what advisers said of what was submitted, as it stood; the database writes it.
    The database refuses a step that the state does not allow, one that the decider did not take,
    and one by the pilot's own lead.
    """

    gate = models.ForeignKey(
        Gate,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="decisions",
    )
    number = models.PositiveIntegerField()
    verb = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Verb])
    state = models.CharField(max_length=20)
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
    )
    reason = models.CharField(max_length=600, blank=True)
    until = models.DateField(null=True)
    facts = models.JSONField()
    advice = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("gates_gatedecision", "SELECT, INSERT"),
            TenantFK(name="gates_gatedecision_gate_fk", columns=["gate_id"], to="gates_gate"),
            TenantFK(
                name="gates_gatedecision_member_fk", columns=["member_id"], to="tenants_membership"
            ),
            models.UniqueConstraint(
                fields=["tenant", "gate", "number"], name="gates_gatedecision_number_once"
            ),
            models.CheckConstraint(condition=STEPS, name="gates_gatedecision_leads_to"),
            models.CheckConstraint(condition=Q(number__gte=1), name="gates_gatedecision_number"),
            models.CheckConstraint(
                condition=Q(member__isnull=False) | Q(verb="reopen"),
                name="gates_gatedecision_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(verb__in=["submit", "pass"]) | ~Q(reason=""),
                name="gates_gatedecision_reason",
            ),
            models.CheckConstraint(
                condition=~Q(verb="waive") | Q(until__isnull=False),
                name="gates_gatedecision_waiver_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb}, step {self.number}"


class Production(KeyedModel):
    """A pilot entered production: by whom, and how its six gates stood. Append-only.

    The database refuses it unless each gate is passed or waived on that day.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="production",
    )
    entered_on = models.DateField()
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
    )
    by = models.CharField(max_length=200)
    gates = models.JSONField()
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("gates_production", "SELECT, INSERT"),
            TenantFK(name="gates_production_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"),
            TenantFK(
                name="gates_production_member_fk", columns=["member_id"], to="tenants_membership"
            ),
            models.UniqueConstraint(fields=["tenant", "pilot"], name="gates_production_once"),
            models.CheckConstraint(condition=~Q(by=""), name="gates_production_by"),
        ]

    def __str__(self) -> str:
        return f"In production since {self.entered_on}"
