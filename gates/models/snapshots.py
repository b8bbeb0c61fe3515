"""Snapshots of the data that a pilot was built and tried on."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import few_rows

from ..rules import snapshots as rules
from .brought import Brought, brought


class DataSnapshot(Brought):
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

    class Meta(Brought.Meta):
        indexes = [few_rows("gates_datasnapshot")]
        constraints = [
            *brought("gates_datasnapshot"),
            TenantFK(
                name="gates_datasnapshot_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
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
        ]

    def __str__(self) -> str:
        return self.source

    @property
    def days_lacking(self) -> int:
        """Return how many days it is shorter than one seasonal cycle."""
        return rules.days_lacking(self.first_day, self.last_day, cycle_weeks=self.cycle_weeks)
