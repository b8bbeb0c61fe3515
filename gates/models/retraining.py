"""Figures that call for training a pilot's model anew, and each time one did."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from metrics.models import Metric
from portfolio.models import Pilot
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules import retraining as rules
from ..rules.criteria import Side


class RetrainingTrigger(KeyedModel):
    """A figure, the threshold from which on it calls for training, and who is then told.

    threshold: as the metric's values are stored. weeks: for how many weeks running. rest_weeks: for how
    many weeks it does not fire again. task: what the receiver does.
    """

    class When(models.TextChoices):
        """On which side of the threshold the figure calls for training."""

        BELOW = Side.LT.value, "below"
        AT_MOST = Side.LE.value, "at or below"
        AT_LEAST = Side.GE.value, "at or above"
        ABOVE = Side.GT.value, "above"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="retraining_triggers",
    )
    metric = models.ForeignKey(
        Metric, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    side = models.CharField(max_length=2, choices=When)
    threshold = models.FloatField()
    weeks = models.PositiveSmallIntegerField()
    rest_weeks = models.PositiveSmallIntegerField()
    receiver = models.ForeignKey(
        Membership, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    task = models.CharField(max_length=500)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("gates_retrainingtrigger")]
        constraints = [
            *own_rows(
                "gates_retrainingtrigger",
                "SELECT, INSERT, UPDATE (side, threshold, weeks, rest_weeks, receiver_id,"
                " task, archived_at, version)",
            ),
            TenantFK(
                name="gates_retrainingtrigger_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            TenantFK(
                name="gates_retrainingtrigger_metric_fk", columns=["metric_id"], to="metrics_metric"
            ),
            TenantFK(
                name="gates_retrainingtrigger_receiver_fk",
                columns=["receiver_id"],
                to="tenants_membership",
            ),
            models.CheckConstraint(
                condition=Q(side__in=[one.value for one in Side]),
                name="gates_retrainingtrigger_side",
            ),
            models.CheckConstraint(
                condition=Q(weeks__range=(1, rules.MOST_WEEKS))
                & Q(rest_weeks__range=(1, rules.MOST_REST_WEEKS))
                & Q(threshold__range=(-rules.MOST, rules.MOST))
                & ~Q(task=""),
                name="gates_retrainingtrigger_terms",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.get_side_display()} {self.threshold:g}"


class TriggerFiring(KeyedModel):
    """A trigger fired, or was tried; it asks its receiver for an answer, and is never changed else.

    trigger_version: of the trigger as it stood. last_week: the Monday of the newest week that made
    it fire, None of one that was tried. readings: pairs of Monday and value. member: who tried it,
    None where the figures made it fire. receiver: who was told.
    """

    trigger = models.ForeignKey(
        RetrainingTrigger,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="firings",
    )
    trigger_version = models.PositiveIntegerField()
    at = models.DateTimeField()
    last_week = models.DateField(null=True)
    side = models.CharField(max_length=2, choices=RetrainingTrigger.When)
    threshold = models.FloatField()
    readings = models.JSONField(default=list)
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
    )
    receiver = models.ForeignKey(
        Membership, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
    )
    answer = models.CharField(max_length=500, blank=True)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("gates_triggerfiring")]
        constraints = [
            *own_rows(
                "gates_triggerfiring",
                "SELECT, INSERT, UPDATE (answered_at, answered_by_id, answer)",
            ),
            TenantFK(
                name="gates_triggerfiring_trigger_fk",
                columns=["trigger_id"],
                to="gates_retrainingtrigger",
            ),
            *(
                TenantFK(
                    name=f"gates_triggerfiring_{name}_fk",
                    columns=[f"{column}_id"],
                    to="tenants_membership",
                )
                for name, column in (
                    ("member", "member"),
                    ("receiver", "receiver"),
                    ("answered", "answered_by"),
                )
            ),
            models.UniqueConstraint(
                fields=["tenant", "trigger", "last_week"],
                condition=Q(last_week__isnull=False),
                name="gates_triggerfiring_once_a_week",
            ),
            models.CheckConstraint(
                condition=Q(last_week__isnull=True, member__isnull=False)
                | Q(last_week__isnull=False, last_week__iso_week_day=1, member__isnull=True),
                name="gates_triggerfiring_tried_or_fired",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="gates_triggerfiring_answered_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Firing of {self.at:%Y-%m-%d}"

    @property
    def tried(self) -> bool:
        """Say whether somebody tried it, rather than the figures making it fire."""
        return self.member_id is not None
