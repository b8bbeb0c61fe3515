"""What people bring to a pilot's gates: who, when, and how it is taken back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from tenants.models import KeyedModel, Membership, own_rows


class Brought(KeyedModel):
    """Base of what somebody brought: taken back with a reason, never changed or deleted."""

    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
    )
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta(KeyedModel.Meta):
        abstract = True


def brought(table: str) -> list[models.BaseConstraint]:
    """Return the constraints of a table of what people bring, its rights among them."""
    return [
        *own_rows(
            table, "SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_id, withdrawn_reason)"
        ),
        TenantFK(name=f"{table}_member_fk", columns=["member_id"], to="tenants_membership"),
        TenantFK(
            name=f"{table}_withdrawn_fk", columns=["withdrawn_by_id"], to="tenants_membership"
        ),
        models.CheckConstraint(
            condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
            | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason="")),
            name=f"{table}_withdrawn_whole",
        ),
    ]
