"""Classes of error of a pilot, and what readings of curated and of live data found of each."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import KeyedModel, few_rows, own_rows

from ..rules import errors as rules
from .brought import Brought, brought


class ErrorClass(KeyedModel):
    """One way to decide wrongly, with what it leads to, costs, and how often it is tolerated.

    cost: of one error, in the tenant's currency. tolerated: the highest rate that is accepted, share
    of decisions. checked_by: who checks each case before it takes effect, and where that is
    written; empty where nobody does.
    """

    class Consequence(models.TextChoices):
        """What an error leads to, the gravest first."""

        SAFETY = rules.Consequence.SAFETY.value, "Safety: somebody may be hurt"
        RECALL = rules.Consequence.RECALL.value, "Recall or field action"
        CUSTOMER = rules.Consequence.CUSTOMER.value, "A customer notices"
        REWORK = rules.Consequence.REWORK.value, "Rework, scrap or a stopped line"
        TIME = rules.Consequence.TIME.value, "Time only"

    class Basis(models.TextChoices):
        """Where the cost comes from."""

        MEASURED = "measured", "Measured"
        ESTIMATED = "estimated", "Estimated"
        ASSUMED = "assumed", "Assumed"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="error_classes",
    )
    name = models.CharField(max_length=120)
    consequence = models.CharField(max_length=10, choices=Consequence)
    cost = models.DecimalField(max_digits=14, decimal_places=2)
    cost_basis = models.CharField(max_length=10, choices=Basis)
    tolerated = models.DecimalField(max_digits=9, decimal_places=8)
    checked_by = models.CharField(max_length=200, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("gates_errorclass")]
        constraints = [
            *own_rows(
                "gates_errorclass",
                "SELECT, INSERT, UPDATE (name, consequence, cost, cost_basis, tolerated,"
                " checked_by, archived_at, version)",
            ),
            TenantFK(name="gates_errorclass_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"),
            # A count refers to pilot and class together, so never to another pilot's class.
            models.UniqueConstraint(
                fields=["tenant", "pilot", "id"], name="gates_errorclass_of_pilot"
            ),
            models.UniqueConstraint(
                F("tenant"),
                F("pilot"),
                Lower("name"),
                condition=Q(archived_at__isnull=True),
                name="gates_errorclass_name_once",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="gates_errorclass_name"),
            models.CheckConstraint(
                condition=Q(consequence__in=[one.value for one in rules.Consequence]),
                name="gates_errorclass_consequence",
            ),
            models.CheckConstraint(
                condition=Q(cost__gte=0, cost_basis__in=["measured", "estimated", "assumed"]),
                name="gates_errorclass_cost",
            ),
            # No reading shows that a rate is zero.
            models.CheckConstraint(
                condition=Q(tolerated__gt=0, tolerated__lt=1), name="gates_errorclass_tolerated"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_costly(self) -> bool:
        """Say whether a person has to check each case."""
        return self.consequence in rules.COSTLY


class AccuracyReading(Brought):
    """What was found in a number of decisions over some days; taken back, never changed or deleted.

    decisions: how many were read. first_day, last_day: which days they are of. source: where the
    cases and their right answers come from.
    """

    class Dataset(models.TextChoices):
        """What was read."""

        CURATED = rules.Dataset.CURATED.value, "Curated"
        LIVE = rules.Dataset.LIVE.value, "Live"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="readings",
    )
    dataset = models.CharField(max_length=10, choices=Dataset)
    first_day = models.DateField()
    last_day = models.DateField()
    decisions = models.PositiveIntegerField()
    source = models.CharField(max_length=300)

    class Meta(Brought.Meta):
        indexes = [few_rows("gates_accuracyreading")]
        constraints = [
            *brought("gates_accuracyreading"),
            TenantFK(
                name="gates_accuracyreading_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "id"], name="gates_accuracyreading_of_pilot"
            ),
            models.CheckConstraint(
                condition=Q(dataset__in=[one.value for one in rules.Dataset]),
                name="gates_accuracyreading_dataset",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="gates_accuracyreading_days"
            ),
            models.CheckConstraint(
                condition=Q(decisions__gte=1, decisions__lte=rules.MOST),
                name="gates_accuracyreading_decisions",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="gates_accuracyreading_source"),
        ]

    def __str__(self) -> str:
        return self.source


class ErrorCount(KeyedModel):
    """How many errors of one class a reading found. Append-only; a class without a row was not read.

    The errors of all classes of a reading are at most its decisions: each wrong one counts once.
    """

    pilot = models.ForeignKey(
        Pilot, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    reading = models.ForeignKey(
        AccuracyReading,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="counts",
    )
    error_class = models.ForeignKey(
        ErrorClass,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="counts",
    )
    errors = models.PositiveIntegerField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("gates_errorcount", "SELECT, INSERT"),
            TenantFK(
                name="gates_errorcount_reading_fk",
                columns=["pilot_id", "reading_id"],
                to="gates_accuracyreading",
                to_columns=["pilot_id", "id"],
            ),
            TenantFK(
                name="gates_errorcount_class_fk",
                columns=["pilot_id", "error_class_id"],
                to="gates_errorclass",
                to_columns=["pilot_id", "id"],
            ),
            models.UniqueConstraint(
                fields=["tenant", "reading", "error_class"], name="gates_errorcount_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.errors} errors"
