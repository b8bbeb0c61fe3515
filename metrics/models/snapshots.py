"""What was computed. Only the recompute role can write these tables."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from common.tenancy.constraints import TenantFK, TenantIsolation
from common.tenancy.managers import TenantManager

from ..rules.gaps import Gap, find_gap


class Snapshot(models.Model):
    """One metric's week: a function of its measurements and nothing else.

    value: numerator / denominator, or the median; None when the denominator is 0: see `gap`.
    digest: 64 bits over the week's measurements, the same for the same measurements in any order.
    """

    pk = models.CompositePrimaryKey("tenant_id", "metric_id", "week")
    tenant_id = models.BigIntegerField()
    metric_id = models.BigIntegerField()
    week = models.DateField()
    n = models.IntegerField()
    numerator = models.FloatField(null=True)
    denominator = models.FloatField()
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    p50 = models.FloatField(null=True)
    p95 = models.FloatField(null=True)
    days_reported = models.SmallIntegerField()
    digest = models.BigIntegerField()
    computed_at = models.DateTimeField()

    objects = TenantManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            TenantIsolation(
                name="metrics_snapshot_iso",
                grants="SELECT",
                recompute="SELECT, INSERT, UPDATE, DELETE",
            ),
            TenantFK(
                name="metrics_snapshot_metric_fk",
                columns=["metric_id"],
                to="metrics_metric",
            ),
        ]

    def gap(self, kind: str) -> Gap | None:
        """Return why the week has no value, None when it has one. kind: the metric's."""
        return find_gap(kind=kind, value=self.value, low=self.low, days=self.days_reported)


class Summary(models.Model):
    """One row a metric for the board: the last 25 weeks, the latest value, and counts.

    weeks, values: the same length, oldest first, only weeks with a value.
    last_event_at, last_source_id: of the newest measurement, so that a board reads none itself.
    """

    pk = models.CompositePrimaryKey("tenant_id", "metric_id")
    tenant_id = models.BigIntegerField()
    metric_id = models.BigIntegerField()
    weeks = ArrayField(models.DateField())
    values = ArrayField(models.FloatField())
    snapshots = models.IntegerField()
    last_event_at = models.DateTimeField(null=True)
    last_source_id = models.BigIntegerField(null=True)
    computed_at = models.DateTimeField()

    objects = TenantManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            TenantIsolation(
                name="metrics_summary_iso",
                grants="SELECT",
                recompute="SELECT, INSERT, UPDATE, DELETE",
            ),
            TenantFK(
                name="metrics_summary_metric_fk",
                columns=["metric_id"],
                to="metrics_metric",
            ),
        ]
