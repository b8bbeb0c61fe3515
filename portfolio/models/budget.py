"""What a pilot's money and hours are planned for and went into."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules import budget as rules
from ..rules.budget import PhaseClass
from .pilots import Pilot

# More is a slip of the keyboard.
MOST = {
    "planned_money": Decimal(10**12),
    "actual_money": Decimal(10**12),
    "planned_hours": Decimal(10**7),
    "actual_hours": Decimal(10**7),
}


def _money() -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(max_digits=16, decimal_places=2, default=Decimal(0))


def _hours() -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(max_digits=10, decimal_places=1, default=Decimal(0))


class BudgetLine(KeyedModel):
    """Money and hours of a pilot for one thing: planned, and actual so far. Archived, not deleted.

    funded_by: who of those who pay confirmed the planned money, at funded_at; both empty until
    then, and again once the planned money or what it is for changes. The database refuses a
    confirmation by anybody but an executive or the pilot's sponsor, and by its lead.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="budget_lines",
    )
    phase_class = models.CharField(max_length=12)
    title = models.CharField(max_length=200)
    planned_money = _money()
    actual_money = _money()
    planned_hours = _hours()
    actual_hours = _hours()
    funded_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
    )
    funded_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("portfolio_budgetline")]
        constraints = [
            *own_rows("portfolio_budgetline"),
            TenantFK(
                name="portfolio_budgetline_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            TenantFK(
                name="portfolio_budgetline_funded_fk",
                columns=["funded_by_id"],
                to="tenants_membership",
            ),
            models.CheckConstraint(
                condition=Q(phase_class__in=[phase.value for phase in PhaseClass]),
                name="portfolio_budgetline_phase",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="portfolio_budgetline_title"),
            models.CheckConstraint(
                # With an upper end as well: "NaN" is above every number.
                condition=Q(
                    **{f"{name}__range": (Decimal(0), most) for name, most in MOST.items()}
                ),
                name="portfolio_budgetline_amounts",
            ),
            models.CheckConstraint(
                condition=Q(funded_at__isnull=True, funded_by__isnull=True)
                | Q(funded_at__isnull=False, funded_by__isnull=False, planned_money__gt=0),
                name="portfolio_budgetline_funded_whole",
            ),
            models.CheckConstraint(
                condition=Q(archived_at__isnull=True) | Q(actual_money=0, actual_hours=0),
                name="portfolio_budgetline_spent_stays",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def line(self) -> rules.Line:
        """Return the line as the rules take it."""
        return rules.Line(
            phase=PhaseClass(self.phase_class),
            planned_money=self.planned_money,
            actual_money=self.actual_money,
            planned_hours=self.planned_hours,
            actual_hours=self.actual_hours,
            funded=self.funded_at is not None,
        )
