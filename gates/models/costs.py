"""What a pilot's AI costs at full volume, version by version, and who of Finance signed which."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules.unit_cost import Basis, Counted, UnitCost

BASES = [basis.value for basis in Basis]
# A sum of money a year or a thousand items, and a share of one for a call.
MONEY: dict[str, Any] = {"max_digits": 16, "decimal_places": 2}
SMALL: dict[str, Any] = {"max_digits": 16, "decimal_places": 8}
# What people enter, and how much of it at most: more is a slip of the keyboard.
MOST = {
    "items_per_day": Decimal(10**9),
    "calls_per_item": Decimal(10**4),
    "cost_per_call": Decimal(10**6),
    "overhead": Decimal(10**12),
    "labour_minutes": Decimal(10**5),
    "hourly_rate": Decimal(10**5),
    "errors_before": Decimal(10**9),
    "errors_after": Decimal(10**9),
}
# Each figure that people put a price or a time on says how well it is known.
LABELLED = (
    "cost_per_call",
    "overhead",
    "labour_minutes",
    "hourly_rate",
    "errors_before",
    "errors_after",
)


def _basis() -> Any:
    return models.CharField(max_length=10)


class CostModel(KeyedModel):
    """One version of a pilot's cost at full volume. Append-only: a change is the next version.

    number: 1, then one more each; the newest is the pilot's. note: what changed, from 2 on.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="cost_models",
    )
    number = models.PositiveIntegerField()
    items_per_day = models.DecimalField(max_digits=14, decimal_places=2)
    counted = models.CharField(max_length=10)
    sites = models.PositiveSmallIntegerField()
    days_per_year = models.PositiveSmallIntegerField()
    calls_per_item = models.DecimalField(max_digits=12, decimal_places=4)
    cost_per_call = models.DecimalField(**SMALL)
    cost_per_call_basis = _basis()
    overhead = models.DecimalField(**MONEY)
    overhead_basis = _basis()
    labour_minutes = models.DecimalField(max_digits=10, decimal_places=4)
    labour_minutes_basis = _basis()
    hourly_rate = models.DecimalField(**MONEY)
    hourly_rate_basis = _basis()
    errors_before = models.DecimalField(**MONEY)
    errors_before_basis = _basis()
    errors_after = models.DecimalField(**MONEY)
    errors_after_basis = _basis()
    note = models.CharField(max_length=400, blank=True)
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("gates_costmodel")]
        constraints = [
            *own_rows("gates_costmodel", "SELECT, INSERT"),
            TenantFK(name="gates_costmodel_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"),
            TenantFK(
                name="gates_costmodel_member_fk", columns=["member_id"], to="tenants_membership"
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "number"], name="gates_costmodel_number_once"
            ),
            models.CheckConstraint(
                # With an upper end as well: "NaN" is above every number.
                condition=Q(
                    **{f"{name}__range": (Decimal(0), most) for name, most in MOST.items()}
                ),
                name="gates_costmodel_amounts",
            ),
            models.CheckConstraint(
                condition=Q(**{f"{name}_basis__in": BASES for name in LABELLED}),
                name="gates_costmodel_labelled",
            ),
            models.CheckConstraint(
                condition=Q(
                    counted__in=[one.value for one in Counted],
                    sites__range=(1, 1000),
                    days_per_year__range=(1, 366),
                ),
                name="gates_costmodel_counted",
            ),
            models.CheckConstraint(
                condition=Q(number=1) | (Q(number__gt=1) & ~Q(note="")),
                name="gates_costmodel_note",
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    @property
    def unit_cost(self) -> UnitCost:
        """Return the version as the rules take it."""
        return UnitCost(
            items_per_day=self.items_per_day,
            counted=Counted(self.counted),
            sites=self.sites,
            days_per_year=self.days_per_year,
            calls_per_item=self.calls_per_item,
            cost_per_call=self.cost_per_call,
            overhead=self.overhead,
            labour_minutes=self.labour_minutes,
            hourly_rate=self.hourly_rate,
            errors_before=self.errors_before,
            errors_after=self.errors_after,
        )

    def basis_of(self, name: str) -> Basis:
        """Return how well a figure is known."""
        return Basis(getattr(self, f"{name}_basis"))


class CostSignature(KeyedModel):
    """Finance signed one version of a pilot's cost. Append-only, one a version.

    reason: why it is accepted that it does not pay at three times the unit cost; empty where it
    does. The database refuses one by anybody but a gate reviewer of Finance who neither leads the
    pilot nor wrote the version, and of a version that is not the newest.
    """

    cost_model = models.ForeignKey(
        CostModel,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="signatures",
    )
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    reason = models.CharField(max_length=600, blank=True)
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("gates_costsignature", "SELECT, INSERT"),
            TenantFK(
                name="gates_costsignature_model_fk",
                columns=["cost_model_id"],
                to="gates_costmodel",
            ),
            TenantFK(
                name="gates_costsignature_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "cost_model"], name="gates_costsignature_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Signed on {self.at:%Y-%m-%d}"
