"""Candidates for a pilot: what each would take and bring over the whole arc."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from tenants.models import KeyedModel, few_rows, own_rows

from ..rules.candidates import Arc, Gate, Outlook
from .engagement import KNOWN
from .pilots import Pilot, Site

# More is a slip of the keyboard.
MOST = {
    "items_per_year": Decimal(10**12),
    "benefit": Decimal(10**12),
    "proof": Decimal(10**12),
    "production": Decimal(10**12),
    "item_cost": Decimal(10**9),
    "overhead": Decimal(10**12),
}


def _amount(places: int) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(max_digits=22, decimal_places=places, null=True)


class Candidate(KeyedModel):
    """A workflow that might become a pilot. Archived, not deleted.

    The figures are those of `Arc`, each None while nobody said. outlook: of the six gates in their
    order. consulted: functions that were asked when it was chosen; advice: what they said.
    begun_as: the pilot that was started from it; from then on the database changes nothing of it.
    """

    name = models.CharField(max_length=200)
    use_case = models.CharField(max_length=2_000)
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    items_per_year = _amount(2)
    benefit = _amount(2)
    proof = _amount(2)
    production = _amount(2)
    item_cost = _amount(8)
    overhead = _amount(2)
    outlook = ArrayField(models.CharField(max_length=10))
    consulted = ArrayField(models.CharField(max_length=20), default=list)
    advice = models.CharField(max_length=2_000)
    begun_as = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
    )
    archived_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("portfolio_candidate")]
        constraints = [
            *own_rows("portfolio_candidate"),
            TenantFK(name="portfolio_candidate_site_fk", columns=["site_id"], to="portfolio_site"),
            TenantFK(
                name="portfolio_candidate_begun_fk", columns=["begun_as_id"], to="portfolio_pilot"
            ),
            models.UniqueConstraint(
                fields=["tenant", "begun_as"], name="portfolio_candidate_begun_once"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="portfolio_candidate_name"),
            models.CheckConstraint(
                # With an upper end as well: "NaN" is above every number.
                condition=Q(
                    *(
                        Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__range": (Decimal(0), most)})
                        for name, most in MOST.items()
                    )
                ),
                name="portfolio_candidate_amounts",
            ),
            models.CheckConstraint(
                condition=Q(
                    outlook__len=len(Gate), outlook__contained_by=[one.value for one in Outlook]
                ),
                name="portfolio_candidate_outlook",
            ),
            models.CheckConstraint(
                condition=Q(consulted__contained_by=KNOWN), name="portfolio_candidate_consulted"
            ),
            models.CheckConstraint(
                condition=Q(begun_as__isnull=True) | Q(archived_at__isnull=True),
                name="portfolio_candidate_begun_stays",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def arc(self) -> Arc:
        """Return what it takes and brings, as the rules take it."""
        return Arc(
            items_per_year=self.items_per_year,
            benefit=self.benefit,
            proof=self.proof,
            production=self.production,
            item_cost=self.item_cost,
            overhead=self.overhead,
            outlook=tuple(Outlook(one) for one in self.outlook),
        )
