"""Who advises on a gate, and what they said to the one who decides."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from tenants.models import KeyedModel, Membership, own_rows

from ..rules.advice import Stance
from .decisions import GateDecision
from .gates import Gate


class Adviser(KeyedModel):
    """Somebody asked to advise on a gate, until they are taken off it; ended once, never changed.

    The database refuses its decider, who leads or led the pilot, and who is no member any more.
    """

    gate = models.ForeignKey(
        Gate,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="advisers",
    )
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    named_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    named_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
    )

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("gates_adviser", "SELECT, INSERT, UPDATE (ended_at, ended_by_id)"),
            TenantFK(name="gates_adviser_gate_fk", columns=["gate_id"], to="gates_gate"),
            TenantFK(
                name="gates_adviser_member_fk", columns=["member_id"], to="tenants_membership"
            ),
            TenantFK(
                name="gates_adviser_named_fk", columns=["named_by_id"], to="tenants_membership"
            ),
            TenantFK(
                name="gates_adviser_ended_fk", columns=["ended_by_id"], to="tenants_membership"
            ),
            models.UniqueConstraint(
                fields=["tenant", "gate", "member"],
                condition=Q(ended_at__isnull=True),
                name="gates_adviser_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="gates_adviser_ended_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} for {self.gate_id}"


class Advice(KeyedModel):
    """What an adviser said of a gate that was submitted. Append-only; their newest stands.

    step: the submission that it is about. number: of the member and that step, 1 and one more each.
    The database takes it from a named adviser alone, and only until the gate is decided.
    """

    step = models.ForeignKey(
        GateDecision,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="heard",
    )
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    number = models.PositiveIntegerField()
    stance = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Stance])
    reason = models.CharField(max_length=600)
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("gates_advice", "SELECT, INSERT"),
            TenantFK(name="gates_advice_step_fk", columns=["step_id"], to="gates_gatedecision"),
            TenantFK(name="gates_advice_member_fk", columns=["member_id"], to="tenants_membership"),
            models.UniqueConstraint(
                fields=["tenant", "step", "member", "number"], name="gates_advice_number_once"
            ),
            models.CheckConstraint(
                condition=Q(stance__in=[one.value for one in Stance]), name="gates_advice_stance"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="gates_advice_number"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="gates_advice_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.stance}, {self.number}"
