"""When feeds were late, and when they were in time again."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from common.tenancy.constraints import TenantFK
from tenants.models import KeyedModel, own_rows

from .definitions import Metric, Source


class FeedTurn(KeyedModel):
    """A feed became late, or came in time again. Append-only.

    A feed is a metric from a source. number: 1, then one more a turn; the odd ones are late, each
    even one ends the one before. follows: the number before, None for the first. at: when the
    product saw it. minutes: the lag that 95 of 100 figures kept then; limit_minutes: what it might
    have been; counted: of how many figures.
    """

    metric = models.ForeignKey(
        Metric,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    number = models.PositiveIntegerField()
    follows = models.PositiveIntegerField(null=True)
    at = models.DateTimeField()
    minutes = models.FloatField()
    limit_minutes = models.PositiveIntegerField()
    counted = models.PositiveIntegerField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_feedturn", "SELECT, INSERT"),
            TenantFK(name="metrics_feedturn_metric_fk", columns=["metric_id"], to="metrics_metric"),
            TenantFK(name="metrics_feedturn_source_fk", columns=["source_id"], to="metrics_source"),
            models.UniqueConstraint(
                fields=["tenant", "metric", "source", "number"], name="metrics_feedturn_once"
            ),
            TenantFK(
                name="metrics_feedturn_follows_fk",
                columns=["metric_id", "source_id", "follows"],
                to="metrics_feedturn",
                to_columns=["metric_id", "source_id", "number"],
            ),
            models.CheckConstraint(
                condition=Q(number=1, follows__isnull=True)
                | Q(number__gt=1, follows__isnull=False, follows=F("number") - 1),
                name="metrics_feedturn_in_order",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=0, limit_minutes__gte=1, counted__gte=1),
                name="metrics_feedturn_measured",
            ),
        ]

    @property
    def late(self) -> bool:
        """Say whether the feed became late; else it came in time again."""
        return self.number % 2 == 1


class TimestampRule(KeyedModel):
    """What the two times of a metric from a source are: when it happened, and when it was entered.

    transaction: what happens, such as a goods receipt. event_field, entry_field: what `event_at` and
    `recorded_at` are read from; entry_field is empty where the source knows no such time. without:
    what is sent where the time of the event is missing. limit_hours: within which 95 of 100 are to
    be entered. ended_at: since when the rule holds no more.
    """

    metric = models.ForeignKey(
        Metric,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    transaction = models.CharField(max_length=120)
    event_field = models.CharField(max_length=200)
    entry_field = models.CharField(max_length=200, blank=True)
    without = models.CharField(max_length=300, blank=True)
    limit_hours = models.PositiveIntegerField(default=24)
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_timestamprule"),
            TenantFK(
                name="metrics_timestamprule_metric_fk", columns=["metric_id"], to="metrics_metric"
            ),
            TenantFK(
                name="metrics_timestamprule_source_fk", columns=["source_id"], to="metrics_source"
            ),
            models.UniqueConstraint(
                fields=["tenant", "metric", "source"], name="metrics_timestamprule_once"
            ),
            models.CheckConstraint(
                condition=~Q(transaction="") & ~Q(event_field=""),
                name="metrics_timestamprule_said",
            ),
            models.CheckConstraint(
                condition=Q(limit_hours__gte=1), name="metrics_timestamprule_limit"
            ),
        ]

    @property
    def in_force(self) -> bool:
        return self.ended_at is None
