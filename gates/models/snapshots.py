"""Snapshots of the data that a pilot was built and tried on."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules import snapshots as rules


class DataSnapshot(KeyedModel):
    """Data of one source as they were taken on a day; taken back, never changed or deleted.

    row_count: how many rows. first_day, last_day: which days they tell of. cycle_weeks: after how
    many weeks the plant's year repeats in them. issues: what is known to be wrong with them.
    lacks: what a period shorter than a cycle knows nothing of; empty where it covers one.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="snapshots",
    )
    source = models.CharField(max_length=200)
    taken_on = models.DateField()
    row_count = models.PositiveBigIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    cycle_weeks = models.PositiveSmallIntegerField()
    issues = models.CharField(max_length=1_000)
    lacks = models.CharField(max_length=600, blank=True)
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
        indexes = [few_rows("gates_datasnapshot")]
        constraints = [
            *own_rows(
                "gates_datasnapshot",
                "SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_id, withdrawn_reason)",
            ),
            TenantFK(
                name="gates_datasnapshot_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            TenantFK(
                name="gates_datasnapshot_member_fk", columns=["member_id"], to="tenants_membership"
            ),
            TenantFK(
                name="gates_datasnapshot_withdrawn_fk",
                columns=["withdrawn_by_id"],
                to="tenants_membership",
            ),
            models.CheckConstraint(
                condition=~Q(source="") & ~Q(issues=""), name="gates_datasnapshot_told"
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day"), taken_on__gte=F("last_day")),
                name="gates_datasnapshot_days",
            ),
            models.CheckConstraint(condition=Q(row_count__gte=1), name="gates_datasnapshot_rows"),
            models.CheckConstraint(
                condition=Q(cycle_weeks__gte=1, cycle_weeks__lte=rules.LONGEST_CYCLE),
                name="gates_datasnapshot_cycle",
            ),
            models.CheckConstraint(
                condition=Q(
                    withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason=""
                )
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                    & ~Q(withdrawn_reason="")
                ),
                name="gates_datasnapshot_withdrawn_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.source

    @property
    def days_lacking(self) -> int:
        """Return how many days it is shorter than one seasonal cycle."""
        return rules.days_lacking(self.first_day, self.last_day, cycle_weeks=self.cycle_weeks)
