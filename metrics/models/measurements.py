"""What was received: measurements, what they replaced, and the marks that call for a recompute.

Measurements, revisions and marks carry no foreign keys (docs/adr/0004-measurement-table.md): the
batch's metrics and sources are read FOR KEY SHARE in the transaction that inserts.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from common.tenancy.constraints import TenantFK, TenantIsolation
from common.tenancy.managers import TenantManager
from tenants.models import KeyedModel, own_rows

from .definitions import Metric, Source


class SyncBatch(KeyedModel):
    """One delivery of measurements: who sent it, when, and what came of it. Append-only."""

    actor = models.CharField(max_length=80)
    channel = models.CharField(max_length=12)
    created = models.PositiveIntegerField()
    superseded = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()
    content_hash = models.BinaryField(max_length=32)

    class Meta(KeyedModel.Meta):
        constraints = own_rows("metrics_syncbatch", "SELECT, INSERT")
        indexes = [models.Index(fields=["tenant", "-created_at"], name="metrics_syncbatch_list")]


class Received(models.Model):
    """The columns that a measurement and its replaced revisions share.

    numerator, denominator: sum and count for a mean, value and count for a median, events and
    exposure for a rate (exposure 0 when the feed's coverage says it instead).
    key: 128 bits of BLAKE2b over source and external id.
    """

    tenant_id = models.BigIntegerField()
    metric_id = models.BigIntegerField()
    key = models.BinaryField(max_length=16)
    source_id = models.BigIntegerField()
    external_id = models.TextField(db_collation="C")
    revision = models.IntegerField()
    event_at = models.DateTimeField()
    recorded_at = models.DateTimeField(null=True)
    numerator = models.FloatField()
    denominator = models.FloatField()
    site_id = models.UUIDField(null=True)
    batch_id = models.UUIDField()

    class Meta:
        abstract = True
        base_manager_name = "objects"


class Measurement(Received):
    """The current revision of each item. Identity is metric, source and external id."""

    pk = models.CompositePrimaryKey("tenant_id", "metric_id", "key")

    objects = TenantManager()

    class Meta(Received.Meta):
        constraints = [
            TenantIsolation(
                name="metrics_measurement_iso",
                grants="SELECT, INSERT, UPDATE",
                recompute="SELECT",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant_id", "metric_id", "event_at"],
                include=["numerator", "denominator"],
                name="metrics_measurement_week",
            )
        ]


class MeasurementRevision(Received):
    """What a newer revision replaced, as it was. Append-only by trigger."""

    pk = models.CompositePrimaryKey("tenant_id", "metric_id", "key", "revision")
    replaced_at = models.DateTimeField(db_default=Now())

    objects = TenantManager()

    class Meta(Received.Meta):
        constraints = [
            TenantIsolation(name="metrics_measurementrevision_iso", grants="SELECT, INSERT")
        ]


class Mark(models.Model):
    """A metric-week whose snapshot must be recomputed. Only ever added; the recompute consumes it.

    aside_until: until then all marks of the week wait, because computing it took too long.
    A unique mark would lose updates: docs/adr/0004-measurement-table.md.
    """

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.BigIntegerField()
    metric_id = models.BigIntegerField()
    week = models.DateField()
    made_at = models.DateTimeField(db_default=Now())
    aside_until = models.DateTimeField(null=True)

    objects = TenantManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            TenantIsolation(
                name="metrics_mark_iso",
                grants="SELECT, INSERT",
                recompute="SELECT, DELETE",
                lookup=True,
            )
        ]
        indexes = [
            models.Index(fields=["tenant_id", "made_at"], name="metrics_mark_oldest"),
            models.Index(
                fields=["tenant_id", "metric_id", "week"],
                condition=models.Q(aside_until__isnull=False),
                name="metrics_mark_aside",
            ),
        ]


class Coverage(KeyedModel):
    """A span that a feed says it reported in full: a day inside it without events is a zero.

    A withdrawal replaces the row by what is left of it.
    """

    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    metric = models.ForeignKey(
        Metric,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    from_date = models.DateField()
    through_date = models.DateField()
    actor = models.CharField(max_length=80)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_coverage", "SELECT, INSERT, DELETE", recompute="SELECT"),
            TenantFK(
                name="metrics_coverage_source_fk",
                columns=["source_id"],
                to="metrics_source",
            ),
            TenantFK(
                name="metrics_coverage_metric_fk",
                columns=["metric_id"],
                to="metrics_metric",
            ),
            models.CheckConstraint(
                condition=Q(through_date__gte=F("from_date")),
                name="metrics_coverage_span",
            ),
            models.UniqueConstraint(
                fields=["tenant", "metric", "source", "from_date", "through_date"],
                name="metrics_coverage_once",
            ),
        ]
