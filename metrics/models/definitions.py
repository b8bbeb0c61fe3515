"""What is measured: sources, metrics with their wording over time, and a pilot's targets."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot, Site, coded
from tenants.models import KeyedModel, Membership, Person, TenantModel, few_rows, own_rows

from ..rules import feeds
from ..rules import wordings as rules


class Source(TenantModel):
    """A system of record that sends measurements.

    stale_after_hours: silence it may keep. interval: how often it says that it sends.
    lag_limit_minutes: what its lag may be, None for what its interval says.
    """

    class Kind(models.TextChoices):
        ERP = "erp", "ERP"
        MES = "mes", "MES"
        WMS = "wms", "WMS"
        CMMS = "cmms", "CMMS"
        SPREADSHEET = "spreadsheet", "Spreadsheet"
        VENDOR = "vendor", "AI vendor"
        OTHER = "other", "Other"

    class Interval(models.TextChoices):
        CONTINUOUS = "continuous", "Continuously"
        HOUR = "hour", "Every hour"
        DAY = "day", "Every day"
        WEEK = "week", "Every week"

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OTHER)
    maintainer = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    stale_after_hours = models.PositiveIntegerField(default=192)
    interval = models.CharField(max_length=10, choices=Interval, default=Interval.CONTINUOUS)
    lag_limit_minutes = models.PositiveIntegerField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            *own_rows("metrics_source"),
            *coded("metrics_source"),
            TenantFK(
                name="metrics_source_maintainer_fk",
                columns=["maintainer_id"],
                to="tenants_person",
            ),
            models.CheckConstraint(
                condition=Q(interval__in=["continuous", "hour", "day", "week"]),
                name="metrics_source_interval",
            ),
            models.CheckConstraint(
                condition=Q(lag_limit_minutes__isnull=True) | Q(lag_limit_minutes__gte=1),
                name="metrics_source_lag_limit",
            ),
        ]
        indexes = [few_rows("metrics_source")]

    def __str__(self) -> str:
        return self.name

    @property
    def lag_limit(self) -> timedelta:
        """Return how long after it is known a figure may arrive."""
        return feeds.lag_limit(self.interval, self.lag_limit_minutes)

    @property
    def late_after(self) -> str:
        """Return that in words."""
        return feeds.duration(self.lag_limit.total_seconds() / 60)


class Metric(TenantModel):
    """One operational number of the tenant, measured whether or not a pilot looks at it.

    Kind, unit, direction and zone never change once measured: another number is another metric.
    """

    class Kind(models.TextChoices):
        MEAN = "mean", "Mean"
        MEDIAN = "median", "Median"
        PROPORTION = "proportion", "Proportion"
        RATIO = "ratio", "Ratio"
        RATE = "rate", "Rate"

    class Direction(models.TextChoices):
        UP = "up", "Higher is better"
        DOWN = "down", "Lower is better"

    class Exposure(models.TextChoices):
        """The unit of time that a rate counts events per."""

        DAY = "day", "per day"
        WEEK = "week", "per week"

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    unit = models.CharField(max_length=40)
    direction = models.CharField(max_length=4, choices=Direction)
    exposure = models.CharField(max_length=4, choices=Exposure, blank=True)
    decimals = models.PositiveSmallIntegerField(default=1)
    site = models.ForeignKey(
        Site,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    zone = models.CharField(max_length=64)
    attribution = models.TextField(blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            *own_rows("metrics_metric", recompute="SELECT"),
            *coded("metrics_metric"),
            TenantFK(
                name="metrics_metric_site_zone_fk",
                columns=["site_id", "zone"],
                to="portfolio_site",
                to_columns=["id", "zone"],
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["mean", "median", "proportion", "ratio", "rate"]),
                name="metrics_metric_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["up", "down"]),
                name="metrics_metric_direction_known",
            ),
            models.CheckConstraint(
                condition=(Q(kind="rate") & Q(exposure__in=["day", "week"]))
                | (~Q(kind="rate") & Q(exposure="")),
                name="metrics_metric_rate_has_exposure",
            ),
            # The table of `rules.units`, as the database knows it.
            models.CheckConstraint(
                condition=~Q(unit="per_day", exposure="week") & ~Q(unit="per_week", exposure="day"),
                name="metrics_metric_unit_says_exposure",
            ),
            models.CheckConstraint(condition=Q(decimals__lte=6), name="metrics_metric_decimals"),
        ]

    def __str__(self) -> str:
        return self.name


class MetricDefinition(KeyedModel):
    """The wording of a metric from a day on; a new wording is a new version, the old one stays.

    The first holds from the beginning: its `valid_from` is the day it was typed on, and no more.
    """

    metric = models.ForeignKey(
        Metric,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="definitions",
    )
    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    numerator = models.CharField(max_length=300)
    denominator = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_metricdefinition", "SELECT, INSERT", recompute="SELECT"),
            TenantFK(
                name="metrics_metricdefinition_metric_fk",
                columns=["metric_id"],
                to="metrics_metric",
            ),
            TenantFK(
                name="metrics_metricdefinition_by_fk",
                columns=["created_by_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "metric", "number"],
                name="metrics_metricdefinition_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "metric", "valid_from"],
                condition=Q(number__gt=1),
                name="metrics_metricdefinition_one_a_day",
            ),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(reason=""),
                name="metrics_metricdefinition_reason",
            ),
        ]

    @property
    def begins(self) -> date | None:
        """Return the first day that the wording holds, None for from the beginning."""
        return rules.begins(self.number, self.valid_from)


class PilotMetric(KeyedModel):
    """A metric in a pilot: its role, the target, and who agreed to it when."""

    class Role(models.TextChoices):
        PRIMARY = "primary", "Primary"
        GUARD = "guard", "Guard"
        HEALTH = "health", "Health"

    class Comparison(models.TextChoices):
        """The good side of the target; strict ones do not count the target itself."""

        LT = "lt", "below"
        LE = "le", "at most"
        GT = "gt", "above"
        GE = "ge", "at least"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="metrics",
    )
    metric = models.ForeignKey(
        Metric,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="pilots",
    )
    role = models.CharField(max_length=8, choices=Role)
    slot = models.PositiveSmallIntegerField(null=True, blank=True)
    comparison = models.CharField(max_length=2, choices=Comparison, blank=True)
    target = models.FloatField(null=True, blank=True)
    agreed_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    agreed_at = models.DateTimeField(null=True, blank=True)
    units_per_week = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    value_per_unit = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_pilotmetric", recompute="SELECT"),
            TenantFK(
                name="metrics_pilotmetric_pilot_fk",
                columns=["pilot_id"],
                to="portfolio_pilot",
            ),
            TenantFK(
                name="metrics_pilotmetric_metric_fk",
                columns=["metric_id"],
                to="metrics_metric",
            ),
            TenantFK(
                name="metrics_pilotmetric_agreed_fk",
                columns=["agreed_by_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "metric"],
                condition=Q(retired_at__isnull=True),
                name="metrics_pilotmetric_once",
            ),
            # At most three primary metrics: each takes one of three slots.
            models.UniqueConstraint(
                fields=["tenant", "pilot", "slot"],
                condition=Q(retired_at__isnull=True) & Q(slot__isnull=False),
                name="metrics_pilotmetric_slot_once",
            ),
            models.CheckConstraint(
                condition=(Q(role="primary") & Q(slot__isnull=False) & Q(slot__range=(1, 3)))
                | (Q(role__in=["guard", "health"]) & Q(slot__isnull=True)),
                name="metrics_pilotmetric_three_primary",
            ),
            models.CheckConstraint(
                condition=(Q(target__isnull=True) & Q(comparison=""))
                | (Q(target__isnull=False) & Q(comparison__in=["lt", "le", "gt", "ge"])),
                name="metrics_pilotmetric_target_whole",
            ),
            models.CheckConstraint(
                condition=(Q(agreed_by__isnull=True) & Q(agreed_at__isnull=True))
                | (
                    Q(agreed_by__isnull=False)
                    & Q(agreed_at__isnull=False)
                    & Q(target__isnull=False)
                ),
                name="metrics_pilotmetric_agreement_whole",
            ),
            models.CheckConstraint(
                # Not null is said too: a comparison with null is unknown, and a check lets that by.
                condition=(Q(units_per_week__isnull=True) & Q(value_per_unit__isnull=True))
                | (
                    Q(units_per_week__isnull=False)
                    & Q(value_per_unit__isnull=False)
                    & Q(units_per_week__gt=0)
                    & Q(value_per_unit__gt=0)
                ),
                name="metrics_pilotmetric_money_whole",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "metric"], name="metrics_pilotmetric_metric")]
