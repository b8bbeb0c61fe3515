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
